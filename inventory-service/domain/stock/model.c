/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/stock/model.h"

#include "inventory-service/audit.h"
#include "inventory-service/domain/stock/model_rules.h"

#define MODEL_COLUMNS                                                                                   \
	"id, version, name, family, transport_class, requires, advises, off_mw, idle_mw, active_mw, "   \
	"on_delay_s, "                                                                                  \
	"off_delay_s, evidence_policy, prepare_s, inspect_s, max_loan_s, checklist_out, checklist_in, " \
	"notes, "                                                                                       \
	"replacement_value_cents"

const struct model model_initial = {
	.requires = "[]",
	.advises = "[]",
	.idle_mw = 5000,
	.active_mw = 30000,
	.on_delay_s = 10,
	.off_delay_s = 30,
	.evidence_policy = "power",
	.max_loan_s = 2592000,
	.checklist_out = "[]",
	.checklist_in = "[]",
	.replacement_value_cents = -1,
};

static void take_row(struct query *q, struct model *v)
{
	v->id = get_i64(q);
	v->version = get_i64(q);
	get_text(q, v->name, sizeof v->name);
	get_text(q, v->family, sizeof v->family);
	get_text(q, v->transport_class, sizeof v->transport_class);
	get_text(q, v->requires, sizeof v->requires);
	get_text(q, v->advises, sizeof v->advises);
	v->off_mw = get_i64(q);
	v->idle_mw = get_i64(q);
	v->active_mw = get_i64(q);
	v->on_delay_s = get_i64(q);
	v->off_delay_s = get_i64(q);
	get_text(q, v->evidence_policy, sizeof v->evidence_policy);
	v->prepare_s = get_i64(q);
	v->inspect_s = get_i64(q);
	v->max_loan_s = get_i64(q);
	get_text(q, v->checklist_out, sizeof v->checklist_out);
	get_text(q, v->checklist_in, sizeof v->checklist_in);
	get_text(q, v->notes, sizeof v->notes);
	v->replacement_value_cents = -1;
	(void)get_opt(q, &v->replacement_value_cents); /* NULL leaves "unknown" */
}

bool model_next(struct query *q, struct model *out)
{
	if (!db_next(q))
		return false;
	take_row(q, out);
	return true;
}

struct query model_list(struct db *db, int64_t after_id, const char *family, int64_t limit)
{
	struct query q = db_query(db, "SELECT " MODEL_COLUMNS " FROM model WHERE id > $1 "
				      "AND ($2 IS NULL OR family = $2) ORDER BY id LIMIT $3");

	put_i64(&q, after_id);
	put_text(&q, family[0] ? family : NULL);
	put_i64(&q, limit);
	return q;
}

enum err model_find(struct db *db, int64_t id, struct model *out)
{
	struct query q = db_query(db, "SELECT " MODEL_COLUMNS " FROM model WHERE id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, id);
	while (model_next(&q, out))
		found = true;
	err = db_end(&q);
	return err ? err : found ? OK : ERR_NOT_FOUND;
}

static enum err check(const struct model *v, struct edit *e)
{
	const char *fault;

	if (!v->name[0])
		return edit_refuse(e, ERR_REQUIRED, "name");
	if (!v->family[0])
		return edit_refuse(e, ERR_REQUIRED, "family");
	if (!model_transport_class_valid(v->transport_class))
		return edit_refuse(e, ERR_RANGE, "transport_class");
	if (!model_evidence_policy_valid(v->evidence_policy))
		return edit_refuse(e, ERR_RANGE, "evidence_policy");
	fault = model_profile_fault(v->off_mw, v->idle_mw, v->active_mw);
	return fault ? edit_refuse(e, ERR_RANGE, fault) : OK;
}

static void compare(struct edit *e, const struct model *was, const struct model *v)
{
	edit_text(e, "name", was->name, v->name);
	edit_text(e, "family", was->family, v->family);
	edit_text(e, "transport_class", was->transport_class, v->transport_class);
	edit_json(e, "requires", was->requires, v->requires);
	edit_json(e, "advises", was->advises, v->advises);
	edit_i64(e, "off_mw", was->off_mw, v->off_mw);
	edit_i64(e, "idle_mw", was->idle_mw, v->idle_mw);
	edit_i64(e, "active_mw", was->active_mw, v->active_mw);
	edit_i64(e, "on_delay_s", was->on_delay_s, v->on_delay_s);
	edit_i64(e, "off_delay_s", was->off_delay_s, v->off_delay_s);
	edit_text(e, "evidence_policy", was->evidence_policy, v->evidence_policy);
	edit_i64(e, "prepare_s", was->prepare_s, v->prepare_s);
	edit_i64(e, "inspect_s", was->inspect_s, v->inspect_s);
	edit_i64(e, "max_loan_s", was->max_loan_s, v->max_loan_s);
	edit_json(e, "checklist_out", was->checklist_out, v->checklist_out);
	edit_json(e, "checklist_in", was->checklist_in, v->checklist_in);
	edit_text(e, "notes", was->notes, v->notes);
	edit_opt(e, "replacement_value_cents", was->replacement_value_cents, v->replacement_value_cents);
}

static void put_row(struct query *q, const struct model *v)
{
	put_text(q, v->name);
	put_text(q, v->family);
	put_text(q, v->transport_class);
	put_text(q, v->requires);
	put_text(q, v->advises);
	put_i64(q, v->off_mw);
	put_i64(q, v->idle_mw);
	put_i64(q, v->active_mw);
	put_i64(q, v->on_delay_s);
	put_i64(q, v->off_delay_s);
	put_text(q, v->evidence_policy);
	put_i64(q, v->prepare_s);
	put_i64(q, v->inspect_s);
	put_i64(q, v->max_loan_s);
	put_text(q, v->checklist_out);
	put_text(q, v->checklist_in);
	put_text(q, v->notes);
	put_opt(q, v->replacement_value_cents >= 0, v->replacement_value_cents);
}

static enum err insert(struct db *db, int64_t now_s, struct model *v)
{
	struct query q =
		db_query(db, "INSERT INTO model (name, family, transport_class, requires, advises, off_mw, "
			     "idle_mw, active_mw, on_delay_s, off_delay_s, evidence_policy, prepare_s, "
			     "inspect_s, max_loan_s, checklist_out, checklist_in, notes, "
			     "replacement_value_cents, created_s) "
			     "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "
			     "$17, $18, $19) RETURNING id");

	put_row(&q, v);
	put_i64(&q, now_s);
	while (db_next(&q))
		v->id = get_i64(&q);
	return db_end(&q);
}

static enum err update(struct db *db, const struct model *v)
{
	struct query q =
		db_query(db, "UPDATE model SET name = $1, family = $2, transport_class = $3, requires = $4, "
			     "advises = $5, off_mw = $6, idle_mw = $7, active_mw = $8, on_delay_s = $9, "
			     "off_delay_s = $10, evidence_policy = $11, prepare_s = $12, inspect_s = $13, "
			     "max_loan_s = $14, checklist_out = $15, checklist_in = $16, notes = $17, "
			     "replacement_value_cents = $18, version = version + 1 WHERE id = $19");

	put_row(&q, v);
	put_i64(&q, v->id);
	return db_run(&q);
}

static enum err key_fault(enum err err, struct edit *e)
{
	return err == ERR_EXISTS ? edit_refuse(e, err, "name") : err;
}

enum err model_create(struct db *db, const struct actor *who, int64_t now_s, struct model *v, struct edit *e)
{
	enum err err;

	if ((err = check(v, e)))
		return err;
	if ((err = insert(db, now_s, v)))
		return key_fault(err, e);
	compare(e, &model_initial, v);
	edit_any(e);
	if ((err = audit_add(db, who, now_s, "model.create", "model", v->id, NULL, e->after)))
		return err;
	return model_find(db, v->id, v);
}

enum err model_change(struct db *db, const struct actor *who, int64_t now_s, struct model *v, struct edit *e)
{
	struct model was;
	enum err err;

	if ((err = model_find(db, v->id, &was)) || (err = edit_expects(e, was.version)))
		return err;
	if ((err = check(v, e)))
		return err;
	compare(e, &was, v);
	if (edit_any(e)) {
		if ((err = update(db, v)))
			return key_fault(err, e);
		if ((err = audit_add(db, who, now_s, "model.change", "model", v->id, e->before, e->after)))
			return err;
	}
	return model_find(db, v->id, v);
}
