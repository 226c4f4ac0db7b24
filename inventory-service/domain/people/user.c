/* SPDX-License-Identifier: EUPL-1.2 */
/* Users. The journal gets ids and roles, never names or addresses. */
#include "inventory-service/domain/people/user.h"

#include <stdio.h>
#include <string.h>

#include "inventory-service/audit.h"

#define USER_COLUMNS "id, version, email, name, disabled_s, created_s"

bool user_email_normalise(const char *given, char out[USER_EMAIL_SIZE])
{
	const char *at;

	if (!str_copy(out, USER_EMAIL_SIZE, given))
		return false;
	for (char *sign = out; *sign; sign++) {
		if (*sign >= 'A' && *sign <= 'Z')
			*sign = (char)(*sign - 'A' + 'a');
		if ((unsigned char)*sign <= ' ' || *sign == 0x7f)
			return false;
	}
	at = strchr(out, '@');
	return at && at != out && at[1] && !strchr(at + 1, '@');
}

bool user_next(struct query *q, struct user *out)
{
	if (!db_next(q))
		return false;
	out->id = get_i64(q);
	out->version = get_i64(q);
	get_text(q, out->email, sizeof out->email);
	get_text(q, out->name, sizeof out->name);
	out->disabled_s = get_i64(q);
	out->created_s = get_i64(q);
	return true;
}

static enum err one(struct query *q, struct user *out)
{
	struct user v;
	bool found = false;
	enum err err;

	while (user_next(q, &v))
		found = true;
	if ((err = db_end(q)))
		return err;
	if (!found)
		return ERR_NOT_FOUND;
	*out = v;
	return OK;
}

enum err user_find(struct db *db, int64_t id, struct user *out)
{
	struct query q = db_query(db, "SELECT " USER_COLUMNS " FROM user WHERE id = $1");

	put_i64(&q, id);
	return one(&q, out);
}

enum err user_find_by_email(struct db *db, const char *email, struct user *out)
{
	struct query q = db_query(db, "SELECT " USER_COLUMNS " FROM user WHERE email = $1");

	put_text(&q, email);
	return one(&q, out);
}

struct query user_list(struct db *db, int64_t after_id, int64_t limit)
{
	struct query q = db_query(db, "SELECT " USER_COLUMNS " FROM user WHERE id > $1 ORDER BY id LIMIT $2");

	put_i64(&q, after_id);
	put_i64(&q, limit);
	return q;
}

enum err user_password_hash(struct db *db, int64_t id, char out[USER_HASH_SIZE])
{
	struct query q = db_query(db, "SELECT password_hash FROM user WHERE id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, id);
	while (db_next(&q)) {
		get_text(&q, out, USER_HASH_SIZE);
		found = true;
	}
	if ((err = db_end(&q)))
		return err;
	return found ? OK : ERR_NOT_FOUND;
}

/* ---- roles -------------------------------------------------------------------------------------------- */

enum err user_roles_load(struct db *db, int64_t id, int64_t now_s, struct user_roles *out)
{
	struct query q = db_query(db, "SELECT role, scope, scope_id FROM role "
				      "WHERE user_id = $1 AND (until_s IS NULL OR until_s > $2) ORDER BY id");
	char role[16], scope[8];

	out->n = 0;
	put_i64(&q, id);
	put_i64(&q, now_s);
	while (out->n < ACTOR_MAX_ROLES && db_next(&q)) {
		struct grant_of_role *row = &out->rows[out->n];

		get_text(&q, role, sizeof role);
		get_text(&q, scope, sizeof scope);
		row->scope_id = get_id(&q);
		if (actor_role_parse(role, &row->role) && actor_scope_parse(scope, &row->scope))
			out->n++;
	}
	return db_end(&q);
}

static enum err scope_exists(struct db *db, const struct grant_of_role *g)
{
	struct query q = g->scope == SCOPE_HUB ? db_query(db, "SELECT 1 FROM hub WHERE id = $1")
					       : db_query(db, "SELECT 1 FROM place WHERE id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, g->scope_id);
	while (db_next(&q))
		found = true;
	if ((err = db_end(&q)))
		return err;
	return found ? OK : ERR_REFERENCE;
}

static enum err check_role(struct db *db, const struct grant_of_role *g)
{
	if ((g->scope == SCOPE_REGION) != (g->scope_id == 0))
		return ERR_RANGE;
	if (g->role == ROLE_REGION_OFFICER && g->scope != SCOPE_REGION)
		return ERR_RANGE;
	return g->scope == SCOPE_REGION ? OK : scope_exists(db, g);
}

static enum err add_role(struct db *db, int64_t now_s, int64_t user_id, const struct grant_of_role *g)
{
	struct query q;
	enum err err;

	if ((err = check_role(db, g)))
		return err;
	q = db_query(db,
		     "INSERT INTO role (user_id, role, scope, scope_id, from_s) VALUES ($1, $2, $3, $4, $5)");
	put_i64(&q, user_id);
	put_text(&q, actor_role_text(g->role));
	put_text(&q, actor_scope_text(g->scope));
	put_id(&q, g->scope_id);
	put_i64(&q, now_s);
	return db_run(&q);
}

static enum err add_roles(struct db *db, int64_t now_s, int64_t user_id, const struct user_roles *roles)
{
	enum err err = OK;

	for (int i = 0; i < roles->n && !err; i++)
		err = add_role(db, now_s, user_id, &roles->rows[i]);
	return err;
}

/* Those that run now end now; history stays. */
static enum err end_roles(struct db *db, int64_t now_s, int64_t user_id)
{
	struct query q = db_query(db, "UPDATE role SET until_s = $1 WHERE user_id = $2 AND until_s IS NULL");

	put_i64(&q, now_s);
	put_i64(&q, user_id);
	return db_run(&q);
}

static void print_roles(const struct user_roles *roles, char *out, size_t size)
{
	size_t n = (size_t)snprintf(out, size, "{\"roles\":[");

	for (int i = 0; i < roles->n && n + 80 < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s\"%s %s %lld\"", i ? "," : "",
				      actor_role_text(roles->rows[i].role),
				      actor_scope_text(roles->rows[i].scope),
				      (long long)roles->rows[i].scope_id);
	snprintf(out + n, size - n, "]}");
}

/* ---- changes ------------------------------------------------------------------------------------------ */

enum err user_add(struct db *db, const struct actor *who, int64_t now_s, struct user *v,
		  const struct user_roles *roles, const char *password_hash)
{
	struct query q = db_query(db, "INSERT INTO user (email, name, password_hash, created_s) "
				      "VALUES ($1, $2, $3, $4) RETURNING id");
	char after[1400];
	enum err err;

	put_text(&q, v->email);
	put_text(&q, v->name);
	put_text(&q, password_hash);
	put_i64(&q, now_s);
	while (db_next(&q))
		v->id = get_i64(&q);
	if ((err = db_end(&q)))
		return err;
	if ((err = add_roles(db, now_s, v->id, roles)))
		return err;
	v->version = 1;
	v->created_s = now_s;
	v->disabled_s = 0;
	print_roles(roles, after, sizeof after);
	return audit_add(db, who, now_s, "user.add", "user", v->id, NULL, after);
}

static enum err end_sessions(struct db *db, int64_t user_id)
{
	struct query q = db_query(db, "DELETE FROM session WHERE user_id = $1");

	put_i64(&q, user_id);
	return db_run(&q);
}

static enum err store_password(struct db *db, int64_t user_id, const char *hash)
{
	struct query q = db_query(db, "UPDATE user SET password_hash = $1 WHERE id = $2");

	put_text(&q, hash);
	put_i64(&q, user_id);
	return db_run(&q);
}

static enum err store(struct db *db, struct user *v)
{
	struct query q =
		db_query(db, "UPDATE user SET version = version + 1, email = $1, name = $2, disabled_s = $3 "
			     "WHERE id = $4 RETURNING version");

	put_text(&q, v->email);
	put_text(&q, v->name);
	put_opt(&q, v->disabled_s != 0, v->disabled_s);
	put_i64(&q, v->id);
	while (db_next(&q))
		v->version = get_i64(&q);
	return db_end(&q);
}

static enum err change_roles(struct db *db, int64_t now_s, int64_t id, const struct user_roles *roles,
			     char *before, char *after, size_t size)
{
	struct user_roles old;
	enum err err;

	if ((err = user_roles_load(db, id, now_s, &old)))
		return err;
	print_roles(&old, before, size);
	print_roles(roles, after, size);
	if ((err = end_roles(db, now_s, id)))
		return err;
	return add_roles(db, now_s, id, roles);
}

enum err user_change(struct db *db, const struct actor *who, int64_t now_s, struct user *v,
		     const struct user_edit *edit)
{
	char before[1400] = "{}", after[1400] = "{}";
	enum err err;

	/* Lengths were checked where the texts came in; one that does not fit is refused all the same. */
	if ((edit->email && !str_copy(v->email, sizeof v->email, edit->email)) ||
	    (edit->name && !str_copy(v->name, sizeof v->name, edit->name)))
		return ERR_LENGTH;
	if (edit->roles && (err = change_roles(db, now_s, v->id, edit->roles, before, after, sizeof before)))
		return err;
	if (edit->password_hash && (err = store_password(db, v->id, edit->password_hash)))
		return err;
	if ((edit->roles || edit->password_hash) && (err = end_sessions(db, v->id)))
		return err;
	if ((err = store(db, v)))
		return err;
	return audit_add(db, who, now_s, edit->password_hash ? "user.password" : "user.change", "user", v->id,
			 before, after);
}

enum err user_disable(struct db *db, const struct actor *who, int64_t now_s, struct user *v)
{
	enum err err;

	if (v->disabled_s)
		return ERR_STATE;
	v->disabled_s = now_s;
	if ((err = store(db, v)) || (err = end_sessions(db, v->id)))
		return err;
	return audit_add(db, who, now_s, "user.disable", "user", v->id, NULL, NULL);
}
