/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon navette_wire */
/*
 * The promise on the real store, without a network: tags with real keys speak for a day, three gateways each
 * hear half of it, one of them has a clock wrong by a day, one is cut off for hours, one loses its power with
 * a full spool. Batches come shuffled, repeated and late. The hours must be the tags' truth; a rebuild must
 * find nothing to change; and everything sent again, backwards, a hundred times, must change no second.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/daemon/mac.h"
#include "common/daemon/text.h"
#include "common/daemon/uplink.h"
#include "common/wire/bthome.h"
#include "inventory-service/ingest.h"
#include "inventory-service/secret.h"
#include "inventory-service/service.h"

#define TAGS 4
#define GATEWAYS 3
#define DAY_S 86400
#define START_S (1790000000LL / 3600 * 3600)
#define MAX_BATCHES 6000
#define STEP_S 20

static uint64_t rng;

static int64_t pick(int64_t below)
{
	uint64_t z = rng += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (int64_t)((z ^ (z >> 31)) % (uint64_t)below);
}

/* ---- the world: tags that tell the truth ---- */

struct tag {
	uint8_t address[6], key[16];
	struct nvt_aes128 aes;
	uint32_t counter;
	uint16_t epoch;
	int64_t active_s; /* of this epoch */
	bool running;
	int64_t first_heard_s; /* the counter in the first frame anyone heard; -1: none yet */
	int64_t counted_s;     /* what must come out */
	int64_t epoch_heard_s; /* the highest heard in this epoch */
	int64_t hours[DAY_S / 3600 + 1];
	uint8_t old_frame[32], seen_frame[32]; /* recorded: one nobody heard, one that counted */
	size_t old_len, seen_len;
};

struct batch {
	char *payload;
	size_t len;
	char mac[MAC_TEXT_SIZE];
	int64_t sealed_s;
};

struct gw {
	char name[24];
	char topic[64];
	uint8_t mac_key[MAC_KEY_LEN];
	struct batch batches[MAX_BATCHES];
	int n_batches, acked;
	int64_t boot, booted_s, clock_error_ms;
	struct json_out reports;
	int n_reports;
	int64_t from_s, until_s; /* cut off */
};

static struct tag tags[TAGS];
static struct gw gws[GATEWAYS];
static struct service *service;
static struct ingest *ingest;
static char folder[] = "/tmp/navette-ingest-XXXXXX";

static void hear(struct gw *g, const struct tag *t, const uint8_t *frame, size_t len, int64_t now_s)
{
	struct uplink_report r = {.kind = UPLINK_BLE,
				  .mono_ms = (now_s - g->booted_s) * 1000 + pick(900),
				  .t_ms = now_s * 1000 + g->clock_error_ms};

	memcpy(r.u.ble.address, t->address, 6);
	r.u.ble.rssi_dbm = (int8_t)(-60 - pick(20));
	r.u.ble.id = NVT_BTHOME_UUID;
	memcpy(r.u.ble.data, frame, len);
	r.u.ble.data_len = (uint8_t)len;
	uplink_put_report(&g->reports, &r);
	g->n_reports++;
}

static void seal_batch(struct gw *g, int64_t now_s)
{
	struct uplink_batch envelope = {.epoch = "00112233aabbccdd",
					.seq = g->n_batches + 1,
					.oldest = 1,
					.boot = g->boot,
					.mono_ms = (now_s - g->booted_s) * 1000 + 1000,
					.clock = UPLINK_CLOCK_NTP};
	struct json_out out = {0};
	struct batch *b = &g->batches[g->n_batches];

	if (!g->n_reports || g->n_batches == MAX_BATCHES)
		return;
	uplink_encode_batch(&out, &envelope, g->reports.bytes);
	b->payload = out.bytes;
	b->len = out.len;
	b->sealed_s = now_s + 1;
	mac_compute(g->mac_key, g->topic, b->payload, b->len, b->mac);
	g->n_batches++;
	json_out_reset(&g->reports);
	g->n_reports = 0;
}

static void speak(struct tag *t, int64_t now_s)
{
	struct nvt_tag_reading v = {.packet_id = (uint8_t)t->counter,
				    .running = t->running,
				    .battery_pct = 90,
				    .counter_epoch = t->epoch,
				    .active_s = (uint32_t)t->active_s};
	uint8_t objects[16], frame[32];
	size_t n = nvt_tag_reading_put(&v, objects, sizeof objects);
	size_t len = nvt_bthome_seal(&t->aes, t->address, t->counter++, objects, n, frame, sizeof frame);
	bool heard = false;

	assert_true(len > 0);
	for (int i = 0; i < GATEWAYS; i++) {
		if (pick(2))
			continue; /* half of all frames are lost */
		hear(&gws[i], t, frame, len, now_s);
		heard = true;
	}
	if (!heard) { /* somebody may have recorded it where no gateway was */
		if (!t->old_len) {
			memcpy(t->old_frame, frame, len);
			t->old_len = len;
		}
		return;
	}
	if (t->first_heard_s < 0)
		t->first_heard_s = t->active_s;
	t->epoch_heard_s = t->active_s;
	if (!t->seen_len && pick(50) == 0) {
		memcpy(t->seen_frame, frame, len);
		t->seen_len = len;
	}
}

/* A battery change: the flash is lost; a new epoch, a random counter. */
static void lose_flash(struct tag *t)
{
	t->counted_s += t->epoch_heard_s - (t->first_heard_s > 0 ? t->first_heard_s : 0);
	t->first_heard_s = 0; /* later epochs count from 0 */
	t->epoch_heard_s = 0;
	t->active_s = 0;
	t->epoch = (uint16_t)(t->epoch + 1 + pick(1000));
	t->counter = (uint32_t)pick(INT32_MAX);
	t->old_len = 0;
}

/* ---- the service side ---- */

static int64_t ack_of(const struct gw *g, const struct ingest_ack *acks, size_t n)
{
	struct uplink_ack ack;

	for (size_t i = 0; i < n; i++) {
		if (strncmp(acks[i].topic, g->topic, strlen(g->topic) - 2) != 0)
			continue;
		assert_true(uplink_decode_ack(acks[i].payload.bytes, acks[i].payload.len, &ack));
		assert_true(mac_verify(g->mac_key, acks[i].topic, acks[i].payload.bytes, acks[i].payload.len,
				       acks[i].mac));
		assert_int_equal(ack.n_refused, 0);
		return ack.seq;
	}
	return -1;
}

/* Offers a window of up to 32 batches, shuffled and some twice; takes the acknowledgement. */
static void offer(struct gw *g, int until, int64_t now_s)
{
	struct ingest_message m[64];
	struct ingest_ack *acks;
	size_t n = 0, n_acks;
	int64_t ack;

	for (int i = g->acked; i < until && n < 32; i++)
		for (int twice = 0; twice < (pick(5) ? 1 : 2); twice++)
			m[n++] = (struct ingest_message){.topic = g->topic,
							 .payload = g->batches[i].payload,
							 .len = g->batches[i].len,
							 .mac = g->batches[i].mac,
							 .received_ms = now_s * 1000 + pick(400)};
	if (!n)
		return;
	for (size_t i = n - 1; i > 0; i--) {
		size_t j = (size_t)pick((int64_t)i + 1);
		struct ingest_message t = m[i];

		m[i] = m[j];
		m[j] = t;
	}
	assert_int_equal(ingest_messages(ingest, m, n, &acks, &n_acks), OK);
	ack = ack_of(g, acks, n_acks);
	assert_true(ack > g->acked);
	g->acked = (int)ack;
	ingest_free_acks(acks, n_acks);
}

static bool is_cut_off(const struct gw *g, int64_t now_s)
{
	return now_s >= g->from_s && now_s < g->until_s;
}

static void exchange(struct gw *g, int64_t now_s)
{
	if (!is_cut_off(g, now_s) && g->acked < g->n_batches)
		offer(g, g->n_batches, now_s + 1);
}

static enum err build(struct db *db, void *context)
{
	const struct secret *secret = service_secret(service);
	uint8_t sealed[SECRET_SEALED_LEN(MAC_KEY_LEN)];
	char hex[13];
	struct query q;

	(void)context;
	assert_int_equal(
		db_script(db, "INSERT INTO place (id,name,created_s) VALUES (1,'p1',0),(2,'p2',0),(3,'p3',0);"
			      "INSERT INTO model (id,name,family,transport_class,created_s) "
			      "VALUES (1,'m','f','T1',0)"),
		OK);
	for (int i = 0; i < GATEWAYS; i++) {
		secret_seal(secret, "gateway.mac", gws[i].mac_key, MAC_KEY_LEN, sealed);
		q = db_query(db, "INSERT INTO gateway (gw, name, place_id, mac_key, created_s) VALUES ($1, "
				 "'g', $2, $3, 0)");
		put_text(&q, gws[i].name);
		put_i64(&q, i + 1);
		put_blob(&q, sealed, SECRET_SEALED_LEN(MAC_KEY_LEN));
		assert_int_equal(db_run(&q), OK);
	}
	for (int i = 0; i < TAGS; i++) {
		char code[24];

		snprintf(code, sizeof code, "CODE%03d", i % 1000);
		q = db_query(db, "INSERT INTO item (id, model_id, inventory_no, owner_place_id, "
				 "home_place_id, in_service_s, "
				 "code, created_s) VALUES ($1, 1, $2, 1, 1, 0, $3, 0)");
		put_i64(&q, i + 1);
		put_text(&q, code);
		put_text(&q, code);
		assert_int_equal(db_run(&q), OK);
		hex_encode(tags[i].address, 6, hex);
		secret_seal(secret, "device.key", tags[i].key, 16, sealed);
		q = db_query(db, "INSERT INTO device (id, kind, address, key, created_s) VALUES ($1, 'ble', "
				 "$2, $3, 0)");
		put_i64(&q, i + 1);
		put_text(&q, hex);
		put_blob(&q, sealed, SECRET_SEALED_LEN(16));
		assert_int_equal(db_run(&q), OK);
		q = db_query(
			db,
			"INSERT INTO binding (device_id, item_id, is_meter, from_ms) VALUES ($1, $2, 0, 0)");
		put_i64(&q, i + 1);
		put_i64(&q, i + 1);
		assert_int_equal(db_run(&q), OK);
	}
	return OK;
}

static int setup(void **state)
{
	struct service_setting setting = {.presence_hold_s = 600, .silent_s = 900};

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_true(str_format(setting.database, sizeof setting.database, "%s/navette.db", folder));
	assert_true(str_format(setting.secret_file, sizeof setting.secret_file, "%s/secret.key", folder));
	service = service_open(&setting);
	ingest = ingest_open(service);
	for (int i = 0; i < TAGS; i++) {
		struct tag *t = &tags[i];

		for (int j = 0; j < 16; j++)
			t->key[j] = (uint8_t)pick(256);
		t->address[0] = 0xc0;
		t->address[5] = (uint8_t)i;
		nvt_aes128_init(&t->aes, t->key);
		t->epoch = (uint16_t)pick(60000);
		t->first_heard_s = -1;
		t->active_s = pick(100000); /* it had a life before */
	}
	for (int i = 0; i < GATEWAYS; i++) {
		struct gw *g = &gws[i];

		snprintf(g->name, sizeof g->name, "gw-000%d", i + 1);
		assert_true(uplink_topic_make(g->name, "up", g->topic, sizeof g->topic));
		for (unsigned j = 0; j < MAC_KEY_LEN; j++)
			g->mac_key[j] = (uint8_t)pick(256);
		g->boot = 1;
		g->booted_s = START_S - 1000 * (i + 1);
	}
	gws[0].clock_error_ms = DAY_S * 1000LL; /* a clock wrong by a day */
	gws[1].from_s = START_S + 5 * 3600;
	gws[1].until_s = START_S + 9 * 3600 + 777;
	gws[2].from_s = START_S + 10 * 3600; /* and its power is cut at 12 h */
	gws[2].until_s = START_S + 15 * 3600;
	assert_int_equal(service_write(service, "test", build, NULL), OK);
	return 0;
}

static void live_a_day(void)
{
	for (int64_t now = START_S; now < START_S + DAY_S; now += STEP_S) {
		for (int i = 0; i < TAGS; i++) {
			struct tag *t = &tags[i];
			bool was_running = t->running;

			if (t->running) {
				t->active_s += STEP_S;
				t->hours[(now - STEP_S - START_S) / 3600] += STEP_S;
			}
			if (pick(60) == 0)
				t->running = !t->running;
			if (pick(3000) == 0)
				lose_flash(t);
			if (was_running != t->running || pick(3) == 0)
				speak(t, now);
			if (t->seen_len && pick(2000) == 0) /* somebody replays what was recorded hours ago */
				hear(&gws[0], t, t->seen_frame, t->seen_len, now);
		}
		if (now == START_S + 12 * 3600) { /* power cut: what was sealed is in the spool */
			seal_batch(&gws[2], now);
			gws[2].boot++;
			gws[2].booted_s = now + 60;
			now += 60;
		}
		for (int i = 0; i < GATEWAYS; i++) {
			if (gws[i].n_reports >= 5)
				seal_batch(&gws[i], now);
			exchange(&gws[i], now);
		}
	}
	for (int i = 0; i < GATEWAYS; i++)
		seal_batch(&gws[i], START_S + DAY_S);
	for (int round = 0; round < 500; round++)
		for (int i = 0; i < GATEWAYS; i++)
			exchange(&gws[i], START_S + DAY_S + round / 100);
	for (int i = 0; i < GATEWAYS; i++)
		assert_int_equal(gws[i].acked, gws[i].n_batches);
}

/* A settled clock needs two quiet seconds of real time. */
static void settle(void)
{
	bool left;

	usleep(2200000);
	assert_int_equal(ingest_settle(ingest, (START_S + DAY_S) * 1000, INT_MAX, &left), OK);
}

struct totals {
	int64_t active_s[TAGS + 1];
	int64_t worst_hour_s; /* the largest difference to the truth beyond what is said to be bounded */
	uint64_t digest;
};

static enum err read_totals(struct db *db, void *context)
{
	struct totals *t = context;
	struct query q =
		db_query(db, "SELECT b.device_id, s.hour_s, s.active_s, s.bounded_s FROM usage_slice s "
			     "JOIN binding b ON b.id = s.binding_id ORDER BY 1, 2");

	memset(t, 0, sizeof *t);
	while (db_next(&q)) {
		int64_t device = get_i64(&q), hour = get_i64(&q), active = get_i64(&q), bounded = get_i64(&q);
		int64_t i = (hour - START_S) / 3600, diff;

		assert_in_range(device, 1, TAGS);
		t->active_s[device] += active;
		t->digest = t->digest * 1000003u + (uint64_t)(device * 31 + hour + active * 7 + bounded);
		if (i < 0 || i > DAY_S / 3600)
			continue;
		diff = active - bounded - tags[device - 1].hours[i];
		if (diff > t->worst_hour_s)
			t->worst_hour_s = diff;
	}
	return db_end(&q);
}

static enum err count_attention(struct db *db, void *context)
{
	struct query q = db_query(db, "SELECT count(*) FROM attention WHERE code = 'tag.clone'");

	while (db_next(&q))
		*(int64_t *)context = get_i64(&q);
	return db_end(&q);
}

static void the_hours_are_the_truth_and_stay_it(void **state)
{
	struct totals before, after;
	int64_t devices, changed;

	(void)state;
	live_a_day();
	settle();
	assert_int_equal(service_read(service, read_totals, &before), OK);
	for (int i = 0; i < TAGS; i++) {
		struct tag *t = &tags[i];

		printf("tag %d: %lld s, truth %lld s\n", i, (long long)before.active_s[i + 1],
		       (long long)(t->counted_s + t->epoch_heard_s - t->first_heard_s));
		assert_int_equal(before.active_s[i + 1], t->counted_s + t->epoch_heard_s - t->first_heard_s);
	}
	assert_in_range(before.worst_hour_s, 0, STEP_S);

	assert_int_equal(ingest_rebuild(ingest, false, &devices, &changed), OK);
	assert_int_equal(devices, TAGS);
	assert_int_equal(service_read(service, read_totals, &after), OK);
	assert_int_equal(after.digest, before.digest);
	assert_int_equal(changed, 0);
}

static void sent_again_backwards_a_hundred_times_changes_nothing(void **state)
{
	struct totals before, after;
	struct ingest_message m[200];

	(void)state;
	assert_int_equal(service_read(service, read_totals, &before), OK);
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < GATEWAYS; i++) {
			struct gw *g = &gws[i];
			struct ingest_ack *acks;
			size_t n = 0, n_acks;

			for (int b = g->n_batches - 1 - round * 3; b >= 0 && n < 200; b--)
				m[n++] = (struct ingest_message){.topic = g->topic,
								 .payload = g->batches[b].payload,
								 .len = g->batches[b].len,
								 .mac = g->batches[b].mac,
								 .received_ms = (START_S + 2 * DAY_S) * 1000};
			if (!n)
				continue;
			assert_int_equal(ingest_messages(ingest, m, n, &acks, &n_acks), OK);
			assert_int_equal(ack_of(g, acks, n_acks), g->n_batches);
			ingest_free_acks(acks, n_acks);
		}
	}
	assert_int_equal(service_read(service, read_totals, &after), OK);
	assert_int_equal(after.digest, before.digest);
}

static void a_forged_batch_moves_nothing_and_is_shown(void **state)
{
	struct ingest_message m = {
		.topic = gws[0].topic, .mac = gws[0].batches[0].mac, .received_ms = (START_S + DAY_S) * 1000};
	struct totals before, after;
	struct ingest_ack *acks;
	size_t n_acks;
	char forged[256];

	(void)state;
	assert_int_equal(service_read(service, read_totals, &before), OK);
	m.len = (size_t)snprintf(forged, sizeof forged,
				 "{\"epoch\":\"00112233aabbccdd\",\"seq\":%d,\"oldest\":1,"
				 "\"boot\":1,\"mono_ms\":1,\"reports\":[]}",
				 gws[0].n_batches + 1);
	m.payload = forged;
	assert_int_equal(ingest_messages(ingest, &m, 1, &acks, &n_acks), OK);
	assert_int_equal(n_acks, 0);
	ingest_free_acks(acks, n_acks);
	assert_int_equal(service_read(service, read_totals, &after), OK);
	assert_int_equal(after.digest, before.digest);
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	ingest_close(ingest);
	service_close(service);
	for (int i = 0; i < GATEWAYS; i++) {
		for (int b = 0; b < gws[i].n_batches; b++)
			free(gws[i].batches[b].payload);
		json_out_free(&gws[i].reports);
	}
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

/* A frame that no gateway heard, played a day later: authentic, and yet too late to be true. */
static void a_delayed_replay_moves_nothing_and_is_shown(void **state)
{
	struct totals before, after;
	int64_t shown = 0, n_before;

	(void)state;
	assert_int_equal(service_read(service, read_totals, &before), OK);
	assert_int_equal(service_read(service, count_attention, &n_before), OK);
	assert_int_equal(n_before, 0);
	assert_true(tags[1].old_len > 0);
	hear(&gws[1], &tags[1], tags[1].old_frame, tags[1].old_len, START_S + DAY_S + 3000);
	seal_batch(&gws[1], START_S + DAY_S + 3000);
	offer(&gws[1], gws[1].n_batches, START_S + DAY_S + 3002);
	assert_int_equal(service_read(service, count_attention, &shown), OK);
	assert_int_equal(shown, 1);
	assert_int_equal(service_read(service, read_totals, &after), OK);
	assert_int_equal(after.digest, before.digest);
}

/* ---- what pages are told ---- */

static char told[256];

static void note(void *context, const struct service_announcement *a)
{
	size_t len = strlen(told);

	(void)context;
	assert_string_equal(a->kind, "item");
	assert_true(str_format(told + len, sizeof told - len, "%lld:%s ", (long long)a->id, a->fields));
}

/* One frame, heard by one gateway; what was told then. */
static const char *told_after(struct gw *g, struct tag *t, int64_t now_s)
{
	struct nvt_tag_reading v = {.packet_id = 1,
				    .battery_pct = 90,
				    .counter_epoch = t->epoch,
				    .active_s = (uint32_t)t->active_s};
	uint8_t objects[16], frame[32];
	size_t n = nvt_tag_reading_put(&v, objects, sizeof objects);

	usleep(600000); /* figures alone are told twice a second at most */
	told[0] = '\0';
	n = nvt_bthome_seal(&t->aes, t->address, t->counter++, objects, n, frame, sizeof frame);
	hear(g, t, frame, n, now_s);
	seal_batch(g, now_s);
	offer(g, g->n_batches, now_s + 2);
	return told;
}

static void pages_are_told_what_changed_and_only_that(void **state)
{
	int64_t now_s = START_S + 2 * DAY_S;
	struct tag *t = &tags[2];
	int n_observed = 0;

	(void)state;
	service_listen(service, note, NULL);
	(void)told_after(&gws[0], t, now_s); /* wherever it was and whatever it did: it rests at home now */
	assert_string_equal(told_after(&gws[0], t, now_s += 60), "3:live ");
	t->active_s += 30;
	assert_string_equal(told_after(&gws[0], t, now_s += 60), "3:live,usage ");
	assert_string_equal(told_after(&gws[0], t, now_s += 60), "3:live ");
	for (int i = 0; i < 4; i++) {
		const char *now = told_after(&gws[1], t, now_s += 400);

		if (strcmp(now, "3:live ") == 0)
			continue;
		assert_string_equal(now, "3:live,observed ");
		n_observed++;
	}
	assert_int_equal(n_observed, 1);
	service_unlisten(service, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hours_are_the_truth_and_stay_it),
		cmocka_unit_test(sent_again_backwards_a_hundred_times_changes_nothing),
		cmocka_unit_test(a_forged_batch_moves_nothing_and_is_shown),
		cmocka_unit_test(a_delayed_replay_moves_nothing_and_is_shown),
		cmocka_unit_test(pages_are_told_what_changed_and_only_that),
	};
	const char *given = getenv("SEED");

	rng = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	printf("seed %llu (SEED=… repeats)\n", (unsigned long long)rng);
	return cmocka_run_group_tests(tests, setup, teardown);
}
