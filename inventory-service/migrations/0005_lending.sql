-- SPDX-License-Identifier: EUPL-1.2
-- Lending: bookings, holds, transfers, custody; the house rules of a place.
ALTER TABLE place ADD COLUMN notice_s INTEGER NOT NULL DEFAULT 0 CHECK (notice_s BETWEEN 0 AND 2592000);
ALTER TABLE place ADD COLUMN horizon_s INTEGER NOT NULL DEFAULT 31536000 CHECK (horizon_s BETWEEN 3600 AND 63072000);
ALTER TABLE place ADD COLUMN max_stay_s INTEGER NOT NULL DEFAULT 31536000 CHECK (max_stay_s BETWEEN 3600 AND 63072000);
ALTER TABLE place ADD COLUMN quota INTEGER CHECK (quota BETWEEN 1 AND 1000);
ALTER TABLE item ADD COLUMN lost_s INTEGER;

CREATE TABLE closure (                   -- fermeture: days on which a place's counter is closed
	id INTEGER PRIMARY KEY,
	place_id INTEGER NOT NULL REFERENCES place (id),
	from_day TEXT NOT NULL CHECK (length(from_day) = 10), -- local dates, both included
	until_day TEXT NOT NULL CHECK (length(until_day) = 10 AND until_day >= from_day),
	label TEXT NOT NULL DEFAULT '' CHECK (length(CAST(label AS BLOB)) <= 80)
) STRICT;
CREATE INDEX closure_place ON closure (place_id, from_day);

CREATE TABLE booking (                   -- réservation: a place's request for a stay, with a purpose
	id INTEGER PRIMARY KEY,
	version INTEGER NOT NULL DEFAULT 1,
	place_id INTEGER NOT NULL REFERENCES place (id),
	state TEXT NOT NULL CHECK (state IN ('draft', 'submitted', 'confirmed', 'active', 'completed', 'rejected',
		'expired', 'cancelled', 'no_show')),
	starts_s INTEGER NOT NULL,
	ends_s INTEGER NOT NULL CHECK (ends_s > starts_s),
	theme TEXT NOT NULL DEFAULT '' CHECK (length(CAST(theme AS BLOB)) <= 80),
	audience TEXT NOT NULL DEFAULT '' CHECK (length(CAST(audience AS BLOB)) <= 80),
	note TEXT NOT NULL DEFAULT '' CHECK (length(CAST(note AS BLOB)) <= 1000),
	expires_s INTEGER,                   -- of a submission: from then on it holds nothing
	requested_by INTEGER REFERENCES user (id),
	decided_by INTEGER REFERENCES user (id),
	decided_s INTEGER,
	reason TEXT NOT NULL DEFAULT '' CHECK (length(CAST(reason AS BLOB)) <= 620), -- of a rejection or cancellation
	created_s INTEGER NOT NULL,
	CHECK ((state = 'submitted') <= (expires_s IS NOT NULL))
) STRICT;
CREATE INDEX booking_place ON booking (place_id, ends_s);
CREATE INDEX booking_live ON booking (place_id) WHERE state IN ('confirmed', 'active');
CREATE INDEX booking_expiry ON booking (expires_s) WHERE state = 'submitted';

CREATE TABLE line (                      -- one thing of a booking
	id INTEGER PRIMARY KEY,
	booking_id INTEGER NOT NULL REFERENCES booking (id),
	item_id INTEGER REFERENCES item (id), -- NULL only in a draft that asks for any of a model
	model_id INTEGER NOT NULL REFERENCES model (id),
	is_any INTEGER NOT NULL,             -- asked as "any of this model"
	travel TEXT NOT NULL CHECK (travel IN ('fetch', 'on_site')),
	state TEXT NOT NULL CHECK (state IN ('reserved', 'on_loan', 'taken_back', 'closed', 'cancelled', 'released',
		'substituted', 'lost')),
	approval TEXT NOT NULL CHECK (approval IN ('nobody', 'owner', 'hub')), -- who must agree
	approved_by INTEGER REFERENCES user (id),
	approved_s INTEGER,
	due_s INTEGER NOT NULL,
	handed_over_s INTEGER,
	taken_back_s INTEGER,
	ended_s INTEGER
) STRICT;
CREATE INDEX line_booking ON line (booking_id);
CREATE INDEX line_item ON line (item_id, due_s);
CREATE INDEX line_live ON line (item_id, due_s) WHERE ended_s IS NULL; -- history does not slow what is open

CREATE TABLE block (                     -- indisponibilité: of an item, or of a place's counter
	id INTEGER PRIMARY KEY,
	version INTEGER NOT NULL DEFAULT 1,
	item_id INTEGER REFERENCES item (id),
	place_id INTEGER REFERENCES place (id),
	reason TEXT NOT NULL CHECK (length(CAST(reason AS BLOB)) BETWEEN 1 AND 300),
	starts_s INTEGER NOT NULL,
	ends_s INTEGER CHECK (ends_s > starts_s), -- NULL: until somebody ends it
	ended_s INTEGER,                     -- when somebody ended it before its time
	created_by INTEGER REFERENCES user (id),
	created_s INTEGER NOT NULL,
	CHECK ((item_id IS NULL) <> (place_id IS NULL))
) STRICT;
CREATE INDEX block_item ON block (item_id, starts_s) WHERE item_id IS NOT NULL;
CREATE INDEX block_place ON block (place_id, starts_s) WHERE place_id IS NOT NULL;

CREATE TABLE hold (                      -- the stays of an item and what they block; rows of one item never overlap
	id INTEGER PRIMARY KEY,
	item_id INTEGER NOT NULL REFERENCES item (id),
	starts_s INTEGER NOT NULL,
	ends_s INTEGER NOT NULL CHECK (ends_s > starts_s),
	from_s INTEGER NOT NULL CHECK (from_s <= starts_s),  -- with preparation and travel in front
	until_s INTEGER NOT NULL CHECK (until_s >= ends_s),  -- with travel and inspection behind
	place_id INTEGER NOT NULL REFERENCES place (id),     -- where it is used
	line_id INTEGER REFERENCES line (id),
	block_id INTEGER REFERENCES block (id),
	expires_s INTEGER,                   -- of an undecided submission: from then on it holds nothing
	CHECK ((line_id IS NULL) <> (block_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX hold_item ON hold (item_id, starts_s);
CREATE UNIQUE INDEX hold_line ON hold (line_id) WHERE line_id IS NOT NULL;
CREATE UNIQUE INDEX hold_block ON hold (block_id) WHERE block_id IS NOT NULL;
-- Rows of an item that do not overlap stand in one order: its two neighbours decide.
CREATE TRIGGER hold_insert BEFORE INSERT ON hold WHEN
	(SELECT h.until_s FROM hold h WHERE h.item_id = NEW.item_id AND h.starts_s < NEW.starts_s
		ORDER BY h.starts_s DESC LIMIT 1) > NEW.from_s
	OR (SELECT h.from_s FROM hold h WHERE h.item_id = NEW.item_id AND h.starts_s >= NEW.starts_s
		ORDER BY h.starts_s LIMIT 1) < NEW.until_s
	BEGIN SELECT RAISE(ABORT, 'two holds of one item overlap'); END;
CREATE TRIGGER hold_update BEFORE UPDATE ON hold WHEN
	(SELECT h.until_s FROM hold h WHERE h.item_id = NEW.item_id AND h.starts_s < NEW.starts_s AND h.id <> NEW.id
		ORDER BY h.starts_s DESC LIMIT 1) > NEW.from_s
	OR (SELECT h.from_s FROM hold h WHERE h.item_id = NEW.item_id AND h.starts_s >= NEW.starts_s AND h.id <> NEW.id
		ORDER BY h.starts_s LIMIT 1) < NEW.until_s
	BEGIN SELECT RAISE(ABORT, 'two holds of one item overlap'); END;

CREATE TABLE transfer (                  -- trajet: one move of an item between two places
	id INTEGER PRIMARY KEY,
	version INTEGER NOT NULL DEFAULT 1,
	item_id INTEGER NOT NULL REFERENCES item (id),
	from_place_id INTEGER NOT NULL REFERENCES place (id),
	to_place_id INTEGER NOT NULL REFERENCES place (id),
	reason TEXT NOT NULL CHECK (reason IN ('booking_out', 'booking_return', 'direct_onward', 'repair', 'return_home')),
	line_id INTEGER REFERENCES line (id),
	state TEXT NOT NULL CHECK (state IN ('planned', 'dispatched', 'received', 'cancelled', 'refused', 'lost')),
	planned_s INTEGER NOT NULL,
	dispatched_s INTEGER,
	received_s INTEGER CHECK (received_s >= dispatched_s),
	created_s INTEGER NOT NULL,
	CHECK (from_place_id <> to_place_id)
) STRICT;
CREATE INDEX transfer_item ON transfer (item_id, planned_s);
CREATE INDEX transfer_line ON transfer (line_id) WHERE line_id IS NOT NULL;
CREATE INDEX transfer_open ON transfer (state, planned_s) WHERE state IN ('planned', 'dispatched');

CREATE TABLE custody (                   -- who answers for an item, from and until when; before its first row: its home
	id INTEGER PRIMARY KEY,
	item_id INTEGER NOT NULL REFERENCES item (id),
	from_s INTEGER NOT NULL,
	until_s INTEGER CHECK (until_s >= from_s), -- NULL: still
	place_id INTEGER NOT NULL REFERENCES place (id), -- the custodian
	at_place_id INTEGER REFERENCES place (id), -- where it is declared to be; NULL: on its way
	line_id INTEGER REFERENCES line (id)  -- of a loan
) STRICT;
CREATE UNIQUE INDEX custody_now ON custody (item_id) WHERE until_s IS NULL;
CREATE INDEX custody_item ON custody (item_id, from_s);
CREATE INDEX custody_place ON custody (place_id);
CREATE TRIGGER custody_insert BEFORE INSERT ON custody WHEN
	(SELECT c.until_s FROM custody c WHERE c.item_id = NEW.item_id ORDER BY c.from_s DESC, c.id DESC LIMIT 1) <> NEW.from_s
	BEGIN SELECT RAISE(ABORT, 'custody passes from one hand to the next'); END;

CREATE TABLE condition_report (          -- état des lieux, at hand-over and take-back
	id INTEGER PRIMARY KEY,
	line_id INTEGER NOT NULL REFERENCES line (id),
	act TEXT NOT NULL CHECK (act IN ('hand_over', 'take_back')),
	condition TEXT NOT NULL CHECK (condition IN ('good', 'worn', 'damaged', 'incomplete', 'broken')),
	note TEXT NOT NULL DEFAULT '' CHECK (length(CAST(note AS BLOB)) <= 1000),
	name TEXT NOT NULL DEFAULT '' CHECK (length(CAST(name AS BLOB)) <= 120), -- who was at the counter
	user_id INTEGER REFERENCES user (id),
	at_s INTEGER NOT NULL,
	recorded_s INTEGER NOT NULL
) STRICT;
CREATE INDEX condition_report_line ON condition_report (line_id);

