/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A binary heap holds the tags by the time of their next event; thousands of tags cost what happens, not what
 * waits. With a state folder a tag's flash is a shared mapping of its file: what the firmware wrote survives
 * a kill, like real flash survives the loss of power.
 */
#include "firmware/boards/host/world.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "firmware/boards/host/host_board.h"
#include "firmware/core/tag.h"

#define EVENTS_PER_RUN 5000
#define ACTIVE_MW 30000
#define IDLE_MW 2000
#define SAMPLE_MS 300000 /* the board wakes the tag at each change; this only bounds a sleep */
#define BATTERY_MV 2950

struct actor {
	struct board board;
	struct tag tag;
	const struct script_tag *script;
	struct world *world;
	char name[18];
	int64_t wake_ms;    /* what the tag asked for */
	int64_t change_ms;  /* when its machine changes */
	int64_t started_ms; /* of the span of use that is open; -1: none */
	uint32_t told_counter;
	bool has_told;
};

struct world {
	struct world_settings settings;
	struct actor *actors;
	struct actor **heap;
	size_t n;
	size_t turn;
	int lock_fd;     /* of the state folder; -1: none */
	bool is_certain; /* while the last readings go out */
};

/* ---- the heap ---- */

static int64_t due_ms(const struct actor *a)
{
	return a->wake_ms < a->change_ms ? a->wake_ms : a->change_ms;
}

static void sift_down(struct world *w, size_t i)
{
	for (;;) {
		size_t least = i;

		struct actor *a = w->heap[i];

		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < w->n; child++)
			if (due_ms(w->heap[child]) < due_ms(w->heap[least]))
				least = child;
		if (least == i)
			return;
		w->heap[i] = w->heap[least];
		w->heap[least] = a;
		i = least;
	}
}

static void heapify(struct world *w)
{
	for (size_t i = w->n / 2; i > 0; i--)
		sift_down(w, i - 1);
}

/* ---- opening ---- */

static void on_air(void *owner, const uint8_t address[6], const uint8_t *ad, uint8_t len)
{
	const struct actor *a = owner;
	struct radio_report report = {.rssi_dbm = a->script->rssi_dbm,
				      .listeners = a->script->listeners,
				      .is_certain = a->world->is_certain,
				      .ad = ad,
				      .ad_len = len};

	memcpy(report.address, address, sizeof report.address);
	radio_send(a->world->settings.radio, &report);
}

/* A shared mapping of DIR/ADDR.flash, made and erased where it is new; NULL: logged why. */
static uint8_t *map_flash(const char *dir, const uint8_t address[6])
{
	char path[4096];
	void *flash = MAP_FAILED;
	struct stat st;
	int fd;

	if (!str_format(path, sizeof path, "%s/%02x%02x%02x%02x%02x%02x.flash", dir, address[0], address[1],
			address[2], address[3], address[4], address[5])) {
		log_err("tag-sim: cannot keep state: the path is too long dir=%s", dir);
		return NULL;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && fstat(fd, &st) == 0 && ftruncate(fd, HOST_FLASH_LEN) == 0)
		flash = mmap(NULL, HOST_FLASH_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (flash == MAP_FAILED)
		log_err("tag-sim: cannot keep state: %s path=%s", strerror(errno), path);
	else if (st.st_size < (off_t)HOST_FLASH_LEN)
		memset(flash, 0xff, HOST_FLASH_LEN);
	if (fd >= 0)
		close(fd);
	return flash == MAP_FAILED ? NULL : flash;
}

static uint8_t *new_flash(void)
{
	uint8_t *flash = xcalloc(1, HOST_FLASH_LEN);

	memset(flash, 0xff, HOST_FLASH_LEN);
	return flash;
}

static struct tag_settings settings_of(const struct world *w, const struct script_tag *t)
{
	uint32_t heartbeat_s = w->settings.is_driven ? 0 : (uint32_t)t->heartbeat_s;
	struct tag_settings s = {
		/* No debouncing: the simulated sensor does not bounce, each second of the script counts. */
		.profile = {.on_mw = IDLE_MW, .active_mw = ACTIVE_MW, .max_gap_ms = 2 * SAMPLE_MS},
		.duty = {.active_report_s = heartbeat_s,
			 .idle_report_s = heartbeat_s,
			 .repeat_ms = 500,
			 .n_repeats = 2},
		.sample_ms = SAMPLE_MS,
	};

	(void)sscanf(NAVETTE_VERSION, "%hhu.%hhu.%hhu", &s.firmware[0], &s.firmware[1], &s.firmware[2]);
	return s;
}

/* The maker's bench, at the first start or when the script says another key; then power-up. */
static bool power_up(struct actor *a, const struct tag_settings *settings)
{
	struct nvt_aes128 aes;
	bool is_known;

	nvt_aes128_init(&aes, a->script->key);
	is_known = tag_start(&a->tag, &a->board, settings) &&
		   !memcmp(a->tag.identity.address, a->script->address, 6) &&
		   !memcmp(&a->tag.identity.aes, &aes, sizeof aes);
	nvt_aes128_fini(&aes);
	return is_known || (identity_store(&a->board, a->script->address, a->script->key) &&
			    tag_start(&a->tag, &a->board, settings));
}

static bool open_actor(struct world *w, struct actor *a, const struct script_tag *t)
{
	const char *dir = w->settings.state_dir;
	const struct tag_settings settings = settings_of(w, t);

	a->script = t;
	a->world = w;
	a->started_ms = -1;
	address_format(t->address, a->name);
	a->board = (struct board){
		.now_ms = w->settings.start_ms, .battery_mv = BATTERY_MV, .radio = on_air, .owner = a};
	a->board.flash = dir ? map_flash(dir, t->address) : new_flash();
	if (!a->board.flash)
		return false;
	if (!power_up(a, &settings)) {
		log_err("tag-sim: a tag does not start: its flash keeps nothing tag=%s", a->name);
		return false;
	}
	a->wake_ms = a->change_ms = w->settings.start_ms;
	return true;
}

static void free_world(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct actor *a = &w->actors[i];

		nvt_aes128_fini(&a->tag.identity.aes);
		if (a->board.flash && w->settings.state_dir)
			munmap(a->board.flash, HOST_FLASH_LEN);
		else
			free(a->board.flash);
	}
	if (w->lock_fd >= 0)
		close(w->lock_fd);
	free(w->actors);
	free(w->heap);
	free(w);
}

/* One simulator at a time, or counters would be used twice. */
static bool lock_state(struct world *w)
{
	const char *dir = w->settings.state_dir;

	if (mkdir(dir, 0700) && errno != EEXIST) {
		log_err("tag-sim: cannot keep state: %s dir=%s", strerror(errno), dir);
		return false;
	}
	w->lock_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->lock_fd < 0 || flock(w->lock_fd, LOCK_EX | LOCK_NB)) {
		log_err("tag-sim: cannot keep state: %s dir=%s",
			errno == EWOULDBLOCK ? "another simulator uses it" : strerror(errno), dir);
		return false;
	}
	return true;
}

struct world *world_open(const struct world_settings *settings)
{
	struct world *w = xcalloc(1, sizeof *w);

	w->settings = *settings;
	w->n = settings->script->n_tags;
	w->actors = xcalloc(w->n, sizeof *w->actors);
	w->heap = xcalloc(w->n, sizeof(struct actor *));
	w->lock_fd = -1;
	if (settings->state_dir && !lock_state(w)) {
		free_world(w);
		return NULL;
	}
	for (size_t i = 0; i < w->n; i++) {
		w->heap[i] = &w->actors[i];
		if (!open_actor(w, &w->actors[i], &settings->script->tags[i])) {
			free_world(w);
			return NULL;
		}
	}
	return w;
}

/* ---- running ---- */

static void tell_use(struct actor *a, int64_t end_ms)
{
	FILE *truth = a->world->settings.truth;

	if (truth && end_ms > a->started_ms)
		fprintf(truth, "use,%s,%" PRId64 ",%" PRId64 "\n", a->name, a->started_ms, end_ms);
	a->started_ms = -1;
}

/* Time 0 of the script; one that is still to come would make times negative. */
static int64_t zero_ms_of(const struct world *w)
{
	int64_t named_ms = w->settings.script->zero_ms, start_ms = w->settings.start_ms;

	return named_ms && named_ms < start_ms ? named_ms : start_ms;
}

/* The machine's power at now_ms, on the board and in the truth. */
static void turn_machine(struct actor *a, int64_t now_ms)
{
	const int64_t zero_ms = zero_ms_of(a->world), t_ms = now_ms - zero_ms;
	const int64_t next_ms = script_next_ms(a->script, t_ms);

	a->board.power_mw = script_power_mw(a->script, t_ms);
	a->change_ms = next_ms == INT64_MAX ? INT64_MAX : zero_ms + next_ms;
	if (a->board.power_mw >= ACTIVE_MW && a->started_ms < 0)
		a->started_ms = now_ms;
	else if (a->board.power_mw < ACTIVE_MW && a->started_ms >= 0)
		tell_use(a, now_ms);
}

int64_t world_run(struct world *w, int64_t now_ms)
{
	for (int i = 0; i < EVENTS_PER_RUN && w->n && due_ms(w->heap[0]) <= now_ms; i++) {
		struct actor *a = w->heap[0];

		a->board.now_ms = due_ms(a);
		if (a->change_ms <= a->board.now_ms)
			turn_machine(a, a->board.now_ms);
		a->wake_ms = tag_step(&a->tag);
		sift_down(w, 0);
	}
	return w->n ? due_ms(w->heap[0]) : INT64_MAX;
}

size_t world_report(struct world *w, int64_t now_ms, size_t n)
{
	size_t n_reported = 0;

	for (size_t looked = 0; looked < w->n && n_reported < n; looked++) {
		struct actor *a = &w->actors[w->turn++ % w->n];

		if (!radio_is_heard(w->settings.radio, a->script->listeners))
			continue;
		a->board.now_ms = now_ms > a->board.now_ms ? now_ms : a->board.now_ms;
		a->wake_ms = tag_report(&a->tag);
		n_reported++;
	}
	heapify(w);
	return n_reported;
}

void world_tell(struct world *w, int64_t now_ms)
{
	if (!w->settings.truth)
		return;
	for (size_t i = 0; i < w->n; i++) {
		struct actor *a = &w->actors[i];
		const struct tag_sent *sent = &a->tag.sent;

		if (!sent->is_set || (a->has_told && sent->counter == a->told_counter))
			continue;
		fprintf(w->settings.truth, "total,%s,%u,%" PRIu32 ",%" PRIu32 ",%" PRId64 "\n", a->name,
			a->tag.journal.epoch, sent->active_s, sent->counter, now_ms);
		a->has_told = true;
		a->told_counter = sent->counter;
	}
	fflush(w->settings.truth);
}

void world_close(struct world *w, int64_t now_ms)
{
	if (!w)
		return;
	while (world_run(w, now_ms) <= now_ms)
		;
	w->is_certain = true;
	for (size_t i = 0; i < w->n; i++) {
		struct actor *a = &w->actors[i];

		a->board.now_ms = now_ms > a->board.now_ms ? now_ms : a->board.now_ms;
		if (a->started_ms >= 0)
			tell_use(a, a->board.now_ms);
		if (radio_is_heard(w->settings.radio, a->script->listeners))
			(void)tag_report(&a->tag);
		else
			(void)tag_step(&a->tag);
		if (!tag_save(&a->tag))
			log_warn("tag-sim: the last seconds are not saved: the flash fails tag=%s", a->name);
	}
	world_tell(w, now_ms);
	free_world(w);
}
