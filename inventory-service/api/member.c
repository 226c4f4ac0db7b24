/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/api/member.h"

#include "common/daemon/text.h"

void member_text(struct json_in *in, bool required, const char *name, char *out, size_t size)
{
	if (required || json_has(in, name))
		json_take_text(in, name, out, size);
}

void member_i64(struct json_in *in, bool required, const char *name, int64_t min, int64_t max, int64_t *out)
{
	if (required || json_has(in, name))
		json_take_i64(in, name, min, max, out);
}

void member_id(struct json_in *in, bool required, const char *name, int64_t *out)
{
	member_i64(in, required, name, 1, JSON_MAX_INT, out);
}

void member_text_or_none(struct json_in *in, const char *name, char *out, size_t size)
{
	bool is_there = json_has(in, name);

	if (!json_maybe_text(in, name, out, size) && is_there && in->fault == JSON_OK)
		out[0] = '\0';
}

void member_id_or_none(struct json_in *in, const char *name, int64_t *out)
{
	bool is_there = json_has(in, name);

	if (!json_maybe_i64(in, name, 1, JSON_MAX_INT, out) && is_there && in->fault == JSON_OK)
		*out = 0;
}

void member_i64_or_none(struct json_in *in, const char *name, int64_t max, int64_t *out)
{
	bool is_there = json_has(in, name);

	if (!json_maybe_i64(in, name, 0, max, out) && is_there && in->fault == JSON_OK)
		*out = -1;
}

void member_f64_or_none(struct json_in *in, const char *name, double min, double max, bool *known,
			double *out)
{
	bool is_there = json_has(in, name);

	if (json_maybe_f64(in, name, min, max, out))
		*known = true;
	else if (is_there && in->fault == JSON_OK)
		*known = false;
}

static enum err read_effective(struct call *c, const char *text, struct member_command *out)
{
	out->effective_s = c->now_s;
	if (!text[0])
		return OK;
	if (!rfc3339_parse(text, &out->effective_s))
		return call_refuse(c, ERR_TIME, "effective_at",
				   "Écrivez la date ainsi : 2026-11-25T08:55:00Z.");
	if (out->effective_s > c->now_s)
		return call_refuse(c, ERR_TIME, "effective_at", "Ce moment n'est pas encore venu.");
	out->is_backdated = out->effective_s < c->now_s;
	return OK;
}

enum err member_command(struct call *c, bool needs_reason, struct member_command *out)
{
	char effective[48] = "";
	struct json_in in;
	bool given;
	enum err err;

	*out = (struct member_command){0};
	if ((err = needs_reason ? call_body(c, &in) : call_body_maybe(c, &in, &given)))
		return err;
	if (needs_reason)
		json_take_text(&in, "reason", out->reason, sizeof out->reason);
	(void)json_maybe_text(&in, "note", out->note, sizeof out->note); /* absent: stays "" */
	(void)json_maybe_text(&in, "effective_at", effective, sizeof effective);
	if ((err = call_body_end(c, &in)) || (err = read_effective(c, effective, out)))
		return err;
	if (needs_reason && !out->reason[0])
		return call_refuse(c, ERR_REQUIRED, "reason", "Indiquez la raison en quelques mots.");
	return str_format(out->why, sizeof out->why, "%s%s%s", out->reason,
			  out->reason[0] && out->note[0] ? " : " : "", out->note)
		       ? OK
		       : ERR_INTERNAL;
}

enum err member_command_now(struct call *c, bool needs_reason, struct member_command *out)
{
	enum err err = member_command(c, needs_reason, out);

	if (err || !out->is_backdated)
		return err;
	return call_refuse(c, ERR_TIME, "effective_at",
			   "Cette action vaut à partir de maintenant : retirez effective_at.");
}

static const char *sentence_of(enum err err)
{
	switch ((int)err) { /* a few of many: the others' titles say enough */
	case ERR_REQUIRED:
		return "Cette valeur est obligatoire : complétez-la puis renvoyez la demande.";
	case ERR_REFERENCE:
		return "Cet identifiant ne désigne rien que vous puissiez utiliser : choisissez-en un dans "
		       "la liste.";
	case ERR_RANGE:
		return "Cette valeur n'est pas acceptée ici : voyez les valeurs permises dans la description "
		       "de l'API.";
	case ERR_EXISTS:
		return "Cette valeur est déjà prise : choisissez-en une autre.";
	case ERR_STALE:
		return "Quelqu'un a modifié cet objet entre-temps : relisez-le, puis refaites votre "
		       "modification.";
	default:
		return NULL;
	}
}

enum err member_refused(struct call *c, enum err err, const struct edit *e)
{
	return call_refuse(c, err, e->field, sentence_of(err));
}

void json_put_id(struct json_out *o, const char *name, int64_t id)
{
	json_put_opt(o, name, id != 0, id);
}

void json_put_opt(struct json_out *o, const char *name, bool known, int64_t v)
{
	if (known)
		json_put_i64(o, name, v);
	else
		json_put_null(o, name);
}

void json_put_text_or_null(struct json_out *o, const char *name, const char *v)
{
	json_put_text(o, name, v[0] ? v : NULL);
}

void json_put_time_or_null(struct json_out *o, const char *name, int64_t t_s)
{
	if (t_s)
		json_put_time(o, name, t_s);
	else
		json_put_null(o, name);
}
