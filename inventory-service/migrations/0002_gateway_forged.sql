-- SPDX-License-Identifier: EUPL-1.2
-- How many messages a gateway has refused, so that a person is told once for each that is new.
ALTER TABLE gateway ADD COLUMN n_forged INTEGER NOT NULL DEFAULT 0;
