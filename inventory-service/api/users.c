/* SPDX-License-Identifier: EUPL-1.2 */
/* Accounts, for the region officer. A password is given here at first and told to the person, who changes it.
 */
#include <string.h>

#include "inventory-service/api/api.h"
#include "inventory-service/api/people.h"
#include "inventory-service/domain/people/password_rules.h"

static enum err put_user(struct call *c, const struct user *v)
{
	struct user_roles roles;
	enum err err;

	if ((err = user_roles_load(c->db, v->id, c->now_s, &roles)))
		return err;
	json_open_object(&c->out, NULL);
	json_put_i64(&c->out, "id", v->id);
	json_put_i64(&c->out, "version", v->version);
	json_put_text(&c->out, "email", v->email);
	json_put_text(&c->out, "name", v->name);
	people_put_roles(&c->out, roles.rows, roles.n);
	if (v->disabled_s)
		json_put_time(&c->out, "disabled_at", v->disabled_s);
	else
		json_put_null(&c->out, "disabled_at");
	json_put_time(&c->out, "created_at", v->created_s);
	json_close_object(&c->out);
	return OK;
}

static enum err put_one(struct call *c, const struct user *v)
{
	c->version = v->version;
	return put_user(c, v);
}

enum err api_users_list(struct call *c)
{
	int64_t after_id, limit, last_id = 0, n = 0;
	struct query q;
	struct user v;
	enum err err;

	if ((err = call_query_page(c, &after_id, &limit)) || (err = call_query_end(c)))
		return err;
	json_open_object(&c->out, NULL);
	json_open_array(&c->out, "items");
	q = user_list(c->db, after_id, limit);
	while (!err && user_next(&q, &v)) {
		err = put_user(c, &v);
		last_id = v.id;
		n++;
	}
	if (db_end(&q) || err)
		return err ? err : ERR_STORAGE;
	call_page_end(c, n == limit ? last_id : 0);
	return OK;
}

enum err api_user_show(struct call *c)
{
	struct user v;
	enum err err;

	if ((err = call_query_end(c)) || (err = user_find(c->db, c->ids[0], &v)))
		return err;
	return put_one(c, &v);
}

/* ---- bodies ------------------------------------------------------------------------------------------- */

struct user_body {
	bool has_email, has_name, has_roles, has_password;
	char email[USER_EMAIL_SIZE];
	char name[USER_NAME_SIZE];
	char password[PASSWORD_SIZE];
	struct user_roles roles;
};

static enum err take_roles(struct call *c, struct json_in *in, struct user_roles *roles)
{
	struct json_array a = json_maybe_array(in, "roles", ACTOR_MAX_ROLES);
	enum err err;

	roles->n = 0;
	while (json_next(&a)) {
		struct json_in element = json_element_object(&a);

		if ((err = people_take_role(c, &element, &roles->rows[roles->n])) ||
		    (err = call_body_end(c, &element)))
			return c->field[0] ? err : call_refuse(c, err, "roles", NULL);
		roles->n++;
	}
	return OK;
}

/* json_end refuses unknown members: every reader of this body takes all of them. */
static enum err take_body(struct call *c, struct user_body *v)
{
	char given[USER_EMAIL_SIZE] = "";
	struct json_in in;
	enum err err;

	memset(v, 0, sizeof *v);
	if ((err = call_body(c, &in)))
		return err;
	v->has_email = json_maybe_text(&in, "email", given, sizeof given);
	v->has_name = json_maybe_text(&in, "name", v->name, sizeof v->name);
	v->has_roles = json_has(&in, "roles") && !json_is_null(&in, "roles");
	if ((err = take_roles(c, &in, &v->roles)))
		return err;
	v->has_password = json_maybe_text(&in, "password", v->password, sizeof v->password);
	if ((err = call_body_end(c, &in)))
		return err;
	if (v->has_email && !user_email_normalise(given, v->email))
		return call_refuse(c, ERR_RANGE, "email",
				   "Donnez une adresse de la forme prenom@domaine.fr.");
	if (v->has_name && !v->name[0])
		return call_refuse(c, ERR_REQUIRED, "name", NULL);
	return OK;
}

enum err api_users_add_prepare(struct call *c)
{
	struct user_body v;
	enum err err;

	if ((err = take_body(c, &v)))
		return err;
	if (!v.has_email || !v.has_name || !v.has_password)
		return call_refuse(c, ERR_REQUIRED,
				   !v.has_email  ? "email"
				   : !v.has_name ? "name"
						 : "password",
				   NULL);
	return people_hash_password(c, v.password, v.email);
}

static enum err explain(struct call *c, enum err err)
{
	if (err == ERR_EXISTS)
		return call_refuse(c, err, "email", "Cette adresse a déjà un compte.");
	if (err == ERR_REFERENCE)
		return call_refuse(c, err, "scope_id", "Ce lieu ou ce pôle n'existe pas.");
	if (err == ERR_RANGE)
		return call_refuse(c, err, "roles", "Le service régional a pour portée la région.");
	return err;
}

enum err api_users_add(struct call *c)
{
	struct user user = {0};
	struct user_body v;
	enum err err;

	if ((err = take_body(c, &v)))
		return err;
	memcpy(user.email, v.email, sizeof user.email);
	memcpy(user.name, v.name, sizeof user.name);
	if ((err = user_add(c->db, c->who, c->now_s, &user, &v.roles, c->prepared_hash)))
		return explain(c, err);
	call_created(c, "/users", user.id);
	call_changed(c, "user", user.id, user.version, "email,name,roles");
	return put_one(c, &user);
}

enum err api_user_change_prepare(struct call *c)
{
	struct user_body v;
	enum err err;

	if ((err = take_body(c, &v)) || !v.has_password)
		return err;
	return people_hash_password(c, v.password, v.email);
}

enum err api_user_change(struct call *c)
{
	struct user_edit edit = {0};
	struct user user;
	struct user_body v;
	enum err err;

	if ((err = take_body(c, &v)) || (err = user_find(c->db, c->ids[0], &user)) ||
	    (err = call_check_version(c, user.version)))
		return err;
	edit.email = v.has_email ? v.email : NULL;
	edit.name = v.has_name ? v.name : NULL;
	edit.roles = v.has_roles ? &v.roles : NULL;
	edit.password_hash = v.has_password ? c->prepared_hash : NULL;
	if ((err = user_change(c->db, c->who, c->now_s, &user, &edit)))
		return explain(c, err);
	call_changed(c, "user", user.id, user.version, v.has_roles ? "roles" : "name");
	return put_one(c, &user);
}

enum err api_user_disable(struct call *c)
{
	struct json_in in;
	struct user user;
	bool given;
	enum err err;

	if ((err = call_body_maybe(c, &in, &given)) || (err = call_body_end(c, &in)) ||
	    (err = user_find(c->db, c->ids[0], &user)) || (err = call_check_version(c, user.version)))
		return err;
	if (user.id == c->who->user_id)
		return call_refuse(c, ERR_STATE, NULL,
				   "On ne ferme pas son propre compte : demandez à une autre personne.");
	if ((err = user_disable(c->db, c->who, c->now_s, &user)))
		return err == ERR_STATE ? call_refuse(c, err, NULL, "Ce compte est déjà fermé.") : err;
	call_changed(c, "user", user.id, user.version, "disabled_at");
	return put_one(c, &user);
}
