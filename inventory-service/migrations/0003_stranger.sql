-- SPDX-License-Identifier: EUPL-1.2
-- Tags and meters that gateways hear and nobody has registered, so that they can be listed and paired.
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
