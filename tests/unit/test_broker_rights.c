/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* Is a role exactly what its name asks for? As the broker would list it, and spoiled in one place each. */
#include "inventory-service/outbox/broker_rights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "inventory-service/outbox/broker_admin.h"

#define GW "navette/v1/gw/gw-0017/"
#define ACL_THAT(type, topic, allow) "{\"acltype\":\"" type "\",\"topic\":\"" topic "\"" allow "}"
#define ACL(type, topic) ACL_THAT(type, topic, ",\"priority\":0,\"allow\":true")

static const char eight[] =
	ACL("publishClientSend", GW "up") "," ACL("publishClientSend", GW "status") ","
	ACL("publishClientSend", GW "stat") "," ACL("publishClientReceive", GW "ack") ","
	ACL("publishClientReceive", GW "cfg") "," ACL("publishClientReceive", GW "cmd") ","
	ACL("subscribeLiteral", GW "ack") "," ACL("subscribeLiteral", GW "cfg");
static const char ninth[] = ACL("subscribeLiteral", GW "cmd");

static bool is_whole(const char *role, const char *acls)
{
	char text[4096];
	int len = snprintf(text, sizeof text, "{\"acls\":[%s]}", acls);
	struct json_doc *doc = json_parse(text, (size_t)len, JSON_LIMIT, NULL);
	struct json_in in = json_in(doc);
	struct json_array array = json_take_array(&in, "acls", 64);
	bool whole = broker_rights_are_whole(role, array);

	assert_int_equal(json_end(&in), JSON_OK);
	json_free(doc);
	return whole;
}

static bool is_whole_with(const char *last)
{
	char acls[2048];

	snprintf(acls, sizeof acls, "%s,%s", eight, last);
	return is_whole("gw-0017", acls);
}

static void a_gateways_nine_rights_in_any_order_are_whole(void **state)
{
	char acls[2048];

	(void)state;
	assert_true(is_whole_with(ninth));
	snprintf(acls, sizeof acls, "%s,%s", ninth, eight);
	assert_true(is_whole("gw-0017", acls));
}

static void one_missing_is_not_whole(void **state)
{
	(void)state;
	assert_false(is_whole("gw-0017", eight));
	assert_false(is_whole("gw-0017", ""));
	assert_false(is_whole_with(ACL("subscribeLiteral", GW "cfg"))); /* nine, one of them twice */
}

static void one_too_many_is_not_whole(void **state)
{
	char acls[2048];

	(void)state;
	snprintf(acls, sizeof acls, "%s,%s", ninth, ACL("publishClientSend", "#"));
	assert_false(is_whole_with(acls));
}

static void a_right_that_is_refused_or_elsewhere_is_not_whole(void **state)
{
	(void)state;
	assert_false(is_whole_with(ACL_THAT("subscribeLiteral", GW "cmd", ",\"allow\":false")));
	assert_false(is_whole_with(ACL_THAT("subscribeLiteral", GW "cmd", "")));
	assert_false(is_whole_with(ACL("subscribePattern", GW "cmd")));
	assert_false(is_whole_with(ACL("subscribeLiteral", "navette/v1/gw/gw-0018/cmd")));
	assert_false(is_whole_with("7"));
}

static void a_name_that_is_no_gateways_has_no_rights(void **state)
{
	char acls[2048];

	(void)state;
	snprintf(acls, sizeof acls, "%s,%s", eight, ninth);
	assert_false(is_whole("gw-0018", acls));
	assert_false(is_whole("gw-#", ""));
	assert_false(is_whole("", ""));
}

/* What we would send, read back. */
static bool is_whole_as_made(const char *role)
{
	struct json_out o = {0};
	struct json_doc *doc;
	struct json_in in;
	struct json_array acls;
	bool whole;

	json_open_object(&o, NULL);
	broker_rights_put(&o, role);
	json_close_object(&o);
	doc = json_parse(o.bytes, o.len, JSON_LIMIT, NULL);
	in = json_in(doc);
	acls = json_take_array(&in, "acls", 64);
	whole = broker_rights_are_whole(role, acls);
	assert_int_equal(json_end(&in), JSON_OK);
	json_free(doc);
	json_out_free(&o);
	return whole;
}

static void what_is_made_is_whole(void **state)
{
	(void)state;
	assert_true(is_whole_as_made("gw-0017"));
	assert_true(is_whole_as_made("gw-12345678901234567890123456789"));
	assert_true(is_whole_as_made(BROKER_ADMIN_ROLE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateways_nine_rights_in_any_order_are_whole),
		cmocka_unit_test(one_missing_is_not_whole),
		cmocka_unit_test(one_too_many_is_not_whole),
		cmocka_unit_test(a_right_that_is_refused_or_elsewhere_is_not_whole),
		cmocka_unit_test(a_name_that_is_no_gateways_has_no_rights),
		cmocka_unit_test(what_is_made_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
