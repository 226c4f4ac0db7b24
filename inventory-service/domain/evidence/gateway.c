/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The table of gateways is what the broker is made to hold. A generation is a password; during a rotation two
 * are good: the present one and the one in use when the rotation began. Nothing here talks to the broker: it
 * is told by outbox/broker_admin, which compares the table with what the broker says it has.
 */
#include "inventory-service/domain/evidence/gateway.h"

#include <sodium.h>
#include <string.h>

#include "inventory-service/audit.h"

#define ROTATION_S 86400
#define SEALED_MAC_LEN SECRET_SEALED_LEN(MAC_KEY_LEN)

#define GATEWAY_COLUMNS                                                                                    \
	"id, version, gw, name, place_id, generation, provisioned_generation, state, state_ms, heard_ms, " \
	"software, spool_depth, revoked_s, old_until_s"

static void read_row(struct query *q, struct gateway *v)
{
	*v = (struct gateway){.spool_depth = -1};
	v->id = get_i64(q);
	v->version = get_i64(q);
	get_text(q, v->gw, sizeof v->gw);
	get_text(q, v->name, sizeof v->name);
	v->place_id = get_i64(q);
	v->generation = get_i64(q);
	v->provisioned_generation = get_i64(q);
	get_text(q, v->state, sizeof v->state);
	v->state_ms = get_i64(q);
	v->heard_ms = get_i64(q);
	get_text(q, v->software, sizeof v->software);
	(void)get_opt(q, &v->spool_depth); /* -1 stays */
	v->revoked_s = get_i64(q);
	v->old_until_s = get_i64(q);
}

enum err gateway_find(struct db *db, int64_t id, struct gateway *out)
{
	struct query q = db_query(db, "SELECT " GATEWAY_COLUMNS " FROM gateway WHERE id = $1");
	struct gateway v = {0};
	enum err err;

	put_i64(&q, id);
	while (db_next(&q))
		read_row(&q, &v);
	if ((err = db_end(&q)))
		return err;
	if (!v.id)
		return ERR_NOT_FOUND;
	*out = v;
	return OK;
}

struct query gateway_list(struct db *db, int64_t after_id, int64_t place_id, int64_t limit)
{
	struct query q = db_query(db, "SELECT " GATEWAY_COLUMNS " FROM gateway WHERE id > $1 "
				      "AND ($2 IS NULL OR place_id = $2) ORDER BY id LIMIT $3");

	put_i64(&q, after_id);
	put_id(&q, place_id);
	put_i64(&q, limit);
	return q;
}

bool gateway_next(struct query *q, struct gateway *out)
{
	if (!db_next(q))
		return false;
	read_row(q, out);
	return true;
}

/* ---- keys -------------------------------------------------------------------------------------- */

void gateway_username(const char *gw, int64_t generation, char out[GATEWAY_USERNAME_SIZE])
{
	bool fits = generation <= 1
			    ? str_copy(out, GATEWAY_USERNAME_SIZE, gw)
			    : str_format(out, GATEWAY_USERNAME_SIZE, "%s.%lld", gw, (long long)generation);

	(void)fits; /* 32 signs of name, a point and 15 digits: a generation beyond 10^15 is nobody's */
}

static bool make_enrolment(const struct secret *secret, const char *gw, int64_t generation,
			   const char *broker_url, const char *ca, struct enrolment *out)
{
	memset(out, 0, sizeof *out);
	gateway_username(gw, generation, out->username);
	secret_gateway_password(secret, gw, generation, out->password);
	randombytes_buf(out->mac_key, sizeof out->mac_key);
	return str_copy(out->gateway, sizeof out->gateway, gw) &&
	       str_copy(out->client_id, sizeof out->client_id, gw) &&
	       str_copy(out->broker, sizeof out->broker, broker_url) &&
	       str_copy(out->ca, sizeof out->ca, ca ? ca : "");
}

static enum err store_key(struct db *db, const struct secret *secret, int64_t id, const struct enrolment *e)
{
	struct query q = db_query(db, "UPDATE gateway SET mac_key = $1 WHERE id = $2");
	uint8_t sealed[SEALED_MAC_LEN];

	secret_seal(secret, "gateway.mac", e->mac_key, sizeof e->mac_key, sealed);
	put_blob(&q, sealed, sizeof sealed);
	put_i64(&q, id);
	return db_run(&q);
}

static enum err keep_journal(struct db *db, const struct actor *who, int64_t now_s, const char *action,
			     const struct gateway *v)
{
	char after[160];

	if (!str_format(after, sizeof after, "{\"gw\":\"%s\",\"place_id\":%lld,\"generation\":%lld}", v->gw,
			(long long)v->place_id, (long long)v->generation))
		return ERR_INTERNAL;
	return audit_add(db, who, now_s, action, "gateway", v->id, NULL, after);
}

/* ---- operations -------------------------------------------------------------------------------- */

/* Its name is made from its id, so it is named in a second step of the same transaction. */
static enum err insert(struct db *db, int64_t now_s, struct gateway *v)
{
	struct query q = db_query(db, "INSERT INTO gateway (gw, name, place_id, mac_key, created_s) "
				      "VALUES ('new', $1, $2, $3, $4) RETURNING id");
	enum err err;

	put_text(&q, v->name);
	put_i64(&q, v->place_id);
	put_blob(&q, "", 0);
	put_i64(&q, now_s);
	while (db_next(&q))
		v->id = get_i64(&q);
	if ((err = db_end(&q)))
		return err;
	if (!str_format(v->gw, sizeof v->gw, "gw-%04lld", (long long)v->id))
		return ERR_INTERNAL;
	q = db_query(db, "UPDATE gateway SET gw = $1 WHERE id = $2");
	put_text(&q, v->gw);
	put_i64(&q, v->id);
	return db_run(&q);
}

enum err gateway_create(struct db *db, const struct secret *secret, const struct actor *who, int64_t now_s,
			const char *broker_url, const char *ca, struct gateway *v, struct enrolment *out)
{
	struct enrolment e;
	enum err err;

	if ((err = insert(db, now_s, v)))
		return err;
	if (!make_enrolment(secret, v->gw, 1, broker_url, ca, &e))
		err = ERR_INTERNAL;
	else
		err = store_key(db, secret, v->id, &e);
	if (!err)
		err = gateway_find(db, v->id, v);
	if (!err)
		err = keep_journal(db, who, now_s, "gateway.create", v);
	if (!err)
		*out = e;
	sodium_memzero(&e, sizeof e);
	return err;
}

/* What is in use now stays good beside the new, for a day. */
static enum err begin_rotation(struct db *db, int64_t now_s, int64_t id)
{
	struct query q =
		db_query(db, "UPDATE gateway SET old_mac_key = mac_key, old_generation = generation, "
			     "old_until_s = $1 WHERE id = $2 AND (old_until_s IS NULL OR old_until_s <= $3)");

	put_i64(&q, now_s + ROTATION_S);
	put_i64(&q, id);
	put_i64(&q, now_s);
	return db_run(&q);
}

static enum err raise_generation(struct db *db, int64_t id)
{
	struct query q = db_query(db, "UPDATE gateway SET generation = generation + 1, version = version + 1 "
				      "WHERE id = $1");

	put_i64(&q, id);
	return db_run(&q);
}

static enum err update(struct db *db, const struct gateway *v)
{
	struct query q = db_query(
		db, "UPDATE gateway SET name = $1, place_id = $2, version = version + 1 WHERE id = $3");

	put_text(&q, v->name);
	put_i64(&q, v->place_id);
	put_i64(&q, v->id);
	return db_run(&q);
}

enum err gateway_change(struct db *db, const struct actor *who, int64_t now_s, const struct gateway *v,
			struct edit *e)
{
	struct gateway was;
	enum err err;

	if ((err = gateway_find(db, v->id, &was)) || (err = edit_expects(e, was.version)))
		return err;
	if (was.revoked_s)
		return ERR_STATE;
	edit_text(e, "name", was.name, v->name);
	edit_i64(e, "place_id", was.place_id, v->place_id);
	if (!edit_any(e))
		return OK;
	if ((err = update(db, v)))
		return err;
	return audit_add(db, who, now_s, "gateway.change", "gateway", v->id, e->before, e->after);
}

enum err gateway_rotate(struct db *db, const struct secret *secret, const struct actor *who, int64_t now_s,
			int64_t id, const char *broker_url, const char *ca, struct enrolment *out)
{
	struct gateway v;
	struct enrolment e;
	enum err err;

	if ((err = gateway_find(db, id, &v)))
		return err;
	if (v.revoked_s)
		return ERR_STATE;
	if ((err = begin_rotation(db, now_s, id)) || (err = raise_generation(db, id)))
		return err;
	v.generation++;
	if (!make_enrolment(secret, v.gw, v.generation, broker_url, ca, &e))
		err = ERR_INTERNAL;
	else
		err = store_key(db, secret, id, &e);
	if (!err)
		err = keep_journal(db, who, now_s, "gateway.rotate", &v);
	if (!err)
		*out = e;
	sodium_memzero(&e, sizeof e);
	return err;
}

enum err gateway_revoke(struct db *db, const struct actor *who, int64_t now_s, int64_t id)
{
	struct query q;
	struct gateway v;
	enum err err;

	if ((err = gateway_find(db, id, &v)) || v.revoked_s)
		return err;
	q = db_query(db, "UPDATE gateway SET revoked_s = $1, old_mac_key = NULL, old_generation = NULL, "
			 "old_until_s = NULL, version = version + 1 WHERE id = $2");
	put_i64(&q, now_s);
	put_i64(&q, id);
	if ((err = db_run(&q)))
		return err;
	return keep_journal(db, who, now_s, "gateway.revoke", &v);
}

/* ---- what the broker should know --------------------------------------------------------------- */

struct query gateway_access_list(struct db *db, int64_t now_s)
{
	struct query q = db_query(db, "SELECT id, version, gw, "
				      "CASE WHEN revoked_s IS NULL THEN generation ELSE 0 END, "
				      "CASE WHEN old_until_s > $1 THEN old_generation END, old_until_s, "
				      "provisioned_generation FROM gateway ORDER BY id");

	put_i64(&q, now_s);
	return q;
}

bool gateway_access_next(struct query *q, struct gateway_access *out)
{
	if (!db_next(q))
		return false;
	out->id = get_i64(q);
	out->version = get_i64(q);
	get_text(q, out->gw, sizeof out->gw);
	out->generation = get_i64(q);
	out->old_generation = get_i64(q);
	out->old_until_s = get_i64(q);
	out->provisioned_generation = get_i64(q);
	return true;
}

enum err gateway_provisioned(struct db *db, int64_t id, int64_t generation)
{
	struct query q = db_query(db, "UPDATE gateway SET provisioned_generation = $1 WHERE id = $2 "
				      "AND provisioned_generation <> $1");

	put_i64(&q, generation);
	put_i64(&q, id);
	return db_run(&q);
}

static enum err forget_old(struct db *db, int64_t id)
{
	struct query q = db_query(db, "UPDATE gateway SET old_mac_key = NULL, old_generation = NULL, "
				      "old_until_s = NULL, version = version + 1 WHERE id = $1");

	put_i64(&q, id);
	return db_run(&q);
}

static enum err find_expired(struct db *db, int64_t now_s, struct gateway *out)
{
	struct query q = db_query(db, "SELECT " GATEWAY_COLUMNS " FROM gateway WHERE old_until_s <= $1 "
				      "ORDER BY id LIMIT 1");

	out->id = 0;
	put_i64(&q, now_s);
	while (db_next(&q))
		read_row(&q, out);
	return db_end(&q);
}

enum err gateway_expire(struct db *db, const struct actor *who, int64_t now_s, int64_t *n)
{
	struct gateway v;
	enum err err;

	*n = 0;
	while (!(err = find_expired(db, now_s, &v)) && v.id) {
		if ((err = forget_old(db, v.id)) ||
		    (err = keep_journal(db, who, now_s, "gateway.rotated", &v)))
			return err;
		++*n;
	}
	return err;
}
