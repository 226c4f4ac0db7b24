/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Sign-in, sign-out, one's own password. An unknown address, a closed account and a wrong password get one
 * answer and cost one hash. A new session has a new id; the one the browser came with ends.
 */
#include <string.h>

#include "common/daemon/log.h"
#include "inventory-service/api/api.h"
#include "inventory-service/api/people.h"
#include "inventory-service/domain/people/password_rules.h"
#include "inventory-service/password.h"
#include "inventory-service/service.h"
#include "inventory-service/session.h"
#include "inventory-service/throttle.h"

struct account {
	const char *email;
	int64_t id; /* look-up by id where not 0 */
	struct user user;
	char hash[USER_HASH_SIZE];
};

static enum err load_account(struct db *db, void *context)
{
	struct account *a = context;
	enum err err = a->id ? user_find(db, a->id, &a->user) : user_find_by_email(db, a->email, &a->user);

	if (err || a->user.disabled_s)
		return err ? err : ERR_NOT_FOUND;
	return user_password_hash(db, a->user.id, a->hash);
}

/* The account whose password this is. Counted before it is evaluated, under the name that was typed. */
static enum err verify(struct call *c, struct account *a, const char *password)
{
	enum err err;
	bool holds;

	if (!throttle_take(a->email, c->client_address, c->real_mono_ms, &c->retry_after_s))
		return call_refuse(c, ERR_RATE, NULL, "Trop d'essais pour ce compte. Patientez une minute.");
	err = service_read(c->service, load_account, a);
	if (err && err != ERR_NOT_FOUND)
		return err;
	holds = password_verify(err ? "" : a->hash, password);
	if (!holds)
		return ERR_AUTH_FAILED;
	throttle_give_back(a->email, c->client_address);
	return OK;
}

enum err api_session_open_prepare(struct call *c)
{
	char given[USER_EMAIL_SIZE] = "", email[USER_EMAIL_SIZE], password[PASSWORD_SIZE] = "";
	struct account a = {.email = email};
	struct json_in in;
	enum err err;

	if ((err = call_body(c, &in)))
		return err;
	json_take_text(&in, "email", given, sizeof given);
	json_take_text(&in, "password", password, sizeof password);
	if ((err = call_body_end(c, &in)))
		return err;
	if (!user_email_normalise(given, email))
		memcpy(email, given, sizeof email); /* nobody's; answered like an unknown one */
	err = verify(c, &a, password);
	c->prepared_id = a.user.id;
	return err;
}

static void put_settings(struct call *c)
{
	const struct service_setting *setting = service_setting(c->service);

	json_open_object(&c->out, "settings");
	json_put_i64(&c->out, "silent_s", setting->silent_s);
	json_put_i64(&c->out, "presence_hold_s", setting->presence_hold_s);
	json_put_text(&c->out, "timezone", "Europe/Paris");
	json_close_object(&c->out);
}

static enum err put_session(struct call *c, const struct actor *who, const char *csrf)
{
	struct user user;
	enum err err;

	if ((err = user_find(c->db, who->user_id, &user)))
		return err;
	json_open_object(&c->out, NULL);
	json_open_object(&c->out, "user");
	json_put_i64(&c->out, "id", user.id);
	json_put_text(&c->out, "name", user.name);
	json_put_text(&c->out, "email", user.email);
	people_put_roles(&c->out, who->roles, who->n_roles);
	json_close_object(&c->out);
	json_put_text(&c->out, "csrf", csrf[0] ? csrf : NULL);
	json_put_time(&c->out, "now", c->now_s);
	put_settings(c);
	json_close_object(&c->out);
	return OK;
}

static enum err open_session(struct call *c, int64_t user_id)
{
	const struct service_setting *setting = service_setting(c->service);
	struct session_limits limits = session_limits_of(setting->session_idle_s, setting->session_max_s);
	struct actor who;
	enum err err;

	if ((err = actor_load(c->db, user_id, c->now_s, &who)))
		return err == ERR_NOT_FOUND ? ERR_AUTH_FAILED : err;
	if ((err = session_start(c->db, &limits, user_id, c->real_s, c->session_token, c->csrf)))
		return err;
	return put_session(c, &who, c->csrf);
}

enum err api_session_open(struct call *c)
{
	enum err err;

	if (c->credential && !c->credential->is_token && (err = session_end(c->db, c->credential)))
		return err;
	return open_session(c, c->prepared_id);
}

enum err api_session_show(struct call *c)
{
	enum err err = call_query_end(c);

	return err ? err : put_session(c, c->who, c->credential->csrf);
}

enum err api_session_close(struct call *c)
{
	enum err err;

	if (c->credential->is_token)
		return call_refuse(c, ERR_STATE, NULL, "Un jeton n'ouvre pas de session : révoquez-le.");
	if ((err = session_end(c->db, c->credential)))
		return err;
	memcpy(c->session_token, "-", 2);
	c->status = 204;
	return OK;
}

/* ---- one's own password ------------------------------------------------------------------------------- */

struct password_change {
	char current[PASSWORD_SIZE];
	char password[PASSWORD_SIZE];
};

static enum err take_change(struct call *c, struct password_change *v)
{
	struct json_in in;
	enum err err;

	if ((err = call_body(c, &in)))
		return err;
	json_take_text(&in, "current", v->current, sizeof v->current);
	json_take_text(&in, "password", v->password, sizeof v->password);
	return call_body_end(c, &in);
}

static enum err load_own(struct db *db, void *context)
{
	return load_account(db, context);
}

enum err api_session_password_prepare(struct call *c)
{
	struct password_change v = {"", ""};
	struct account a = {.id = c->who->user_id};
	enum err err;

	if (c->credential->is_token)
		return call_refuse(c, ERR_FORBIDDEN, NULL, "Un jeton ne change pas de mot de passe.");
	if ((err = take_change(c, &v)) || (err = service_read(c->service, load_own, &a)))
		return err;
	a.email = a.user.email;
	if ((err = verify(c, &a, v.current)))
		return err == ERR_AUTH_FAILED ? call_refuse(c, ERR_RANGE, "current",
							    "Le mot de passe actuel n'est pas celui-ci.")
					      : err;
	return people_hash_password(c, v.password, a.user.email);
}

/* All sessions end; this browser gets a new one. */
enum err api_session_password(struct call *c)
{
	struct user_edit edit = {.password_hash = c->prepared_hash};
	struct user user;
	enum err err;

	if ((err = user_find(c->db, c->who->user_id, &user)) ||
	    (err = user_change(c->db, c->who, c->now_s, &user, &edit)))
		return err;
	call_changed(c, "user", user.id, user.version, "password");
	return open_session(c, user.id);
}
