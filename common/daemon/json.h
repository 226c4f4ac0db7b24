/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * JSON (RFC 8259), read with a sticky cursor (json.c, the only file that knows cJSON) and written as a stream
 * (json_out.c).
 *
 * Reading refuses what cJSON lets through: more than 64 KiB (or the caller's limit), more than 16 levels,
 * duplicate keys, NUL escapes, invalid UTF-8, control characters in strings, trailing bytes, numbers such as
 * 01, 1. and 1e400, and, where an integer is taken, fractions and what lies beyond 2^53. Names are compared
 * with their case.
 *
 *   struct json_doc *doc = json_parse(bytes, len, JSON_LIMIT, &why);
 *   struct json_in in = json_in(doc);
 *   json_take_i64(&in, "item_id", 1, INT64_MAX, &v.item_id);
 *   json_take_text(&in, "note", v.note, sizeof v.note);
 *   fault = json_end(&in);              // unknown names are refused
 *
 * A take after a failure does nothing. Take names in the order they usually stand: that is the fast path.
 */
#ifndef NAVETTE_DAEMON_JSON_H
#define NAVETTE_DAEMON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_LIMIT ((size_t)64 * 1024)
#define JSON_MAX_INT 9007199254740992LL /* 2^53 */
#define JSON_MAX_KEYS 256

enum json_fault {
	JSON_OK,
	JSON_MALFORMED, /* the bytes are not acceptable JSON */
	JSON_MISSING,   /* a required name is absent or null */
	JSON_TYPE,
	JSON_RANGE,
	JSON_LENGTH,    /* a text longer than its buffer, an array of more elements than max */
	JSON_UNKNOWN,   /* a name nobody took */
};

struct json_doc;

/* bytes need no NUL. NULL: *why (may be NULL) is a static sentence. The caller frees with json_free. */
struct json_doc *json_parse(const char *bytes, size_t len, size_t limit, const char **why);
void json_free(struct json_doc *doc); /* accepts NULL */

struct json_in {
	const void *node;     /* the object */
	const void *next;     /* where the next take looks first */
	enum json_fault fault;
	char field[64];       /* the first name at fault */
	uint64_t taken[JSON_MAX_KEYS / 64];
};

struct json_in json_in(const struct json_doc *doc); /* fails with TYPE where the document is no object */

/* Required members. Output is written only on success. Text has no NUL and is valid UTF-8. */
void json_take_i64(struct json_in *in, const char *name, int64_t min, int64_t max, int64_t *out);
void json_take_f64(struct json_in *in, const char *name, double min, double max, double *out);
void json_take_bool(struct json_in *in, const char *name, bool *out);
void json_take_text(struct json_in *in, const char *name, char *out, size_t size);
/* Optional members: absent or null leaves *out as it was and returns false. */
bool json_maybe_i64(struct json_in *in, const char *name, int64_t min, int64_t max, int64_t *out);
bool json_maybe_f64(struct json_in *in, const char *name, double min, double max, double *out);
bool json_maybe_bool(struct json_in *in, const char *name, bool *out);
bool json_maybe_text(struct json_in *in, const char *name, char *out, size_t size);
/* Is it there (even as null)? Is it null? Neither takes it. */
bool json_has(const struct json_in *in, const char *name);
bool json_is_null(const struct json_in *in, const char *name);
/* Marks a member as known without reading it. */
void json_skip(struct json_in *in, const char *name);

/* A member that is an object: its own cursor, ended by itself; required unless maybe. Where it is absent
 * or at fault the inner cursor is failed (or, for maybe, node == NULL and nothing is at fault). */
struct json_in json_take_object(struct json_in *in, const char *name);
struct json_in json_maybe_object(struct json_in *in, const char *name);

/* A member that is an array of at most max elements. Walk it: while (json_next(&a)) … */
struct json_array {
	const void *element; /* the present element */
	const void *following;
	size_t n; /* elements in all */
	enum json_fault fault; /* the cursor's: nothing to walk */
};
struct json_array json_take_array(struct json_in *in, const char *name, size_t max);
struct json_array json_maybe_array(struct json_in *in, const char *name, size_t max);
bool json_next(struct json_array *a);
/* The present element. The scalar readers return false where it is of another type, range or length. */
struct json_in json_element_object(const struct json_array *a);
bool json_element_text(const struct json_array *a, char *out, size_t size);
bool json_element_i64(const struct json_array *a, int64_t min, int64_t max, int64_t *out);
/* The element printed back, cut at size - 1: for keeping what could not be understood. */
void json_element_print(const struct json_array *a, char *out, size_t size);

/* json_end refuses names nobody took (HTTP writes); json_end_lax ignores them (MQTT). Both return the first
 * fault; in.field names the member. */
enum json_fault json_end(struct json_in *in);
enum json_fault json_end_lax(struct json_in *in);

/* Writing: a stream into a growing buffer. Names NULL inside arrays and at the top. */
struct json_out {
	char *bytes; /* NUL-terminated once something was put; owned: json_out_free, or take it and free() */
	size_t len;
	size_t cap;
	bool comma;
};
void json_out_free(struct json_out *o); /* accepts zeroed */
void json_out_reset(struct json_out *o); /* empties, keeps the memory */
void json_open_object(struct json_out *o, const char *name);
void json_close_object(struct json_out *o);
void json_open_array(struct json_out *o, const char *name);
void json_close_array(struct json_out *o);
void json_put_i64(struct json_out *o, const char *name, int64_t v);
void json_put_f64(struct json_out *o, const char *name, double v); /* ≤ 6 decimals; null where not finite */
void json_put_bool(struct json_out *o, const char *name, bool v);
void json_put_text(struct json_out *o, const char *name, const char *v); /* NULL: null */
void json_put_null(struct json_out *o, const char *name);
void json_put_time(struct json_out *o, const char *name, int64_t t_s); /* RFC 3339 UTC */
/* v is JSON already (from our own writers or our own tables), put as it is. */
void json_put_raw(struct json_out *o, const char *name, const char *v);

#endif
