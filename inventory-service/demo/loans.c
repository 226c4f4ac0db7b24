/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One thing after another, each through its whole time, so that what happens to one thing happens in its
 * order. What reports is used at home, so that the gateway there goes on hearing it; what does not travels.
 */
#include "inventory-service/demo/loans.h"

#include <stdlib.h>
#include <string.h>

#include "common/daemon/log.h"
#include "inventory-service/domain/lending/loan.h"
#include "inventory-service/domain/lending/transfer.h"

#define HOUR_S 3600
#define DAY_S 86400
#define AHEAD_DAYS 40 /* so far bookings reach beyond the end of the history */
#define LATE_ITEMS 2
#define LOST_DAYS 20 /* so long ago */

static const struct actor console = {.channel = "console"};

struct story {
	struct service *service;
	const struct demo_world *w;
	const struct demo_loaded *loaded;
	int item;
	struct demo_random random;
	struct lending l;
	struct actor who;
	int64_t n;
	bool is_over; /* nothing can follow: it is out, or lost */
	int n_late, n_lost;
	struct booking *b; /* scratch */
	struct wish *wish;
	struct judgement *j;
	struct edit *e;
};

/* ---- one booking --------------------------------------------------------------------------------------- */

static const char *const themes[] = {"Impression 3D",         "Atelier robotique",
				     "Inclusion numérique",   "Création vidéo",
				     "Fabrication numérique", "Découverte de la réalité virtuelle"};
static const char *const audiences[] = {"tout public", "scolaires", "adultes", "enfants", "seniors"};

#define PICK(s, array) (array)[demo_between(&(s)->random, 0, (int64_t)(sizeof(array) / sizeof *(array)) - 1)]

static void fit_text(char *out, size_t size, const char *text)
{
	if (!str_copy(out, size, text))
		fatal("demo: a text of a booking is too long: %s", text);
}

static struct lending at(struct story *s, struct db *db, int64_t now_s)
{
	s->l.db = db;
	s->l.now_s = now_s;
	s->l.who = &s->who;
	s->l.policy = &service_setting(s->service)->lending;
	memset(s->e, 0, sizeof *s->e);
	return s->l;
}

/* The people of the demo are Saint-Lô's: what the others did, the console tells. */
static void act_for(struct story *s, int place)
{
	s->who = console;
	if (place == 0)
		s->who.user_id = s->loaded->users[0];
}

static enum err ask(struct story *s, struct db *db, int place, bool on_site, int64_t made_s, int64_t *id)
{
	struct lending l;
	enum err err;

	act_for(s, place);
	l = at(s, db, made_s);
	s->wish->place_id = s->loaded->places[place];
	s->wish->n = 1;
	s->wish->lines[0] = (struct wish_line){.item_id = s->loaded->items[s->item], .on_site = on_site};
	fit_text(s->wish->theme, sizeof s->wish->theme, PICK(s, themes));
	fit_text(s->wish->audience, sizeof s->wish->audience, PICK(s, audiences));
	*id = 0;
	err = booking_create(&l, s->wish, s->j, id, s->e);
	if (err && err == s->j->refusal) { /* a day off, a neighbour: nobody asked then */
		*id = 0;
		return OK;
	}
	return err;
}

static enum err load(struct story *s, struct db *db, int64_t now_s, int64_t id)
{
	struct lending l = at(s, db, now_s);

	return booking_find(&l, id, s->b);
}

/* Agreed to within a day, refused once in thirty. *goes_on: it was agreed to, and that lies in the past. */
static enum err decide(struct story *s, struct db *db, int64_t id, int64_t made_s, bool *goes_on)
{
	struct booking_rights all = {.is_requester_side = true};
	int64_t at_s = made_s + demo_between(&s->random, HOUR_S, 20 * HOUR_S);
	bool refused = demo_chance(&s->random, 3);
	struct lending l;
	enum err err = load(s, db, at_s, id);

	*goes_on = !err && str_is(s->b->state, "confirmed");
	if (err || *goes_on || at_s >= s->w->until_s || at_s >= s->b->expires_s)
		return err;
	memset(all.may_approve, true, sizeof all.may_approve);
	s->who = console;
	l = at(s, db, at_s);
	*goes_on = !refused;
	return refused ? booking_reject(&l, s->b, &all, "Matériel réservé à un événement du lieu.", s->e)
		       : booking_confirm(&l, s->b, &all, s->e);
}

/* ---- one loan ------------------------------------------------------------------------------------------ */

static enum err carry(struct story *s, struct db *db, int64_t line_id, int64_t leaves_s, int64_t arrives_s)
{
	struct transfer_filter f = {.line_id = line_id, .open_only = true, .state = "", .limit = 1};
	struct query q = transfer_list(db, &f);
	struct transfer t = {0};
	struct lending l;
	enum err err;

	while (transfer_next(&q, &t))
		;
	if ((err = db_end(&q)) || !t.id)
		return err;
	l = at(s, db, leaves_s);
	if ((err = transfer_dispatch(&l, &t, leaves_s, s->e)) || (err = transfer_find(db, t.id, &t)))
		return err;
	if (arrives_s >= s->w->until_s) {
		s->is_over = true;
		return OK;
	}
	l = at(s, db, arrives_s);
	return transfer_receive(&l, &t, 0, arrives_s, s->e);
}

static enum err hand_over(struct story *s, struct db *db, int64_t id, int64_t at_s)
{
	struct loan_act act = {.condition = "good", .note = "", .name = "", .effective_s = at_s};
	struct hold_conflicts c;
	struct lending l;
	enum err err;

	if ((err = load(s, db, at_s, id)))
		return err;
	l = at(s, db, at_s);
	return loan_hand_over(&l, s->b, &s->b->lines[0], &act, &c, s->e);
}

static enum err take_back(struct story *s, struct db *db, int64_t id, int64_t at_s)
{
	struct loan_act act = {.condition = demo_chance(&s->random, 12) ? "worn" : "good",
			       .note = "",
			       .name = "",
			       .effective_s = at_s};
	struct lending l;
	enum err err;

	if ((err = load(s, db, at_s, id)))
		return err;
	l = at(s, db, at_s);
	return loan_take_back(&l, s->b, &s->b->lines[0], &act, s->e);
}

static enum err go_home(struct story *s, struct db *db, int64_t id, int64_t at_s)
{
	int64_t home_s = at_s + HOUR_S + demo_between(&s->random, 0, HOUR_S);
	struct lending l;
	enum err err = OK;

	if (s->b->lines[0].home_place_id != s->b->place_id && !s->b->lines[0].on_site) {
		if (at_s + HOUR_S / 2 >= s->w->until_s) {
			s->is_over = true;
			return OK;
		}
		err = carry(s, db, s->b->lines[0].id, at_s + HOUR_S / 2, home_s);
	}
	if (err || s->is_over || (err = load(s, db, home_s, id)))
		return err;
	if (!str_is(s->b->lines[0].state, "taken_back") || home_s + HOUR_S / 2 >= s->w->until_s)
		return OK;
	l = at(s, db, home_s + HOUR_S / 2);
	return loan_close(&l, s->b, &s->b->lines[0], s->e);
}

static enum err lose(struct story *s, struct db *db, int64_t at_s)
{
	struct lending l = at(s, db, at_s);

	s->n_lost++;
	s->is_over = true;
	return loan_declare_lost(&l, s->b, &s->b->lines[0], "Introuvable après le salon.", s->e);
}

/* When it comes back: mostly on time, sometimes an hour late. */
static int64_t back_at(struct story *s, int64_t due_s)
{
	return demo_chance(&s->random, 8) ? due_s + demo_between(&s->random, HOUR_S / 2, 3 * HOUR_S)
					  : due_s - demo_between(&s->random, 0, HOUR_S / 2);
}

static enum err lend_out(struct story *s, struct db *db, int64_t id)
{
	int64_t now_s = s->w->until_s, start_s = s->wish->starts_s, back_s;
	bool travels, gets_lost, is_late;
	enum err err = load(s, db, start_s, id);

	if (err || start_s + 600 >= now_s)
		return err;
	travels = s->b->lines[0].home_place_id != s->b->place_id && !s->b->lines[0].on_site;
	act_for(s, s->b->place_id == s->loaded->places[0] ? 0 : 1);
	if (travels && (err = carry(s, db, s->b->lines[0].id, start_s - 90 * 60, start_s - 10 * 60)))
		return err;
	if ((err = hand_over(s, db, id, start_s + 300)) || (err = load(s, db, start_s + 300, id)))
		return err;
	back_s = back_at(s, s->b->lines[0].due_s);
	gets_lost = travels && !s->n_lost && s->b->lines[0].due_s > now_s - LOST_DAYS * DAY_S;
	is_late = travels && s->n_late < LATE_ITEMS && s->b->lines[0].due_s > now_s - 10 * DAY_S &&
		  s->b->lines[0].due_s < now_s - DAY_S;
	if (gets_lost && s->b->lines[0].due_s + DAY_S < now_s)
		return lose(s, db, s->b->lines[0].due_s + DAY_S);
	s->n_late += is_late;
	s->is_over = is_late || back_s >= now_s;
	if (s->is_over)
		return OK;
	return (err = take_back(s, db, id, back_s)) ? err : go_home(s, db, id, back_s);
}

/* ---- one thing ----------------------------------------------------------------------------------------- */

/* In 100, of the chance that somebody asks on a day. */
static int64_t season(int64_t day_s)
{
	struct calendar_date d = calendar_date_of(day_s);

	return d.month == 8                                    ? 30
	       : d.month == 7 || (d.month == 12 && d.day > 18) ? 55
	       : d.month >= 9 && d.month <= 11                 ? 130
							       : 100;
}

static int borrower(struct story *s, bool stays_home)
{
	int home = s->w->items[s->item].home, tries = 0, place = home;

	if (stays_home || demo_chance(&s->random, 35))
		return home;
	do /* mostly of the same hub */
		place = (int)demo_between(&s->random, 0, DEMO_PLACES - 1);
	while (++tries < 8 && s->w->places[place].hub != s->w->places[home].hub);
	return place;
}

/* An opening of its home on that day: where a booking starts and, days later, ends. False: closed. */
static bool opening(const struct story *s, int64_t day_s, bool first, int64_t *at_s)
{
	struct demo_opening open[4];
	int64_t noon_s = day_s + DAY_S / 2,
		midnight_s = noon_s - (noon_s + calendar_offset_s(noon_s)) % DAY_S;
	int n = demo_openings(demo_column(s->w, s->w->items[s->item].home, "horaires"),
			      (int)((noon_s / DAY_S + 3) % 7), open, 4);

	if (!n)
		return false;
	*at_s = midnight_s + 60 * (int64_t)(first ? open[0].from_min : open[n - 1].until_min);
	return true;
}

static enum err book_day(struct story *s, struct db *db, int64_t day_s, int64_t *until_s)
{
	bool reports = s->w->items[s->item].device >= 0;
	int place = borrower(s, reports);
	bool away = place != s->w->items[s->item].home;
	int64_t days = away ? demo_between(&s->random, 1, 6) : demo_between(&s->random, 0, 1);
	int64_t made_s, id;
	bool goes_on;
	enum err err;

	*until_s = day_s + DAY_S;
	if (!opening(s, day_s, true, &s->wish->starts_s) ||
	    !opening(s, day_s + days * DAY_S, false, &s->wish->ends_s))
		return OK;
	made_s = s->wish->starts_s - demo_between(&s->random, 2 * DAY_S, 16 * DAY_S);
	if (made_s >= s->w->until_s)
		made_s = s->w->until_s - demo_between(&s->random, HOUR_S, 9 * HOUR_S);
	if (made_s < s->w->from_s)
		return OK;
	if ((err = ask(s, db, place, demo_models[s->w->items[s->item].model].transport_class[1] == '4',
		       made_s, &id)) ||
	    !id)
		return err;
	s->n++;
	*until_s = s->wish->ends_s + DAY_S;
	if ((err = decide(s, db, id, made_s, &goes_on)) || !goes_on)
		return err;
	return lend_out(s, db, id);
}

static enum err tell_item(struct db *db, void *context)
{
	struct story *s = context;
	int64_t day_s = s->w->from_s + 3 * DAY_S, end_s = s->w->until_s + AHEAD_DAYS * (int64_t)DAY_S, next_s;
	enum err err = OK;

	s->random = demo_random(s->w->seed, "loans", s->item);
	s->is_over = false;
	while (!err && !s->is_over && day_s < end_s) {
		next_s = calendar_next_day_s(day_s);
		if (demo_chance(&s->random, (int)(14 * season(day_s) / 100)))
			err = book_day(s, db, day_s, &next_s);
		while (day_s < next_s)
			day_s = calendar_next_day_s(day_s);
	}
	return err;
}

enum err demo_loans_tell(struct service *s, const struct demo_world *w, const struct demo_loaded *loaded,
			 int64_t *bookings)
{
	struct story *t = xcalloc(1, sizeof *t);
	enum err err = OK;

	*t = (struct story){.service = s, .w = w, .loaded = loaded};
	t->b = xcalloc(1, sizeof *t->b);
	t->wish = xcalloc(1, sizeof *t->wish);
	t->j = xcalloc(1, sizeof *t->j);
	t->e = xcalloc(1, sizeof *t->e);
	for (t->item = 0; !err && t->item < DEMO_ITEMS; t->item++)
		err = service_write(s, "demo", tell_item, t);
	*bookings += t->n;
	free(t->b);
	free(t->wish);
	free(t->j);
	free(t->e);
	free(t);
	return err;
}
