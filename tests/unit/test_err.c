/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* Errors as words: stable codes, right statuses, French advice for each. */
#include "inventory-service/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const enum err all[] = {
#define X(name, code, status, title) name,
	ERR_LIST(X)
#undef X
};
#define N_ERRS (sizeof all / sizeof all[0])

static void the_published_codes_and_statuses_stand(void **state)
{
	static const struct {
		enum err err;
		const char *code;
		int status;
	} published[] = {
		{ERR_MALFORMED, "request.malformed", 400},
		{ERR_AUTH_REQUIRED, "auth.required", 401},
		{ERR_FORBIDDEN, "auth.forbidden", 403},
		{ERR_CSRF, "auth.csrf", 403},
		{ERR_NOT_FOUND, "not_found", 404},
		{ERR_METHOD, "request.method", 405},
		{ERR_STATE, "state.conflict", 409},
		{ERR_TAG_EXISTS, "tag.exists", 409},
		{ERR_STALE, "version.stale", 412},
		{ERR_TOO_LARGE, "request.too_large", 413},
		{ERR_CONTENT_TYPE, "request.content_type", 415},
		{ERR_UNKNOWN_FIELD, "request.unknown_field", 422},
		{ERR_REQUIRED, "field.required", 422},
		{ERR_TYPE, "field.type", 422},
		{ERR_RANGE, "field.range", 422},
		{ERR_LENGTH, "field.length", 422},
		{ERR_REFERENCE, "reference.unknown", 422},
		{ERR_TIME, "time.invalid", 422},
		{ERR_IDEMPOTENCY, "idempotency.mismatch", 422},
		{ERR_RATE, "rate.limited", 429},
		{ERR_STORAGE_FULL, "storage.full", 507},
	};

	(void)state;
	for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
		assert_string_equal(err_code(published[i].err), published[i].code);
		assert_int_equal(err_status(published[i].err), published[i].status);
	}
}

static void each_error_has_a_title_and_says_what_to_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ERRS; i++) {
		const char *advice = err_advice(all[i]);
		size_t len = strlen(advice);

		assert_true(strlen(err_title(all[i])) > 0);
		assert_true(len > 8 && len < 256);
		assert_int_equal(advice[len - 1], '.');
		assert_null(strchr(advice, '!'));
		if (all[i] != ERR_INTERNAL)
			assert_ptr_not_equal(advice, err_advice(ERR_INTERNAL));
	}
}

static void what_is_no_error_of_ours_is_internal(void **state)
{
	(void)state;
	assert_string_equal(err_code((enum err)12345), "internal");
	assert_int_equal(err_status((enum err) - 1), 500);
	assert_string_equal(err_advice((enum err)12345), err_advice(ERR_INTERNAL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_codes_and_statuses_stand),
		cmocka_unit_test(each_error_has_a_title_and_says_what_to_do),
		cmocka_unit_test(what_is_no_error_of_ours_is_internal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
