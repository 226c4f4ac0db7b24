-- SPDX-License-Identifier: EUPL-1.2
-- The schema of Navette. Times are UTC: …_s seconds, …_ms milliseconds since 1970. Money is cents. 0 and 1 are booleans.
-- NULL is "unknown" or "not yet". A change here comes with a file in migrations/.

-- People and places ---------------------------------------------------------------------------------------------

CREATE TABLE hub (                       -- pôle de proximité
	id INTEGER PRIMARY KEY,
	version INTEGER NOT NULL DEFAULT 1,  -- rises with each change; If-Match
	name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 120),
	created_s INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX hub_name ON hub (name);

CREATE TABLE place (                     -- lieu
	id INTEGER PRIMARY KEY,
	version INTEGER NOT NULL DEFAULT 1,
	name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 160),
	parent_id INTEGER REFERENCES place (id), -- an antenne's place; depth 1
	commune TEXT NOT NULL DEFAULT '' CHECK (length(CAST(commune AS BLOB)) <= 120),
	insee TEXT NOT NULL DEFAULT '' CHECK (length(CAST(insee AS BLOB)) <= 5),
	latitude REAL CHECK (latitude BETWEEN -90 AND 90),
	longitude REAL CHECK (longitude BETWEEN -180 AND 180),
	opening_hours TEXT NOT NULL DEFAULT '' CHECK (length(CAST(opening_hours AS BLOB)) <= 400), -- OSM subset, local time
	"national" TEXT NOT NULL DEFAULT '{}' CHECK (length(CAST("national" AS BLOB)) <= 16000), -- the national schema's columns, a JSON object
	created_s INTEGER NOT NULL,
	-- house rules of its counter, for bookings from elsewhere (docs/decisions/0007)
	notice_s INTEGER NOT NULL DEFAULT 0 CHECK (notice_s BETWEEN 0 AND 2592000),
	horizon_s INTEGER NOT NULL DEFAULT 31536000 CHECK (horizon_s BETWEEN 3600 AND 63072000),
	max_stay_s INTEGER NOT NULL DEFAULT 31536000 CHECK (max_stay_s BETWEEN 3600 AND 63072000),
	quota INTEGER CHECK (quota BETWEEN 1 AND 1000) -- live lines one other place may have here; NULL: any
) STRICT;
CREATE UNIQUE INDEX place_name ON place (name, insee);

CREATE TABLE hub_member (                -- which hub a place is in, and was
	id INTEGER PRIMARY KEY,
	place_id INTEGER NOT NULL REFERENCES place (id),
	hub_id INTEGER NOT NULL REFERENCES hub (id),
	from_s INTEGER NOT NULL,
	until_s INTEGER CHECK (until_s > from_s) -- NULL: still
) STRICT;
CREATE UNIQUE INDEX hub_member_now ON hub_member (place_id) WHERE until_s IS NULL;
CREATE INDEX hub_member_hub ON hub_member (hub_id);
CREATE INDEX hub_member_place ON hub_member (place_id, from_s);

CREATE TABLE user (
	id INTEGER PRIMARY KEY,
	version INTEGER NOT NULL DEFAULT 1,
	email TEXT NOT NULL CHECK (length(CAST(email AS BLOB)) BETWEEN 3 AND 254), -- lower case
	name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 120),
	password_hash TEXT NOT NULL,         -- argon2id, libsodium's string
	disabled_s INTEGER,                  -- since when the account is closed
	created_s INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX user_email ON user (email);

CREATE TABLE role (                      -- what a user may do, where, from and until when
	id INTEGER PRIMARY KEY,
	user_id INTEGER NOT NULL REFERENCES user (id),
	role TEXT NOT NULL CHECK (role IN ('animator', 'manager', 'coordinator', 'region_officer', 'technician', 'auditor')),
	scope TEXT NOT NULL CHECK (scope IN ('place', 'hub', 'region')),
	scope_id INTEGER,                    -- the place or hub; NULL for region
	from_s INTEGER NOT NULL,
	until_s INTEGER,
	CHECK ((scope = 'region') = (scope_id IS NULL))
) STRICT;
CREATE INDEX role_user ON role (user_id);

CREATE TABLE session (                   -- a signed-in browser
	token_hash BLOB PRIMARY KEY CHECK (length(token_hash) = 32), -- BLAKE2b of the cookie
	user_id INTEGER NOT NULL REFERENCES user (id),
	csrf TEXT NOT NULL,
	created_s INTEGER NOT NULL,
	seen_s INTEGER NOT NULL              -- last use, to the minute
) STRICT, WITHOUT ROWID;
CREATE INDEX session_user ON session (user_id);

CREATE TABLE token (                     -- a script's bearer token, stored hashed
	id INTEGER PRIMARY KEY,
	token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
	user_id INTEGER NOT NULL REFERENCES user (id),
	label TEXT NOT NULL CHECK (length(CAST(label AS BLOB)) BETWEEN 1 AND 80),
	role TEXT NOT NULL,                  -- one role of its owner
	scope TEXT NOT NULL,
	scope_id INTEGER,
	created_s INTEGER NOT NULL,
	revoked_s INTEGER
) STRICT;

CREATE TABLE idempotency (               -- the first answer to a keyed POST, kept 30 days
	user_id INTEGER NOT NULL REFERENCES user (id),
	key TEXT NOT NULL CHECK (length(CAST(key AS BLOB)) BETWEEN 1 AND 64),
	route TEXT NOT NULL,                 -- method and path
	body_hash BLOB NOT NULL,             -- BLAKE2b of the body
	status INTEGER NOT NULL,
	location TEXT NOT NULL,
	answer TEXT NOT NULL,
	created_s INTEGER NOT NULL,
	PRIMARY KEY (user_id, key, route)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (created_s);

-- Things --------------------------------------------------------------------------------------------------------

CREATE TABLE model (
	id INTEGER PRIMARY KEY,
	version INTEGER NOT NULL DEFAULT 1,
	name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 120),
	family TEXT NOT NULL CHECK (length(CAST(family AS BLOB)) BETWEEN 1 AND 60),
	transport_class TEXT NOT NULL CHECK (transport_class IN ('T1', 'T2', 'T3', 'T4')),
	requires TEXT NOT NULL DEFAULT '[]', -- credential kinds, a JSON array
	advises TEXT NOT NULL DEFAULT '[]',
	off_mw INTEGER NOT NULL DEFAULT 0,   -- usage profile: power when off, idle, active
	idle_mw INTEGER NOT NULL DEFAULT 5000,
	active_mw INTEGER NOT NULL DEFAULT 30000,
	on_delay_s INTEGER NOT NULL DEFAULT 10 CHECK (on_delay_s BETWEEN 0 AND 3600),
	off_delay_s INTEGER NOT NULL DEFAULT 30 CHECK (off_delay_s BETWEEN 0 AND 3600),
	evidence_policy TEXT NOT NULL DEFAULT 'power' CHECK (evidence_policy IN ('power', 'power_or_motion', 'declared')),
	prepare_s INTEGER NOT NULL DEFAULT 0 CHECK (prepare_s BETWEEN 0 AND 1209600),
	inspect_s INTEGER NOT NULL DEFAULT 0 CHECK (inspect_s BETWEEN 0 AND 1209600),
	max_loan_s INTEGER NOT NULL DEFAULT 2592000 CHECK (max_loan_s BETWEEN 3600 AND 31622400),
	checklist_out TEXT NOT NULL DEFAULT '[]', -- JSON array of texts
	checklist_in TEXT NOT NULL DEFAULT '[]',
	notes TEXT NOT NULL DEFAULT '' CHECK (length(CAST(notes AS BLOB)) <= 2000), -- for users: age, safety
	replacement_value_cents INTEGER CHECK (replacement_value_cents >= 0),
	created_s INTEGER NOT NULL,
	CHECK (off_mw >= 0 AND off_mw < idle_mw AND idle_mw < active_mw)
) STRICT;
CREATE UNIQUE INDEX model_name ON model (name);

CREATE TABLE item (                      -- exemplaire
	id INTEGER PRIMARY KEY,
	version INTEGER NOT NULL DEFAULT 1,
	model_id INTEGER NOT NULL REFERENCES model (id),
	inventory_no TEXT NOT NULL CHECK (length(CAST(inventory_no AS BLOB)) BETWEEN 1 AND 40),
	serial TEXT NOT NULL DEFAULT '' CHECK (length(CAST(serial AS BLOB)) <= 80),
	owner_place_id INTEGER NOT NULL REFERENCES place (id),
	home_place_id INTEGER NOT NULL REFERENCES place (id),
	lend_to TEXT NOT NULL DEFAULT 'everyone' CHECK (lend_to IN ('nobody', 'hub', 'everyone')),
	approver TEXT NOT NULL DEFAULT 'nobody' CHECK (approver IN ('nobody', 'owner', 'hub')),
	cost_cents INTEGER CHECK (cost_cents >= 0),
	in_service_s INTEGER NOT NULL,       -- midnight, local, of the day it entered service
	code TEXT NOT NULL CHECK (length(code) = 7), -- QR: six signs of Crockford base32 and the check sign
	retired_s INTEGER,
	created_s INTEGER NOT NULL,
	lost_s INTEGER                       -- declared lost, not found again
) STRICT;
CREATE UNIQUE INDEX item_inventory_no ON item (owner_place_id, inventory_no);
CREATE UNIQUE INDEX item_code ON item (code);
CREATE INDEX item_model ON item (model_id);
CREATE INDEX item_home ON item (home_place_id);

-- What reports --------------------------------------------------------------------------------------------------

CREATE TABLE gateway (                   -- boîtier
	id INTEGER PRIMARY KEY,
	version INTEGER NOT NULL DEFAULT 1,
	gw TEXT NOT NULL CHECK (length(gw) BETWEEN 1 AND 32), -- its name on the wire and client id
	name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 120),
	place_id INTEGER NOT NULL REFERENCES place (id),
	mac_key BLOB NOT NULL,               -- sealed under secret.key
	old_mac_key BLOB,                    -- sealed; accepted until the first batch under the new one, or old_until_s
	old_until_s INTEGER,
	old_generation INTEGER,              -- the broker user that goes with old_mac_key, until then
	generation INTEGER NOT NULL DEFAULT 1, -- of the password; a rotation raises it
	provisioned_generation INTEGER NOT NULL DEFAULT 0, -- what the broker was last seen to hold
	cfg_n INTEGER NOT NULL DEFAULT 0,    -- last n given to cfg and cmd
	state TEXT NOT NULL DEFAULT 'unknown' CHECK (state IN ('unknown', 'ready', 'lost')),
	state_ms INTEGER,                    -- when it was said
	heard_ms INTEGER,                    -- last batch
	software TEXT NOT NULL DEFAULT '' CHECK (length(CAST(software AS BLOB)) <= 24),
	spool_depth INTEGER,                 -- batches, from stat
	revoked_s INTEGER,
	created_s INTEGER NOT NULL,
	n_forged INTEGER NOT NULL DEFAULT 0  -- from stat: what it refused since its start, not the service's or not new
) STRICT;
CREATE UNIQUE INDEX gateway_gw ON gateway (gw);

CREATE TABLE spool (                     -- the one number of each (gateway, spool epoch)
	gateway_id INTEGER NOT NULL REFERENCES gateway (id),
	epoch TEXT NOT NULL CHECK (length(epoch) = 16),
	applied_seq INTEGER NOT NULL DEFAULT 0, -- every batch up to it is applied, refused or lost
	last_hash BLOB,                      -- BLAKE2b-128 of the last applied batch: other bytes under it are a conflict
	lost INTEGER NOT NULL DEFAULT 0,     -- batches stepped over
	heard_ms INTEGER NOT NULL,
	PRIMARY KEY (gateway_id, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_lost (                -- what a full spool evicted before it came
	id INTEGER PRIMARY KEY,
	gateway_id INTEGER NOT NULL REFERENCES gateway (id),
	epoch TEXT NOT NULL,
	from_seq INTEGER NOT NULL,
	until_seq INTEGER NOT NULL,          -- inclusive
	noticed_ms INTEGER NOT NULL,
	CHECK (from_seq <= until_seq)
) STRICT;

CREATE TABLE boot (                      -- one power-on of a gateway: where its monotonic clock stands in time
	id INTEGER PRIMARY KEY,
	gateway_id INTEGER NOT NULL REFERENCES gateway (id),
	boot INTEGER NOT NULL,
	offset_ms INTEGER NOT NULL,          -- smallest (receive time − mono) seen
	placed_offset_ms INTEGER NOT NULL,   -- what the stored reports were placed with
	first_mono_ms INTEGER NOT NULL,      -- of the first report
	last_mono_ms INTEGER NOT NULL,
	first_report_id INTEGER NOT NULL,    -- no row of report before it is of this boot
	clock_offset_ms INTEGER,             -- (t_ms − mono) of its last report with a clock
	is_settled INTEGER NOT NULL DEFAULT 0, -- the offset has not moved lately: what looks wrong is wrong
	is_bounded INTEGER NOT NULL DEFAULT 0 -- never heard live: placed by its own clock, between its neighbours
) STRICT;
CREATE UNIQUE INDEX boot_key ON boot (gateway_id, boot);
CREATE INDEX boot_unsettled ON boot (id) WHERE is_settled = 0;

CREATE TABLE device (                    -- a tag (ble, ruuvi, lorawan) or a meter
	id INTEGER PRIMARY KEY,
	version INTEGER NOT NULL DEFAULT 1,
	kind TEXT NOT NULL CHECK (kind IN ('ble', 'ruuvi', 'lorawan', 'meter')),
	address TEXT,                        -- 12 hex digits (ble, ruuvi) or dev_eui
	key BLOB,                            -- sealed under secret.key; NULL: clear frames only
	gateway_id INTEGER REFERENCES gateway (id), -- of a meter
	name TEXT,                           -- of a meter, in its gateway
	label TEXT NOT NULL DEFAULT '' CHECK (length(CAST(label AS BLOB)) <= 80),
	-- replay state, moved only by authenticated frames
	epoch_no INTEGER NOT NULL DEFAULT 0, -- the newest counter_epoch.no
	reset_allowed INTEGER NOT NULL DEFAULT 0, -- counter-reset: the next authenticated frame may start anew
	growth_allowed INTEGER NOT NULL DEFAULT 0, -- release: the next reading counts however much it grew
	quarantined_ms INTEGER,              -- nothing it says counts until a person releases it
	suspect_ms INTEGER,                  -- the last clone or delayed replay
	-- what it last said
	state TEXT NOT NULL DEFAULT 'unknown' CHECK (state IN ('unknown', 'off', 'idle', 'active')),
	battery_pct INTEGER,
	voltage_mv INTEGER,
	firmware TEXT,
	energy_wh INTEGER,
	power_mw INTEGER,
	heard_ms INTEGER,
	heard_gateway_id INTEGER REFERENCES gateway (id),
	-- where it is heard (presence_rules.h)
	seen_place_id INTEGER REFERENCES place (id),
	seen_since_ms INTEGER,
	candidate_place_id INTEGER REFERENCES place (id),
	candidate_since_ms INTEGER,
	best_rssi_dbm INTEGER,               -- of the present window
	best_rssi_ms INTEGER,
	created_s INTEGER NOT NULL,
	CHECK ((kind = 'meter') = (gateway_id IS NOT NULL AND name IS NOT NULL)),
	CHECK ((kind = 'meter') = (address IS NULL))
) STRICT;
CREATE UNIQUE INDEX device_address ON device (address) WHERE address IS NOT NULL;
CREATE UNIQUE INDEX device_meter ON device (gateway_id, name) WHERE name IS NOT NULL;

CREATE TABLE stranger (                  -- a tag or meter that a gateway hears and nobody has registered; bounded, kept 7 days
	id INTEGER PRIMARY KEY,
	gateway_id INTEGER NOT NULL REFERENCES gateway (id),
	kind TEXT NOT NULL CHECK (kind IN ('ble', 'ruuvi', 'meter')),
	name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 64), -- 12 hex digits; of a meter: in its gateway
	heard_ms INTEGER NOT NULL,           -- the last time, to the minute
	rssi_dbm INTEGER
) STRICT;
CREATE UNIQUE INDEX stranger_name ON stranger (gateway_id, name, kind);
CREATE INDEX stranger_age ON stranger (gateway_id, heard_ms);

CREATE TABLE binding (                   -- which item a device reports for, from and until when
	id INTEGER PRIMARY KEY,
	device_id INTEGER NOT NULL REFERENCES device (id),
	item_id INTEGER NOT NULL REFERENCES item (id),
	is_meter INTEGER NOT NULL,
	from_ms INTEGER NOT NULL,
	until_ms INTEGER CHECK (until_ms >= from_ms),
	active_s INTEGER NOT NULL DEFAULT 0  -- the sum of its usage_slice, kept by that table's triggers
) STRICT;
CREATE UNIQUE INDEX binding_device_now ON binding (device_id) WHERE until_ms IS NULL;
CREATE UNIQUE INDEX binding_item_now ON binding (item_id, is_meter) WHERE until_ms IS NULL;
CREATE INDEX binding_item ON binding (item_id);
CREATE INDEX binding_device ON binding (device_id, from_ms);

-- Evidence ------------------------------------------------------------------------------------------------------

CREATE TABLE report (                    -- everything a gateway said, in the order it was applied; append-only
	id INTEGER PRIMARY KEY,
	boot_id INTEGER NOT NULL REFERENCES boot (id),
	seq INTEGER NOT NULL,                -- of its batch; with boot_id it leads to (gateway, epoch)
	mono_ms INTEGER NOT NULL,
	heard_ms INTEGER NOT NULL,           -- mono_ms placed in time; moved when the boot's offset turns out wrong
	t_ms INTEGER,                        -- the gateway's own clock, where it had one
	device_id INTEGER,                   -- NULL: nobody we know
	verdict INTEGER NOT NULL,            -- enum verdict, evidence/reading.h
	counter INTEGER,                     -- frame counter, where the device is ours
	epoch_no INTEGER,                    -- counter_epoch.no, where it carries a counter of use
	active_s INTEGER,
	rssi_dbm INTEGER,
	data BLOB NOT NULL                   -- the sealed frame; a meter's numbers; what could not be read
) STRICT;
CREATE INDEX report_device ON report (device_id, counter) WHERE device_id IS NOT NULL;
CREATE INDEX report_unknown ON report (heard_ms) WHERE device_id IS NULL;
CREATE INDEX report_pending ON report (boot_id) WHERE verdict = 14; -- nearly always empty

CREATE TABLE boot_move (                 -- reports of a boot that still stand where its clock was thought to be
	boot_id INTEGER NOT NULL REFERENCES boot (id),
	device_id INTEGER NOT NULL,          -- 0: all that nobody knows
	from_id INTEGER NOT NULL,            -- of report: what is left of [from, until]
	until_id INTEGER NOT NULL,
	delta_ms INTEGER NOT NULL,           -- to be added to heard_ms
	PRIMARY KEY (boot_id, device_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE horizon (                   -- from when on raw material is whole
	kind TEXT PRIMARY KEY CHECK (kind = 'report'),
	at_ms INTEGER NOT NULL               -- what was heard before may have been thrown away
) STRICT, WITHOUT ROWID;

CREATE TABLE counter_epoch (             -- one life of a device's counters
	device_id INTEGER NOT NULL REFERENCES device (id),
	no INTEGER NOT NULL,                 -- 1, 2 … in the order they were first applied
	epoch INTEGER NOT NULL,              -- what the device calls it
	counter_max INTEGER NOT NULL,        -- highest frame counter
	counter_max_ms INTEGER NOT NULL,     -- when that was first heard
	first_ms INTEGER NOT NULL,           -- earliest and latest valid reading: between them the total is certain
	last_ms INTEGER NOT NULL,
	PRIMARY KEY (device_id, no)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX counter_epoch_name ON counter_epoch (device_id, epoch, no);

CREATE TABLE reading (                   -- one value of a counter, and from when to when it was heard: idle costs no row
	device_id INTEGER NOT NULL,
	epoch_no INTEGER NOT NULL,
	active_s INTEGER NOT NULL,
	first_ms INTEGER NOT NULL,
	last_ms INTEGER NOT NULL CHECK (last_ms >= first_ms),
	PRIMARY KEY (device_id, epoch_no, active_s)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_slice (               -- seconds of use of one binding in one UTC hour: a function of its readings
	binding_id INTEGER NOT NULL REFERENCES binding (id),
	hour_s INTEGER NOT NULL CHECK (hour_s % 3600 = 0),
	active_s INTEGER NOT NULL,
	bounded_s INTEGER NOT NULL,          -- of them: certain in number, estimated in hour
	PRIMARY KEY (binding_id, hour_s)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER usage_slice_added AFTER INSERT ON usage_slice BEGIN
	UPDATE binding SET active_s = active_s + NEW.active_s WHERE id = NEW.binding_id;
END;
CREATE TRIGGER usage_slice_changed AFTER UPDATE OF active_s ON usage_slice BEGIN
	UPDATE binding SET active_s = active_s + NEW.active_s - OLD.active_s WHERE id = NEW.binding_id;
END;
CREATE TRIGGER usage_slice_removed AFTER DELETE ON usage_slice BEGIN
	UPDATE binding SET active_s = active_s - OLD.active_s WHERE id = OLD.binding_id;
END;

CREATE TABLE attention (                 -- what needs a person
	id INTEGER PRIMARY KEY,
	code TEXT NOT NULL,                  -- "gateway.mac", "tag.clone" …
	object TEXT NOT NULL,                -- "gateway", "tag", "meter", "item"
	object_id INTEGER NOT NULL,
	detail TEXT NOT NULL DEFAULT '',
	n INTEGER NOT NULL DEFAULT 1,        -- how often since first_ms
	first_ms INTEGER NOT NULL,
	last_ms INTEGER NOT NULL,
	closed_s INTEGER,
	closed_reason TEXT
) STRICT;
CREATE UNIQUE INDEX attention_open ON attention (code, object, object_id) WHERE closed_s IS NULL;

-- Lending -------------------------------------------------------------------------------------------------------

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

-- The journal ---------------------------------------------------------------------------------------------------

CREATE TABLE audit (                     -- append-only, chained
	id INTEGER PRIMARY KEY,
	recorded_s INTEGER NOT NULL,
	effective_s INTEGER NOT NULL,
	user_id INTEGER,                     -- NULL: the system
	role TEXT NOT NULL,
	channel TEXT NOT NULL,
	action TEXT NOT NULL,
	object TEXT NOT NULL,
	object_id INTEGER NOT NULL,
	before TEXT,                         -- JSON without names
	after TEXT,
	hash BLOB NOT NULL CHECK (length(hash) = 32) -- BLAKE2b-256 of the row and the hash before
) STRICT;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

CREATE TABLE event (                     -- what open pages are told; Last-Event-ID resumes here; kept 1 day
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	at_s INTEGER NOT NULL,
	kind TEXT NOT NULL,
	object_id INTEGER NOT NULL,
	object_version INTEGER NOT NULL,
	fields TEXT NOT NULL
) STRICT;

CREATE TABLE setting (                   -- what the Région may change
	key TEXT PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
