/* SPDX-License-Identifier: EUPL-1.2 */
/* A line at the counter: handed over, taken back, closed, undone. Every command answers the booking's line
 * with its booking: the object named in the URL is one of its lines. */
#include <string.h>

#include "inventory-service/api/api.h"
#include "inventory-service/api/lend.h"
#include "inventory-service/api/member.h"
#include "inventory-service/domain/lending/loan.h"
#include "inventory-service/rights.h"

struct at_counter {
	struct lending l;
	struct booking b;
	struct lend_sides sides;
	const struct booking_line *line;
	struct edit e;
	struct hold_conflicts conflicts;
};

static enum err find_line(struct call *c, struct at_counter *k)
{
	int64_t booking_id;
	enum err err;

	k->l = lend_of(c);
	k->e = (struct edit){0};
	k->conflicts.n = 0;
	if ((err = booking_of_line(&k->l, c->ids[0], &booking_id)) ||
	    (err = lend_find(c, booking_id, &k->b, &k->sides)) || (err = call_check_version(c, k->b.version)))
		return err;
	for (size_t i = 0; i < k->b.n; i++) {
		if (k->b.lines[i].id != c->ids[0])
			continue;
		k->line = &k->b.lines[i];
		return k->sides.may_handle[i]
			       ? OK
			       : call_refuse(c, ERR_FORBIDDEN, NULL,
					     "Cette action revient aux personnes du comptoir.");
	}
	return ERR_NOT_FOUND;
}

static enum err refused(struct call *c, enum err err, const struct at_counter *k)
{
	static const char *const words[][2] = {
		{"reserved", "réservé"}, {"on_loan", "en prêt"},  {"taken_back", "à contrôler"},
		{"closed", "rendu"},     {"cancelled", "annulé"}, {"released", "libéré"},
		{"lost", "perdu"}};

	for (size_t i = 0; err == ERR_STATE && i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i][0], k->line->state) == 0)
			(void)!str_format(c->detail, sizeof c->detail,
					  "Ce matériel est « %s » dans une réservation « %s » : cette action "
					  "n'est pas possible.",
					  words[i][1], lend_booking_word(k->b.state));
	return err == ERR_WRONG_ITEM ? call_refuse(c, err, "item_id", NULL)
				     : lend_refuse_conflicts(c, err, &k->conflicts);
}

static enum err done(struct call *c, const struct at_counter *k)
{
	lend_changed(c, &k->b, "state,lines");
	return lend_show(c, k->b.id);
}

struct act_text {
	char condition[12], note[1001], name[121], effective[40];
};

static bool is_condition(const char *word)
{
	static const char *const words[] = {"good", "worn", "damaged", "incomplete", "broken"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static enum err read_act(struct call *c, struct act_text *t, struct loan_act *act)
{
	struct json_in in;
	bool given;
	enum err err;

	*t = (struct act_text){.condition = "good"};
	*act = (struct loan_act){
		.condition = t->condition, .note = t->note, .name = t->name, .effective_s = c->now_s};
	if ((err = call_body_maybe(c, &in, &given)))
		return err;
	member_id_or_none(&in, "item_id", &act->item_id);
	member_text(&in, false, "condition", t->condition, sizeof t->condition);
	member_text_or_none(&in, "note", t->note, sizeof t->note);
	member_text_or_none(&in, "name", t->name, sizeof t->name);
	member_text_or_none(&in, "effective_at", t->effective, sizeof t->effective);
	if ((err = call_body_end(c, &in)) ||
	    (err = lend_time(c, "effective_at", t->effective, false, &act->effective_s)))
		return err;
	if (act->effective_s > c->now_s)
		return call_refuse(c, ERR_TIME, "effective_at", "Ce moment n'est pas encore venu.");
	return is_condition(t->condition) ? OK
					  : call_refuse(c, ERR_RANGE, "condition",
							"Choisissez bon, usé, abîmé, incomplet ou en panne.");
}

enum err api_line_hand_over(struct call *c)
{
	struct at_counter k;
	struct act_text t;
	struct loan_act act;
	enum err err;

	if ((err = find_line(c, &k)) || (err = read_act(c, &t, &act)))
		return err;
	if ((err = loan_hand_over(&k.l, &k.b, k.line, &act, &k.conflicts, &k.e)))
		return refused(c, err, &k);
	return done(c, &k);
}

enum err api_line_take_back(struct call *c)
{
	struct at_counter k;
	struct act_text t;
	struct loan_act act;
	enum err err;

	if ((err = find_line(c, &k)) || (err = read_act(c, &t, &act)))
		return err;
	if ((err = loan_take_back(&k.l, &k.b, k.line, &act, &k.e)))
		return refused(c, err, &k);
	return done(c, &k);
}

typedef enum err plain_act(const struct lending *l, const struct booking *b, const struct booking_line *line,
			   struct edit *e);

static enum err act_plainly(struct call *c, plain_act *act)
{
	struct member_command command;
	struct at_counter k;
	enum err err;

	if ((err = find_line(c, &k)) || (err = member_command_now(c, false, &command)))
		return err;
	if ((err = act(&k.l, &k.b, k.line, &k.e)))
		return refused(c, err, &k);
	return done(c, &k);
}

enum err api_line_close(struct call *c)
{
	return act_plainly(c, loan_close);
}

enum err api_line_release(struct call *c)
{
	return act_plainly(c, loan_release);
}

enum err api_line_undo(struct call *c)
{
	struct member_command command;
	struct at_counter k;
	enum err err;

	if ((err = find_line(c, &k)) || (err = member_command_now(c, false, &command)))
		return err;
	err = loan_undo(&k.l, &k.b, k.line, &k.conflicts, &k.e);
	if (err == ERR_STATE)
		return call_refuse(
			c, err, NULL,
			"Il n'y a rien à annuler : plus de 15 minutes ont passé, ou autre chose a suivi.");
	return err ? refused(c, err, &k) : done(c, &k);
}

enum err api_line_declare_lost(struct call *c)
{
	struct member_command command;
	struct at_counter k;
	enum err err;

	if ((err = find_line(c, &k)) || (err = member_command_now(c, true, &command)))
		return err;
	if ((err = loan_declare_lost(&k.l, &k.b, k.line, command.why, &k.e)))
		return refused(c, err, &k);
	return done(c, &k);
}
