/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The order of things is the promise: seal (fdatasync) → publish with its mac → keep until the service's ack.
 * What comes from the broker changes nothing before its mac was verified; cmd and cfg must also carry an n
 * above every one obeyed before, noted on disk before they are obeyed. The one exception is a cfg that a cmd
 * overtook: it is newer than the kept one, so it is taken; and the kept one, which every connection brings
 * again, is no replay.
 */
#include "gateway/sender.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/mac.h"
#include "common/daemon/text.h"
#include "gateway/cfg.h"
#include "gateway/explain.h"

#define STAT_PERIOD_MS 60000
#define ALERT_MS 1000 /* an alert is said within that time */
#define CLOCK_PERIOD_MS 60000
#define TICK_PERIOD_MS 1000
#define SEAL_AGAIN_MS 1000 /* after the disk refused */
#define UNANSWERED_MS 60000
#define RETRY_PUBLISH_MS 50 /* the client's buffer was full */

static bool make_topics(struct sender *s)
{
	const char *gw = s->enrolment.gateway;

	return uplink_topic_make(gw, "up", s->topic_up, sizeof s->topic_up) &&
	       uplink_topic_make(gw, "ack", s->topic_ack, sizeof s->topic_ack) &&
	       uplink_topic_make(gw, "cfg", s->topic_cfg, sizeof s->topic_cfg) &&
	       uplink_topic_make(gw, "cmd", s->topic_cmd, sizeof s->topic_cmd) &&
	       uplink_topic_make(gw, "status", s->topic_status, sizeof s->topic_status) &&
	       uplink_topic_make(gw, "stat", s->topic_stat, sizeof s->topic_stat);
}

/* --- Status --- */

static void status_encode(const struct sender *s, bool is_ready, int64_t session, struct json_out *o)
{
	struct uplink_status v = {.is_ready = is_ready,
				  .session = session,
				  .cfg = s->identity.cfg_n,
				  .version = NAVETTE_VERSION,
				  .boot = s->identity.boot,
				  .mono_ms = clock_mono_ms()};

	uplink_encode_status(o, &v);
}

/* Carries the mac, too: then the service may believe its mono_ms. */
static void status_publish(struct sender *s, bool is_ready)
{
	struct json_out o = {.len = 0};
	char mac[MAC_TEXT_SIZE];

	status_encode(s, is_ready, s->identity.session, &o);
	mac_compute(s->enrolment.mac_key, s->topic_status, o.bytes, o.len, mac);
	(void)mqtt_publish(s->mqtt, &(struct mqtt_outgoing){.topic = s->topic_status,
							    .payload = o.bytes,
							    .len = o.len,
							    .qos = 1,
							    .retained = true,
							    .mac = mac});
	json_out_free(&o);
}

bool sender_open(struct sender *s, char *why, size_t why_size)
{
	struct mqtt_setting m = {.url = s->enrolment.broker,
				 .ca_file = s->enrolment.ca,
				 .client_id = s->enrolment.client_id,
				 .username = s->enrolment.username,
				 .password = s->enrolment.password,
				 .queue_max = 256,
				 .queue_max_bytes = (size_t)256 * 1024};
	struct json_out will = {.len = 0};
	const char *fault = "a gateway name that cannot be";

	window_init(&s->window, spool_acked(s->spool), spool_span(s->spool).last > 0);
	s->sealed_ms = INT64_MIN / 2;
	atomic_store(&s->world->clock, health_clock(s->setting));
	if (make_topics(s)) {
		m.subscriptions[0] = s->topic_ack;
		m.subscriptions[1] = s->topic_cfg;
		m.subscriptions[2] = s->topic_cmd;
		status_encode(s, false, s->identity.session + 1, &will);
		m.will_topic = s->topic_status;
		m.will_payload = will.bytes;
		s->mqtt = mqtt_open(&m, &fault);
	}
	json_out_free(&will);
	if (s->mqtt == NULL)
		explain(why, why_size, "broker %s: %s", s->enrolment.broker, fault);
	return s->mqtt != NULL;
}

static void take_connected(struct sender *s, int64_t now_ms)
{
	struct json_out will = {.len = 0};

	s->identity.session++;
	(void)identity_save(&s->identity); /* a number used twice only blurs a list of connections */
	s->is_connected = true;
	s->answered_ms = now_ms;
	s->stat_due_ms = now_ms;
	window_connected(&s->window, now_ms);
	status_publish(s, true);
	status_encode(s, false, s->identity.session + 1, &will);
	mqtt_set_will(s->mqtt, will.bytes);
	json_out_free(&will);
	log_info("uplink: connected broker=%s session=%" PRId64 " waiting=%" PRId64, s->enrolment.broker,
		 s->identity.session, sender_n_waiting(s));
}

/* --- What the service says --- */

/* A batch that the service can never read: kept aside, where a person can look at it. */
static void park(struct sender *s, const struct uplink_refused *refused)
{
	char folder[SETTING_PATH_SIZE + 16], path[SETTING_PATH_SIZE + 64];
	struct record r;
	bool ok;

	s->n_refused++;
	ok = spool_read(s->spool, refused->seq, &r) &&
	     setting_path(s->setting, "parked", folder, sizeof folder) &&
	     (mkdir(folder, 0700) == 0 || errno == EEXIST) &&
	     str_format(path, sizeof path, "%s/%s-%" PRId64 ".json", folder, spool_epoch(s->spool),
			refused->seq) &&
	     file_write_durable(path, r.payload, r.payload_len, 0600);
	log_err("uplink: the service refused a batch: %s seq=%" PRId64 " %s%s", refused->code, refused->seq,
		ok ? "parked=" : "(it is no longer held)", ok ? path : "");
}

static enum spool_result take_ack(struct sender *s, const struct uplink_ack *ack, int64_t now_ms)
{
	int64_t last = spool_span(s->spool).last;
	enum spool_result result = SPOOL_OK;

	s->answered_ms = now_ms;
	if (s->is_unanswered)
		log_info("uplink: the service answers again");
	s->is_unanswered = false;
	window_greeted(&s->window, now_ms);
	if (strcmp(ack->epoch, spool_epoch(s->spool)) != 0)
		return SPOOL_OK; /* about an epoch that is over, or its word that it knows none */
	switch (window_acked(&s->window, now_ms, ack->seq, last)) {
	case WINDOW_PROGRESS:
		for (size_t i = 0; i < ack->n_refused; i++)
			park(s, &ack->refused[i]);
		spool_ack(s->spool, ack->seq);
		break;
	case WINDOW_IMPOSSIBLE:
		result = spool_renew(s->spool, "the service knows batches that are gone here");
		window_init(&s->window, spool_acked(s->spool), false);
		if (s->is_connected)
			window_connected(&s->window, now_ms);
		break;
	case WINDOW_REPEATED:
	case WINDOW_LOWER:
		break;
	}
	return result;
}

static void resend(struct sender *s, const char *epoch, int64_t from_seq, int64_t now_ms)
{
	struct window_spool span = spool_span(s->spool);

	if (strcmp(epoch, spool_epoch(s->spool)) != 0 || from_seq > span.last + 1) {
		log_warn("uplink: asked to send again what was never sealed here epoch=%s from_seq=%" PRId64,
			 epoch, from_seq);
		return;
	}
	log_info("uplink: the service asks to send again from_seq=%" PRId64 " oldest=%" PRId64, from_seq,
		 span.oldest);
	window_resend(&s->window, now_ms, from_seq);
	spool_ack(s->spool, from_seq - 1);
}

/* What is wrong with the broker is said at once, not with the next minute's figures. */
static void alert(struct sender *s)
{
	int64_t due_ms = clock_real_mono_ms() + ALERT_MS;

	if (s->stat_due_ms > due_ms)
		s->stat_due_ms = due_ms;
}

static bool is_new_n(struct sender *s, const char *what, int64_t n, int64_t last)
{
	if (n > last)
		return true;
	s->n_replayed++;
	alert(s);
	log_warn("uplink: %s refused: its n was there before n=%" PRId64 " last=%" PRId64, what, n, last);
	return false;
}

static void take_cmd(struct sender *s, const struct mqtt_message *msg, int64_t now_ms)
{
	struct json_doc *doc = json_parse(msg->payload, msg->len, JSON_LIMIT, NULL);
	struct json_in in = json_in(doc);
	char what[16] = "", epoch[UPLINK_EPOCH_SIZE] = "";
	int64_t n = 0, from_seq = 0,
		last = s->identity.cmd_n > s->identity.cfg_n ? s->identity.cmd_n : s->identity.cfg_n;
	bool ok;

	json_take_i64(&in, "n", 1, JSON_MAX_INT, &n);
	json_take_text(&in, "do", what, sizeof what);
	if (strcmp(what, "resend") == 0) {
		json_take_text(&in, "epoch", epoch, sizeof epoch);
		json_take_i64(&in, "from_seq", 1, JSON_MAX_INT, &from_seq);
	}
	ok = json_end_lax(&in) == JSON_OK;
	json_free(doc);
	if (!ok) {
		s->n_malformed++;
		log_warn("uplink: cmd refused: it cannot be read");
		return;
	}
	if (!is_new_n(s, "cmd", n, last))
		return;
	s->identity.cmd_n = n;
	if (!identity_save(&s->identity))
		return; /* obeyed without a note it could be replayed; the service asks again */
	if (strcmp(what, "resend") == 0)
		resend(s, epoch, from_seq, now_ms);
	else if (strcmp(what, "rescan") == 0)
		atomic_fetch_add(&s->world->rescan, 1);
	else if (strcmp(what, "identify") == 0)
		log_info("uplink: asked to identify itself: this is %s", s->enrolment.gateway);
	else
		log_warn("uplink: cmd not known here do=%s", what);
}

/* The n of the kept cfg counts as obeyed, whatever became of the file that notes it. True: it is that one. */
static bool is_kept(struct sender *s, const struct mqtt_message *msg)
{
	struct cfg_head head;
	size_t len = 0;
	char *kept = cfg_read(s->setting, &len);
	bool is_same = kept != NULL && len == msg->len && memcmp(kept, msg->payload, len) == 0;

	if (kept != NULL && cfg_decode(kept, len, &head) && head.n > s->identity.cfg_n)
		s->identity.cfg_n = head.n;
	free(kept);
	return is_same;
}

/* Kept first: its own n notes it. What could not be kept is not noted, so that the broker may bring it again.
 */
static void take_cfg(struct sender *s, const struct mqtt_message *msg)
{
	struct cfg_head head;

	if (!cfg_decode(msg->payload, msg->len, &head)) {
		s->n_malformed++;
		log_warn("uplink: cfg refused: it cannot be read");
		return;
	}
	if (is_kept(s, msg) || !is_new_n(s, "cfg", head.n, s->identity.cfg_n))
		return;
	if (!cfg_write(s->setting, msg->payload, msg->len)) {
		log_err("uplink: a cfg was not kept: %s n=%" PRId64, strerror(errno), head.n);
		return;
	}
	s->identity.cfg_n = head.n;
	(void)identity_save(&s->identity); /* it has logged why; the kept cfg says its n, too */
	atomic_fetch_add(&s->world->cfg, 1);
	log_info("uplink: new cfg n=%" PRId64 " version=%" PRId64, head.n, head.version);
	status_publish(s, true);
}

/* While a rotation runs the service speaks under the old key, and the broker holds its old cfg: until it was
 * heard under the present one, what does not verify is ignored and not called forged. */
static void refuse_mac(struct sender *s, const char *topic)
{
	if (!s->is_key_heard) {
		log_debug("uplink: not under the present key topic=%s", topic);
		return;
	}
	if (s->n_bad_mac++ == 0 || s->n_bad_mac % 1000 == 0)
		log_err("uplink: a message without the service's mac: somebody else writes on the broker"
			" topic=%s n=%" PRId64,
			topic, s->n_bad_mac);
	alert(s);
}

static bool take_message(struct sender *s, const struct mqtt_message *msg, int64_t now_ms)
{
	struct uplink_ack ack;

	if (!mac_verify(s->enrolment.mac_key, msg->topic, msg->payload, msg->len, msg->mac)) {
		refuse_mac(s, msg->topic);
		return true;
	}
	s->is_key_heard = true;
	if (strcmp(msg->topic, s->topic_ack) == 0) {
		if (uplink_decode_ack(msg->payload, msg->len, &ack))
			return take_ack(s, &ack, now_ms) != SPOOL_BROKEN;
		s->n_malformed++;
		log_warn("uplink: ack refused: it cannot be read");
	} else if (strcmp(msg->topic, s->topic_cmd) == 0) {
		take_cmd(s, msg, now_ms);
	} else if (strcmp(msg->topic, s->topic_cfg) == 0) {
		take_cfg(s, msg);
	}
	return true;
}

/* --- Sealing and sending --- */

static bool seal(struct sender *s, int64_t now_ms)
{
	int clock = atomic_load(&s->world->clock);
	struct spool_stamp stamp = {.boot = s->identity.boot,
				    .mono_ms = clock_mono_ms(),
				    .sent_ms = clock != UPLINK_CLOCK_NONE ? clock_now_ms() : 0,
				    .clock = (enum uplink_clock)clock};
	enum spool_result result = spool_seal(s->spool, &stamp);

	if (result == SPOOL_OK)
		s->sealed_ms = now_ms;
	s->seal_again_ms = result == SPOOL_FULL ? now_ms + SEAL_AGAIN_MS : 0;
	return result != SPOOL_BROKEN;
}

/* Seals what is due, and a batch that shows the oldest where the service waits for what is gone. */
static bool seal_due(struct sender *s, int64_t now_ms)
{
	struct window_gathered g = spool_gathered(s->spool);

	while (now_ms >= s->seal_again_ms && window_seal_ms(&g, s->sealed_ms) <= now_ms) {
		if (!seal(s, now_ms))
			return false;
		g = spool_gathered(s->spool);
	}
	if (s->window.acked + 1 < spool_span(s->spool).oldest && now_ms >= s->seal_again_ms &&
	    spool_shown_oldest(s->spool) < spool_span(s->spool).oldest)
		return seal(s, now_ms);
	return true;
}

/* False: the spool is broken. *is_held_back: the client took no more. */
static bool send_due(struct sender *s, int64_t now_ms, bool *is_held_back)
{
	struct window_spool span = spool_span(s->spool);
	char mac[MAC_TEXT_SIZE];
	struct record r;
	int64_t seq;

	while (s->is_connected && (seq = window_next(&s->window, now_ms, &span)) != 0) {
		if (!spool_read(s->spool, seq, &r)) {
			enum spool_result result =
				spool_renew(s->spool, "a sealed batch cannot be read back");

			window_init(&s->window, spool_acked(s->spool), false);
			window_connected(&s->window, now_ms);
			return result != SPOOL_BROKEN;
		}
		mac_compute(s->enrolment.mac_key, s->topic_up, r.payload, r.payload_len, mac);
		*is_held_back = !mqtt_publish(s->mqtt, &(struct mqtt_outgoing){.topic = s->topic_up,
									       .payload = r.payload,
									       .len = r.payload_len,
									       .qos = 1,
									       .mac = mac});
		if (*is_held_back)
			return true;
		if (s->window.acked + 1 < span.oldest)
			spool_announced(s->spool, seq);
		window_sent(&s->window, now_ms, seq, &span);
	}
	return true;
}

/* False: the spool is broken. */
static bool keep_spool(struct sender *s, int64_t now_ms)
{
	if (now_ms - s->ticked_ms < TICK_PERIOD_MS)
		return true;
	s->ticked_ms = now_ms;
	return spool_tick(s->spool, now_ms) != SPOOL_BROKEN;
}

static void keep_house(struct sender *s, int64_t now_ms)
{
	char path[SETTING_PATH_SIZE + 16];
	struct json_out o = {.len = 0};

	if (now_ms - s->clock_ms >= CLOCK_PERIOD_MS) {
		s->clock_ms = now_ms;
		atomic_store(&s->world->clock, health_clock(s->setting));
	}
	if (s->is_connected && !s->is_unanswered && sender_n_waiting(s) > 0 &&
	    now_ms - s->answered_ms > UNANSWERED_MS) {
		s->is_unanswered = true;
		log_warn("uplink: the service does not answer: keeping everything waiting=%" PRId64,
			 sender_n_waiting(s));
	}
	if (now_ms < s->stat_due_ms)
		return;
	s->stat_due_ms = now_ms + STAT_PERIOD_MS;
	health_stat(s, &o);
	if (!setting_path(s->setting, "stat.json", path, sizeof path) ||
	    !file_write_durable(path, o.bytes, o.len, 0600))
		log_debug("uplink: stat.json was not written"); /* it is for the command line only */
	(void)mqtt_publish(s->mqtt,
			   &(struct mqtt_outgoing){.topic = s->topic_stat, .payload = o.bytes, .len = o.len});
	json_out_free(&o);
}

static int wait_for(struct sender *s, int64_t now_ms, int wait_ms, bool is_held_back)
{
	struct window_gathered g = spool_gathered(s->spool);
	int64_t seal_ms = window_seal_ms(&g, s->sealed_ms), window_ms = window_wait_ms(&s->window, now_ms);

	if (seal_ms < s->seal_again_ms)
		seal_ms = s->seal_again_ms;
	if (seal_ms - now_ms < wait_ms)
		wait_ms = seal_ms > now_ms ? (int)(seal_ms - now_ms) : 0;
	if (s->is_connected && window_ms > 0 && window_ms < wait_ms)
		wait_ms = (int)window_ms;
	return is_held_back && wait_ms > RETRY_PUBLISH_MS ? RETRY_PUBLISH_MS : wait_ms;
}

bool sender_step(struct sender *s, int wait_ms)
{
	int64_t now_ms = clock_real_mono_ms();
	struct mqtt_message msg = {.payload = NULL};
	bool is_held_back = false, ok;

	keep_house(s, now_ms);
	if (!keep_spool(s, now_ms) || !seal_due(s, now_ms) || !send_due(s, now_ms, &is_held_back))
		return false;
	ok = true;
	switch (mqtt_take(s->mqtt, &msg, wait_for(s, now_ms, wait_ms, is_held_back))) {
	case MQTT_CONNECTED:
		take_connected(s, clock_real_mono_ms());
		break;
	case MQTT_LOST:
		if (s->is_connected)
			log_warn("uplink: the broker is away: keeping everything waiting=%" PRId64,
				 sender_n_waiting(s));
		s->is_connected = false;
		window_lost(&s->window);
		break;
	case MQTT_MESSAGE:
		ok = take_message(s, &msg, clock_real_mono_ms());
		break;
	case MQTT_NOTHING:
		break;
	}
	mqtt_message_free(&msg);
	return ok;
}

int64_t sender_n_waiting(struct sender *s)
{
	return spool_span(s->spool).last - spool_acked(s->spool) + (spool_gathered(s->spool).n_reports > 0);
}

void sender_reload(struct sender *s)
{
	struct enrolment fresh;
	char why[512];

	if (!identity_enrolment(s->setting, &fresh, why, sizeof why)) {
		log_err("uplink: the enrolment was not read again: %s", why);
		return;
	}
	if (strcmp(fresh.gateway, s->enrolment.gateway) != 0 ||
	    strcmp(fresh.broker, s->enrolment.broker) != 0) {
		log_err("uplink: another gateway or broker: restart for it to take effect gateway=%s",
			fresh.gateway);
		enrolment_wipe(&fresh);
		return;
	}
	s->is_key_heard &= memcmp(s->enrolment.mac_key, fresh.mac_key, sizeof fresh.mac_key) == 0;
	s->enrolment = fresh;
	enrolment_wipe(&fresh);
	mqtt_set_password(s->mqtt, s->enrolment.username, s->enrolment.password);
	log_info("uplink: new enrolment in use");
}

void sender_close(struct sender *s)
{
	bool is_held_back;

	if (s->mqtt == NULL)
		return;
	while (spool_gathered(s->spool).n_reports > 0 && seal(s, clock_real_mono_ms()) &&
	       s->seal_again_ms == 0)
		continue;
	(void)send_due(s, clock_real_mono_ms(), &is_held_back);
	if (s->is_connected)
		status_publish(s, false);
	mqtt_close(s->mqtt);
	s->mqtt = NULL;
	enrolment_wipe(&s->enrolment);
}
