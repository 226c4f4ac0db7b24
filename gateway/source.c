/* SPDX-License-Identifier: EUPL-1.2 */
#include "gateway/source.h"

#include <poll.h>
#include <string.h>

#include "common/daemon/clock.h"
#include "gateway/hci.h"
#include "gateway/sieve.h"

void source_stamp(struct source *s, struct uplink_report *r)
{
	int clock = atomic_load(&s->world->clock);

	r->mono_ms = clock_mono_ms();
	r->t_ms = clock == UPLINK_CLOCK_NTP || clock == UPLINK_CLOCK_GPS ? clock_now_ms() : 0;
}

bool source_is_stopping(const struct source *s)
{
	struct pollfd p = {.fd = s->world->stop_fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

bool source_wait(struct source *s, int64_t ms)
{
	struct pollfd p = {.fd = s->world->stop_fd, .events = POLLIN};

	return poll(&p, 1, ms > 3600000 ? 3600000 : (int)ms) > 0;
}

static void hear(struct source *s, struct sieve *sieve, const struct hci_advert *advert)
{
	struct uplink_report r = {.kind = UPLINK_BLE};
	const struct source_sink *sink = &s->world->sink;
	enum sieve_verdict verdict;
	static const char *const words[] = {"forwarded", "not on the allow-list", "repeat"};

	source_stamp(s, &r);
	verdict = sieve_judge(sieve, r.mono_ms, advert);
	memcpy(r.u.ble.address, advert->address, sizeof r.u.ble.address);
	r.u.ble.rssi_dbm = advert->rssi_dbm;
	r.u.ble.is_company = advert->is_company;
	r.u.ble.id = advert->id;
	r.u.ble.data_len = advert->len;
	if (advert->len > 0)
		memcpy(r.u.ble.data, advert->data, advert->len);
	if (sink->trace != NULL)
		sink->trace(sink->context, s->name, &r, words[verdict]);
	switch (verdict) {
	case SIEVE_PASS:
		atomic_fetch_add(&s->health.n_forwarded, 1);
		if (sink->report != NULL)
			sink->report(sink->context, &r, false);
		break;
	case SIEVE_NOT_LISTED:
		atomic_fetch_add(&s->health.n_others, 1);
		break;
	case SIEVE_REPEAT:
		atomic_fetch_add(&s->health.n_repeats, 1);
		break;
	}
}

unsigned source_hear_packet(struct source *s, struct sieve *sieve, const uint8_t *packet, size_t len)
{
	struct hci_walk w = hci_walk(packet, len);
	struct hci_advert advert;

	while (hci_walk_next(&w, &advert))
		hear(s, sieve, &advert);
	atomic_fetch_add(&s->health.n_heard, w.n_adverts);
	if (w.n_bad > 0) {
		atomic_fetch_add(&s->health.n_bad, w.n_bad);
		if (s->world->sink.trace != NULL)
			s->world->sink.trace(s->world->sink.context, s->name, NULL,
					     "malformed advertisement");
	}
	if (w.n_adverts > 0)
		atomic_store(&s->health.heard_ms, clock_real_mono_ms());
	return w.n_adverts;
}
