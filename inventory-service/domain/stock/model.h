/* SPDX-License-Identifier: EUPL-1.2 */
/* Models: what items have in common. */
#ifndef NAVETTE_MODEL_H
#define NAVETTE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/people/actor.h"
#include "inventory-service/domain/stock/edit.h"

#define MODEL_NAME_SIZE 121
#define MODEL_FAMILY_SIZE 61
#define MODEL_CREDENTIALS_MAX 16
#define MODEL_CREDENTIALS_SIZE 640 /* as a JSON array */
#define MODEL_CHECKLIST_MAX 40
#define MODEL_CHECKLIST_LINE 121
#define MODEL_CHECKLIST_SIZE 8000 /* as a JSON array */

struct model {
	int64_t id;
	int64_t version;
	char name[MODEL_NAME_SIZE];
	char family[MODEL_FAMILY_SIZE];
	char transport_class[3];
	char requires[MODEL_CREDENTIALS_SIZE]; /* JSON arrays, as the writer made them */
	char advises[MODEL_CREDENTIALS_SIZE];
	int64_t off_mw, idle_mw, active_mw;
	int64_t on_delay_s, off_delay_s;
	char evidence_policy[16];
	int64_t prepare_s, inspect_s, max_loan_s;
	char checklist_out[MODEL_CHECKLIST_SIZE];
	char checklist_in[MODEL_CHECKLIST_SIZE];
	char notes[2001];
	int64_t replacement_value_cents; /* -1: unknown */
};

/* What a model is where nothing is said. */
extern const struct model model_initial;

/* ERR_REQUIRED, ERR_RANGE, ERR_EXISTS (the name) with e->field; on OK v is as stored. */
MUST_CHECK enum err model_create(struct db *db, const struct actor *who, int64_t now_s, struct model *v,
				 struct edit *e);
/* v->id names it. ERR_NOT_FOUND, ERR_STALE, and the above. */
MUST_CHECK enum err model_change(struct db *db, const struct actor *who, int64_t now_s, struct model *v,
				 struct edit *e);
MUST_CHECK enum err model_find(struct db *db, int64_t id, struct model *out);
/* family "": all */
struct query model_list(struct db *db, int64_t after_id, const char *family, int64_t limit);
bool model_next(struct query *q, struct model *out);

#endif
