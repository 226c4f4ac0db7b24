/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/stock/edit.h"

#include <stdio.h>
#include <string.h>

#include "common/daemon/text.h"

enum err edit_expects(const struct edit *e, int64_t version)
{
	return e->expected_version && e->expected_version != version ? ERR_STALE : OK;
}

enum err edit_refuse(struct edit *e, enum err err, const char *field)
{
	e->field = field;
	return err;
}

/* Room for the closing brace and the NUL is always kept. */
static bool append(char *text, const char *name, const char *value)
{
	size_t len = strlen(text), need = strlen(name) + strlen(value) + 4;

	if (len + need + 2 > EDIT_TEXT)
		return false;
	return str_format(text + len, EDIT_TEXT - len, "%c\"%s\":%s", len ? ',' : '{', name, value);
}

static void name_field(struct edit *e, const char *name)
{
	size_t len = strlen(e->fields);

	if (len + strlen(name) + 2 <= sizeof e->fields)
		snprintf(e->fields + len, sizeof e->fields - len, "%s%s", len ? "," : "", name);
	e->n++;
}

/* A value too long to be kept is named by true: the row says that it changed. */
static void differ(struct edit *e, const char *name, const char *was, const char *is)
{
	name_field(e, name);
	if (was && !append(e->before, name, was))
		(void)append(e->before, name, "true"); /* no room even for that: the field list has it */
	if (!append(e->after, name, is))
		(void)append(e->after, name, "true");
}

static const char *number(char out[24], bool known, int64_t v)
{
	if (known)
		snprintf(out, 24, "%lld", (long long)v);
	return known ? out : "null";
}

void edit_i64(struct edit *e, const char *name, int64_t was, int64_t is)
{
	char a[24], b[24];

	if (was != is)
		differ(e, name, number(a, true, was), number(b, true, is));
}

void edit_id(struct edit *e, const char *name, int64_t was, int64_t is)
{
	char a[24], b[24];

	if (was != is)
		differ(e, name, number(a, was != 0, was), number(b, is != 0, is));
}

void edit_opt(struct edit *e, const char *name, int64_t was, int64_t is)
{
	char a[24], b[24];

	if (was != is)
		differ(e, name, number(a, was >= 0, was), number(b, is >= 0, is));
}

/* RFC 8259 §7. Texts come from the JSON reader: valid UTF-8 without NUL. */
static void quote(const char *text, char *out, size_t size)
{
	size_t len = 0;

	out[len++] = '"';
	for (; *text && len + 8 < size; text++) {
		unsigned char sign = (unsigned char)*text;

		if (sign == '"' || sign == '\\')
			out[len++] = '\\';
		if (sign >= 0x20)
			out[len++] = (char)sign;
		else
			len += (size_t)snprintf(out + len, size - len, "\\u%04x", sign);
	}
	snprintf(out + len, size - len, "\"");
	if (*text)
		snprintf(out, size, "true"); /* too long to quote whole */
}

void edit_text(struct edit *e, const char *name, const char *was, const char *is)
{
	char a[4200], b[4200];

	if (strcmp(was, is) == 0)
		return;
	quote(was, a, sizeof a);
	quote(is, b, sizeof b);
	differ(e, name, a, b);
}

void edit_json(struct edit *e, const char *name, const char *was, const char *is)
{
	if (strcmp(was, is) != 0)
		differ(e, name, was, is);
}

void edit_note(struct edit *e, const char *name, const char *text)
{
	char quoted[4200];

	quote(text, quoted, sizeof quoted);
	differ(e, name, NULL, quoted);
}

static void close_object(char *text)
{
	size_t len = strlen(text);

	if (len == 0)
		text[len++] = '{';
	text[len++] = '}';
	text[len] = '\0';
}

bool edit_any(struct edit *e)
{
	if (!e->is_closed) {
		close_object(e->before);
		close_object(e->after);
	}
	e->is_closed = true;
	return e->n > 0;
}
