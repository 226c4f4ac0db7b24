/* SPDX-License-Identifier: EUPL-1.2 */
/* Memory that cannot fail, text that is never cut silently, and the encodings of the wire. */
#ifndef NAVETTE_DAEMON_TEXT_H
#define NAVETTE_DAEMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))

/* Never NULL: a daemon without memory ends (fatal) and is restarted. The caller frees. */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);

/* Copies s with its NUL. False where it does not fit: out is then the empty string. */
MUST_CHECK bool str_copy(char *out, size_t size, const char *s);
/* printf into a fixed buffer; false where it was cut (out is then empty). */
/* Are they the same bytes? */
bool str_is(const char *a, const char *b);
MUST_CHECK bool str_format(char *out, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Valid UTF-8 without NUL, overlong forms or surrogates (RFC 3629 §3). */
bool utf8_valid(const char *s, size_t len);
/* Bytes of the character at s, of which left bytes may be read; 0 where it is none (or NUL). */
size_t utf8_char_len(const char *s, size_t left);

/* Lower-case hex. hex_encode needs 2 × len + 1. hex_decode wants exactly 2 × len digits (either case). */
void hex_encode(const uint8_t *bytes, size_t len, char *out);
MUST_CHECK bool hex_decode(const char *hex, size_t hex_len, uint8_t *out, size_t len);
/* Base64url without padding (RFC 4648 §5). encode: false where it does not fit. decode: exactly len bytes. */
MUST_CHECK bool base64url_encode(const uint8_t *bytes, size_t len, char *out, size_t size);
MUST_CHECK bool base64url_decode(const char *s, uint8_t *out, size_t len);
/* "c0:98:e5:12:34:56" (either case) ↔ six bytes in display order; out of format needs 18. */
MUST_CHECK bool address_parse(const char *s, uint8_t out[6]);
void address_format(const uint8_t address[6], char out[18]);
/* A whole decimal int64, nothing else. */
MUST_CHECK bool int64_parse(const char *s, int64_t *out);

/* Whole small files. file_read: up to size - 1 bytes and a NUL; false and errno where it fails or is larger.
 * file_write_durable: temporary file, fsync, rename, fsync of the folder: after a power cut old or new. */
MUST_CHECK bool file_read(const char *path, char *out, size_t size, size_t *len);
MUST_CHECK bool file_write_durable(const char *path, const void *bytes, size_t len, unsigned mode);

/* RFC 3339 UTC, seconds: "2026-11-25T08:55:00Z"; out needs 21. Years 1970 to 9999. */
void rfc3339_format(int64_t t_s, char out[21]);
/* Any offset, fractions cut; false where it is no such time. */
MUST_CHECK bool rfc3339_parse(const char *s, int64_t *t_s);

#endif
