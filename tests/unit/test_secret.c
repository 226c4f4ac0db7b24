/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* The key file and what is derived from it or sealed under it. */
#include "inventory-service/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/navette-secret-XXXXXX";
static char path[64];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof path, "%s/secret.key", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void a_missing_key_is_made_for_its_owner_alone_and_read_again(void **state)
{
	struct secret a, b;
	struct stat st;
	char why[128] = "";

	(void)state;
	unlink(path);
	assert_true(secret_open(&a, path, why, sizeof why));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 32);
	assert_true(secret_open(&b, path, why, sizeof why));
	assert_memory_equal(a.key, b.key, sizeof a.key);
}

static void a_key_that_others_can_read_is_refused(void **state)
{
	struct secret s;
	char why[128] = "";

	(void)state;
	unlink(path);
	assert_true(secret_open(&s, path, why, sizeof why));
	assert_int_equal(chmod(path, 0640), 0);
	assert_false(secret_open(&s, path, why, sizeof why));
	assert_non_null(strstr(why, "chmod 600"));
}

static void write_len(size_t len)
{
	char bytes[64] = {0};

	assert_true(file_write_durable(path, bytes, len, 0600));
}

static void a_key_of_another_length_is_refused_and_kept(void **state)
{
	struct secret s;
	struct stat st;
	char why[128] = "";

	(void)state;
	write_len(31);
	assert_false(secret_open(&s, path, why, sizeof why));
	write_len(33);
	assert_false(secret_open(&s, path, why, sizeof why));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 33);
	assert_non_null(strstr(why, "32 bytes"));
}

static const struct secret known = {.key = {0, 1, 2, 3}};

static void what_is_sealed_opens_only_whole_and_for_its_use(void **state)
{
	const uint8_t plain[16] = "sixteen bytes !";
	uint8_t sealed[SECRET_SEALED_LEN(sizeof plain)], again[sizeof sealed], out[sizeof plain];
	struct secret other = known;

	(void)state;
	secret_seal(&known, "device.key", plain, sizeof plain, sealed);
	assert_true(secret_unseal(&known, "device.key", sealed, sizeof sealed, out, sizeof out));
	assert_memory_equal(out, plain, sizeof plain);
	assert_false(secret_unseal(&known, "gateway.mac", sealed, sizeof sealed, out, sizeof out));
	assert_false(secret_unseal(&known, "device.key", sealed, sizeof sealed - 1, out, sizeof out - 1));
	assert_false(secret_unseal(&known, "device.key", sealed, 0, out, sizeof out));
	other.key[31] ^= 1;
	assert_false(secret_unseal(&other, "device.key", sealed, sizeof sealed, out, sizeof out));
	for (size_t i = 0; i < sizeof sealed; i++) {
		memcpy(again, sealed, sizeof sealed);
		again[i] ^= 0x40;
		assert_false(secret_unseal(&known, "device.key", again, sizeof again, out, sizeof out));
	}
}

static void the_same_bytes_sealed_twice_look_different(void **state)
{
	const uint8_t plain[32] = {7};
	uint8_t a[SECRET_SEALED_LEN(sizeof plain)], b[sizeof a];

	(void)state;
	secret_seal(&known, "gateway.mac", plain, sizeof plain, a);
	secret_seal(&known, "gateway.mac", plain, sizeof plain, b);
	assert_memory_not_equal(a, b, sizeof a);
}

static void a_gateways_password_follows_from_key_name_and_generation(void **state)
{
	struct secret other = known;
	char a[SECRET_PASSWORD_SIZE], b[SECRET_PASSWORD_SIZE];

	(void)state;
	secret_gateway_password(&known, "gw-0017", 1, a);
	assert_int_equal(strlen(a), 43);
	secret_gateway_password(&known, "gw-0017", 1, b);
	assert_string_equal(a, b);
	secret_gateway_password(&known, "gw-0017", 2, b);
	assert_string_not_equal(a, b);
	secret_gateway_password(&known, "gw-0018", 1, b);
	assert_string_not_equal(a, b);
	other.key[0] ^= 1;
	secret_gateway_password(&other, "gw-0017", 1, b);
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_key_is_made_for_its_owner_alone_and_read_again),
		cmocka_unit_test(a_key_that_others_can_read_is_refused),
		cmocka_unit_test(a_key_of_another_length_is_refused_and_kept),
		cmocka_unit_test(what_is_sealed_opens_only_whole_and_for_its_use),
		cmocka_unit_test(the_same_bytes_sealed_twice_look_different),
		cmocka_unit_test(a_gateways_password_follows_from_key_name_and_generation),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
