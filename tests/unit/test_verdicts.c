/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon navette_wire */
/*
 * The service's judge, through its front door: sealed frames in batches under a mac, on the real store. The
 * steps of the published sequences and of our own (tests/vectors/bthome.json, "navette"); then what late
 * readings may and may not do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/daemon/json.h"
#include "common/daemon/mac.h"
#include "common/daemon/text.h"
#include "common/daemon/uplink.h"
#include "common/wire/bthome.h"
#include "inventory-service/domain/evidence/reading.h"
#include "inventory-service/ingest.h"
#include "inventory-service/secret.h"
#include "inventory-service/service.h"

#define VECTORS "tests/vectors/bthome.json"
#define START_MS 1790000000000
#define HOUR_MS 3600000

static char folder[] = "/tmp/navette-verdicts-XXXXXX";
static char text[512 * 1024];
static struct json_doc *doc;
static struct service *service;
static struct ingest *ingest;
static const uint8_t mac_key[MAC_KEY_LEN] = {7};
static int64_t seq, base_ms; /* where t = 0 of the present sequence is, after START_MS */

/* ---- the world: one gateway, one tag ---- */

static enum err run_script(struct db *db, void *context)
{
	return db_script(db, context);
}

static enum err add_gateway(struct db *db, void *context)
{
	struct query q =
		db_query(db, "INSERT INTO gateway (id, gw, name, place_id, mac_key, created_s) VALUES (1, "
			     "'gw-0001', 'g', 1, $1, 0)");
	uint8_t sealed[SECRET_SEALED_LEN(MAC_KEY_LEN)];

	(void)context;
	secret_seal(service_secret(service), "gateway.mac", mac_key, MAC_KEY_LEN, sealed);
	put_blob(&q, sealed, sizeof sealed);
	return db_run(&q);
}

struct identity {
	uint8_t address[6], key[16];
	bool has_key;
};

static enum err add_tag(struct db *db, void *context)
{
	const struct identity *tag = context;
	struct query q = db_query(
		db, "INSERT INTO device (id, kind, address, key, created_s) VALUES (1, 'ble', $1, $2, 0)");
	uint8_t sealed[SECRET_SEALED_LEN(16)];
	char hex[13];

	hex_encode(tag->address, 6, hex);
	secret_seal(service_secret(service), "device.key", tag->key, 16, sealed);
	put_text(&q, hex);
	put_blob(&q, tag->has_key ? sealed : NULL, sizeof sealed);
	return db_run(&q);
}

/* A day later, another tag, and nothing known of the one before. */
static void begin_anew(const struct identity *tag)
{
	static char bind[] =
		"INSERT INTO binding (id, device_id, item_id, is_meter, from_ms) VALUES (1, 1, 1, 0, 0)";
	static char clear[] = "DELETE FROM attention; DELETE FROM report; DELETE FROM reading; "
			      "DELETE FROM usage_slice; DELETE FROM counter_epoch; DELETE FROM binding; "
			      "DELETE FROM device;";
	struct identity added = *tag;

	base_ms += 24 * HOUR_MS;
	assert_int_equal(service_write(service, "test", run_script, clear), OK);
	assert_int_equal(service_write(service, "test", add_tag, &added), OK);
	assert_int_equal(service_write(service, "test", run_script, bind), OK);
}

struct facts {
	int64_t verdict;   /* on the last report */
	int64_t counters;  /* the newest epoch and its highest counter */
	int64_t seconds;   /* of use, counted for the item */
	int64_t attention; /* how often a person was called */
	char state[8];     /* what the tag is taken to do now */
};

static enum err read_facts(struct db *db, void *context)
{
	struct facts *f = context;
	struct query q = db_query(
		db, "SELECT (SELECT verdict FROM report ORDER BY id DESC LIMIT 1), "
		    "(SELECT coalesce(max(no * 4294967296 + counter_max), 0) FROM counter_epoch), "
		    "(SELECT coalesce(sum(active_s), 0) FROM usage_slice), "
		    "(SELECT coalesce(sum(n), 0) FROM attention), (SELECT state FROM device WHERE id = 1)");

	while (db_next(&q)) {
		f->verdict = get_i64(&q);
		f->counters = get_i64(&q);
		f->seconds = get_i64(&q);
		f->attention = get_i64(&q);
		get_text(&q, f->state, sizeof f->state);
	}
	return db_end(&q);
}

static struct facts facts(void)
{
	struct facts f = {0};

	assert_int_equal(service_read(service, read_facts, &f), OK);
	return f;
}

/* The frame, heard at t_ms, in a batch of its own; the facts after it. */
static struct facts hear(const struct identity *tag, const uint8_t *data, size_t len, int64_t t_ms)
{
	struct uplink_report r = {.kind = UPLINK_BLE, .mono_ms = base_ms + t_ms};
	struct uplink_batch envelope = {
		.epoch = "00112233aabbccdd", .seq = ++seq, .oldest = 1, .boot = 1, .mono_ms = r.mono_ms};
	struct ingest_message m = {.topic = "navette/v1/gw/gw-0001/up", .received_ms = START_MS + r.mono_ms};
	struct json_out reports = {0}, batch = {0};
	char mac[MAC_TEXT_SIZE];
	struct ingest_ack *acks;
	size_t n_acks;

	memcpy(r.u.ble.address, tag->address, 6);
	r.u.ble.rssi_dbm = -60;
	r.u.ble.id = NVT_BTHOME_UUID;
	memcpy(r.u.ble.data, data, len);
	r.u.ble.data_len = (uint8_t)len;
	uplink_put_report(&reports, &r);
	uplink_encode_batch(&batch, &envelope, reports.bytes);
	mac_compute(mac_key, m.topic, batch.bytes, batch.len, mac);
	m.payload = batch.bytes;
	m.len = batch.len;
	m.mac = mac;
	assert_int_equal(ingest_messages(ingest, &m, 1, &acks, &n_acks), OK);
	assert_int_equal(n_acks, 1);
	ingest_free_acks(acks, n_acks);
	json_out_free(&reports);
	json_out_free(&batch);
	return facts();
}

static int open_world(void **state)
{
	static char things[] = "INSERT INTO place (id, name, created_s) VALUES (1, 'p', 0);"
			       "INSERT INTO model (id, name, family, transport_class, created_s) VALUES (1, "
			       "'m', 'f', 'T1', 0);"
			       "INSERT INTO item (id, model_id, inventory_no, owner_place_id, home_place_id, "
			       "in_service_s, code, "
			       "created_s) VALUES (1, 1, 'A', 1, 1, 0, '0000000', 0)";
	static char settle[] = "UPDATE boot SET is_settled = 1"; /* what looks wrong is wrong */
	struct service_setting setting = {.presence_hold_s = 600, .silent_s = 900};
	const struct identity nobody = {.address = {1}};
	size_t len;

	(void)state;
	assert_true(file_read(VECTORS, text, sizeof text, &len));
	assert_non_null(doc = json_parse(text, len, sizeof text, NULL));
	assert_non_null(mkdtemp(folder));
	assert_true(str_format(setting.database, sizeof setting.database, "%s/navette.db", folder));
	assert_true(str_format(setting.secret_file, sizeof setting.secret_file, "%s/secret.key", folder));
	service = service_open(&setting);
	ingest = ingest_open(service);
	assert_int_equal(service_write(service, "test", run_script, things), OK);
	assert_int_equal(service_write(service, "test", add_gateway, NULL), OK);
	(void)hear(&nobody, (const uint8_t *)"x", 1, 0);
	assert_int_equal(service_write(service, "test", run_script, settle), OK);
	return 0;
}

static int close_world(void **state)
{
	char command[64];

	(void)state;
	ingest_close(ingest);
	service_close(service);
	json_free(doc);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

/* ---- the published sequences ---- */

static const struct word {
	const char *name;
	enum verdict verdict;
	bool moves; /* the replay state */
	bool calls; /* a person */
} words[] = {
	{"counted", VERDICT_COUNTED, true, false},
	{"late", VERDICT_LATE, false, false},
	{"copy", VERDICT_COPY, false, false},
	{"sighting", VERDICT_SIGHTING, false, false},
	{"bad_mic", VERDICT_BAD_MIC, false, true},
	{"downgrade", VERDICT_DOWNGRADE, false, true},
	{"restarted", VERDICT_RESTARTED, false, true},
	{"clone", VERDICT_CLONE, false, true},
	{"unreadable", VERDICT_UNREADABLE, false, false},
};
#define N_WORDS (sizeof words / sizeof words[0])

static const struct word *word_of(const char *name)
{
	for (size_t i = 0; i < N_WORDS; i++)
		if (strcmp(words[i].name, name) == 0)
			return &words[i];
	fail_msg("%s: no such verdict", name);
	return NULL;
}

static void take_identity(struct json_in *in, struct identity *tag)
{
	char mac[24] = "", key[40] = "";

	*tag = (struct identity){0};
	json_take_text(in, "mac", mac, sizeof mac);
	for (char *c = mac; *c; c++)
		*c |= *c >= 'A' && *c <= 'F' ? 0x20 : 0;
	assert_true(address_parse(mac, tag->address));
	tag->has_key = json_maybe_text(in, "bind_key", key, sizeof key);
	if (tag->has_key)
		assert_true(hex_decode(key, strlen(key), tag->key, sizeof tag->key));
}

static void check_step(const char *id, size_t i, struct json_in *step, const struct identity *tag)
{
	struct facts before = facts(), after;
	uint8_t data[UPLINK_MAX_DATA];
	char hex[2 * UPLINK_MAX_DATA + 1] = "", name[16] = "";
	const struct word *word;
	int64_t t_s = 0;

	json_take_text(step, "service_data", hex, sizeof hex);
	json_take_text(step, "navette", name, sizeof name);
	json_take_i64(step, "t", 0, 10000, &t_s);
	assert_int_equal(json_end_lax(step), JSON_OK);
	word = word_of(name);
	assert_true(hex_decode(hex, strlen(hex), data, strlen(hex) / 2));
	after = hear(tag, data, strlen(hex) / 2, t_s * 1000);
	if (after.verdict != (int64_t)word->verdict)
		fail_msg("%s, step %zu: verdict %d, expected %s", id, i, (int)after.verdict, word->name);
	if ((after.counters != before.counters) != word->moves)
		fail_msg("%s, step %zu: the replay state of a frame that is %s", id, i, word->name);
	if ((after.attention != before.attention) != word->calls)
		fail_msg("%s, step %zu: attention on a frame that is %s", id, i, word->name);
}

static size_t check_sequences(const char *name)
{
	struct json_in top = json_in(doc);
	struct json_array sequences = json_take_array(&top, name, 100);
	size_t n = 0;

	while (json_next(&sequences)) {
		struct json_in in = json_element_object(&sequences);
		struct json_array steps;
		struct identity tag;
		char id[80] = "";

		json_take_text(&in, "id", id, sizeof id);
		take_identity(&in, &tag);
		steps = json_take_array(&in, "steps", 100);
		assert_int_equal(json_end_lax(&in), JSON_OK);
		begin_anew(&tag);
		for (size_t i = 1; json_next(&steps); i++, n++) {
			struct json_in step = json_element_object(&steps);

			check_step(id, i, &step, &tag);
		}
	}
	return n;
}

static void each_step_of_each_sequence_is_judged_as_published(void **state)
{
	(void)state;
	assert_int_equal(check_sequences("sequences"), 28);
	assert_int_equal(check_sequences("navette_sequences"), 28);
}

/* ---- late readings: of a lower counter, heard when the higher one was already here ---- */

static const struct identity mine = {
	.address = {0xc0, 0x98, 0xe5, 0x12, 0x34, 0x56}, .key = {1, 2, 3}, .has_key = true};

enum shape { READING, ABOUT }; /* with the counter of use, and without it */

static struct facts say(enum shape shape, uint32_t counter, const struct nvt_tag_reading *v, int64_t t_s)
{
	struct nvt_aes128 aes;
	uint8_t objects[16], frame[32];
	size_t n = shape == READING ? nvt_tag_reading_put(v, objects, sizeof objects)
				    : nvt_tag_about_put(v, objects, sizeof objects);
	size_t len;

	nvt_aes128_init(&aes, mine.key);
	len = nvt_bthome_seal(&aes, mine.address, counter, objects, n, frame, sizeof frame);
	assert_true(len > 0);
	return hear(&mine, frame, len, t_s * 1000);
}

static struct nvt_tag_reading used(uint32_t active_s, bool running)
{
	return (struct nvt_tag_reading){
		.battery_pct = 80, .counter_epoch = 5, .active_s = active_s, .running = running};
}

static void a_late_reading_may_not_grow_faster_than_time(void **state)
{
	const struct nvt_tag_reading first = used(1000, true), absurd = used(90000, true);
	struct facts before, after;

	(void)state;
	begin_anew(&mine);
	(void)say(READING, 100, &first, 0);
	before = say(ABOUT, 102, &first, 10); /* the highest, and it says nothing of use */
	assert_int_equal(before.verdict, VERDICT_COUNTED);
	after = say(READING, 101, &absurd, 11);
	assert_int_equal(after.verdict, VERDICT_IMPLAUSIBLE);
	assert_int_equal(after.seconds, 0);
	assert_int_equal(after.counters, before.counters);
	assert_int_equal(after.attention, before.attention + 1);
}

static void more_use_under_a_lower_counter_is_a_clone(void **state)
{
	const struct nvt_tag_reading first = used(1000, true), second = used(1010, true),
				     more = used(1131, true);
	struct facts before, after;

	(void)state;
	begin_anew(&mine);
	(void)say(READING, 100, &first, 0);
	before = say(READING, 102, &second, 10);
	assert_int_equal(before.seconds, 10);
	after = say(READING, 101, &more, 11);
	assert_int_equal(after.verdict, VERDICT_CLONE);
	assert_int_equal(after.seconds, 10);
	assert_int_equal(after.counters, before.counters);
	assert_int_equal(after.attention, before.attention + 1);
}

static void a_late_reading_may_bring_the_seconds_that_a_frame_without_them_overtook(void **state)
{
	const struct nvt_tag_reading first = used(1000, true), next = used(1009, true);

	(void)state;
	begin_anew(&mine);
	(void)say(READING, 100, &first, 0);
	assert_int_equal(say(ABOUT, 102, &next, 10).verdict, VERDICT_COUNTED);
	assert_int_equal(say(READING, 101, &next, 9).verdict, VERDICT_LATE);
	assert_int_equal(facts().seconds, 9);
	assert_int_equal(facts().attention, 0);
}

static void a_late_reading_does_not_turn_the_state_back(void **state)
{
	const struct nvt_tag_reading idle = used(1000, false), active = used(1000, true);
	struct facts after;

	(void)state;
	begin_anew(&mine);
	(void)say(READING, 100, &idle, 0);
	assert_string_equal(say(READING, 102, &active, 10).state, "active");
	after = say(READING, 101, &idle, 11); /* by a gateway whose clock is a little ahead */
	assert_int_equal(after.verdict, VERDICT_LATE);
	assert_string_equal(after.state, "active");
	assert_string_equal(say(READING, 103, &idle, 12).state, "idle");
}

/* Of a device's row only what changed is written: what is judged must be among it. */
static void a_quarantine_outlives_the_service(void **state)
{
	const struct nvt_tag_reading first = used(1000, true), absurd = used(90000, true);

	(void)state;
	begin_anew(&mine);
	(void)say(READING, 100, &first, 0);
	(void)say(READING, 101, &first, 1);
	assert_int_equal(say(READING, 102, &absurd, 10).verdict, VERDICT_IMPLAUSIBLE);
	ingest_close(ingest);
	ingest = ingest_open(service);
	assert_int_equal(say(READING, 103, &first, 20).verdict, VERDICT_QUARANTINED);
}

static struct nvt_tag_reading of_epoch(uint16_t epoch, uint32_t active_s)
{
	return (struct nvt_tag_reading){
		.battery_pct = 80, .counter_epoch = epoch, .active_s = active_s, .running = true};
}

static void a_new_epoch_may_not_begin_with_more_than_time_allows(void **state)
{
	const struct nvt_tag_reading first = of_epoch(5, 1000), honest = of_epoch(6, 40),
				     absurd = of_epoch(7, 90000);
	struct facts before, after;

	(void)state;
	begin_anew(&mine);
	(void)say(READING, 100, &first, 0);
	before = say(READING, 7, &honest, 60); /* the flash was lost, and 40 s used since */
	assert_int_equal(before.verdict, VERDICT_COUNTED);
	assert_int_equal(before.seconds, 40);
	after = say(READING, 9000, &absurd, 70);
	assert_int_equal(after.verdict, VERDICT_IMPLAUSIBLE);
	assert_int_equal(after.seconds, 40);
	assert_int_equal(after.counters, before.counters);
	assert_int_equal(after.attention, before.attention + 1);
}

static void the_end_of_a_past_epoch_may_not_grow_faster_than_time(void **state)
{
	const struct nvt_tag_reading first = of_epoch(5, 1000), next = of_epoch(6, 0),
				     honest = of_epoch(5, 1020), absurd = of_epoch(5, 90000);
	struct facts after;

	(void)state;
	begin_anew(&mine);
	(void)say(READING, 100, &first, 0);
	(void)say(READING, 7, &next, 60);
	after = say(READING, 101, &honest, 50);
	assert_int_equal(after.verdict, VERDICT_LATE);
	assert_int_equal(after.seconds, 20);
	after = say(READING, 102, &absurd, 55);
	assert_int_equal(after.verdict, VERDICT_IMPLAUSIBLE);
	assert_int_equal(after.seconds, 20);
}

static void an_earlier_life_that_comes_later_is_no_growth(void **state)
{
	const struct nvt_tag_reading now = of_epoch(6, 10), then = of_epoch(5, 90000);
	struct facts after;

	(void)state;
	begin_anew(&mine);
	(void)say(READING, 7, &now, 5000);
	after = say(READING, 500, &then, 1000); /* a gateway drains its spool */
	assert_int_equal(after.attention, 0);
	assert_int_equal(after.seconds,
			 10); /* the later epoch counts from 0, the first reading of all adds 0 */
}

/* A copied flash wakes up a block of counters ahead: the true tag is late from then on. */
static void a_clone_that_runs_ahead_is_named_once_the_true_tag_has_used_more(void **state)
{
	const struct nvt_tag_reading copied = used(1000, false);
	struct facts f;
	int64_t t_s = 0;

	(void)state;
	begin_anew(&mine);
	(void)say(READING, 100, &copied, 0);
	(void)say(READING, 356, &copied, 1);
	for (uint32_t i = 1; i <= 12; i++) { /* 120 s: what a power cut might explain */
		struct nvt_tag_reading v = used(1000 + 10 * i, true);

		t_s = 10 * i;
		assert_int_equal(say(READING, 100 + i, &v, t_s).verdict, VERDICT_LATE);
		assert_int_equal(say(READING, 356 + i, &copied, t_s + 1).verdict, VERDICT_COUNTED);
	}
	assert_int_equal(facts().attention, 0);
	for (uint32_t i = 13; i <= 14; i++) {
		struct nvt_tag_reading v = used(1000 + 10 * i, true);

		f = say(READING, 100 + i, &v, 10 * i);
		assert_int_equal(f.verdict, VERDICT_CLONE);
		assert_int_equal(f.seconds, 120);
		assert_int_equal(f.attention, i - 12);
	}
	assert_int_equal(say(READING, 400, &copied, 160).verdict, VERDICT_QUARANTINED);
}

static void seconds_lost_in_a_power_cut_are_no_clone(void **state)
{
	const struct nvt_tag_reading first = used(1000, true), before = used(1055, true),
				     after = used(1000, false);

	(void)state;
	begin_anew(&mine);
	(void)say(READING, 100, &first, 0);
	assert_int_equal(say(READING, 356, &after, 62).verdict, VERDICT_COUNTED);
	assert_int_equal(say(READING, 155, &before, 55).verdict, VERDICT_LATE); /* by a slower gateway */
	assert_int_equal(facts().seconds, 55);
	assert_int_equal(facts().attention, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_step_of_each_sequence_is_judged_as_published),
		cmocka_unit_test(a_late_reading_may_not_grow_faster_than_time),
		cmocka_unit_test(more_use_under_a_lower_counter_is_a_clone),
		cmocka_unit_test(a_late_reading_may_bring_the_seconds_that_a_frame_without_them_overtook),
		cmocka_unit_test(a_late_reading_does_not_turn_the_state_back),
		cmocka_unit_test(a_new_epoch_may_not_begin_with_more_than_time_allows),
		cmocka_unit_test(the_end_of_a_past_epoch_may_not_grow_faster_than_time),
		cmocka_unit_test(an_earlier_life_that_comes_later_is_no_growth),
		cmocka_unit_test(a_clone_that_runs_ahead_is_named_once_the_true_tag_has_used_more),
		cmocka_unit_test(seconds_lost_in_a_power_cut_are_no_clone),
		cmocka_unit_test(a_quarantine_outlives_the_service),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
