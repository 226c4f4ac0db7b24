/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Configuration: an INI file read against a table. The table is the documentation too: the example file is
 * printed from it. An unknown section or key, a wrong type, a value out of range is an error that names file
 * and line. Sections may repeat ([meter prusa-1], [source ble-1]): a row whose section ends in " *" matches
 * them and is handed to its callback.
 */
#ifndef NAVETTE_DAEMON_CONF_H
#define NAVETTE_DAEMON_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum conf_type { CONF_TEXT, CONF_INT, CONF_BOOL };

struct conf_row {
	const char *section;
	const char *key;
	enum conf_type type;
	void *target;        /* char[size], int64_t or bool; not used for a " *" section */
	size_t size;         /* CONF_TEXT: bytes with the NUL */
	int64_t min, max;    /* CONF_INT */
	const char *initial; /* the default, as it would stand in the file; NULL: required */
	const char *doc;     /* one sentence */
};

struct conf_table {
	const struct conf_row *rows;
	size_t n_rows;
	/* Named sections, "<word> <name>": called with key and value NULL where one begins, then for each of
	 * its keys. Returns NULL where taken, else why not (static text). May be NULL: then such sections
	 * are unknown. */
	const char *(*named)(void *context, const char *word, const char *name, const char *key,
			     const char *value);
	void *context;
};

/* Applies the defaults, then the file. False: why holds "FILE:LINE: what is wrong" (no newline). */
bool conf_load(const struct conf_table *table, const char *path, char *why, size_t why_size);
/* The commented example file. */
void conf_print_example(const struct conf_table *table, FILE *out);

#endif
