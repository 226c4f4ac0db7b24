/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* Sessions, tokens, passwords, their limits, and remembered answers. */
#include "inventory-service/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "inventory-service/domain/people/password_rules.h"
#include "inventory-service/domain/people/token.h"
#include "inventory-service/domain/people/user.h"
#include "inventory-service/idempotency.h"
#include "inventory-service/migrate.h"
#include "inventory-service/password.h"
#include "inventory-service/throttle.h"

static const struct actor console = {.channel = "console"};
static const struct session_limits limits = {.idle_s = 100, .max_s = 1000};
static struct db *db;
static struct user user;

static int set_up(void **state)
{
	struct user_roles roles = {.n = 2,
				   .rows = {{.role = ROLE_COORDINATOR, .scope = SCOPE_HUB, .scope_id = 1},
					    {.role = ROLE_AUDITOR, .scope = SCOPE_REGION}}};
	int64_t from;

	(void)state;
	if (sodium_init() < 0 || db_open(":memory:", DB_WRITER, &db) || migrate(db, &from) ||
	    db_script(db, "INSERT INTO hub (id, name, created_s) VALUES (1, 'a', 0), (2, 'b', 0);"
			  "INSERT INTO place (id, name, created_s) VALUES (10, 'x', 0), (11, 'y', 0);"
			  "INSERT INTO hub_member (place_id, hub_id, from_s) VALUES (10, 1, 0), (11, 2, 0);"))
		return 1;
	user = (struct user){.email = "a@x.fr", .name = "A"};
	return user_add(db, &console, 50, &user, &roles, "hash") != OK;
}

static int tear_down(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

static struct credential cookie_of(const char *token)
{
	struct credential c = {.is_token = false};
	char header[128];

	snprintf(header, sizeof header, "theme=dark; navette=%s; other=1", token);
	assert_true(session_of_cookie(header, false, &c));
	return c;
}

static void a_session_holds_until_it_is_idle_or_old(void **state)
{
	char token[SESSION_TOKEN_SIZE], csrf[SESSION_TOKEN_SIZE];
	struct credential c;
	struct actor who;

	(void)state;
	assert_int_equal(session_start(db, &limits, user.id, 1000, token, csrf), OK);
	c = cookie_of(token);
	assert_int_equal(session_check(db, &limits, &c, 1099, 60, &who), OK);
	assert_int_equal(who.user_id, user.id);
	assert_int_equal(who.n_roles, 2);
	assert_string_equal(who.channel, "web");
	assert_string_equal(c.csrf, csrf);
	assert_int_equal(session_check(db, &limits, &c, 1100, 60, &who), ERR_AUTH_REQUIRED);
	for (int64_t t = 1050; t < 2000; t += 50)
		assert_int_equal(session_touch(db, &c, t), OK);
	assert_int_equal(session_check(db, &limits, &c, 1999, 60, &who), OK);
	assert_int_equal(session_check(db, &limits, &c, 2000, 60, &who), ERR_AUTH_REQUIRED);
}

static void a_session_ends_with_its_account_its_roles_and_its_password(void **state)
{
	static const struct user_roles none = {.n = 0};
	static const struct user_edit edits[] = {{.roles = &none}, {.password_hash = "other"}};
	char token[SESSION_TOKEN_SIZE], csrf[SESSION_TOKEN_SIZE];
	struct credential c;
	struct actor who;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(session_start(db, &limits, user.id, 1000, token, csrf), OK);
		c = cookie_of(token);
		assert_int_equal(user_change(db, &console, 60, &user, &edits[i]), OK);
		assert_int_equal(session_check(db, &limits, &c, 1001, 60, &who), ERR_AUTH_REQUIRED);
	}
	assert_int_equal(session_start(db, &limits, user.id, 1000, token, csrf), OK);
	c = cookie_of(token);
	assert_int_equal(user_change(db, &console, 60, &user, &(struct user_edit){.name = "B"}), OK);
	assert_int_equal(session_check(db, &limits, &c, 1001, 61, &who), OK);
	assert_int_equal(user_disable(db, &console, 70, &user), OK);
	assert_int_equal(session_check(db, &limits, &c, 1001, 71, &who), ERR_AUTH_REQUIRED);
	assert_int_equal(user_disable(db, &console, 70, &user), ERR_STATE);
}

static void cookies_are_found_by_their_whole_name(void **state)
{
	char token[SESSION_TOKEN_SIZE], header[200];
	struct credential c;

	(void)state;
	session_new_secret(token);
	snprintf(header, sizeof header, "xnavette=%s; navette=short; navette2=%s", token, token);
	assert_false(session_of_cookie(header, false, &c));
	assert_false(session_of_cookie(NULL, false, &c));
	assert_false(session_of_cookie(";;; ;", false, &c));
	snprintf(header, sizeof header, "navette=%s", token);
	assert_true(session_of_cookie(header, false, &c));
	assert_false(session_of_cookie(header, true, &c));
	snprintf(header, sizeof header, "__Host-navette=%s", token);
	assert_true(session_of_cookie(header, true, &c));
	assert_false(session_of_cookie(header, false, &c));
	session_cookie(token, true, 5, header);
	assert_non_null(strstr(header, "; Secure"));
	assert_non_null(strstr(header, "Path=/; HttpOnly; SameSite=Strict"));
}

static void csrf_tokens_are_compared_whole(void **state)
{
	struct credential c = {.is_token = false};
	char other[SESSION_TOKEN_SIZE];

	(void)state;
	assert_false(session_csrf_holds(&c, "")); /* none was made: none holds */
	session_new_secret(c.csrf);
	memcpy(other, c.csrf, sizeof other);
	assert_true(session_csrf_holds(&c, other));
	other[42] ^= 1;
	assert_false(session_csrf_holds(&c, other));
	assert_false(session_csrf_holds(&c, NULL));
	assert_false(session_csrf_holds(&c, ""));
}

static void a_token_is_one_role_that_its_owner_still_has(void **state)
{
	static const struct user_roles none = {.n = 0};
	struct token v = {.label = "script",
			  .role = {.role = ROLE_MANAGER, .scope = SCOPE_PLACE, .scope_id = 10}};
	char secret[SESSION_TOKEN_SIZE], header[128];
	struct credential c;
	struct actor owner, who;
	uint8_t hash[SESSION_HASH_LEN];

	(void)state;
	assert_int_equal(actor_load(db, user.id, 60, &owner), OK);
	session_new_secret(secret);
	assert_true(session_hash(secret, hash));
	v.role.scope_id = 11; /* of another hub */
	assert_int_equal(token_add(db, &owner, 60, &v, hash), ERR_FORBIDDEN);
	v.role.scope_id = 10;
	assert_int_equal(token_add(db, &owner, 60, &v, hash), OK);
	snprintf(header, sizeof header, "Bearer nvt_%s", secret);
	assert_true(session_of_bearer(header, &c));
	assert_int_equal(session_check(db, &limits, &c, 1, 60, &who), OK);
	assert_int_equal(who.n_roles, 1);
	assert_int_equal(who.roles[0].role, ROLE_MANAGER);
	assert_string_equal(who.channel, "api");
	assert_int_equal(user_change(db, &console, 70, &user, &(struct user_edit){.roles = &none}), OK);
	assert_int_equal(session_check(db, &limits, &c, 1, 71, &who), ERR_AUTH_REQUIRED);
	assert_false(session_of_bearer("Bearer nvt_", &c));
	assert_false(session_of_bearer("bearer nvt_x", &c));
	assert_false(session_of_bearer("Bearer xyz_", &c));
}

/* Nothing ends the tokens of a closed account one by one: the account is asked each time. */
static void a_closed_accounts_token_holds_no_more(void **state)
{
	struct token v = {.label = "script", .role = {.role = ROLE_AUDITOR, .scope = SCOPE_REGION}};
	char secret[SESSION_TOKEN_SIZE], header[128];
	struct credential c;
	struct actor owner, who;
	uint8_t hash[SESSION_HASH_LEN];

	(void)state;
	assert_int_equal(actor_load(db, user.id, 60, &owner), OK);
	session_new_secret(secret);
	assert_true(session_hash(secret, hash));
	assert_int_equal(token_add(db, &owner, 60, &v, hash), OK);
	snprintf(header, sizeof header, "Bearer nvt_%s", secret);
	assert_true(session_of_bearer(header, &c));
	assert_int_equal(session_check(db, &limits, &c, 1, 60, &who), OK);
	assert_int_equal(user_disable(db, &console, 70, &user), OK);
	assert_int_equal(session_check(db, &limits, &c, 1, 71, &who), ERR_AUTH_REQUIRED);
	assert_int_equal(actor_load(db, user.id, 71, &who), ERR_NOT_FOUND);
}

static void roles_count_from_and_until_their_days(void **state)
{
	struct actor who;

	(void)state;
	assert_int_equal(actor_load(db, user.id, 49, &who), OK);
	assert_int_equal(who.n_roles, 0);
	assert_int_equal(db_script(db, "UPDATE role SET until_s = 80 WHERE role = 'auditor'"), OK);
	assert_int_equal(actor_load(db, user.id, 79, &who), OK);
	assert_int_equal(who.n_roles, 2);
	assert_int_equal(actor_load(db, user.id, 80, &who), OK);
	assert_int_equal(who.n_roles, 1);
}

/* ---- passwords ---------------------------------------------------------------------------------------- */

static void passwords_are_hashed_with_what_was_promised(void **state)
{
	char hash[USER_HASH_SIZE];

	(void)state;
	assert_true(password_hash("une phrase de quatre mots", hash));
	assert_memory_equal(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
	assert_true(password_verify(hash, "une phrase de quatre mots"));
	assert_false(password_verify(hash, "une phrase de quatre mot"));
	assert_false(password_verify("", "une phrase de quatre mots"));
	assert_false(password_verify("hash", "hash"));
}

/* What stands for nobody's hash is read by libsodium like any other: it needs no new hash, so its work is the
 * same. */
static void nobody_costs_as_much_as_somebody(void **state)
{
	static const char nobody[crypto_pwhash_STRBYTES] =
		"$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

	(void)state;
	assert_int_equal(crypto_pwhash_str_needs_rehash(nobody, 2, (size_t)19 * 1024 * 1024), 0);
}

static void bad_passwords_are_refused_for_their_reason(void **state)
{
	(void)state;
	assert_int_equal(password_judge("navette-demo", "region@demo.navette.example"), PASSWORD_FINE);
	assert_int_equal(password_judge("onze signes", "a@x.fr"), PASSWORD_SHORT);
	assert_int_equal(password_judge("éééééé", "a@x.fr"), PASSWORD_SHORT); /* 12 bytes, 6 signs */
	assert_int_equal(password_judge("abababababababab", "a@x.fr"), PASSWORD_REPETITIVE);
	assert_int_equal(password_judge("MotDePasse1234", "a@x.fr"), PASSWORD_COMMON);
	assert_int_equal(password_judge("jeanne.martin1", "jeanne.martin@x.fr"), PASSWORD_PERSONAL);
	assert_int_equal(password_judge("Jeanne@Exemple.fr", "jeanne@exemple.fr"), PASSWORD_PERSONAL);
	assert_int_equal(password_judge("jeanne court dans le bois", "jeanne@x.fr"), PASSWORD_FINE);
}

static void addresses_are_kept_in_one_shape(void **state)
{
	char out[USER_EMAIL_SIZE];

	(void)state;
	assert_true(user_email_normalise("Jeanne@Exemple.FR", out));
	assert_string_equal(out, "jeanne@exemple.fr");
	assert_false(user_email_normalise("jeanne", out));
	assert_false(user_email_normalise("@x.fr", out));
	assert_false(user_email_normalise("a@", out));
	assert_false(user_email_normalise("a@b@c", out));
	assert_false(user_email_normalise("a b@c", out));
	assert_false(user_email_normalise("a@b\r\nBcc: c", out));
}

static void a_minute_holds_so_many_guesses(void **state)
{
	int64_t wait_s = 0;
	int n = 0;

	(void)state;
	while (throttle_take("victim@x.fr", "192.0.2.1", 1000, &wait_s))
		n++;
	assert_int_equal(n, THROTTLE_PER_ADDRESS);
	assert_int_equal(wait_s, 60);
	assert_true(throttle_take("other@x.fr", "192.0.2.1", 1000, &wait_s));
	for (n = 0; throttle_take("victim@x.fr", "192.0.2.2", 2000, &wait_s); n++)
		;
	assert_int_equal(n, THROTTLE_PER_ACCOUNT - THROTTLE_PER_ADDRESS);
	assert_true(throttle_take("victim@x.fr", "192.0.2.1", 61000, &wait_s));
}

static void a_right_password_is_no_guess(void **state)
{
	int64_t wait_s;

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_true(throttle_take("busy@x.fr", "192.0.2.9", 5000, &wait_s));
		throttle_give_back("busy@x.fr", "192.0.2.9");
	}
}

/* ---- remembered answers ------------------------------------------------------------------------------- */

static void an_answer_is_remembered_sealed_for_its_user_key_and_path(void **state)
{
	struct secret secret = {.key = {7}}, other = {.key = {8}};
	struct idempotent_answer first = {
		.status = 201, .location = "/x/1", .body = "{\"token\":\"s\"}", .body_len = 13};
	struct idempotent_answer found_answer = {0};
	struct idempotency a, b;
	bool found;

	(void)state;
	assert_true(idempotency_make(&a, user.id, "key", "POST", "/x", "body", 4));
	assert_int_equal(idempotency_find(db, &secret, &a, 100, &found, &found_answer), OK);
	assert_false(found);
	assert_int_equal(idempotency_store(db, &secret, &a, 100, &first), OK);
	assert_int_equal(idempotency_find(db, &secret, &a, 200, &found, &found_answer), OK);
	assert_true(found);
	assert_int_equal(found_answer.status, 201);
	assert_string_equal(found_answer.location, "/x/1");
	assert_int_equal(found_answer.body_len, 13);
	assert_memory_equal(found_answer.body, first.body, 13);
	free(found_answer.body);
	assert_true(idempotency_make(&b, user.id, "key", "POST", "/x", "bodY", 4));
	assert_int_equal(idempotency_find(db, &secret, &b, 200, &found, &found_answer), ERR_IDEMPOTENCY);
	assert_true(idempotency_make(&b, user.id, "key", "POST", "/y", "bodY", 4));
	assert_int_equal(idempotency_find(db, &secret, &b, 200, &found, &found_answer), OK);
	assert_false(found);
	assert_int_equal(idempotency_find(db, &other, &a, 200, &found, &found_answer), ERR_INTERNAL);
	/* the first answer stays; past its time another may come */
	first.status = 409;
	assert_int_equal(idempotency_store(db, &secret, &a, 300, &first), OK);
	assert_int_equal(idempotency_find(db, &secret, &a, 300, &found, &found_answer), OK);
	assert_int_equal(found_answer.status, 201);
	free(found_answer.body);
	assert_int_equal(idempotency_find(db, &secret, &a, 101 + IDEMPOTENCY_KEEP_S, &found, &found_answer),
			 OK);
	assert_false(found);
}

static void keys_are_printable_and_short(void **state)
{
	struct idempotency i;
	char key[80];

	(void)state;
	memset(key, 'k', sizeof key);
	key[64] = '\0';
	assert_true(idempotency_make(&i, 1, key, "POST", "/x", "", 0));
	key[64] = 'k';
	key[65] = '\0';
	assert_false(idempotency_make(&i, 1, key, "POST", "/x", "", 0));
	assert_false(idempotency_make(&i, 1, "", "POST", "/x", "", 0));
	assert_false(idempotency_make(&i, 1, "a\nb", "POST", "/x", "", 0));
	assert_false(idempotency_make(&i, 1, "é", "POST", "/x", "", 0));
}

int main(void)
{
#define WITH_DB(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_DB(a_session_holds_until_it_is_idle_or_old),
		WITH_DB(a_session_ends_with_its_account_its_roles_and_its_password),
		WITH_DB(a_token_is_one_role_that_its_owner_still_has),
		WITH_DB(a_closed_accounts_token_holds_no_more),
		WITH_DB(roles_count_from_and_until_their_days),
		WITH_DB(an_answer_is_remembered_sealed_for_its_user_key_and_path),
		cmocka_unit_test(cookies_are_found_by_their_whole_name),
		cmocka_unit_test(csrf_tokens_are_compared_whole),
		cmocka_unit_test(passwords_are_hashed_with_what_was_promised),
		cmocka_unit_test(nobody_costs_as_much_as_somebody),
		cmocka_unit_test(bad_passwords_are_refused_for_their_reason),
		cmocka_unit_test(addresses_are_kept_in_one_shape),
		cmocka_unit_test(a_minute_holds_so_many_guesses),
		cmocka_unit_test(a_right_password_is_no_guess),
		cmocka_unit_test(keys_are_printable_and_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
