/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One change of one object: what the caller expects to find, what differs, and where it is refused. An
 * operation compares the stored value with the new one member by member; what differs is the audit row's
 * before and after, and the list of fields that open pages are told. Where nothing differs nothing is
 * written.
 *
 *   edit_i64(e, "home_place_id", was.home_place_id, v->home_place_id);
 *   edit_text(e, "serial", was.serial, v->serial);
 *   if (!edit_any(e)) return OK;
 */
#ifndef NAVETTE_EDIT_H
#define NAVETTE_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory-service/err.h"

#define EDIT_TEXT 12000 /* bytes of before, and of after: what does not fit is named without its value */

struct edit {
	int64_t expected_version; /* If-Match; 0: any */
	const char *field;        /* static; the member an operation refused, NULL: none in particular */
	char fields[96];          /* "name,hub_id": what changed, as many as fit */
	char before[EDIT_TEXT];   /* a JSON object once edit_any was asked */
	char after[EDIT_TEXT];
	int n; /* members that differ */
	bool is_closed;
};

/* ERR_STALE where another version is expected. */
enum err edit_expects(const struct edit *e, int64_t version);
/* Names the member and returns err: return edit_refuse(e, ERR_RANGE, "parent_id"); */
enum err edit_refuse(struct edit *e, enum err err, const char *field);

void edit_i64(struct edit *e, const char *name, int64_t was, int64_t is);
void edit_id(struct edit *e, const char *name, int64_t was, int64_t is);  /* 0: null */
void edit_opt(struct edit *e, const char *name, int64_t was, int64_t is); /* negative: null */
void edit_text(struct edit *e, const char *name, const char *was, const char *is);
void edit_json(struct edit *e, const char *name, const char *was, const char *is); /* both are JSON already */
/* A reason or another fact that has no before. */
void edit_note(struct edit *e, const char *name, const char *text);
/* Closes the texts; true where something differs. */
bool edit_any(struct edit *e);

#endif
