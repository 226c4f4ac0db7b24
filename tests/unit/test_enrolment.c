/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_daemon */
#include "common/daemon/enrolment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define FILE_OF(gateway, password, key)                                                                    \
	"{\"gateway\":\"" gateway "\",\"client_id\":\"" gateway "\",\"broker\":\"mqtt://127.0.0.1:1883\"," \
	"\"ca\":null,\"username\":\"gw-0017\",\"password\":\"" password "\",\"mac_key\":\"" key "\"}"

static bool decode(const char *text, struct enrolment *e, const char **why)
{
	return enrolment_decode(text, strlen(text), e, why);
}

static void the_file_goes_there_and_back(void **state)
{
	const char *text = FILE_OF("gw-0017", "s3cret", KEY);
	struct json_out o = {0};
	struct enrolment e;
	const char *why = NULL;

	(void)state;
	assert_true(decode(text, &e, &why));
	assert_string_equal(e.gateway, "gw-0017");
	assert_string_equal(e.broker, "mqtt://127.0.0.1:1883");
	assert_string_equal(e.ca, "");
	assert_string_equal(e.password, "s3cret");
	for (uint8_t i = 0; i < MAC_KEY_LEN; i++)
		assert_int_equal(e.mac_key[i], i);
	enrolment_put(&o, NULL, &e);
	assert_string_equal(o.bytes, text);
	json_out_free(&o);
	enrolment_wipe(&e);
	assert_string_equal(e.password, "");
	assert_int_equal(e.mac_key[31], 0);
}

static void expect_refusal(const char *text, const char *why)
{
	struct enrolment e = {.gateway = "untouched"};
	const char *got = NULL;

	assert_false(decode(text, &e, &got));
	assert_string_equal(got, why);
	assert_string_equal(e.gateway, "untouched");
}

static void what_is_no_enrolment_says_why(void **state)
{
	static const char field[] = "a field is missing, of the wrong type or too long";
	static const char name[] = "gateway and client_id are 1 to 32 of a-z, 0-9 and -";

	(void)state;
	expect_refusal("{", "not JSON");
	expect_refusal("[]", field);
	expect_refusal("{}", field);
	expect_refusal(FILE_OF("gw_17", "s", KEY), name);
	expect_refusal(FILE_OF("../gw", "s", KEY), name);
	expect_refusal(FILE_OF("", "s", KEY), name);
	expect_refusal(FILE_OF("gw-0017", "", KEY), "broker, username or password is empty");
	expect_refusal(FILE_OF("gw-0017", "s", "AAEC"), "mac_key is not 32 bytes in base64url");
	expect_refusal(FILE_OF("gw-0017", "s", KEY "A"), field);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_goes_there_and_back),
		cmocka_unit_test(what_is_no_enrolment_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
