/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_daemon */
/*
 * Properties of the JSON door: what is written is read back the same; a document changed in one byte, or cut,
 * is either refused or read without harm (the sanitizers watch); two spellings of one text are one text. The
 * seed is printed; NAVETTE_SEED repeats a run.
 */
#include "common/daemon/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/daemon/clock.h"

#define ROUNDS 3000
#define N_MEMBERS 12

static uint64_t rng;

/* SplitMix64: small, and the same everywhere. */
static uint64_t draw(uint64_t n)
{
	uint64_t z = (rng += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31)) % n;
}

static int seed(void **state)
{
	const char *given = getenv("NAVETTE_SEED");

	(void)state;
	rng = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)clock_now_ms();
	print_message("NAVETTE_SEED=%llu\n", (unsigned long long)rng);
	return 0;
}

struct value {
	int kind; /* 0 integer, 1 text, 2 bool, 3 absent */
	int64_t number;
	char text[24];
};

static void draw_text(char *out, size_t n_chars)
{
	static const char *const chars[] = {"a",    "\"",       "\\",           "\n", "\x01",
					    "/",    "\xc3\xa9", "\xe2\x82\xac", " ",  "\xf0\x9f\x98\x80",
					    "\x7f", "{"};

	size_t len = 0;

	for (size_t i = draw(n_chars + 1); i > 0; i--) {
		const char *c = chars[draw(sizeof chars / sizeof chars[0])];

		memcpy(out + len, c, strlen(c));
		len += strlen(c);
	}
	out[len] = '\0';
}

static void draw_values(struct value values[N_MEMBERS])
{
	for (int i = 0; i < N_MEMBERS; i++) {
		values[i].kind = (int)draw(4);
		values[i].number = (int64_t)draw(2 * (uint64_t)JSON_MAX_INT + 1) - JSON_MAX_INT;
		draw_text(values[i].text, 5);
	}
}

static void name_of(int i, char out[8])
{
	snprintf(out, 8, "n%d", i % 100);
}

static void put_values(struct json_out *o, const struct value values[N_MEMBERS])
{
	char name[8];

	json_out_reset(o);
	json_open_object(o, NULL);
	for (int i = 0; i < N_MEMBERS; i++) {
		name_of(i, name);
		if (values[i].kind == 0)
			json_put_i64(o, name, values[i].number);
		else if (values[i].kind == 1)
			json_put_text(o, name, values[i].text);
		else if (values[i].kind == 2)
			json_put_bool(o, name, values[i].number > 0);
	}
	json_close_object(o);
}

static void take_value(struct json_in *in, const char *name, const struct value *want)
{
	int64_t number = 0;
	char text[24];
	bool flag = false;

	if (want->kind == 0) {
		json_take_i64(in, name, INT64_MIN, INT64_MAX, &number);
		assert_true(in->fault == JSON_OK && number == want->number);
	} else if (want->kind == 1) {
		json_take_text(in, name, text, sizeof text);
		assert_int_equal(in->fault, JSON_OK);
		assert_string_equal(text, want->text);
	} else if (want->kind == 2) {
		json_take_bool(in, name, &flag);
		assert_true(in->fault == JSON_OK && flag == (want->number > 0));
	} else {
		assert_false(json_has(in, name));
	}
}

static void what_is_written_is_read_back_in_any_order(void **state)
{
	struct json_out o = {0};
	struct value values[N_MEMBERS];
	char name[8];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct json_doc *doc;
		struct json_in in;
		int first, step;

		draw_values(values);
		put_values(&o, values);
		doc = json_parse(o.bytes, o.len, JSON_LIMIT, NULL);
		assert_non_null(doc);
		in = json_in(doc);
		first = (int)draw(N_MEMBERS);
		step = (int[]){1, 5, 7, 11}[draw(4)]; /* no divisor of 12: each member once */
		for (int i = 0; i < N_MEMBERS; i++) {
			const int at = (first + i * step) % N_MEMBERS;

			name_of(at, name);
			take_value(&in, name, &values[at]);
		}
		assert_int_equal(json_end(&in), JSON_OK);
		json_free(doc);
	}
	json_out_free(&o);
}

static void read_everything(const struct json_doc *doc)
{
	struct json_in in = json_in(doc);
	int64_t number;
	char name[8], text[4];
	bool flag;

	for (int i = 0; i < N_MEMBERS; i++) {
		name_of(i, name);
		in.fault = JSON_OK;
		json_maybe_i64(&in, name, 0, 1000, &number);
		in.fault = JSON_OK;
		json_maybe_text(&in, name, text, sizeof text);
		in.fault = JSON_OK;
		json_maybe_bool(&in, name, &flag);
	}
	(void)json_end(&in);
}

static void a_damaged_document_does_no_harm(void **state)
{
	struct json_out o = {0};
	struct value values[N_MEMBERS];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct json_doc *doc;
		size_t len;
		char *copy;

		draw_values(values);
		put_values(&o, values);
		len = draw(2) == 0 ? o.len : draw(o.len + 1);
		copy = malloc(len > 0 ? len : 1);
		memcpy(copy, o.bytes, len);
		if (len > 0)
			copy[draw(len)] = (char)draw(256);
		doc = json_parse(copy, len, JSON_LIMIT, NULL);
		free(copy);
		if (doc != NULL)
			read_everything(doc);
		json_free(doc);
	}
	json_out_free(&o);
}

static void a_cut_document_is_refused(void **state)
{
	struct json_out o = {0};
	struct value values[N_MEMBERS];

	(void)state;
	for (int round = 0; round < ROUNDS / 10; round++) {
		draw_values(values);
		put_values(&o, values);
		for (size_t len = 0; len < o.len; len++)
			assert_null(json_parse(o.bytes, len, JSON_LIMIT, NULL));
	}
	json_out_free(&o);
}

static uint32_t take_code_point(const char **text)
{
	const uint8_t *s = (const uint8_t *)*text;
	const int len = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	uint32_t c = len == 1 ? s[0] : s[0] & (0x7fu >> len);

	for (int i = 1; i < len; i++)
		c = c << 6 | (s[i] & 0x3f);
	*text += len;
	return c;
}

/* The same text in quotes with every UTF-16 unit escaped. */
static void escape_all(const char *text, char *out)
{
	*out++ = '"';
	while (*text != '\0') {
		const uint32_t c = take_code_point(&text);

		if (c < 0x10000)
			out += snprintf(out, 16, "\\u%04X", c);
		else
			out += snprintf(out, 16, "\\u%04x\\u%04x", 0xd7c0 + (c >> 10), 0xdc00 + (c & 0x3ff));
	}
	*out++ = '"';
	*out = '\0';
}

static void two_spellings_are_one_text(void **state)
{
	struct json_out o = {0};
	char text[24], plain[24], escaped[24], spelled[128];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct json_doc *doc;
		struct json_in in;

		draw_text(text, 5);
		escape_all(text, spelled);
		json_out_reset(&o);
		json_open_object(&o, NULL);
		json_put_text(&o, "plain", text);
		json_put_raw(&o, "escaped", spelled);
		json_close_object(&o);
		doc = json_parse(o.bytes, o.len, JSON_LIMIT, NULL);
		assert_non_null(doc);
		in = json_in(doc);
		json_take_text(&in, "plain", plain, sizeof plain);
		json_take_text(&in, "escaped", escaped, sizeof escaped);
		assert_int_equal(json_end(&in), JSON_OK);
		assert_string_equal(plain, text);
		assert_string_equal(escaped, text);
		json_free(doc);
	}
	json_out_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back_in_any_order),
		cmocka_unit_test(a_damaged_document_does_no_harm),
		cmocka_unit_test(a_cut_document_is_refused),
		cmocka_unit_test(two_spellings_are_one_text),
	};

	return cmocka_run_group_tests(tests, seed, NULL);
}
