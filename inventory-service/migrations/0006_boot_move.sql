-- SPDX-License-Identifier: EUPL-1.2
-- What is placed anew in time is moved a device at a time, and what is left of it survives a crash.
CREATE INDEX report_pending ON report (boot_id) WHERE verdict = 14; -- nearly always empty

CREATE TABLE boot_move (                 -- reports of a boot that still stand where its clock was thought to be
	boot_id INTEGER NOT NULL REFERENCES boot (id),
	device_id INTEGER NOT NULL,          -- 0: all that nobody knows
	from_id INTEGER NOT NULL,            -- of report: what is left of [from, until]
	until_id INTEGER NOT NULL,
	delta_ms INTEGER NOT NULL,           -- to be added to heard_ms
	PRIMARY KEY (boot_id, device_id)
) STRICT, WITHOUT ROWID;
