/* SPDX-License-Identifier: EUPL-1.2 */
#include "firmware/boards/host/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "firmware/boards/host/radio.h"

#define MAX_WORDS 32
#define DAY_MS (INT64_C(86400) * 1000)
#define MAX_SECONDS 4000000000LL /* 126 years: nothing below overflows */

struct words {
	char text[1024];
	char *word[MAX_WORDS];
	size_t n;
	size_t at;
};

static bool split(struct words *w, const char *line)
{
	char *comment, *save = NULL;

	w->n = w->at = 0;
	if (!str_copy(w->text, sizeof w->text, line))
		return false;
	if ((comment = strchr(w->text, '#')))
		*comment = '\0';
	for (char *s = strtok_r(w->text, " \t\r\n", &save); s; s = strtok_r(NULL, " \t\r\n", &save)) {
		if (w->n == MAX_WORDS)
			return false;
		w->word[w->n++] = s;
	}
	return true;
}

static const char *take(struct words *w)
{
	return w->at < w->n ? w->word[w->at++] : "";
}

static bool take_int(struct words *w, int64_t min, int64_t max, int64_t *out)
{
	return int64_parse(take(w), out) && *out >= min && *out <= max;
}

/* "12" or "12.5" seconds. */
static bool take_ms(struct words *w, int64_t *out)
{
	char text[32], *dot;
	int64_t whole, rest = 0, unit = 1000;

	if (!str_copy(text, sizeof text, take(w)))
		return false;
	if ((dot = strchr(text, '.'))) {
		*dot = '\0';
		if (!dot[1] || strlen(dot + 1) > 3 || strspn(dot + 1, "0123456789") != strlen(dot + 1))
			return false;
		for (const char *digit = dot + 1; *digit; digit++)
			rest += (*digit - '0') * (unit /= 10);
	}
	if (!int64_parse(text, &whole) || whole < 0 || whole > MAX_SECONDS)
		return false;
	*out = whole * 1000 + rest;
	return true;
}

static struct script_tag *find(const struct script *s, const uint8_t address[6])
{
	for (size_t i = s->n_tags; i > 0; i--) /* uses stand after their tag, mostly right after it */
		if (!memcmp(s->tags[i - 1].address, address, 6))
			return &s->tags[i - 1];
	return NULL;
}

/* "hci 0 2": all the numbers that follow. */
static bool take_listeners(struct words *w, uint32_t *out)
{
	int64_t i;

	*out = 0;
	while (w->at < w->n && int64_parse(w->word[w->at], &i)) {
		if (i < 0 || i >= RADIO_MAX_LISTENERS)
			return false;
		*out |= 1u << i;
		w->at++;
	}
	return *out != 0;
}

static bool take_option(struct words *w, struct script_tag *t)
{
	const char *name = take(w);
	int64_t v;

	if (!strcmp(name, "heartbeat"))
		return take_int(w, 1, 86400, &t->heartbeat_s);
	if (!strcmp(name, "hci"))
		return take_listeners(w, &t->listeners);
	if (strcmp(name, "rssi") != 0 || !take_int(w, -127, 20, &v))
		return false;
	t->rssi_dbm = (int8_t)v;
	return true;
}

bool script_key(struct script *s, const char *hex)
{
	s->has_key = hex_decode(hex, strlen(hex), s->key, sizeof s->key);
	return s->has_key;
}

static struct script_tag new_tag(const struct script *s, const uint8_t address[6])
{
	struct script_tag t = {.heartbeat_s = SCRIPT_HEARTBEAT_S,
			       .rssi_dbm = SCRIPT_RSSI_DBM,
			       .listeners = RADIO_ALL_LISTENERS};

	memcpy(t.address, address, sizeof t.address);
	memcpy(t.key, s->key, sizeof t.key);
	return t;
}

/* NULL: there are too many. */
static struct script_tag *add(struct script *s, const struct script_tag *t)
{
	if (s->n_tags == SCRIPT_MAX_TAGS)
		return NULL;
	s->tags = xrealloc(s->tags, (s->n_tags + 1) * sizeof *s->tags);
	s->tags[s->n_tags] = *t;
	return &s->tags[s->n_tags++];
}

static const char *take_tag(struct script *s, struct words *w)
{
	struct script_tag t;
	uint8_t address[6];
	const char *key;

	if (!address_parse(take(w), address))
		return "expected an address like c0:98:e5:00:00:01";
	t = new_tag(s, address);
	key = take(w);
	if (!(s->has_key && !strcmp(key, "-")) && !hex_decode(key, strlen(key), t.key, sizeof t.key))
		return "expected a key of 32 hex digits";
	while (w->at < w->n)
		if (!take_option(w, &t))
			return "expected heartbeat S, rssi DBM or hci INDEX...";
	if (find(s, address))
		return "this tag was named before";
	return add(s, &t) ? NULL : "too many tags";
}

/* The tag that a use speaks of; NULL: none. */
static struct script_tag *take_user(struct script *s, struct words *w)
{
	struct script_tag *t, made;
	uint8_t address[6];

	if (!address_parse(take(w), address))
		return NULL;
	if ((t = find(s, address)) || !s->has_key)
		return t;
	made = new_tag(s, address);
	return add(s, &made);
}

static const char *take_use(struct script *s, struct words *w, bool is_cycle)
{
	struct script_use u = {.is_cycle = is_cycle, .power_mw = SCRIPT_POWER_MW}, *kept;
	struct script_tag *t;
	int64_t power_mw;

	if (!(t = take_user(s, w)))
		return "expected the address of a tag named above";
	if (!take_ms(w, &u.start_ms) || !take_ms(w, &u.end_ms) || (is_cycle && !take_ms(w, &u.phase_ms)))
		return is_cycle ? "expected ON OFF PHASE in seconds" : "expected START END in seconds";
	if (is_cycle)
		u.end_ms += u.start_ms;
	if (u.end_ms <= u.start_ms)
		return is_cycle ? "OFF must be above 0" : "END must be after START";
	if (w->at < w->n) {
		if (!take_int(w, 0, INT32_MAX, &power_mw))
			return "expected a power in mW";
		u.power_mw = (int32_t)power_mw;
	}
	if (w->at < w->n)
		return "something is left over at the end of the line";
	u.next = t->uses;
	kept = xcalloc(1, sizeof *kept);
	*kept = u;
	t->uses = kept;
	return NULL;
}

static const char *take_hours(struct script *s, struct words *w)
{
	struct script_tag *t = take_user(s, w);
	int64_t from_ms, until_ms;

	if (!t)
		return "expected the address of a tag named above";
	if (!take_ms(w, &from_ms) || !take_ms(w, &until_ms) || until_ms <= from_ms || until_ms > DAY_MS ||
	    w->at < w->n)
		return "expected FROM UNTIL in seconds of a day";
	t->from_ms = from_ms;
	t->until_ms = until_ms;
	return NULL;
}

static const char *take_zero(struct script *s, struct words *w)
{
	return take_ms(w, &s->zero_ms) && w->at == w->n ? NULL : "expected a time in Unix seconds";
}

bool script_take(struct script *s, const char *line, const char *where)
{
	struct words w;
	const char *verb, *fault = "unknown statement: expected tag, use, cycle, hours or zero";

	if (!split(&w, line)) {
		log_err("script: %s: the line is too long", where);
		return false;
	}
	if (!w.n)
		return true;
	verb = take(&w);
	if (!strcmp(verb, "tag"))
		fault = take_tag(s, &w);
	else if (!strcmp(verb, "use"))
		fault = take_use(s, &w, false);
	else if (!strcmp(verb, "cycle"))
		fault = take_use(s, &w, true);
	else if (!strcmp(verb, "hours"))
		fault = take_hours(s, &w);
	else if (!strcmp(verb, "zero"))
		fault = take_zero(s, &w);
	if (fault)
		log_err("script: %s: %s", where, fault);
	return !fault;
}

bool script_read(struct script *s, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[2048], where[300];
	bool is_ok = f != NULL;

	if (!f)
		log_err("script: cannot read: %s path=%s", strerror(errno), path);
	for (unsigned n = 1; is_ok && fgets(line, sizeof line, f); n++) {
		snprintf(where, sizeof where, "%.256s:%u", path, n);
		is_ok = script_take(s, line, where);
	}
	if (f)
		fclose(f);
	return is_ok;
}

void script_free(struct script *s)
{
	for (size_t i = 0; i < s->n_tags; i++)
		for (struct script_use *u = s->tags[i].uses, *next; u; u = next) {
			next = u->next;
			free(u);
		}
	free(s->tags);
	*s = (struct script){0};
}

static bool is_running(const struct script_use *u, int64_t t_ms)
{
	if (u->is_cycle)
		return (t_ms + u->phase_ms) % u->end_ms < u->start_ms;
	return t_ms >= u->start_ms && t_ms < u->end_ms;
}

static int64_t next_edge_ms(const struct script_use *u, int64_t t_ms)
{
	int64_t at;

	if (u->is_cycle) {
		at = (t_ms + u->phase_ms) % u->end_ms;
		return t_ms + (at < u->start_ms ? u->start_ms : u->end_ms) - at;
	}
	if (t_ms < u->start_ms)
		return u->start_ms;
	return t_ms < u->end_ms ? u->end_ms : INT64_MAX;
}

static bool is_open(const struct script_tag *t, int64_t t_ms)
{
	return !t->until_ms || (t_ms % DAY_MS >= t->from_ms && t_ms % DAY_MS < t->until_ms);
}

static int64_t next_door_ms(const struct script_tag *t, int64_t t_ms)
{
	int64_t in_day_ms = t_ms % DAY_MS, day_ms = t_ms - in_day_ms;

	if (!t->until_ms)
		return INT64_MAX;
	if (in_day_ms < t->from_ms)
		return day_ms + t->from_ms;
	return day_ms + (in_day_ms < t->until_ms ? t->until_ms : DAY_MS + t->from_ms);
}

int32_t script_power_mw(const struct script_tag *t, int64_t t_ms)
{
	int32_t power_mw = 0;

	if (!is_open(t, t_ms))
		return 0;
	for (const struct script_use *u = t->uses; u; u = u->next)
		if (u->power_mw > power_mw && is_running(u, t_ms))
			power_mw = u->power_mw;
	return power_mw;
}

int64_t script_next_ms(const struct script_tag *t, int64_t t_ms)
{
	int64_t next_ms = next_door_ms(t, t_ms);

	for (const struct script_use *u = t->uses; u; u = u->next) {
		int64_t edge_ms = next_edge_ms(u, t_ms);

		next_ms = edge_ms < next_ms ? edge_ms : next_ms;
	}
	return next_ms;
}
