/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_daemon */
/*
 * Properties of the uplink: a batch of any reports is decoded to what was encoded; a damaged one does no
 * harm, and where its envelope is read it has as many reports as before or fewer, never more. The seed is
 * printed; NAVETTE_SEED repeats a run.
 */
#include "common/daemon/uplink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/daemon/clock.h"
#include "common/daemon/text.h"

#define ROUNDS 400

static uint64_t rng;
static struct uplink_batch made, read_back;

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

static int64_t draw_int(void)
{
	return (int64_t)draw((uint64_t)1 << draw(54));
}

static int64_t draw_known(void)
{
	return draw(4) == 0 ? -1 : draw_int();
}

static void draw_ble(struct uplink_ble *ble)
{
	for (size_t i = 0; i < 6; i++)
		ble->address[i] = (uint8_t)draw(256);
	ble->rssi_dbm = (int8_t)(-128 + (int)draw(256));
	ble->is_company = draw(2) == 0;
	ble->id = (uint16_t)draw(65536);
	ble->data_len = (uint8_t)(draw(8) == 0 ? draw(256) : draw(27));
	for (size_t i = 0; i < ble->data_len; i++)
		ble->data[i] = (uint8_t)draw(256);
}

static void draw_meter(struct uplink_meter *m)
{
	static const char *const names[] = {"prusa-1", "\"",
					    "d\xc3\xa9"
					    "coupe laser",
					    "m"};

	if (!str_copy(m->name, sizeof m->name, names[draw(4)]))
		fail();
	m->counter_epoch = draw_int();
	m->active_s = draw_int();
	m->on_s = draw_known();
	m->energy_wh = draw_known();
	m->power_mw = draw(4) == 0 ? INT64_MIN : draw_int() - draw_int();
	m->state = (enum uplink_meter_state)draw(4);
	m->since_s = draw_known();
}

static void draw_batch(size_t n_reports)
{
	memset(&made, 0, sizeof made);
	for (size_t i = 0; i < UPLINK_EPOCH_SIZE - 1; i++)
		made.epoch[i] = "0123456789abcdef"[draw(16)];
	made.seq = draw_int() + 1;
	made.oldest = (int64_t)draw((uint64_t)made.seq) + 1;
	made.sent_ms = draw_int();
	made.boot = draw_int();
	made.mono_ms = draw_int();
	made.clock = (enum uplink_clock)draw(4);
	made.dropped = draw(3) == 0 ? draw_int() : 0;
	made.n_reports = n_reports;
	for (size_t i = 0; i < n_reports; i++) {
		struct uplink_report *r = &made.reports[i];

		r->kind = draw(2) == 0 ? UPLINK_BLE : UPLINK_METER;
		r->mono_ms = draw_int();
		r->t_ms = made.clock >= UPLINK_CLOCK_NTP ? draw_int() : 0;
		if (r->kind == UPLINK_BLE)
			draw_ble(&r->u.ble);
		else
			draw_meter(&r->u.meter);
	}
}

static void encode(struct json_out *reports, struct json_out *o)
{
	json_out_reset(reports);
	for (size_t i = 0; i < made.n_reports; i++)
		uplink_put_report(reports, &made.reports[i]);
	uplink_encode_batch(o, &made, made.n_reports > 0 ? reports->bytes : "");
}

static void expect_same_report(const struct uplink_report *a, const struct uplink_report *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_true(a->mono_ms == b->mono_ms && a->t_ms == b->t_ms);
	/* both were zeroed first: the padding, too, is the same */
	if (a->kind == UPLINK_BLE)
		assert_memory_equal(&a->u.ble, &b->u.ble, sizeof a->u.ble);
	else
		assert_memory_equal(&a->u.meter, &b->u.meter, sizeof a->u.meter);
}

static void what_is_encoded_is_decoded(void **state)
{
	struct json_out reports = {0}, o = {0};
	const char *code = NULL;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		draw_batch(draw(40));
		encode(&reports, &o);
		if (o.len > UPLINK_MAX_BYTES)
			continue;
		if (!uplink_decode_batch(o.bytes, o.len, &read_back, &code))
			fail_msg("%s: %s", code, o.bytes);
		assert_string_equal(read_back.epoch, made.epoch);
		assert_true(read_back.seq == made.seq && read_back.oldest == made.oldest);
		assert_true(read_back.sent_ms == made.sent_ms && read_back.dropped == made.dropped);
		assert_true(read_back.boot == made.boot && read_back.mono_ms == made.mono_ms);
		assert_int_equal(read_back.clock, made.clock);
		assert_int_equal(read_back.n_reports, made.n_reports);
		for (size_t i = 0; i < made.n_reports; i++)
			expect_same_report(&read_back.reports[i], &made.reports[i]);
	}
	json_out_free(&reports);
	json_out_free(&o);
}

static void a_damaged_batch_does_no_harm(void **state)
{
	struct json_out reports = {0}, o = {0};
	const char *code;

	(void)state;
	for (int round = 0; round < 4 * ROUNDS; round++) {
		char *copy;
		size_t len;

		draw_batch(draw(6));
		encode(&reports, &o);
		len = draw(8) == 0 ? draw(o.len + 1) : o.len;
		copy = malloc(len > 0 ? len : 1);
		memcpy(copy, o.bytes, len);
		if (len > 0)
			copy[draw(len)] = (char)draw(256);
		code = NULL;
		if (uplink_decode_batch(copy, len, &read_back, &code))
			assert_true(read_back.n_reports <= made.n_reports + 1);
		else
			assert_non_null(code);
		free(copy);
	}
	json_out_free(&reports);
	json_out_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_encoded_is_decoded),
		cmocka_unit_test(a_damaged_batch_does_no_harm),
	};

	return cmocka_run_group_tests(tests, seed, NULL);
}
