/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One root key, never used as it is: each use derives its own key from it by keyed BLAKE2b-256 over the use's
 * name (RFC 7693), so that a value sealed for one use does not open under another and a gateway's password
 * says nothing about the keys. Sealing is XSalsa20-Poly1305 with a random nonce (libsodium crypto_secretbox):
 * nonce ‖ box. Refused: a password-protected key file. The service starts unattended after a power cut.
 */
#include "inventory-service/secret.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static_assert(crypto_secretbox_NONCEBYTES == 24 && crypto_secretbox_MACBYTES == 16, "SECRET_SEALED_LEN");
static_assert(crypto_secretbox_KEYBYTES == 32 && crypto_generichash_KEYBYTES_MAX >= 32, "one key length");

static bool make(struct secret *s, const char *path, char *why, size_t why_size)
{
	randombytes_buf(s->key, sizeof s->key);
	if (file_write_durable(path, s->key, sizeof s->key, 0600))
		return true;
	snprintf(why, why_size, "cannot make the key file %s: %s: check the folder's rights", path,
		 strerror(errno));
	secret_wipe(s);
	return false;
}

static bool read_key(struct secret *s, const char *path, char *why, size_t why_size)
{
	char bytes[sizeof s->key + 2]; /* file_read adds a NUL, and one byte more shows a longer file */
	size_t len = 0;
	bool ok = file_read(path, bytes, sizeof bytes, &len) && len == sizeof s->key;

	if (ok)
		memcpy(s->key, bytes, sizeof s->key);
	else
		snprintf(why, why_size,
			 "%s is not a key of 32 bytes: put back the file that belongs to this database",
			 path);
	sodium_memzero(bytes, sizeof bytes);
	return ok;
}

bool secret_open(struct secret *s, const char *path, char *why, size_t why_size)
{
	struct stat st;

	if (sodium_init() < 0) {
		snprintf(why, why_size, "libsodium does not start");
		return false;
	}
	if (stat(path, &st)) {
		if (errno == ENOENT)
			return make(s, path, why, why_size);
		snprintf(why, why_size, "cannot read the key file %s: %s", path, strerror(errno));
		return false;
	}
	if (st.st_mode & 077) {
		snprintf(why, why_size, "others can read the key file %s: chmod 600 it", path);
		return false;
	}
	return read_key(s, path, why, why_size);
}

void secret_wipe(struct secret *s)
{
	sodium_memzero(s, sizeof *s);
}

static void derive(const struct secret *s, const char *use, uint8_t out[32])
{
	crypto_generichash(out, 32, (const uint8_t *)use, strlen(use), s->key, sizeof s->key);
}

void secret_seal(const struct secret *s, const char *context, const uint8_t *plain, size_t len, uint8_t *out)
{
	uint8_t key[32];

	derive(s, context, key);
	randombytes_buf(out, crypto_secretbox_NONCEBYTES);
	crypto_secretbox_easy(out + crypto_secretbox_NONCEBYTES, plain, len, out, key);
	sodium_memzero(key, sizeof key);
}

bool secret_unseal(const struct secret *s, const char *context, const uint8_t *sealed, size_t sealed_len,
		   uint8_t *plain, size_t len)
{
	uint8_t key[32];
	bool ok;

	if (sealed_len != SECRET_SEALED_LEN(len))
		return false;
	derive(s, context, key);
	ok = crypto_secretbox_open_easy(plain, sealed + crypto_secretbox_NONCEBYTES,
					sealed_len - crypto_secretbox_NONCEBYTES, sealed, key) == 0;
	sodium_memzero(key, sizeof key);
	return ok;
}

void secret_gateway_password(const struct secret *s, const char *gw, int64_t generation,
			     char out[SECRET_PASSWORD_SIZE])
{
	uint8_t key[32], password[32];
	char what[80];

	snprintf(what, sizeof what, "%s/%lld", gw,
		 (long long)generation); /* a name holds no slash and 32 signs */
	derive(s, "gateway", key);
	crypto_generichash(password, sizeof password, (const uint8_t *)what, strlen(what), key, sizeof key);
	if (!base64url_encode(password, sizeof password, out, SECRET_PASSWORD_SIZE))
		out[0] = '\0'; /* cannot be: 32 bytes are 43 signs; an empty password is accepted by nobody */
	sodium_memzero(key, sizeof key);
	sodium_memzero(password, sizeof password);
}
