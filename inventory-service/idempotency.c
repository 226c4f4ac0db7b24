/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/idempotency.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SEALED_FOR "idempotency"

bool idempotency_make(struct idempotency *out, int64_t user_id, const char *key, const char *method,
		      const char *path, const void *body, size_t body_len)
{
	if (!key[0] || !str_copy(out->key, sizeof out->key, key) ||
	    !str_format(out->route, sizeof out->route, "%s %s", method, path))
		return false;
	for (const char *sign = key; *sign; sign++)
		if (*sign < ' ' || *sign > '~')
			return false;
	out->user_id = user_id;
	crypto_generichash(out->body_hash, sizeof out->body_hash, body, body_len, NULL, 0);
	return true;
}

static char *open_answer(const struct secret *secret, const char *text, size_t *len)
{
	size_t text_len = strlen(text), sealed_len = text_len / 4 * 3 + (text_len % 4 ? text_len % 4 - 1 : 0);
	uint8_t *sealed = xcalloc(1, sealed_len + 1);
	char *plain = NULL;

	if (sealed_len >= SECRET_SEALED_LEN(0u) && base64url_decode(text, sealed, sealed_len)) {
		*len = sealed_len - SECRET_SEALED_LEN(0u);
		plain = xcalloc(1, *len + 1);
		if (!secret_unseal(secret, SEALED_FOR, sealed, sealed_len, (uint8_t *)plain, *len)) {
			free(plain);
			plain = NULL;
		}
	}
	free(sealed);
	return plain;
}

static char *seal_answer(const struct secret *secret, const char *body, size_t len)
{
	size_t sealed_len = SECRET_SEALED_LEN(len), text_size = (sealed_len + 2) / 3 * 4 + 1;
	uint8_t *sealed = xcalloc(1, sealed_len);
	char *text = xcalloc(1, text_size);

	secret_seal(secret, SEALED_FOR, (const uint8_t *)body, len, sealed);
	if (!base64url_encode(sealed, sealed_len, text, text_size))
		text[0] = '\0'; /* cannot be: the size is made for it */
	free(sealed);
	return text;
}

/* A text of any length, which the cursor's fixed buffers are not made for: its size is asked first. */
static enum err load_answer(struct db *db, const struct idempotency *i, size_t size, char *text)
{
	struct query q =
		db_query(db, "SELECT answer FROM idempotency WHERE user_id = $1 AND key = $2 AND route = $3");

	put_i64(&q, i->user_id);
	put_text(&q, i->key);
	put_text(&q, i->route);
	while (db_next(&q))
		get_text(&q, text, size);
	return db_end(&q);
}

enum err idempotency_find(struct db *db, const struct secret *secret, const struct idempotency *i,
			  int64_t now_s, bool *found, struct idempotent_answer *answer)
{
	struct query q = db_query(db, "SELECT body_hash, status, location, length(answer) FROM idempotency "
				      "WHERE user_id = $1 AND key = $2 AND route = $3 AND created_s > $4");
	uint8_t hash[32];
	size_t hash_len = 0, size = 0;
	char *text;
	enum err err;

	*found = false;
	put_i64(&q, i->user_id);
	put_text(&q, i->key);
	put_text(&q, i->route);
	put_i64(&q, now_s - IDEMPOTENCY_KEEP_S);
	while (db_next(&q)) {
		get_blob(&q, hash, sizeof hash, &hash_len);
		answer->status = (int)get_i64(&q);
		get_text(&q, answer->location, sizeof answer->location);
		size = (size_t)get_i64(&q) + 1;
		*found = true;
	}
	if ((err = db_end(&q)) || !*found)
		return err;
	if (hash_len != sizeof hash || memcmp(hash, i->body_hash, sizeof hash) != 0)
		return ERR_IDEMPOTENCY;
	text = xcalloc(1, size);
	err = load_answer(db, i, size, text);
	answer->body = err ? NULL : open_answer(secret, text, &answer->body_len);
	free(text);
	if (!err && !answer->body)
		return ERR_INTERNAL; /* sealed under another secret.key */
	return err;
}

static enum err forget_old(struct db *db, int64_t before_s)
{
	struct query q = db_query(db, "DELETE FROM idempotency WHERE (user_id, key, route) IN "
				      "(SELECT user_id, key, route FROM idempotency WHERE created_s < $1 "
				      "ORDER BY created_s LIMIT 100)");

	put_i64(&q, before_s);
	return db_run(&q);
}

enum err idempotency_store(struct db *db, const struct secret *secret, const struct idempotency *i,
			   int64_t now_s, const struct idempotent_answer *answer)
{
	char *text;
	struct query q;
	enum err err;

	if ((err = forget_old(db, now_s - IDEMPOTENCY_KEEP_S)))
		return err;
	text = seal_answer(secret, answer->body ? answer->body : "", answer->body_len);
	q = db_query(
		db, "INSERT INTO idempotency (user_id, key, route, body_hash, status, location, answer, "
		    "created_s) "
		    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (user_id, key, route) DO UPDATE SET "
		    "body_hash = excluded.body_hash, status = excluded.status, location = excluded.location, "
		    "answer = excluded.answer, created_s = excluded.created_s "
		    "WHERE created_s <= $9"); /* the first answer stays, unless it is past its time */
	put_i64(&q, i->user_id);
	put_text(&q, i->key);
	put_text(&q, i->route);
	put_blob(&q, i->body_hash, sizeof i->body_hash);
	put_i64(&q, answer->status);
	put_text(&q, answer->location);
	put_text(&q, text);
	put_i64(&q, now_s);
	put_i64(&q, now_s - IDEMPOTENCY_KEEP_S);
	err = db_run(&q);
	free(text);
	return err;
}
