/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * inih reads line by line through a reader of ours, which counts the lines (the packaged inih does not hand
 * them on), refuses what inih would cut or join silently (long lines and section names, NUL, continuation
 * lines, inline comments), and stops the reading at the first error. Sections are judged when their line is
 * read: an unknown one is an error even where it is empty.
 */
#include "common/daemon/conf.h"

#include <errno.h>
#include <ini.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/log.h"
#include "common/daemon/text.h"

#define MAX_ROWS 256
#define MAX_LINE 1024
#define MAX_SECTION 49 /* inih cuts longer names */

struct reading {
	const struct conf_table *table;
	const char *path;
	FILE *file;
	int line;
	char *why;
	size_t why_size;
	bool failed;
	bool given[MAX_ROWS];
};

static void refuse(struct reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first error wins. A message too long for why keeps at least its line. */
static void refuse(struct reading *r, const char *format, ...)
{
	char what[256];
	va_list args;
	bool fits;

	if (r->failed)
		return;
	r->failed = true;
	va_start(args, format);
	if (vsnprintf(what, sizeof what, format, args) < 0)
		what[0] = '\0';
	va_end(args);
	fits = str_format(r->why, r->why_size, "%s:%d: %s", r->path, r->line, what) ||
	       str_format(r->why, r->why_size, "line %d: %s", r->line, what);
	if (!fits && r->why_size > 0)
		snprintf(r->why, r->why_size, "line %d", r->line);
}

/* "meter *" stands for "meter prusa-1"; *name is then "prusa-1". */
static bool is_named(const char *section, const char **name)
{
	const char *space = strchr(section, ' ');

	if (space == NULL || space == section || space[1] == '\0')
		return false;
	*name = space + 1;
	return true;
}

static bool row_is_pattern(const struct conf_row *row)
{
	const size_t len = strlen(row->section);

	return len > 2 && strcmp(row->section + len - 2, " *") == 0;
}

static bool row_covers(const struct conf_row *row, const char *section)
{
	const char *name;

	if (!row_is_pattern(row))
		return strcmp(row->section, section) == 0;
	return is_named(section, &name) && strncmp(row->section, section, strlen(row->section) - 1) == 0;
}

static bool section_is_in_rows(const struct conf_table *t, const char *section)
{
	for (size_t i = 0; i < t->n_rows; i++)
		if (row_covers(&t->rows[i], section))
			return true;
	return false;
}

static const struct conf_row *find_row(const struct conf_table *t, const char *section, const char *key)
{
	for (size_t i = 0; i < t->n_rows; i++)
		if (strcmp(t->rows[i].key, key) == 0 && row_covers(&t->rows[i], section))
			return &t->rows[i];
	return NULL;
}

/* --- values --- */

static bool parse_bool(const char *value, bool *out)
{
	*out = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;
	return *out || strcmp(value, "no") == 0 || strcmp(value, "false") == 0;
}

/* Checks value against the row, and stores it where store says so. */
static bool take_value(struct reading *r, const struct conf_row *row, const char *value, bool store)
{
	bool flag;
	int64_t number;

	switch (row->type) {
	case CONF_TEXT:
		if (row->initial == NULL && value[0] == '\0')
			refuse(r, "[%s] %s is empty", row->section, row->key);
		else if (row->size > 0 && strlen(value) >= row->size)
			refuse(r, "[%s] %s: longer than %zu bytes", row->section, row->key, row->size - 1);
		else if (store)
			memcpy(row->target, value, strlen(value) + 1);
		break;
	case CONF_INT:
		if (!int64_parse(value, &number))
			refuse(r, "[%s] %s: not an integer: %.40s", row->section, row->key, value);
		else if (number < row->min || number > row->max)
			refuse(r, "[%s] %s: %" PRId64 " is not within %" PRId64 " and %" PRId64, row->section,
			       row->key, number, row->min, row->max);
		else if (store)
			*(int64_t *)row->target = number;
		break;
	case CONF_BOOL:
		if (!parse_bool(value, &flag))
			refuse(r, "[%s] %s: neither yes nor no: %.40s", row->section, row->key, value);
		else if (store)
			*(bool *)row->target = flag;
		break;
	}
	return !r->failed;
}

static void take_named(struct reading *r, const char *section, const char *key, const char *value)
{
	const struct conf_table *t = r->table;
	const char *name = NULL, *why;
	char word[MAX_SECTION + 1];

	if (t->named == NULL || !is_named(section, &name) || !str_copy(word, sizeof word, section)) {
		refuse(r, "unknown key %.49s in [%s]", key, section);
		return;
	}
	word[name - section - 1] = '\0';
	why = t->named(t->context, word, name, key, value);
	if (why != NULL && key == NULL)
		refuse(r, "[%s]: %s", section, why);
	else if (why != NULL)
		refuse(r, "[%s] %.49s: %s", section, key, why);
}

static void begin_named(struct reading *r, const char *section)
{
	for (size_t i = 0; i < r->table->n_rows; i++)
		if (row_is_pattern(&r->table->rows[i]))
			r->given[i] = false;
	take_named(r, section, NULL, NULL);
}

static int on_key(void *context, const char *section, const char *key, const char *value)
{
	struct reading *r = context;
	const struct conf_row *row = find_row(r->table, section, key);
	const bool is_plain = row != NULL && !row_is_pattern(row);
	bool *given = row != NULL ? &r->given[row - r->table->rows] : NULL;

	if (r->failed)
		return 0;
	if (given != NULL && *given)
		refuse(r, "[%s] %s is given twice", section, key);
	if (given != NULL)
		*given = true;
	if (section[0] == '\0') {
		refuse(r, "%.49s stands before any [section]", key);
	} else if (row != NULL) {
		if (!r->failed && take_value(r, row, value, is_plain) && !is_plain && r->table->named != NULL)
			take_named(r, section, key, value);
	} else if (section_is_in_rows(r->table, section)) {
		refuse(r, "unknown key %.49s in [%s]", key, section);
	} else {
		take_named(r, section, key, value);
	}
	return !r->failed;
}

/* --- lines --- */

static void check_section(struct reading *r, const char *line)
{
	const char *start = line + strspn(line, " \t"), *end, *name;
	char section[MAX_SECTION + 1];
	bool is_known;

	if (*start != '[' || (end = strchr(start, ']')) == NULL)
		return; /* inih says what is wrong */
	if (end - start - 1 > MAX_SECTION) {
		refuse(r, "a section name longer than %d bytes", MAX_SECTION);
		return;
	}
	memcpy(section, start + 1, (size_t)(end - start - 1));
	section[end - start - 1] = '\0';
	is_known = section_is_in_rows(r->table, section) ||
		   (r->table->named != NULL && is_named(section, &name));
	if (end[1 + strspn(end + 1, " \t\r\n")] != '\0')
		refuse(r, "more behind [%s]", section);
	else if (!is_known)
		refuse(r, "unknown section [%s]", section);
	else if (r->table->named != NULL && is_named(section, &name))
		begin_named(r, section);
}

static char *next_line(char *out, int size, void *context)
{
	struct reading *r = context;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	bool taken = false;

	if (!r->failed && (len = getline(&line, &cap, r->file)) >= 0) {
		r->line++;
		if (len >= size - 3)
			refuse(r, "a line longer than %d bytes", size - 4);
		else if (!utf8_valid(line, (size_t)len))
			refuse(r, "not UTF-8 text");
		else
			check_section(r, line);
		taken = !r->failed && str_copy(out, (size_t)size, line);
	}
	free(line);
	return taken ? out : NULL;
}

/* --- the whole --- */

static void apply_defaults(struct reading *r)
{
	for (size_t i = 0; i < r->table->n_rows && !r->failed; i++) {
		const struct conf_row *row = &r->table->rows[i];

		if (row->initial != NULL && row->target != NULL && !row_is_pattern(row))
			take_value(r, row, row->initial, true);
	}
	if (r->failed)
		fatal("conf: a default outside its own range: %s", r->why);
}

static void check_required(struct reading *r)
{
	for (size_t i = 0; i < r->table->n_rows; i++) {
		const struct conf_row *row = &r->table->rows[i];

		if (row->initial == NULL && !row_is_pattern(row) && !r->given[i])
			refuse(r, "[%s] %s is missing", row->section, row->key);
	}
}

static void read_lines(struct reading *r)
{
	int at;

	/* inih's knobs are global; configuration is read before threads start */
	ini_use_stack = false; /* else lines are cut at 200 bytes */
	ini_max_line = MAX_LINE;
	ini_initial_alloc = MAX_LINE;
	ini_allow_multiline = false;
	ini_allow_inline_comments = false; /* a password may hold " ;" */
	ini_allow_bom = false;
	at = ini_parse_stream(next_line, r, on_key, r);
	if (at < 0)
		fatal("conf: out of memory");
	if (at > 0 && !r->failed) {
		r->line = at;
		refuse(r, "neither [section] nor key = value nor # comment");
	}
	if (!r->failed && ferror(r->file))
		refuse(r, "cannot be read");
	if (!r->failed)
		check_required(r);
}

bool conf_load(const struct conf_table *table, const char *path, char *why, size_t why_size)
{
	struct reading r = {.table = table, .path = path, .why = why, .why_size = why_size};

	if (table->n_rows > MAX_ROWS)
		fatal("conf: more than %d rows", MAX_ROWS);
	apply_defaults(&r);
	r.file = fopen(path, "re");
	if (r.file == NULL) {
		refuse(&r, "%s", strerror(errno));
		return false;
	}
	read_lines(&r);
	fclose(r.file);
	return !r.failed;
}

static void print_row(const struct conf_row *row, FILE *out)
{
	fprintf(out, "# %s", row->doc);
	if (row->type == CONF_INT)
		fprintf(out, " (%" PRId64 " to %" PRId64 ")", row->min, row->max);
	if (row->type == CONF_BOOL)
		fputs(" (yes or no)", out);
	if (row->initial != NULL)
		fprintf(out, "\n#%s = %s\n", row->key, row->initial);
	else
		fprintf(out, " Required.\n%s%s = \n", row_is_pattern(row) ? "#" : "", row->key);
}

void conf_print_example(const struct conf_table *table, FILE *out)
{
	const char *section = "";

	for (size_t i = 0; i < table->n_rows; i++) {
		const struct conf_row *row = &table->rows[i];

		if (strcmp(section, row->section) != 0)
			fprintf(out, "%s%s[%s]\n", i > 0 ? "\n" : "", row_is_pattern(row) ? "#" : "",
				row->section);
		section = row->section;
		print_row(row, out);
	}
}
