/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_wire navette_daemon */
/* BTHome v2 against the published vectors: every object id, clear and sealed, and each step of each sequence.
 */
#include "common/wire/bthome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/daemon/json.h"
#include "common/daemon/text.h"

#define VECTORS "tests/vectors/bthome.json"

struct frame {
	char id[80];
	uint8_t data[NVT_BTHOME_MAX_DATA], address[6];
	size_t len;
	struct nvt_aes128 aes;
	bool has_key;
	struct nvt_bthome_frame out;
};

static char text[512 * 1024];
static struct json_doc *doc;

static int read_vectors(void **state)
{
	size_t len;

	(void)state;
	if (!file_read(VECTORS, text, sizeof text, &len))
		return -1;
	doc = json_parse(text, len, sizeof text, NULL);
	return doc ? 0 : -1;
}

static int drop_vectors(void **state)
{
	(void)state;
	json_free(doc);
	return 0;
}

static const char *status_name(enum nvt_bthome_status status)
{
	switch (status) {
	case NVT_BTHOME_OK:
		return "ok";
	case NVT_BTHOME_NEED_KEY:
		return "need_key";
	case NVT_BTHOME_BAD_MIC:
		return "mic_fail";
	case NVT_BTHOME_DOWNGRADE:
		return "downgrade_rejected";
	case NVT_BTHOME_BAD_VERSION:
		return "bad_version";
	case NVT_BTHOME_TOO_SHORT:
		return "too_short";
	}
	return "?";
}

/* mac and bind_key; a key that is not of 16 bytes never becomes a schedule. */
static void take_identity(struct json_in *in, struct frame *f)
{
	char hex[64] = "";
	uint8_t key[16];

	json_take_text(in, "mac", hex, sizeof hex);
	assert_true(address_parse(hex, f->address));
	hex[0] = '\0';
	json_maybe_text(in, "bind_key", hex, sizeof hex);
	f->has_key = hex_decode(hex, strlen(hex), key, sizeof key);
	if (f->has_key)
		nvt_aes128_init(&f->aes, key);
}

static enum nvt_bthome_status decode(struct json_in *in, struct frame *f)
{
	char hex[2 * NVT_BTHOME_MAX_DATA + 1] = "";

	json_take_text(in, "service_data", hex, sizeof hex);
	f->len = strlen(hex) / 2;
	assert_true(hex_decode(hex, 2 * f->len, f->data, f->len));
	return nvt_bthome_decode(f->data, f->len, f->address, f->has_key ? &f->aes : NULL, &f->out);
}

static void check_bytes(const struct json_in *in_const, const struct nvt_bthome_object *o)
{
	struct json_in in = *in_const;
	char expected[256] = "", hex[256], version[32] = "";
	int64_t number;
	bool is_text = o->id == 0x53;

	hex_encode(o->bytes, o->len, hex);
	if (json_maybe_text(&in, "hex", expected, sizeof expected) || !is_text) {
		if (o->id == 0xf0) {
			json_take_i64(&in, "value", 0, 65535, &number);
			assert_int_equal(o->raw, number);
			return;
		}
		if (o->id >= 0xf1) {
			for (size_t i = o->len; i > 0; i--)
				snprintf(version + strlen(version), sizeof version - strlen(version), "%s%u",
					 i == o->len ? "" : ".", o->bytes[i - 1]);
			json_take_text(&in, "value", expected, sizeof expected);
			assert_string_equal(version, expected);
			return;
		}
		json_maybe_text(&in, "value", expected, sizeof expected);
		assert_string_equal(hex, expected);
		return;
	}
	json_take_text(&in, "value", expected, sizeof expected);
	assert_int_equal(o->len, strlen(expected));
	assert_memory_equal(o->bytes, expected, o->len);
}

static const char *class_name(enum nvt_bthome_class class)
{
	static const char *const names[] = {"sensor", "binary", "event", "text", "raw", "devinfo"};

	return names[class];
}

static void check_object(const struct json_array *a, const struct nvt_bthome_object *o)
{
	struct json_in in = json_element_object(a);
	const struct nvt_bthome_kind *k = nvt_bthome_kind(o->id);
	char word[64] = "";
	int64_t v = 0;

	json_take_text(&in, "id", word, sizeof word);
	assert_int_equal(strtol(word, NULL, 16), o->id);
	json_take_text(&in, "name", word, sizeof word);
	assert_string_equal(word, k->name);
	json_take_text(&in, "kind", word, sizeof word);
	assert_string_equal(word, class_name(k->class));
	json_take_i64(&in, "index", 1, 255, &v);
	assert_int_equal(v, o->index);
	if (json_maybe_i64(&in, "raw", -JSON_MAX_INT, JSON_MAX_INT, &v))
		assert_int_equal(v, o->raw);
	else
		check_bytes(&in, o);
	assert_int_equal(json_end_lax(&in), JSON_OK);
}

static void check_event(const struct json_array *a, const struct nvt_bthome_object *o)
{
	struct json_in in = json_element_object(a);
	int64_t v = 0;

	json_take_i64(&in, "code", 0, 255, &v);
	assert_int_equal(v, o->bytes[0]);
	json_take_i64(&in, "index", 1, 255, &v);
	assert_int_equal(v, o->index);
	if (json_maybe_i64(&in, "steps", 0, 255, &v))
		assert_int_equal(v, o->bytes[1]);
}

/* Objects and events stand in two lists, each in the order of the frame. */
static void check_objects(struct json_in *expect, const struct nvt_bthome_frame *f)
{
	struct json_array objects = json_take_array(expect, "objects", 100);
	struct json_array events = json_take_array(expect, "events", 100);

	assert_int_equal(objects.n + events.n, f->n_objects);
	for (size_t i = 0; i < f->n_objects; i++) {
		if (nvt_bthome_kind(f->objects[i].id)->class == NVT_BTHOME_EVENT) {
			assert_true(json_next(&events));
			check_event(&events, &f->objects[i]);
		} else {
			assert_true(json_next(&objects));
			check_object(&objects, &f->objects[i]);
		}
	}
}

static void check_envelope(struct json_in *expect, const struct nvt_bthome_frame *f)
{
	char word[128] = "", hex[2 * NVT_BTHOME_MAX_DATA + 1];
	uint8_t address[6];
	bool flag = false;
	int64_t v = 0;

	json_take_bool(expect, "encrypted", &flag);
	assert_int_equal(flag, f->encrypted);
	json_take_bool(expect, "mac_included", &flag);
	assert_int_equal(flag, f->has_address);
	json_take_bool(expect, "trigger_based", &flag);
	assert_int_equal(flag, f->trigger_based);
	if (json_maybe_i64(expect, "counter", 0, UINT32_MAX, &v))
		assert_int_equal(v, f->counter);
	if (json_maybe_text(expect, "plaintext", word, sizeof word)) {
		hex_encode(f->clear, f->clear_len, hex);
		assert_string_equal(hex, word);
	}
	if (json_maybe_text(expect, "mac_in_payload", word, sizeof word)) {
		assert_true(address_parse(word, address));
		assert_memory_equal(f->address, address, 6);
	}
	assert_int_equal(f->truncated, json_has(expect, "stop"));
}

static void published_vectors_decode(void **state)
{
	struct json_in top = json_in(doc);
	struct json_array vectors = json_take_array(&top, "vectors", 1000);
	int n = 0;

	(void)state;
	for (; json_next(&vectors); n++) {
		struct json_in in = json_element_object(&vectors), expect;
		static struct frame f;
		enum nvt_bthome_status status;
		char expected[32];

		json_take_text(&in, "id", f.id, sizeof f.id);
		take_identity(&in, &f);
		status = decode(&in, &f);
		expect = json_take_object(&in, "expect");
		json_take_text(&expect, "status", expected, sizeof expected);
		if (!strcmp(expected, "bad_key_length")) {
			assert_false(f.has_key);
			assert_int_equal(status, NVT_BTHOME_NEED_KEY);
			continue;
		}
		if (strcmp(status_name(status), expected) != 0)
			fail_msg("%s: %s, expected %s", f.id, status_name(status), expected);
		check_envelope(&expect, &f.out);
		check_objects(&expect, &f.out);
		assert_int_equal(json_end_lax(&in), JSON_OK);
	}
	assert_int_equal(n, 188);
}

static void the_object_table_is_the_published_one(void **state)
{
	struct json_in top = json_in(doc);
	struct json_array rows = json_take_array(&top, "object_table", 1000);
	size_t n_known = 0;

	(void)state;
	while (json_next(&rows)) {
		struct json_in in = json_element_object(&rows);
		const struct nvt_bthome_kind *k;
		char word[64];
		int64_t len = 0;
		bool is_signed = false;

		json_take_text(&in, "id", word, sizeof word);
		k = nvt_bthome_kind((uint8_t)strtol(word, NULL, 16));
		assert_non_null(k);
		json_take_text(&in, "name", word, sizeof word);
		assert_string_equal(k->name, word);
		json_take_i64(&in, "len", -1, 8, &len);
		assert_int_equal(k->len, len);
		json_take_bool(&in, "signed", &is_signed);
		assert_int_equal(k->is_signed, is_signed);
		if (json_maybe_text(&in, "factor", word, sizeof word)) {
			double factor = k->factor_mul;

			for (int i = 0; i > k->factor_exp10; i--)
				factor /= 10;
			assert_true(factor > strtod(word, NULL) * 0.999999);
			assert_true(factor < strtod(word, NULL) * 1.000001);
		}
		json_take_text(&in, "unit", word, sizeof word);
		assert_string_equal(k->unit, word);
		json_take_text(&in, "kind", word, sizeof word);
		assert_string_equal(class_name(k->class), word);
		assert_int_equal(json_end_lax(&in), JSON_OK);
	}
	for (unsigned id = 0; id < 256; id++)
		n_known += nvt_bthome_kind((uint8_t)id) != NULL;
	assert_int_equal(n_known, rows.n);
}

/* What the verdict on each step is, test_verdicts.c says; here: what the bytes say. */
static void check_sequences(const char *name, size_t expected)
{
	struct json_in top = json_in(doc);
	struct json_in verdicts = json_take_object(&top, "navette_verdicts");
	struct json_array sequences = json_take_array(&top, name, 100);

	assert_int_equal(sequences.n, expected);
	while (json_next(&sequences)) {
		struct json_in in = json_element_object(&sequences);
		static struct frame f;
		struct json_array steps;

		json_take_text(&in, "id", f.id, sizeof f.id);
		take_identity(&in, &f);
		steps = json_take_array(&in, "steps", 100);
		assert_int_equal(json_end_lax(&in), JSON_OK);
		while (json_next(&steps)) {
			struct json_in step = json_element_object(&steps);
			const char *status = status_name(decode(&step, &f));
			char word[64] = "";
			int64_t counter;

			json_take_text(&step, "decoded_status", word, sizeof word);
			if (strcmp(status, word) != 0)
				fail_msg("%s: %s, expected %s", f.id, status, word);
			if (json_maybe_i64(&step, "counter", 0, UINT32_MAX, &counter))
				assert_int_equal(f.out.counter, counter);
			json_take_text(&step, "navette", word, sizeof word);
			assert_true(json_has(&verdicts, word));
			assert_int_equal(json_end_lax(&step), JSON_OK);
		}
	}
}

static void the_steps_of_each_sequence_decode(void **state)
{
	(void)state;
	check_sequences("sequences", 11);
	check_sequences("navette_sequences", 8);
}

static const uint8_t key[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const uint8_t address[6] = {0xc0, 0x98, 0xe5, 0x12, 0x34, 0x56};

static void a_reading_comes_back_as_it_was_sealed(void **state)
{
	const struct nvt_tag_reading v = {.packet_id = 9,
					  .running = true,
					  .battery_pct = 77,
					  .counter_epoch = 0xbeef,
					  .active_s = 4000000000u};
	struct nvt_aes128 aes;
	struct nvt_bthome_frame f;
	uint8_t objects[15], data[24];
	size_t len;

	(void)state;
	nvt_aes128_init(&aes, key);
	assert_int_equal(nvt_tag_reading_put(&v, objects, sizeof objects), 14);
	len = nvt_bthome_seal(&aes, address, 0xfedcba98, objects, 14, data, sizeof data);
	assert_int_equal(len, 23);
	assert_int_equal(nvt_bthome_decode(data, len, address, &aes, &f), NVT_BTHOME_OK);
	assert_int_equal(f.counter, 0xfedcba98);
	assert_int_equal(f.n_objects, 5);
	assert_int_equal(nvt_bthome_find(&f, 0x00)->raw, 9);
	assert_int_equal(nvt_bthome_find(&f, 0x01)->raw, 77);
	assert_int_equal(nvt_bthome_find(&f, 0x27)->raw, 1);
	assert_int_equal(nvt_bthome_find(&f, 0x3d)->raw, 0xbeef);
	assert_int_equal(nvt_bthome_find(&f, 0x3e)->raw, 4000000000u);
	assert_null(nvt_bthome_find(&f, 0x0c));
}

static void the_second_shape_tells_voltage_and_firmware(void **state)
{
	const struct nvt_tag_reading v = {
		.packet_id = 10, .counter_epoch = 7, .voltage_mv = 2950, .firmware = {1, 2, 3}};
	const uint8_t expected[] = {0x00, 10, 0x0c, 0x86, 0x0b, 0x3d, 7, 0, 0xf2, 3, 2, 1};
	uint8_t objects[15];

	(void)state;
	assert_int_equal(nvt_tag_about_put(&v, objects, sizeof objects), sizeof expected);
	assert_memory_equal(objects, expected, sizeof expected);
	assert_int_equal(nvt_tag_about_put(&v, objects, 11), 0);
	assert_int_equal(nvt_tag_reading_put(&v, objects, 13), 0);
}

static void what_does_not_fit_is_not_sealed(void **state)
{
	struct nvt_aes128 aes;
	uint8_t objects[NVT_BTHOME_MAX_DATA] = {0}, data[NVT_BTHOME_MAX_DATA + 1];

	(void)state;
	nvt_aes128_init(&aes, key);
	assert_int_equal(nvt_bthome_seal(&aes, address, 1, objects, 14, data, 22), 0);
	assert_int_equal(nvt_bthome_seal(&aes, address, 1, objects, 246, data, sizeof data), 255);
	assert_int_equal(nvt_bthome_seal(&aes, address, 1, objects, 247, data, sizeof data), 0);
	assert_int_equal(nvt_bthome_seal(&aes, address, 1, objects, SIZE_MAX, data, sizeof data), 0);
}

static void too_many_objects_end_the_list(void **state)
{
	uint8_t data[1 + 2 * (NVT_BTHOME_MAX_OBJECTS + 1)] = {0x40};
	struct nvt_bthome_frame f;

	(void)state;
	assert_int_equal(nvt_bthome_decode(data, sizeof data, address, NULL, &f), NVT_BTHOME_OK);
	assert_int_equal(f.n_objects, NVT_BTHOME_MAX_OBJECTS);
	assert_int_equal(f.objects[31].index, 32);
	assert_true(f.truncated);
	assert_int_equal(nvt_bthome_decode(data, sizeof data - 2, address, NULL, &f), NVT_BTHOME_OK);
	assert_false(f.truncated);
}

static void nothing_and_too_much_are_no_frames(void **state)
{
	static const uint8_t data[NVT_BTHOME_MAX_DATA + 1] = {0x40};
	struct nvt_bthome_frame f;

	(void)state;
	assert_int_equal(nvt_bthome_decode(data, 0, address, NULL, &f), NVT_BTHOME_TOO_SHORT);
	assert_int_equal(nvt_bthome_decode(data, sizeof data, address, NULL, &f), NVT_BTHOME_TOO_SHORT);
	assert_int_equal(nvt_bthome_decode((const uint8_t *)"\x42\1\2\3\4\5", 6, address, NULL, &f),
			 NVT_BTHOME_TOO_SHORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors_decode),
		cmocka_unit_test(the_object_table_is_the_published_one),
		cmocka_unit_test(the_steps_of_each_sequence_decode),
		cmocka_unit_test(a_reading_comes_back_as_it_was_sealed),
		cmocka_unit_test(the_second_shape_tells_voltage_and_firmware),
		cmocka_unit_test(what_does_not_fit_is_not_sealed),
		cmocka_unit_test(too_many_objects_end_the_list),
		cmocka_unit_test(nothing_and_too_much_are_no_frames),
	};

	return cmocka_run_group_tests(tests, read_vectors, drop_vectors);
}
