/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Members of a body that creates or changes an object. In a POST what is required must be there and the rest
 * keeps its initial value; in a PATCH what is absent stays as it was. null empties what may be unknown, and
 * is refused elsewhere.
 */
#ifndef NAVETTE_MEMBER_H
#define NAVETTE_MEMBER_H

#include "inventory-service/call.h"
#include "inventory-service/domain/stock/edit.h"

/* required: must be there, not null; else may be absent, but not null. */
void member_text(struct json_in *in, bool required, const char *name, char *out, size_t size);
void member_i64(struct json_in *in, bool required, const char *name, int64_t min, int64_t max, int64_t *out);
void member_id(struct json_in *in, bool required, const char *name, int64_t *out);
/* May be absent or null: null is "", 0, -1, unknown. */
void member_text_or_none(struct json_in *in, const char *name, char *out, size_t size);
void member_id_or_none(struct json_in *in, const char *name, int64_t *out);
void member_i64_or_none(struct json_in *in, const char *name, int64_t max, int64_t *out);
void member_f64_or_none(struct json_in *in, const char *name, double min, double max, bool *known,
			double *out);

/* The body of a command, {"reason", "note"?, "effective_at"?}: each text at most 300 bytes, effective_at not
 * after now. */
struct member_command {
	char reason[301]; /* required: never empty */
	char note[301];
	char why[620]; /* the two in one, for the journal */
	int64_t effective_s;
	bool is_backdated;
};
enum err member_command(struct call *c, bool needs_reason, struct member_command *out);
/* For commands that act on a live thing: ERR_TIME where it is backdated. */
enum err member_command_now(struct call *c, bool needs_reason, struct member_command *out);
/* What an operation refused, with its member and a sentence. */
enum err member_refused(struct call *c, enum err err, const struct edit *e);

/* 0 or "" as null */
void json_put_id(struct json_out *o, const char *name, int64_t id);
void json_put_text_or_null(struct json_out *o, const char *name, const char *v);
void json_put_opt(struct json_out *o, const char *name, bool known, int64_t v);
void json_put_time_or_null(struct json_out *o, const char *name, int64_t t_s); /* 0: null */

#endif
