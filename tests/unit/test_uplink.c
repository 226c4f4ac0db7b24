/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_daemon */
#include "common/daemon/uplink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof(a)[0])
#define EPOCH "5f0c9a1b2d3e4f60"

/* The example of the contract, with whole data. */
#define EXAMPLE                                                                                            \
	"{\"epoch\":\"" EPOCH "\",\"seq\":1042,\"oldest\":1040,\"sent_ms\":1795000123456,\"boot\":12,"     \
	"\"mono_ms\":88123456,\"clock\":\"ntp\",\"reports\":["                                             \
	"{\"kind\":\"ble\",\"mono_ms\":88120011,\"t_ms\":1795000120011,\"addr\":\"c0:98:e5:12:34:56\","    \
	"\"rssi\":-71,\"uuid\":\"fcd2\",\"data\":\"41a4\"},"                                               \
	"{\"kind\":\"ble\",\"mono_ms\":88120950,\"addr\":\"d1:22:33:44:55:66\",\"rssi\":-80,"              \
	"\"company\":\"0499\",\"data\":\"05\"},"                                                           \
	"{\"kind\":\"lora\",\"mono_ms\":88121000,\"rssi\":-112,\"snr\":5.2,\"freq_hz\":868100000,"         \
	"\"dr\":\"SF7BW125\",\"tmst\":3512348611,\"data\":\"40\"},"                                        \
	"{\"kind\":\"lorawan\",\"mono_ms\":88121500,\"network\":\"chirpstack\","                           \
	"\"dev_eui\":\"70b3d57ed0001234\",\"session\":\"00189440\",\"f_cnt\":12,\"f_port\":10,\"data\":"   \
	"\"00\"},"                                                                                         \
	"{\"kind\":\"meter\",\"mono_ms\":88122000,\"meter\":\"prusa-1\",\"counter_epoch\":91,"             \
	"\"active_s\":182340,\"on_s\":260100,\"energy_wh\":91250,\"power_mw\":84200,\"state\":\"active\"," \
	"\"since_s\":45}]}"

#define LORA                                                                                       \
	"{\"kind\":\"lora\",\"mono_ms\":88121000,\"rssi\":-112,\"snr\":5.2,\"freq_hz\":868100000," \
	"\"dr\":\"SF7BW125\",\"tmst\":3512348611,\"data\":\"40\"}"

static struct uplink_batch batch;

static const char *decode(const char *text)
{
	const char *code = NULL;

	return uplink_decode_batch(text, strlen(text), &batch, &code) ? NULL : code;
}

static void the_contract_s_example_is_read(void **state)
{
	const struct uplink_report *r = batch.reports;

	(void)state;
	assert_null(decode(EXAMPLE));
	assert_string_equal(batch.epoch, EPOCH);
	assert_int_equal(batch.seq, 1042);
	assert_int_equal(batch.oldest, 1040);
	assert_int_equal(batch.sent_ms, 1795000123456);
	assert_int_equal(batch.boot, 12);
	assert_int_equal(batch.mono_ms, 88123456);
	assert_int_equal(batch.clock, UPLINK_CLOCK_NTP);
	assert_int_equal(batch.n_reports, 5);
	assert_int_equal(r[0].kind, UPLINK_BLE);
	assert_int_equal(r[0].t_ms, 1795000120011);
	assert_memory_equal(r[0].u.ble.address, "\xc0\x98\xe5\x12\x34\x56", 6);
	assert_int_equal(r[0].u.ble.rssi_dbm, -71);
	assert_false(r[0].u.ble.is_company);
	assert_int_equal(r[0].u.ble.id, 0xfcd2);
	assert_int_equal(r[0].u.ble.data_len, 2);
	assert_memory_equal(r[0].u.ble.data, "\x41\xa4", 2);
	assert_true(r[1].u.ble.is_company);
	assert_int_equal(r[1].u.ble.id, 0x0499);
	assert_int_equal(r[1].t_ms, 0);
}

static void meters_and_raw_kinds_are_read(void **state)
{
	const struct uplink_report *r = batch.reports;

	(void)state;
	assert_null(decode(EXAMPLE));
	assert_int_equal(r[2].kind, UPLINK_LORA);
	assert_int_equal(r[2].mono_ms, 88121000);
	assert_string_equal(r[2].u.bad.code, "");
	assert_string_equal(r[2].u.bad.raw, LORA);
	assert_int_equal(r[3].kind, UPLINK_LORAWAN);
	assert_int_equal(r[4].kind, UPLINK_METER);
	assert_string_equal(r[4].u.meter.name, "prusa-1");
	assert_int_equal(r[4].u.meter.counter_epoch, 91);
	assert_int_equal(r[4].u.meter.active_s, 182340);
	assert_int_equal(r[4].u.meter.on_s, 260100);
	assert_int_equal(r[4].u.meter.energy_wh, 91250);
	assert_int_equal(r[4].u.meter.power_mw, 84200);
	assert_int_equal(r[4].u.meter.state, UPLINK_METER_ACTIVE);
	assert_int_equal(r[4].u.meter.since_s, 45);
}

static void an_empty_batch_needs_no_clock(void **state)
{
	(void)state;
	assert_null(decode("{\"epoch\":\"" EPOCH "\",\"seq\":1,\"oldest\":1,\"reports\":[]}"));
	assert_int_equal(batch.n_reports, 0);
	assert_int_equal(batch.boot, 0);
	assert_null(decode("{\"epoch\":\"" EPOCH
			   "\",\"seq\":9,\"oldest\":1,\"dropped\":7,\"reports\":[],\"new\":{}}"));
	assert_int_equal(batch.dropped, 7);
	assert_string_equal(decode("{\"epoch\":\"" EPOCH "\",\"seq\":1,\"oldest\":1,\"reports\":[1]}"),
			    "batch.field");
}

static void what_is_encoded_is_the_same_again(void **state)
{
	struct json_out one = {0}, reports = {0}, o = {0};

	(void)state;
	assert_null(decode(EXAMPLE));
	for (size_t i = 0; i < batch.n_reports; i++)
		uplink_put_report(&reports, &batch.reports[i]);
	uplink_encode_batch(&o, &batch, reports.bytes);
	assert_string_equal(o.bytes, EXAMPLE);
	json_out_free(&one);
	json_out_free(&reports);
	json_out_free(&o);
}

static void wall_time_counts_only_from_a_true_clock(void **state)
{
	static const char *const clocks[] = {"none", "rtc", "ntp", "gps", "sundial"};
	char text[512];

	(void)state;
	for (size_t i = 0; i < N_OF(clocks); i++) {
		snprintf(text, sizeof text,
			 "{\"epoch\":\"" EPOCH
			 "\",\"seq\":1,\"oldest\":1,\"boot\":1,\"mono_ms\":9,\"clock\":\"%s\","
			 "\"reports\":[{\"kind\":\"meter\",\"mono_ms\":1,\"t_ms\":5,\"meter\":\"m\","
			 "\"counter_epoch\":0,\"active_s\":0}]}",
			 clocks[i]);
		assert_null(decode(text));
		assert_int_equal(batch.reports[0].kind, UPLINK_METER);
		assert_int_equal(batch.reports[0].t_ms, i == 2 || i == 3 ? 5 : 0);
		assert_int_equal(batch.reports[0].u.meter.on_s, -1);
		assert_true(batch.reports[0].u.meter.power_mw == INT64_MIN);
		assert_int_equal(batch.reports[0].u.meter.state, UPLINK_METER_UNKNOWN);
	}
	assert_int_equal(batch.clock, UPLINK_CLOCK_NONE);
}

/* A bad report among good ones: in its place, with its code and its text. */
static void expect_bad(const char *report, const char *code)
{
	static const char good[] =
		"{\"kind\":\"meter\",\"mono_ms\":1,\"meter\":\"m\",\"counter_epoch\":0,\"active_s\":0}";
	char text[2048];

	snprintf(text, sizeof text,
		 "{\"epoch\":\"" EPOCH "\",\"seq\":1,\"oldest\":1,\"boot\":1,\"mono_ms\":9,\"clock\":\"ntp\","
		 "\"reports\":[%s,%s,%s]}",
		 good, report, good);
	assert_null(decode(text));
	assert_int_equal(batch.n_reports, 3);
	assert_int_equal(batch.reports[0].kind, UPLINK_METER);
	assert_int_equal(batch.reports[2].kind, UPLINK_METER);
	if (batch.reports[1].kind != UPLINK_BAD || strcmp(batch.reports[1].u.bad.code, code) != 0)
		fail_msg("%s: %s, not %s", report, batch.reports[1].u.bad.code, code);
	assert_string_equal(batch.reports[1].u.bad.raw, report);
}

#define BLE(rest) "{\"kind\":\"ble\",\"mono_ms\":1" rest "}"
#define ADDR ",\"addr\":\"c0:98:e5:12:34:56\""
#define RSSI ",\"rssi\":-71"
#define UUID ",\"uuid\":\"fcd2\""
#define DATA ",\"data\":\"00\""
#define METER(rest) "{\"kind\":\"meter\",\"mono_ms\":1" rest "}"

static void a_bad_report_keeps_its_place(void **state)
{
	(void)state;
	expect_bad("7", "report.type");
	expect_bad("[]", "report.type");
	expect_bad("null", "report.type");
	expect_bad("{}", "report.kind");
	expect_bad("{\"kind\":7}", "report.kind");
	expect_bad("{\"kind\":\"zigbee\",\"mono_ms\":1}", "report.kind");
	expect_bad("{\"kind\":\"ble\"}", "report.field");
	expect_bad("{\"kind\":\"lora\"}", "report.field");
	expect_bad("{\"kind\":\"ble\",\"mono_ms\":-1" ADDR RSSI UUID DATA "}", "report.field");
	expect_bad(BLE(RSSI UUID DATA), "report.field");
	expect_bad(BLE(ADDR UUID DATA), "report.field");
	expect_bad(BLE(ADDR RSSI DATA), "report.field");
	expect_bad(BLE(ADDR RSSI UUID), "report.field");
	expect_bad(BLE(ADDR RSSI UUID ",\"company\":\"0499\"" DATA), "report.field");
	expect_bad(BLE(ADDR ",\"rssi\":-129" UUID DATA), "report.field");
	expect_bad(BLE(ADDR ",\"rssi\":-7.5" UUID DATA), "report.field");
	expect_bad(BLE(ADDR RSSI ",\"uuid\":\"fcd\"" DATA), "report.hex");
	expect_bad(BLE(ADDR RSSI ",\"uuid\":\"0xf2\"" DATA), "report.hex");
	expect_bad(BLE(ADDR RSSI ",\"uuid\":\"fcd25\"" DATA), "report.field");
	expect_bad(BLE(",\"addr\":\"c0-98-e5-12-34-56\"" RSSI UUID DATA), "report.hex");
	expect_bad(BLE(ADDR RSSI UUID ",\"data\":\"0\""), "report.hex");
	expect_bad(BLE(ADDR RSSI UUID ",\"data\":\"0g\""), "report.hex");
	expect_bad(METER(",\"meter\":\"\",\"counter_epoch\":0,\"active_s\":0"), "report.field");
	expect_bad(METER(",\"meter\":\"m\",\"counter_epoch\":0"), "report.field");
	expect_bad(METER(",\"meter\":\"m\",\"counter_epoch\":0,\"active_s\":-1"), "report.field");
	expect_bad(METER(",\"meter\":\"m\",\"counter_epoch\":0,\"active_s\":0,\"on_s\":\"1\""),
		   "report.field");
}

static char *with_data(size_t n_digits)
{
	static const char head[] =
		"{\"epoch\":\"" EPOCH "\",\"seq\":1,\"oldest\":1,\"boot\":1,\"mono_ms\":9,"
		"\"reports\":[{\"kind\":\"ble\",\"mono_ms\":1" ADDR RSSI UUID ",\"data\":\"";
	const size_t head_len = sizeof head - 1;
	char *text = malloc(head_len + n_digits + 5);

	memcpy(text, head, head_len);
	memset(text + head_len, 'a', n_digits);
	memcpy(text + head_len + n_digits, "\"}]}", 5);
	return text;
}

static void data_is_at_most_255_bytes(void **state)
{
	char *most = with_data(510), *more = with_data(512);

	(void)state;
	assert_null(decode(most));
	assert_int_equal(batch.reports[0].kind, UPLINK_BLE);
	assert_int_equal(batch.reports[0].u.ble.data_len, 255);
	assert_null(decode(more));
	assert_int_equal(batch.reports[0].kind, UPLINK_BAD);
	assert_int_equal(strlen(batch.reports[0].u.bad.raw), sizeof batch.reports[0].u.bad.raw - 1);
	free(most);
	free(more);
}

static void an_unreadable_envelope_is_no_batch(void **state)
{
	static const char *const malformed[] = {"",   "x", "{",
						"[]", "7", "{\"epoch\":\"" EPOCH "\",\"epoch\":1}"};
	static const char *const fields[] = {
		"{}",
		"{\"epoch\":\"" EPOCH "\",\"seq\":1,\"oldest\":1}",
		"{\"epoch\":\"" EPOCH "\",\"seq\":1,\"oldest\":1,\"reports\":{}}",
		"{\"epoch\":\"" EPOCH "\",\"seq\":0,\"oldest\":0,\"reports\":[]}",
		"{\"epoch\":\"" EPOCH "\",\"seq\":1,\"oldest\":2,\"reports\":[]}",
		"{\"epoch\":\"" EPOCH "\",\"seq\":\"1\",\"oldest\":1,\"reports\":[]}",
		"{\"epoch\":\"" EPOCH "\",\"seq\":1e300,\"oldest\":1,\"reports\":[]}",
		"{\"epoch\":\"5F0C9A1B2D3E4F60\",\"seq\":1,\"oldest\":1,\"reports\":[]}",
		"{\"epoch\":\"5f0c9a1b2d3e4f6\",\"seq\":1,\"oldest\":1,\"reports\":[]}",
		"{\"epoch\":\"" EPOCH "\",\"seq\":1,\"oldest\":1,\"clock\":7,\"reports\":[]}",
		"{\"epoch\":\"" EPOCH "\",\"seq\":1,\"oldest\":1,\"boot\":-1,\"reports\":[]}",
		"{\"epoch\":\"" EPOCH "\",\"seq\":1,\"oldest\":1,\"boot\":1,\"reports\":[{}]}",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(malformed); i++)
		assert_string_equal(decode(malformed[i]), "batch.malformed");
	for (size_t i = 0; i < N_OF(fields); i++)
		if (decode(fields[i]) == NULL || strcmp(decode(fields[i]), "batch.field") != 0)
			fail_msg("%s", fields[i]);
}

static char *batch_of(int n_reports, size_t n_spaces)
{
	struct json_out reports = {0}, o = {0};
	const struct uplink_batch head = {.epoch = EPOCH, .seq = 77, .oldest = 70};
	char *text;

	for (int i = 0; i < n_reports; i++)
		json_put_i64(&reports, NULL, 7);
	uplink_encode_batch(&o, &head, reports.bytes != NULL ? reports.bytes : "");
	json_out_free(&reports);
	text = malloc(o.len + n_spaces + 1);
	memset(text, ' ', n_spaces);
	memcpy(text + n_spaces, o.bytes, o.len + 1);
	json_out_free(&o);
	return text;
}

static void expect_too_large(char *text, int64_t seq)
{
	assert_string_equal(decode(text), "batch.too_large");
	assert_int_equal(batch.seq, seq);
	assert_string_equal(batch.epoch, seq > 0 ? EPOCH : "");
	free(text);
}

static void a_batch_too_large_still_tells_its_seq(void **state)
{
	char *most = batch_of(200, 0), *short_one = batch_of(0, 0);
	char *longest = batch_of(0, UPLINK_MAX_BYTES - strlen(short_one));

	(void)state;
	assert_null(decode(most));
	assert_int_equal(batch.n_reports, 200);
	assert_int_equal(batch.reports[199].kind, UPLINK_BAD);
	assert_null(decode(longest));
	expect_too_large(batch_of(201, 0), 77);
	expect_too_large(batch_of(0, UPLINK_MAX_BYTES - strlen(short_one) + 1), 77);
	expect_too_large(batch_of(1, (size_t)256 * 1024), 0);
	free(most);
	free(longest);
	free(short_one);
}

/* --- the small messages --- */

static void acks_go_there_and_back(void **state)
{
	const char *text =
		"{\"epoch\":\"" EPOCH "\",\"seq\":5,\"refused\":[{\"seq\":3,\"code\":\"batch.too_large\"}]}";
	struct uplink_ack ack;
	struct json_out o = {0};

	(void)state;
	assert_true(uplink_decode_ack(text, strlen(text), &ack));
	assert_int_equal(ack.seq, 5);
	assert_int_equal(ack.n_refused, 1);
	assert_int_equal(ack.refused[0].seq, 3);
	assert_string_equal(ack.refused[0].code, "batch.too_large");
	uplink_encode_ack(&o, &ack);
	assert_string_equal(o.bytes, text);
	ack.n_refused = 0;
	ack.seq = 0;
	uplink_encode_ack(&o, &ack);
	assert_string_equal(o.bytes, "{\"epoch\":\"" EPOCH "\",\"seq\":0}");
	json_out_free(&o);
}

static bool ack_is_read(const char *text)
{
	struct uplink_ack ack;

	return uplink_decode_ack(text, strlen(text), &ack);
}

static void a_bad_ack_is_none(void **state)
{
	(void)state;
	assert_true(ack_is_read("{\"epoch\":\"" EPOCH "\",\"seq\":0,\"new\":1}"));
	assert_false(ack_is_read("{\"epoch\":\"" EPOCH "\"}"));
	assert_false(ack_is_read("{\"epoch\":\"" EPOCH "\",\"seq\":-1}"));
	assert_false(ack_is_read("{\"epoch\":\"x\",\"seq\":1}"));
	assert_false(ack_is_read("{\"seq\":1}"));
	assert_false(ack_is_read("{\"epoch\":\"" EPOCH "\",\"seq\":1,\"refused\":7}"));
	assert_false(ack_is_read("nonsense"));
	/* what is refused and cannot be read does not hold up the rest */
	assert_true(ack_is_read("{\"epoch\":\"" EPOCH "\",\"seq\":1,\"refused\":[7,{},{\"seq\":\"x\"}]}"));
}

static void more_refusals_than_places_are_cut(void **state)
{
	struct json_out o = {0};
	struct uplink_ack ack;

	(void)state;
	json_open_object(&o, NULL);
	json_put_text(&o, "epoch", EPOCH);
	json_put_i64(&o, "seq", 30);
	json_open_array(&o, "refused");
	for (int i = 1; i <= 20; i++) {
		json_open_object(&o, NULL);
		json_put_i64(&o, "seq", i);
		json_put_text(&o, "code", "batch.version");
		json_close_object(&o);
	}
	json_close_array(&o);
	json_close_object(&o);
	assert_true(uplink_decode_ack(o.bytes, o.len, &ack));
	assert_int_equal(ack.n_refused, 16);
	assert_int_equal(ack.refused[15].seq, 16);
	json_out_free(&o);
}

static void expect_status(const char *text)
{
	struct uplink_status s;
	struct json_out o = {0};

	assert_true(uplink_decode_status(text, strlen(text), &s));
	uplink_encode_status(&o, &s);
	assert_string_equal(o.bytes, text);
	json_out_free(&o);
}

static bool status_is_read(const char *text)
{
	struct uplink_status s;

	return uplink_decode_status(text, strlen(text), &s);
}

static void status_goes_there_and_back(void **state)
{
	(void)state;
	expect_status("{\"state\":\"ready\",\"session\":41,\"version\":\"0.1.0\",\"cfg\":7}");
	expect_status(
		"{\"state\":\"ready\",\"session\":41,\"version\":\"\",\"cfg\":0,\"boot\":3,\"mono_ms\":99}");
	expect_status("{\"state\":\"lost\",\"session\":41}");
	assert_true(status_is_read("{\"state\":\"ready\",\"session\":1,\"more\":[]}"));
	assert_false(status_is_read("{\"state\":\"asleep\",\"session\":1}"));
	assert_false(status_is_read("{\"state\":\"ready\"}"));
	assert_false(status_is_read(""));
}

static void topics_are_ours_or_nobody_s(void **state)
{
	static const char *const bad[] = {"navette/v1/gw/",
					  "navette/v1/gw/gw-1",
					  "navette/v1/gw/gw-1/",
					  "navette/v1/gw//up",
					  "navette/v1/gw/GW/up",
					  "navette/v1/gw/gw-1/up/x",
					  "navette/v2/gw/gw-1/up",
					  "x/navette/v1/gw/gw-1/up",
					  "navette/v1/gw/0123456789012345678901234567890-2/up",
					  ""};
	char gateway[UPLINK_GATEWAY_SIZE], topic[64];
	const char *leaf;

	(void)state;
	assert_true(uplink_topic_parse("navette/v1/gw/gw-0017/up", gateway, &leaf));
	assert_string_equal(gateway, "gw-0017");
	assert_string_equal(leaf, "up");
	for (size_t i = 0; i < N_OF(bad); i++)
		assert_false(uplink_topic_parse(bad[i], gateway, &leaf));
	assert_string_equal(gateway, "gw-0017");
	assert_true(uplink_topic_make("gw-0017", "ack", topic, sizeof topic));
	assert_string_equal(topic, "navette/v1/gw/gw-0017/ack");
	assert_false(uplink_topic_make("gw-0017", "ack", topic, 25));
	assert_false(uplink_topic_make("gw/17", "ack", topic, sizeof topic));
	assert_false(uplink_topic_make("+", "ack", topic, sizeof topic));
	assert_true(uplink_gateway_valid("01234567890123456789012345678901"));
	assert_false(uplink_gateway_valid("012345678901234567890123456789012"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_contract_s_example_is_read),
		cmocka_unit_test(meters_and_raw_kinds_are_read),
		cmocka_unit_test(an_empty_batch_needs_no_clock),
		cmocka_unit_test(what_is_encoded_is_the_same_again),
		cmocka_unit_test(wall_time_counts_only_from_a_true_clock),
		cmocka_unit_test(a_bad_report_keeps_its_place),
		cmocka_unit_test(data_is_at_most_255_bytes),
		cmocka_unit_test(an_unreadable_envelope_is_no_batch),
		cmocka_unit_test(a_batch_too_large_still_tells_its_seq),
		cmocka_unit_test(acks_go_there_and_back),
		cmocka_unit_test(a_bad_ack_is_none),
		cmocka_unit_test(more_refusals_than_places_are_cut),
		cmocka_unit_test(status_goes_there_and_back),
		cmocka_unit_test(topics_are_ours_or_nobody_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
