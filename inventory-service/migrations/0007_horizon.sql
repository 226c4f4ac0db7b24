-- SPDX-License-Identifier: EUPL-1.2
-- Raw reports are thrown away after some time; from when on they are whole must be known to whoever counts them again.
CREATE TABLE horizon (                   -- from when on raw material is whole
	kind TEXT PRIMARY KEY CHECK (kind = 'report'),
	at_ms INTEGER NOT NULL               -- what was heard before may have been thrown away
) STRICT, WITHOUT ROWID;
