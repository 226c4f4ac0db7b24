/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Opens things, starts a thread per source, drives the sender, stops everything in the reverse order: sources
 * first, so that what they say last is still sealed.
 */
#include "gateway/run.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "gateway/explain.h"
#include "gateway/sender.h"
#include "gateway/source.h"
#include "gateway/spool.h"

#define STEP_MS 500
#define SOURCE_STACK ((size_t)256 * 1024)
#define NO_PROGRESS_MS 60000

struct running {
	const struct setting *setting;
	struct source_world world;
	struct source *sources;
	pthread_t *threads;
	size_t n_sources, n_opened, n_started;
	_Atomic int n_running;
	struct sender sender;
};

static volatile sig_atomic_t is_stopped, is_hung_up;
static int stop_fd = -1;

static void on_signal(int number)
{
	int saved = errno;

	if (number == SIGHUP) {
		is_hung_up = 1;
	} else {
		is_stopped = 1;
		if (write(stop_fd, &(uint64_t){1}, sizeof(uint64_t)) < 0)
			is_stopped = 1; /* it is full, so it is readable */
	}
	errno = saved;
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop_fd < 0)
		fatal("gateway: eventfd: %s", strerror(errno));
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file size limit is a full disk: write() says so */
}

/* --- Sources --- */

static bool is_first_of_bus(const struct setting *s, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (strcmp(s->meters[j].host, s->meters[i].host) == 0 &&
		    strcmp(s->meters[j].port, s->meters[i].port) == 0)
			return false;
	}
	return true;
}

static void source_add(struct running *r, const struct source_ops *ops, size_t index, const char *name)
{
	struct source *s = &r->sources[r->n_sources++];

	s->ops = ops;
	s->index = index;
	s->world = &r->world;
	if (!str_copy(s->name, sizeof s->name, name)) /* a host name beyond 64 characters */
		memcpy(s->name, "modbus", sizeof "modbus");
}

static void sources_list(struct running *r)
{
	const struct setting *s = r->setting;
	char name[128];

	r->sources = xcalloc(s->n_radios + s->n_meters + 1, sizeof *r->sources);
	r->threads = xcalloc(s->n_radios + s->n_meters + 1, sizeof *r->threads);
	for (size_t i = 0; i < s->n_radios; i++)
		source_add(r, &source_ble, i, s->radios[i].name);
	for (size_t i = 0; i < s->n_meters; i++) {
		if (is_first_of_bus(s, i) &&
		    str_format(name, sizeof name, "modbus %s:%s", s->meters[i].host, s->meters[i].port))
			source_add(r, &source_modbus, i, name);
	}
}

static bool sources_open(struct running *r, char *why, size_t why_size)
{
	for (; r->n_opened < r->n_sources; r->n_opened++) {
		struct source *s = &r->sources[r->n_opened];

		if (!s->ops->open(s, why, why_size)) {
			s->ops->close(s);
			return false;
		}
	}
	return true;
}

static _Atomic int n_running; /* of this process: one running at a time */

static void *source_thread(void *argument)
{
	struct source *s = argument;

	s->ops->run(s);
	atomic_fetch_sub(&n_running, 1);
	return NULL;
}

/* Signals go to the main thread. */
static void sources_start(struct running *r)
{
	pthread_attr_t attr;
	sigset_t all, old;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, SOURCE_STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (; r->n_started < r->n_sources; r->n_started++) {
		atomic_fetch_add(&n_running, 1);
		if (pthread_create(&r->threads[r->n_started], &attr, source_thread,
				   &r->sources[r->n_started]) != 0)
			fatal("gateway: cannot start a thread");
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
}

static void sources_stop(struct running *r)
{
	on_signal(SIGTERM);
	for (size_t i = 0; i < r->n_started; i++)
		pthread_join(r->threads[i], NULL);
	for (size_t i = 0; i < r->n_opened; i++)
		r->sources[i].ops->close(&r->sources[i]);
	free(r->sources);
	free(r->threads);
}

/* --- Into the spool --- */

static void to_spool(void *context, const struct uplink_report *r, bool is_urgent)
{
	struct running *running = context;

	(void)spool_offer(running->sender.spool, clock_real_mono_ms(), r, is_urgent); /* the spool counts */
}

static void wake_sender(void *context)
{
	struct running *r = context;

	mqtt_wake(r->sender.mqtt);
}

static bool keeper_open(struct running *r, char *why, size_t why_size)
{
	char dir[SETTING_PATH_SIZE + 8];
	struct spool_setting spool = {.dir = dir,
				      .max_bytes = r->setting->spool_mib * 1024 * 1024,
				      .keep_s = r->setting->keep_days * 86400,
				      .wake = wake_sender,
				      .wake_context = r};

	r->sender.setting = r->setting;
	r->sender.world = &r->world;
	r->sender.sources = r->sources;
	r->sender.n_sources = r->n_sources;
	if (!identity_enrolment(r->setting, &r->sender.enrolment, why, why_size) ||
	    !identity_open(&r->sender.identity, r->setting, why, why_size) ||
	    !setting_path(r->setting, "spool", dir, sizeof dir))
		return false;
	spool.owner = r->sender.enrolment.gateway;
	r->sender.spool = spool_open(&spool, why, why_size);
	return r->sender.spool != NULL && sender_open(&r->sender, why, why_size);
}

static void running_init(struct running *r, const struct setting *s)
{
	*r = (struct running){.setting = s};
	mallopt(M_ARENA_MAX,
		1); /* an arena per thread is memory that this little contention does not pay for */
	clock_set(&s->clock);
	catch_signals();
	r->world.setting = s;
	r->world.stop_fd = stop_fd;
	r->world.sink = (struct source_sink){.report = to_spool, .context = r};
}

static int fail(const char *why)
{
	log_err("gateway: %s", why);
	return 1;
}

static void say_ready(const struct running *r)
{
	struct spool_stat v;

	spool_stat(r->sender.spool, &v);
	log_info("gateway: ready: gateway=%s boot=%" PRId64 " spool_epoch=%s waiting=%" PRId64 " sources=%zu",
		 r->sender.enrolment.gateway, r->sender.identity.boot, v.epoch, v.last - v.acked,
		 r->n_sources);
}

int run_gateway(const struct setting *s)
{
	struct running r;
	char why[640] = "";
	bool is_open, is_broken = false;

	running_init(&r, s);
	sources_list(&r);
	is_open = keeper_open(&r, why, sizeof why) && sources_open(&r, why, sizeof why);
	if (is_open) {
		say_ready(&r);
		sources_start(&r);
	}
	while (is_open && !is_stopped && !is_broken) {
		is_broken = !sender_step(&r.sender, STEP_MS);
		if (is_hung_up) {
			is_hung_up = 0;
			sender_reload(&r.sender);
		}
	}
	sources_stop(&r);
	sender_close(&r.sender);
	spool_close(r.sender.spool);
	if (is_broken)
		return fail(
			"the spool's disk is broken: stopping, so that nothing is promised that is not kept");
	if (!is_open)
		return fail(why);
	log_info("gateway: stopped");
	return 0;
}

int run_replay(const struct setting *s, const char *file, int64_t speed)
{
	struct running r;
	char why[640] = "";
	int64_t waiting = -1, progress_ms;
	bool is_open, is_broken = false, is_done = false;

	running_init(&r, s);
	r.sources = xcalloc(1, sizeof *r.sources);
	r.threads = xcalloc(1, sizeof *r.threads);
	source_add(&r, &source_replay, 0, "replay");
	r.sources[0].file = file;
	r.sources[0].speed = speed;
	is_open = sources_open(&r, why, sizeof why) && keeper_open(&r, why, sizeof why);
	if (is_open)
		sources_start(&r);
	progress_ms = clock_real_mono_ms();
	while (is_open && !is_stopped && !is_broken && !is_done) {
		int64_t left;

		is_broken = !sender_step(&r.sender, STEP_MS / 5);
		left = sender_n_waiting(&r.sender);
		if (left != waiting || atomic_load(&n_running) > 0)
			progress_ms = clock_real_mono_ms();
		waiting = left;
		is_done = atomic_load(&n_running) == 0 &&
			  (left == 0 || clock_real_mono_ms() - progress_ms > NO_PROGRESS_MS);
	}
	if (is_open)
		printf("heard %" PRId64 ", forwarded %" PRId64 ", repeats %" PRId64 ", others %" PRId64
		       ", bad %" PRId64 ", waiting %" PRId64 "\n",
		       r.sources[0].health.n_heard, r.sources[0].health.n_forwarded,
		       r.sources[0].health.n_repeats, r.sources[0].health.n_others, r.sources[0].health.n_bad,
		       waiting);
	sources_stop(&r);
	sender_close(&r.sender);
	spool_close(r.sender.spool);
	if (!is_open)
		return fail(why);
	if (is_broken || (waiting > 0 && !is_stopped))
		return fail(
			"the service has not acknowledged everything: it is kept, and the next run sends it");
	return 0;
}

/* --- Sniff --- */

static void print_report(void *context, const char *source, const struct uplink_report *r,
			 const char *verdict)
{
	char address[18], data[2 * UPLINK_MAX_DATA + 1];

	(void)context;
	flockfile(stdout);
	printf("%-12s ", source);
	if (r != NULL && r->kind == UPLINK_BLE) {
		address_format(r->u.ble.address, address);
		hex_encode(r->u.ble.data, r->u.ble.data_len, data);
		printf("%s %4d dBm %s%04x %s ", address, r->u.ble.rssi_dbm,
		       r->u.ble.is_company ? "company:" : "", r->u.ble.id, data);
	} else if (r != NULL && r->kind == UPLINK_METER) {
		printf("%s %" PRId64 " mW, in use %" PRId64 " s ", r->u.meter.name, r->u.meter.power_mw,
		       r->u.meter.active_s);
	}
	printf("→ %s\n", verdict);
	fflush(stdout);
	funlockfile(stdout);
}

/* Its own counters, in a folder that goes away: looking must not move what run keeps. */
static bool make_scratch(struct setting *s, char *why, size_t why_size)
{
	char dir[] = "/tmp/navette-sniff-XXXXXX";

	if (mkdtemp(dir) != NULL && str_copy(s->state_dir, sizeof s->state_dir, dir))
		return true;
	return explain(why, why_size, "cannot make a folder in /tmp: %s", strerror(errno));
}

static void remove_scratch(const struct setting *s)
{
	char path[SETTING_PATH_SIZE + UPLINK_NAME_SIZE + 16];

	for (size_t i = 0; i < s->n_meters; i++) {
		if (str_format(path, sizeof path, "%s/meter-%s.json", s->state_dir, s->meters[i].name))
			(void)unlink(path);
	}
	(void)rmdir(s->state_dir);
}

int run_sniff(const struct setting *s, const char *source)
{
	struct setting scratch = *s;
	struct running r;
	char why[640] = "";
	bool is_open;
	size_t n = 0;

	running_init(&r, &scratch);
	r.world.sink = (struct source_sink){.trace = print_report};
	if (!make_scratch(&scratch, why, sizeof why))
		return fail(why);
	sources_list(&r);
	for (size_t i = 0; i < r.n_sources; i++) {
		if (source == NULL || strcmp(r.sources[i].name, source) == 0)
			r.sources[n++] = r.sources[i];
	}
	r.n_sources = n;
	is_open = n > 0 && sources_open(&r, why, sizeof why);
	if (n == 0)
		explain(why, sizeof why,
			source != NULL ? "no source %s in the configuration"
				       : "no source in the configuration%s",
			source != NULL ? source : "");
	if (is_open)
		sources_start(&r);
	while (is_open && !is_stopped) /* not pause(): the signal may come between the look and the sleep */
		(void)poll(&(struct pollfd){.fd = stop_fd, .events = POLLIN}, 1, -1);
	sources_stop(&r);
	remove_scratch(&scratch);
	return is_open ? 0 : fail(why);
}
