/* SPDX-License-Identifier: EUPL-1.2 */
/* How this gateway is: the stat message (contract mqtt.md §2), also kept as stat.json for the command line.
 */
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "common/daemon/clock.h"
#include "common/daemon/json.h"
#include "gateway/sender.h"

/* The kernel says whether something keeps its time; behind a sandbox that hides adjtimex (ProtectClock), the
 * file that systemd-timesyncd touches does. */
static enum uplink_clock clock_of_kernel(void)
{
	struct timex t = {.modes = 0};
	int state = adjtimex(&t);

	if (state >= 0 && state != TIME_ERROR && (t.status & STA_UNSYNC) == 0)
		return UPLINK_CLOCK_NTP;
	if (access("/run/systemd/timesync/synchronized", F_OK) == 0)
		return UPLINK_CLOCK_NTP;
	return access("/dev/rtc0", F_OK) == 0 ? UPLINK_CLOCK_RTC : UPLINK_CLOCK_NONE;
}

enum uplink_clock health_clock(const struct setting *s)
{
	if (strcmp(s->clock_quality, "none") == 0)
		return UPLINK_CLOCK_NONE;
	if (strcmp(s->clock_quality, "rtc") == 0)
		return UPLINK_CLOCK_RTC;
	if (strcmp(s->clock_quality, "ntp") == 0)
		return UPLINK_CLOCK_NTP;
	if (strcmp(s->clock_quality, "gps") == 0)
		return UPLINK_CLOCK_GPS;
	return clock_of_kernel();
}

static void put_source(struct json_out *o, struct source *s)
{
	int64_t heard_ms = atomic_load(&s->health.heard_ms);

	json_open_object(o, NULL);
	json_put_text(o, "name", s->name);
	json_put_text(o, "kind", s->ops->kind);
	json_put_bool(o, "connected", atomic_load(&s->health.is_connected));
	json_put_bool(o, "deaf", atomic_load(&s->health.is_deaf));
	if (heard_ms > 0)
		json_put_i64(o, "age_s", (clock_real_mono_ms() - heard_ms) / 1000);
	else
		json_put_null(o, "age_s");
	json_put_i64(o, "heard", atomic_load(&s->health.n_heard));
	json_put_i64(o, "forwarded", atomic_load(&s->health.n_forwarded));
	json_put_i64(o, "repeats", atomic_load(&s->health.n_repeats));
	json_put_i64(o, "others", atomic_load(&s->health.n_others));
	json_put_i64(o, "bad", atomic_load(&s->health.n_bad));
	json_close_object(o);
}

static void put_spool(struct json_out *o, struct sender *s)
{
	struct spool_stat v;

	spool_stat(s->spool, &v);
	json_open_object(o, "spool");
	json_put_text(o, "epoch", v.epoch);
	json_put_i64(o, "depth", v.last - v.acked);
	if (v.unacked_mono_ms > 0 && v.unacked_boot == s->identity.boot)
		json_put_i64(o, "age_s", (clock_mono_ms() - v.unacked_mono_ms) / 1000);
	else
		json_put_null(o, "age_s"); /* empty, or older than this boot */
	json_put_i64(o, "oldest", v.oldest);
	json_put_i64(o, "acked", v.acked);
	json_put_i64(o, "last", v.last);
	json_put_i64(o, "bytes", v.bytes);
	json_put_bool(o, "full", v.is_full);
	json_put_i64(o, "dropped", v.n_dropped);
	json_put_i64(o, "evicted", v.n_evicted);
	json_put_i64(o, "not_kept", v.n_not_kept);
	json_put_i64(o, "damaged", v.n_damaged);
	json_close_object(o);
}

void health_stat(struct sender *s, struct json_out *o)
{
	static const char *const words[] = {"none", "rtc", "ntp", "gps"};

	json_open_object(o, NULL);
	json_open_array(o, "sources");
	for (size_t i = 0; i < s->n_sources; i++)
		put_source(o, &s->sources[i]);
	json_close_array(o);
	put_spool(o, s);
	json_put_text(o, "clock", words[atomic_load(&s->world->clock)]);
	json_open_object(o, "alerts");
	json_put_i64(o, "bad_mac", s->n_bad_mac);
	json_put_i64(o, "malformed", s->n_malformed);
	json_put_i64(o, "replayed", s->n_replayed);
	json_put_i64(o, "refused", s->n_refused);
	json_close_object(o);
	json_close_object(o);
}
