/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The journal's chain. A row's hash is BLAKE2b-256 over the hash before and the row's fields, each preceded
 * by its length, so that no two different rows have the same bytes. The writer lock makes "the row before"
 * unique.
 */
#include "inventory-service/audit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define HASH_LEN 32u

struct row {
	int64_t id, recorded_s, effective_s, user_id, object_id;
	char role[24], channel[8], action[48], object[24];
	const char *before, *after; /* NULL: absent */
};

static void add_text(crypto_generichash_state *state, const char *text)
{
	char len[24];

	snprintf(len, sizeof len, "%d:", text ? (int)strlen(text) : -1);
	crypto_generichash_update(state, (const unsigned char *)len, strlen(len));
	if (text)
		crypto_generichash_update(state, (const unsigned char *)text, strlen(text));
}

static void add_i64(crypto_generichash_state *state, int64_t v)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)v);
	add_text(state, text);
}

static void hash_row(const uint8_t before[HASH_LEN], const struct row *r, uint8_t out[HASH_LEN])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, HASH_LEN);
	crypto_generichash_update(&state, before, HASH_LEN);
	add_i64(&state, r->id);
	add_i64(&state, r->recorded_s);
	add_i64(&state, r->effective_s);
	add_i64(&state, r->user_id);
	add_text(&state, r->role);
	add_text(&state, r->channel);
	add_text(&state, r->action);
	add_text(&state, r->object);
	add_i64(&state, r->object_id);
	add_text(&state, r->before);
	add_text(&state, r->after);
	crypto_generichash_final(&state, out, HASH_LEN);
}

static const char *role_text(const struct actor *who)
{
	static const char *const names[] = {
		[ROLE_NONE] = "none",
		[ROLE_ANIMATOR] = "animator",
		[ROLE_MANAGER] = "manager",
		[ROLE_COORDINATOR] = "coordinator",
		[ROLE_REGION_OFFICER] = "region_officer",
		[ROLE_TECHNICIAN] = "technician",
		[ROLE_AUDITOR] = "auditor",
	};

	return !who || who->user_id == 0 ? "system" : names[who->n_roles ? who->roles[0].role : ROLE_NONE];
}

static enum err last_row(struct db *db, int64_t *id, uint8_t hash[HASH_LEN])
{
	struct query q = db_query(db, "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1");
	size_t len;

	*id = 0;
	memset(hash, 0, HASH_LEN);
	while (db_next(&q)) {
		*id = get_i64(&q);
		get_blob(&q, hash, HASH_LEN, &len);
	}
	return db_end(&q);
}

static enum err insert(struct db *db, const struct row *r, const uint8_t hash[HASH_LEN])
{
	struct query q = db_query(
		db, "INSERT INTO audit (id, recorded_s, effective_s, user_id, role, channel, action, "
		    "object, object_id, before, after, hash) "
		    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");

	put_i64(&q, r->id);
	put_i64(&q, r->recorded_s);
	put_i64(&q, r->effective_s);
	put_id(&q, r->user_id);
	put_text(&q, r->role);
	put_text(&q, r->channel);
	put_text(&q, r->action);
	put_text(&q, r->object);
	put_i64(&q, r->object_id);
	put_text(&q, r->before);
	put_text(&q, r->after);
	put_blob(&q, hash, HASH_LEN);
	return db_run(&q);
}

enum err audit_add(struct db *db, const struct actor *who, int64_t now_s, const char *action,
		   const char *object, int64_t object_id, const char *before, const char *after)
{
	struct row r = {.recorded_s = now_s,
			.effective_s = now_s,
			.user_id = who ? who->user_id : 0,
			.object_id = object_id,
			.before = before,
			.after = after};
	uint8_t hash[HASH_LEN];
	enum err err;

	if (!str_copy(r.role, sizeof r.role, role_text(who)) ||
	    !str_copy(r.channel, sizeof r.channel, who && who->channel[0] ? who->channel : "system") ||
	    !str_copy(r.action, sizeof r.action, action) || !str_copy(r.object, sizeof r.object, object))
		return ERR_LENGTH;
	if ((err = last_row(db, &r.id, hash)))
		return err;
	r.id++;
	hash_row(hash, &r, hash);
	return insert(db, &r, hash);
}

/* What before and after are read into: the longest the writers make is far below. */
struct row_text {
	char before[16 * 1024];
	char after[16 * 1024];
};

static void take_row(struct query *q, struct row *r, struct row_text *text, uint8_t hash[HASH_LEN])
{
	bool null_before, null_after;
	size_t len;

	r->id = get_i64(q);
	r->recorded_s = get_i64(q);
	r->effective_s = get_i64(q);
	r->user_id = get_id(q);
	get_text(q, r->role, sizeof r->role);
	get_text(q, r->channel, sizeof r->channel);
	get_text(q, r->action, sizeof r->action);
	get_text(q, r->object, sizeof r->object);
	r->object_id = get_i64(q);
	null_before = get_is_null(q);
	get_text(q, text->before, sizeof text->before);
	null_after = get_is_null(q);
	get_text(q, text->after, sizeof text->after);
	r->before = null_before ? NULL : text->before;
	r->after = null_after ? NULL : text->after;
	get_blob(q, hash, HASH_LEN, &len);
}

enum err audit_verify(struct db *db, int64_t *rows, int64_t *bad)
{
	struct query q =
		db_query(db, "SELECT id, recorded_s, effective_s, user_id, role, channel, action, object, "
			     "object_id, before, after, hash FROM audit ORDER BY id");
	uint8_t chain[HASH_LEN] = {0}, stored[HASH_LEN], want[HASH_LEN];
	int64_t expected_id = 1;
	struct row_text text;
	struct row r;

	*rows = *bad = 0;
	while (db_next(&q)) {
		take_row(&q, &r, &text, stored);
		hash_row(chain, &r, want);
		if (*bad == 0 && (r.id != expected_id || memcmp(want, stored, HASH_LEN) != 0))
			*bad = expected_id;
		memcpy(chain, stored, HASH_LEN);
		expected_id = r.id + 1;
		(*rows)++;
	}
	return db_end(&q);
}
