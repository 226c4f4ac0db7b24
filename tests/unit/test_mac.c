/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_daemon */
#include "common/daemon/mac.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC "navette/v1/gw/gw-0017/up"
#define PAYLOAD "{\"epoch\":\"5f0c9a1b2d3e4f60\",\"seq\":1,\"oldest\":1,\"reports\":[]}"
#define WANT "7AvIDClTXKOMGcZEmVZ9pmAoA5OByiD_cjQdalYwj9I"

static uint8_t key[MAC_KEY_LEN];

static int make_key(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < MAC_KEY_LEN; i++)
		key[i] = i;
	return 0;
}

static bool verify(const char *topic, const char *payload, const char *mac)
{
	return mac_verify(key, topic, payload, strlen(payload), mac);
}

static void the_vector_of_the_contract_agrees(void **state)
{
	char mac[MAC_TEXT_SIZE];

	(void)state;
	mac_compute(key, TOPIC, PAYLOAD, strlen(PAYLOAD), mac);
	assert_string_equal(mac, WANT);
	assert_true(verify(TOPIC, PAYLOAD, WANT));
}

static void anything_else_is_refused(void **state)
{
	static const char *const macs[] = {NULL,
					   "",
					   "7AvI",
					   WANT "A",
					   "8AvIDClTXKOMGcZEmVZ9pmAoA5OByiD_cjQdalYwj9I",
					   "7AvIDClTXKOMGcZEmVZ9pmAoA5OByiD_cjQdalYwj9J"};

	(void)state;
	for (size_t i = 0; i < sizeof macs / sizeof macs[0]; i++)
		assert_false(verify(TOPIC, PAYLOAD, macs[i]));
	assert_false(verify("navette/v1/gw/gw-0018/up", PAYLOAD, WANT));
	assert_false(verify(TOPIC, PAYLOAD " ", WANT));
	key[31] ^= 1;
	assert_false(verify(TOPIC, PAYLOAD, WANT));
	key[31] ^= 1;
}

static void the_border_of_topic_and_payload_counts(void **state)
{
	char one[MAC_TEXT_SIZE], other[MAC_TEXT_SIZE];

	(void)state;
	mac_compute(key, "ab", "c", 1, one);
	mac_compute(key, "a", "bc", 2, other);
	assert_string_not_equal(one, other);
	mac_compute(key, "a", NULL, 0, one);
	assert_true(mac_verify(key, "a", "", 0, one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vector_of_the_contract_agrees),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(the_border_of_topic_and_payload_counts),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
