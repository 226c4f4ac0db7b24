/* SPDX-License-Identifier: EUPL-1.2 */
/* A service without network, and a gateway whose meters say the same whenever they are asked. */
#ifndef NAVETTE_METER_WORLD_H
#define NAVETTE_METER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/daemon/mac.h"
#include "common/daemon/text.h"
#include "common/daemon/uplink.h"
#include "inventory-service/ingest.h"
#include "inventory-service/secret.h"
#include "inventory-service/service.h"

#define METERS 9
#ifndef STEP_MS
#define STEP_MS 900000LL
#define EPOCH_STEPS 100000 /* then the counters begin anew */
#endif
#define START_MS (1790000000000LL / 3600000 * 3600000)
#define BOOTED_MS (START_MS - 500000)

struct world {
	char folder[32];
	struct service *service;
	struct ingest *ingest;
};

static const uint8_t mac_key[MAC_KEY_LEN] = {7};

static inline enum err build(struct db *db, void *context)
{
	uint8_t sealed[SECRET_SEALED_LEN(MAC_KEY_LEN)];
	struct query q;

	secret_seal(context, "gateway.mac", mac_key, MAC_KEY_LEN, sealed);
	assert_int_equal(db_script(db, "INSERT INTO place (id,name,created_s) VALUES (1,'p',0);"
				       "INSERT INTO model (id,name,family,transport_class,created_s) "
				       "VALUES (1,'m','f','T1',0)"),
			 OK);
	q = db_query(db, "INSERT INTO gateway (id, gw, name, place_id, mac_key, created_s) "
			 "VALUES (1, 'gw-0001', 'g', 1, $1, 0)");
	put_blob(&q, sealed, sizeof sealed);
	assert_int_equal(db_run(&q), OK);
	for (int i = 1; i <= METERS; i++) {
		char script[600];

		snprintf(script, sizeof script,
			 "INSERT INTO item (id,model_id,inventory_no,owner_place_id,home_place_id,"
			 "in_service_s,code,created_s) VALUES (%d,1,'i%d',1,1,0,'CODE%03d',0);"
			 "INSERT INTO device (id,kind,gateway_id,name,created_s) "
			 "VALUES (%d,'meter',1,'m%d',0);"
			 "INSERT INTO binding (device_id,item_id,is_meter,from_ms) VALUES (%d,%d,1,0)",
			 i, i, i, i, i, i, i);
		assert_int_equal(db_script(db, script), OK);
	}
	return OK;
}

static inline void open_world(struct world *w)
{
	struct service_setting setting = {.presence_hold_s = 600, .silent_s = 900};

	assert_true(str_format(setting.database, sizeof setting.database, "%s/navette.db", w->folder));
	assert_true(str_format(setting.secret_file, sizeof setting.secret_file, "%s/secret.key", w->folder));
	w->service = service_open(&setting);
	w->ingest = ingest_open(w->service);
}

static inline void make_world(struct world *w)
{
	assert_true(str_copy(w->folder, sizeof w->folder, "/tmp/navette-settle-XXXXXX"));
	assert_non_null(mkdtemp(w->folder));
	open_world(w);
	assert_int_equal(service_write(w->service, "test", build, (void *)service_secret(w->service)), OK);
}

static inline void close_world(struct world *w)
{
	ingest_close(w->ingest);
	service_close(w->service);
}

static inline void remove_world(struct world *w)
{
	char command[64];

	close_world(w);
	snprintf(command, sizeof command, "rm -rf %s", w->folder);
	assert_int_equal(system(command), 0);
}

/* ---- what the gateway says ---- */

/* Seconds of use at the end of step k: each meter has its own habit; less than a step. */
static inline int64_t active_of(int meter, int k)
{
	int64_t s = 0;

	for (int i = k - k % EPOCH_STEPS; i <= k; i++)
		s += (i * 7 + meter * 13) % 5 * (STEP_MS / 6000) + meter;
	return s;
}

static inline void put_meter(struct json_out *joined, int meter, int k)
{
	struct uplink_report r = {.kind = UPLINK_METER, .mono_ms = START_MS + k * STEP_MS - BOOTED_MS};

	snprintf(r.u.meter.name, sizeof r.u.meter.name, "m%d", meter);
	r.u.meter.counter_epoch = 5 + k / EPOCH_STEPS;
	r.u.meter.active_s = active_of(meter, k);
	r.u.meter.on_s = r.u.meter.active_s;
	r.u.meter.state = UPLINK_METER_IDLE;
	uplink_put_report(joined, &r);
}

/* What was read at step k, under that seq, received at that time; the last meter is a stranger. */
static inline void tell_as(struct world *w, int k, int64_t seq, int64_t received_ms)
{
	struct json_out joined = {0}, o = {0};
	struct uplink_batch b = {
		.seq = seq, .oldest = 1, .boot = 1, .mono_ms = START_MS + k * STEP_MS - BOOTED_MS};
	struct ingest_message m = {.topic = "navette/v1/gw/gw-0001/up", .received_ms = received_ms};
	char mac[MAC_TEXT_SIZE];
	struct ingest_ack *acks;
	size_t n_acks;

	assert_true(str_copy(b.epoch, sizeof b.epoch, "5f0c9a1b2d3e4f60"));
	for (int i = METERS + 1; i >= 1; i--)
		put_meter(&joined, i, k);
	b.n_reports = METERS + 1;
	uplink_encode_batch(&o, &b, joined.bytes);
	mac_compute(mac_key, m.topic, o.bytes, o.len, mac);
	m.payload = o.bytes;
	m.len = o.len;
	m.mac = mac;
	assert_int_equal(ingest_messages(w->ingest, &m, 1, &acks, &n_acks), OK);
	ingest_free_acks(acks, n_acks);
	json_out_free(&o);
	json_out_free(&joined);
}

#endif
