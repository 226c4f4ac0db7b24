/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Energy meters on Modbus TCP, one source and one connection per HOST:PORT (a libmodbus context belongs to
 * one thread), its units asked in turn. The only file that knows modbus.h.
 *
 * After any error but an exception reply the connection is closed and opened anew: an answer that comes late
 * then falls on a closed socket and can never be taken for the next one's. libmodbus's LINK recovery is left
 * off on purpose: its send loop (3.1.6, send_msg) tries for ever while the peer is away and would outlast a
 * stop; closing does what it does. PROTOCOL recovery stays: it drains what follows a malformed reply.
 *
 * A unit that failed three times is asked every tenth time only, so that one dead meter does not slow the
 * others of its bus. A reading that cannot be (NaN, infinite, out of range) is no value: counted, and the
 * counter stands still.
 */
#include "gateway/source.h"

#include <errno.h>
#include <inttypes.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "gateway/cfg.h"
#include "gateway/meter.h"
#include "gateway/modbus_map.h"

#define TIMEOUT_S 1
#define MIN_PERIOD_MS 100 /* real: however fast virtual time runs */
#define DEAD_AFTER 3
#define DEAD_PERIODS 10 /* of polling */

struct unit {
	const struct meter_setting *setting;
	struct modbus_map map;
	struct meter meter;
	int64_t due_ms;      /* real */
	int64_t reported_ms; /* real */
	unsigned n_failed;   /* in a row */
	bool is_urgent;      /* a state change that could not be reported yet */
};

struct bus {
	modbus_t *modbus;
	bool is_open;
	unsigned cfg;
	struct unit *units;
	size_t n;
};

static int64_t period_ms(const struct setting *s)
{
	int64_t real = s->poll_ms / s->clock.rate;

	return real < MIN_PERIOD_MS ? MIN_PERIOD_MS : real;
}

/* Virtual time that one reading may stand for: five periods and a time-out with its reconnection. */
static int64_t max_gap_ms(const struct setting *s)
{
	return (5 * period_ms(s) + 3000) * s->clock.rate;
}

static bool is_same_bus(const struct meter_setting *a, const struct meter_setting *b)
{
	return strcmp(a->host, b->host) == 0 && strcmp(a->port, b->port) == 0;
}

static void profile_of(const struct setting *s, const struct meter_setting *m, struct profile_setting *out)
{
	if (!cfg_find_profile(s, m->name, out))
		*out = m->profile;
}

static modbus_t *modbus_for(const char *host, const char *port)
{
	modbus_t *m = modbus_new_tcp_pi(host, port);

	if (m == NULL)
		fatal("modbus: %s:%s: %s", host, port, modbus_strerror(errno));
	modbus_set_response_timeout(m, TIMEOUT_S, 0);
	modbus_set_byte_timeout(m, TIMEOUT_S, 0);
	modbus_set_error_recovery(m, MODBUS_ERROR_RECOVERY_PROTOCOL);
	return m;
}

static bool bus_open(struct source *s, char *why, size_t why_size)
{
	const struct setting *setting = s->world->setting;
	const struct meter_setting *first = &setting->meters[s->index];
	struct bus *b = xcalloc(1, sizeof *b);
	struct profile_setting profile;

	s->state = b;
	b->cfg = atomic_load(&s->world->cfg);
	b->units = xcalloc(setting->n_meters, sizeof *b->units);
	for (size_t i = s->index; i < setting->n_meters; i++) {
		struct unit *u = &b->units[b->n];

		if (!is_same_bus(&setting->meters[i], first))
			continue;
		u->setting = &setting->meters[i];
		if (!modbus_map_find(setting->maps, u->setting->map, &u->map, why, why_size))
			return false;
		profile_of(setting, u->setting, &profile);
		meter_open(&u->meter, setting, u->setting->name, &profile, max_gap_ms(setting));
		b->n++;
	}
	b->modbus = modbus_for(first->host, first->port);
	return true;
}

static void hang_up(struct bus *b)
{
	if (b->is_open)
		modbus_close(b->modbus);
	b->is_open = false;
}

static void bus_close(struct source *s)
{
	struct bus *b = s->state;

	if (b == NULL)
		return;
	hang_up(b);
	if (b->modbus != NULL)
		modbus_free(b->modbus);
	free(b->units);
	free(b);
	s->state = NULL;
}

/* One quantity. False: why is set; the connection was closed unless the meter itself refused. */
static bool quantity_read(struct bus *b, const struct unit *u, const struct modbus_quantity *q, int64_t *out,
			  const char **why)
{
	uint16_t words[MODBUS_MAP_WORDS];
	int address = (int)q->address, n;

	modbus_set_slave(b->modbus, (int)u->setting->unit);
	n = u->map.function == 3 ? modbus_read_registers(b->modbus, address, MODBUS_MAP_WORDS, words)
				 : modbus_read_input_registers(b->modbus, address, MODBUS_MAP_WORDS, words);
	if (n == MODBUS_MAP_WORDS) {
		*why = "a value that cannot be";
		return modbus_decode(q, words, out);
	}
	*why = modbus_strerror(errno);
	if (n >= 0 || errno < EMBXILFUN || errno > EMBXGTAR)
		hang_up(b);
	return false;
}

static bool link_ready(struct bus *b, const char **why)
{
	if (b->is_open)
		return true;
	if (modbus_connect(b->modbus) != 0) {
		*why = modbus_strerror(errno);
		return false;
	}
	b->is_open = true;
	return true;
}

static void unit_failed(struct source *s, struct unit *u, const char *why)
{
	atomic_fetch_add(&s->health.n_bad, 1);
	if (u->n_failed++ == 0)
		log_warn("meter %s: no reading: %s address=%s:%s unit=%" PRId64, u->setting->name, why,
			 u->setting->host, u->setting->port, u->setting->unit);
	if (s->world->sink.trace != NULL)
		s->world->sink.trace(s->world->sink.context, u->setting->name, NULL, why);
	if (u->n_failed >= DEAD_AFTER)
		u->due_ms = clock_real_mono_ms() + DEAD_PERIODS * period_ms(s->world->setting);
}

static void unit_report(struct source *s, struct unit *u, bool is_urgent)
{
	const struct source_sink *sink = &s->world->sink;
	struct uplink_report r, times = {.kind = UPLINK_METER};

	source_stamp(s, &times);
	if (!meter_report(&u->meter, times.mono_ms, &r))
		return;
	r.mono_ms = times.mono_ms;
	r.t_ms = times.t_ms;
	u->is_urgent = false;
	u->reported_ms = clock_real_mono_ms();
	atomic_fetch_add(&s->health.n_forwarded, 1);
	if (sink->trace != NULL)
		sink->trace(sink->context, u->setting->name, &r, "forwarded");
	if (sink->report != NULL)
		sink->report(sink->context, &r, is_urgent);
}

static void unit_poll(struct source *s, struct unit *u)
{
	const struct setting *setting = s->world->setting;
	struct bus *b = s->state;
	struct uplink_report now;
	const char *why = "";
	int64_t power_mw, energy_wh;
	bool is_due;

	u->due_ms = clock_real_mono_ms() + period_ms(setting);
	if (!link_ready(b, &why) || !quantity_read(b, u, &u->map.power, &power_mw, &why)) {
		unit_failed(s, u, why);
		return;
	}
	if (u->n_failed > 0)
		log_info("meter %s: readings again failed=%u", u->setting->name, u->n_failed);
	u->n_failed = 0;
	atomic_fetch_add(&s->health.n_heard, 1);
	atomic_store(&s->health.heard_ms, clock_real_mono_ms());
	source_stamp(s, &now);
	u->is_urgent |= meter_sample(&u->meter, now.mono_ms, power_mw);
	is_due = meter_is_due(&u->meter, setting, now.mono_ms) &&
		 clock_real_mono_ms() - u->reported_ms >= 1000;
	if (!u->is_urgent && !is_due)
		return;
	if (quantity_read(b, u, &u->map.energy, &energy_wh, &why))
		u->meter.energy_wh = energy_wh;
	else
		u->meter.energy_wh = -1;
	unit_report(s, u, u->is_urgent);
}

/* Other thresholds: what the old epoch has is reported under it first. */
static void take_cfg(struct source *s, struct bus *b)
{
	unsigned cfg = atomic_load(&s->world->cfg);
	struct profile_setting profile;

	if (cfg == b->cfg)
		return;
	b->cfg = cfg;
	for (size_t i = 0; i < b->n; i++) {
		struct unit *u = &b->units[i];

		profile_of(s->world->setting, u->setting, &profile);
		if (meter_has_profile(&u->meter, &profile))
			continue;
		if (u->meter.reported_ms != INT64_MIN)
			unit_report(s, u, true);
		meter_set_profile(&u->meter, &profile);
	}
}

static void bus_run(struct source *s)
{
	struct bus *b = s->state;
	int64_t now_ms = clock_real_mono_ms(), next_ms = 0;

	while (!source_wait(s, next_ms > now_ms ? next_ms - now_ms : 0)) {
		take_cfg(s, b);
		next_ms = INT64_MAX;
		for (size_t i = 0; i < b->n; i++) {
			if (clock_real_mono_ms() >= b->units[i].due_ms && !source_is_stopping(s))
				unit_poll(s, &b->units[i]);
			if (b->units[i].due_ms < next_ms)
				next_ms = b->units[i].due_ms;
		}
		atomic_store(&s->health.is_connected, b->is_open);
		now_ms = clock_real_mono_ms();
	}
	/* The last seconds: into the spool, which is sealed after the sources have stopped. */
	for (size_t i = 0; i < b->n; i++) {
		if (b->units[i].meter.is_sampled)
			unit_report(s, &b->units[i], true);
	}
}

const struct source_ops source_modbus = {
	.kind = "modbus", .open = bus_open, .run = bus_run, .close = bus_close};

int modbus_probe(const char *host, const char *port, int64_t unit, const char *maps, const char *map)
{
	struct meter_setting setting = {.unit = unit};
	struct unit u = {.setting = &setting};
	struct bus b = {.n = 0};
	char why[512];
	const char *fault = NULL;
	int64_t power_mw = 0, energy_wh = 0;
	bool ok;

	if (!modbus_map_find(maps, map, &u.map, why, sizeof why)) {
		fprintf(stderr, "navette-gateway: %s\n", why);
		return 1;
	}
	b.modbus = modbus_for(host, port);
	ok = link_ready(&b, &fault) && quantity_read(&b, &u, &u.map.power, &power_mw, &fault) &&
	     quantity_read(&b, &u, &u.map.energy, &energy_wh, &fault);
	hang_up(&b);
	modbus_free(b.modbus);
	if (!ok) {
		fprintf(stderr, "navette-gateway: no reading from %s:%s unit %" PRId64 ": %s\n", host, port,
			unit, fault);
		return 1;
	}
	printf("%s at %s:%s unit %" PRId64 ": power %.1f W, energy %.2f kWh\n", u.map.name, host, port, unit,
	       (double)power_mw / 1e3, (double)energy_wh / 1e3);
	return 0;
}
