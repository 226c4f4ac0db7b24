/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What handlers ask of a call. The query string is walked anew for each question: it is short, and nothing
 * has to be kept but one bit for each parameter, which tells the end whether somebody asked for it.
 */
#include "inventory-service/call.h"

#include <stdio.h>
#include <string.h>

#include "common/daemon/log.h"
#include "common/daemon/text.h"

#define MAX_PARAMETERS 32

/* Texts of ours, shorter than their fields; one that is not is a bug to be seen, and no reason to refuse a
 * call. */
static void set(char *out, size_t size, const char *text)
{
	if (!str_copy(out, size, text))
		log_err("call: text does not fit: %s", text);
}

/* ---- the body ----------------------------------------------------------------------------------------- */

static enum err err_of_fault(enum json_fault fault)
{
	switch (fault) {
	case JSON_OK:
		return OK;
	case JSON_MALFORMED:
		return ERR_MALFORMED;
	case JSON_MISSING:
		return ERR_REQUIRED;
	case JSON_TYPE:
		return ERR_TYPE;
	case JSON_RANGE:
		return ERR_RANGE;
	case JSON_LENGTH:
		return ERR_LENGTH;
	case JSON_UNKNOWN:
		return ERR_UNKNOWN_FIELD;
	}
	return ERR_INTERNAL;
}

static enum err parse(struct call *c, const char *bytes, size_t len, struct json_in *in)
{
	if (!c->doc)
		c->doc = json_parse(bytes, len, JSON_LIMIT,
				    NULL); /* which of its rules it breaks is said in English */
	if (!c->doc)
		return ERR_MALFORMED;
	*in = json_in(c->doc);
	return OK;
}

enum err call_body(struct call *c, struct json_in *in)
{
	return parse(c, c->body, c->body_len, in);
}

enum err call_body_maybe(struct call *c, struct json_in *in, bool *given)
{
	*given = c->body_len > 0;
	return *given ? parse(c, c->body, c->body_len, in) : parse(c, "{}", 2, in);
}

enum err call_body_end(struct call *c, struct json_in *in)
{
	enum json_fault fault = json_end(in);

	if (fault)
		set(c->field, sizeof c->field, in->field);
	return err_of_fault(fault);
}

enum err call_refuse(struct call *c, enum err err, const char *field, const char *detail)
{
	set(c->field, sizeof c->field, field ? field : "");
	set(c->detail, sizeof c->detail, detail ? detail : "");
	return err;
}

/* ---- the query ---------------------------------------------------------------------------------------- */

static int hex_digit(char sign)
{
	if (sign >= '0' && sign <= '9')
		return sign - '0';
	if (sign >= 'a' && sign <= 'f')
		return sign - 'a' + 10;
	return sign >= 'A' && sign <= 'F' ? sign - 'A' + 10 : -1;
}

enum decoded { DECODED, DECODE_BAD, DECODE_LONG };

static enum decoded decode(const char *s, size_t len, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++, n++) {
		char sign = s[i] == '+' ? ' ' : s[i];

		if (s[i] == '%') {
			int high = i + 2 < len ? hex_digit(s[i + 1]) : -1;
			int low = i + 2 < len ? hex_digit(s[i + 2]) : -1;

			if (high < 0 || low < 0)
				return DECODE_BAD;
			sign = (char)(high * 16 + low);
			i += 2;
		}
		if (sign == '\0')
			return DECODE_BAD;
		if (n + 1 >= size)
			return DECODE_LONG;
		out[n] = sign;
	}
	out[n] = '\0';
	return utf8_valid(out, n) ? DECODED : DECODE_BAD;
}

struct parameter {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
};

/* The next parameter at *at, which moves behind it. */
static bool next_parameter(const char **at, struct parameter *p)
{
	const char *s = *at;
	size_t len = strcspn(s, "&");
	const char *equals;

	if (*s == '\0')
		return false;
	equals = memchr(s, '=', len);
	p->name = s;
	p->name_len = equals ? (size_t)(equals - s) : len;
	p->value = equals ? equals + 1 : s + len;
	p->value_len = len - p->name_len - (equals ? 1 : 0);
	*at = s + len + (s[len] == '&');
	return true;
}

static bool is_named(const struct parameter *p, const char *name)
{
	return strlen(name) == p->name_len && memcmp(p->name, name, p->name_len) == 0;
}

/* found->name stays NULL where the parameter is absent. */
static enum err find_parameter(struct call *c, const char *name, struct parameter *found)
{
	const char *at = c->query;
	struct parameter p;

	*found = (struct parameter){0};
	for (unsigned i = 0; next_parameter(&at, &p); i++) {
		if (i == MAX_PARAMETERS)
			return call_refuse(c, ERR_MALFORMED, "", "Trop de paramètres dans l'adresse.");
		if (!is_named(&p, name))
			continue;
		if (found->name)
			return call_refuse(c, ERR_RANGE, name, "Ce paramètre est donné deux fois.");
		c->query_asked |= 1u << i;
		*found = p;
	}
	return OK;
}

static enum err take_text(struct call *c, const char *name, char *out, size_t size, bool *given)
{
	struct parameter p;
	enum err err;

	if ((err = find_parameter(c, name, &p)))
		return err;
	*given = p.name != NULL;
	if (!p.name)
		return OK;
	switch (decode(p.value, p.value_len, out, size)) {
	case DECODED:
		return OK;
	case DECODE_LONG:
		return call_refuse(c, ERR_LENGTH, name, NULL);
	case DECODE_BAD:
		break;
	}
	return call_refuse(c, ERR_MALFORMED, name, "Ce paramètre est mal encodé.");
}

enum err call_query_text(struct call *c, const char *name, char *out, size_t size)
{
	bool given;

	out[0] = '\0';
	return take_text(c, name, out, size, &given);
}

enum err call_query_i64(struct call *c, const char *name, int64_t min, int64_t max, int64_t initial,
			int64_t *out)
{
	char text[24];
	bool given;
	int64_t v;
	enum err err;

	if ((err = take_text(c, name, text, sizeof text, &given)))
		return err;
	if (!given) {
		*out = initial;
		return OK;
	}
	if (!int64_parse(text, &v))
		return call_refuse(c, ERR_TYPE, name, "Un nombre entier est attendu.");
	if (v < min || v > max)
		return call_refuse(c, ERR_RANGE, name, NULL);
	*out = v;
	return OK;
}

enum err call_query_time(struct call *c, const char *name, int64_t *out_s, bool *given)
{
	char text[48];
	int64_t t_s;
	enum err err;

	if ((err = take_text(c, name, text, sizeof text, given)) || !*given)
		return err;
	for (char *sign = text; *sign; sign++)
		if (*sign == ' ') /* an offset's "+" that nobody encoded */
			*sign = '+';
	if (!rfc3339_parse(text, &t_s))
		return call_refuse(c, ERR_TIME, name, NULL);
	*out_s = t_s;
	return OK;
}

enum err call_query_page(struct call *c, int64_t *after_id, int64_t *limit)
{
	enum err err;

	if ((err = call_query_i64(c, "limit", 1, 500, 50, limit)))
		return err;
	return call_query_i64(c, "cursor", 0, INT64_MAX, 0, after_id);
}

enum err call_query_end(struct call *c)
{
	const char *at = c->query;
	struct parameter p;

	for (unsigned i = 0; next_parameter(&at, &p); i++) {
		if (i == MAX_PARAMETERS)
			return call_refuse(c, ERR_MALFORMED, "", "Trop de paramètres dans l'adresse.");
		if (c->query_asked & 1u << i || p.name_len == 0)
			continue;
		if (decode(p.name, p.name_len, c->field, sizeof c->field) != DECODED)
			c->field[0] = '\0';
		return ERR_UNKNOWN_FIELD;
	}
	return OK;
}

/* ---- the reply ---------------------------------------------------------------------------------------- */

void call_page_end(struct call *c, int64_t last_id)
{
	char cursor[24];

	json_close_array(&c->out);
	if (last_id && str_format(cursor, sizeof cursor, "%lld", (long long)last_id))
		json_put_text(&c->out, "next", cursor);
	else
		json_put_null(&c->out, "next");
	json_close_object(&c->out);
}

enum err call_check_version(struct call *c, int64_t version)
{
	return c->if_match && c->if_match != version ? ERR_STALE : OK;
}

void call_created(struct call *c, const char *collection, int64_t id)
{
	c->status = 201;
	snprintf(c->location, sizeof c->location, "/api/v1%s/%lld", collection, (long long)id);
}

void call_changed(struct call *c, const char *kind, int64_t id, int64_t version, const char *fields)
{
	struct change *change;

	if (c->n_changes == sizeof c->changes / sizeof c->changes[0])
		return; /* pages reload on what they were told; eight objects of one command are enough */
	change = &c->changes[c->n_changes++];
	*change = (struct change){.id = id, .version = version};
	set(change->kind, sizeof change->kind, kind);
	set(change->fields, sizeof change->fields, fields);
}
