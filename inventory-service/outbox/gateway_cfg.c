/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/outbox/gateway_cfg.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/mac.h"
#include "common/daemon/uplink.h"
#include "inventory-service/feed.h"
#include "inventory-service/secret.h"

#define POLL_MS 2000
#define HASH 16u

/* One gateway's configuration as it was last published. */
struct told {
	int64_t gateway_id;
	uint8_t hash[HASH];
	struct told *next;
};

struct gateway_cfg {
	struct service *service;
	struct mqtt *mqtt;
	struct told *told;
	uint64_t generation;
	int64_t polled_real_ms;
	bool is_due;
};

/* The work of one gateway: read what it is to be told, take a number, publish outside the door. */
struct telling {
	struct gateway_cfg *cfg;
	int64_t gateway_id; /* after this one; then: this one; 0: no more */
	char gw[UPLINK_GATEWAY_SIZE];
	uint8_t mac_key[MAC_KEY_LEN];
	struct json_out meters;
	int64_t n;
};

struct gateway_cfg *gateway_cfg_open(struct service *s, struct mqtt *mqtt)
{
	struct gateway_cfg *c = xcalloc(1, sizeof *c);

	c->service = s;
	c->mqtt = mqtt;
	return c;
}

static void forget_told(struct gateway_cfg *c)
{
	while (c->told) {
		struct told *t = c->told;

		c->told = t->next;
		free(t);
	}
}

void gateway_cfg_close(struct gateway_cfg *c)
{
	if (!c)
		return;
	forget_told(c);
	free(c);
}

void gateway_cfg_connected(struct gateway_cfg *c)
{
	forget_told(c);
	c->is_due = true;
}

static struct told *told_of(struct gateway_cfg *c, int64_t gateway_id)
{
	struct told *t;

	for (t = c->told; t; t = t->next)
		if (t->gateway_id == gateway_id)
			return t;
	t = xcalloc(1, sizeof *t);
	t->gateway_id = gateway_id;
	t->next = c->told;
	c->told = t;
	return t;
}

static enum err next_gateway(struct db *db, struct telling *t)
{
	struct query q = db_query(db, "SELECT id, gw, coalesce(old_mac_key, mac_key) FROM gateway "
				      "WHERE id > $1 AND revoked_s IS NULL "
				      "ORDER BY id LIMIT 1");
	uint8_t sealed[SECRET_SEALED_LEN(MAC_KEY_LEN)];
	size_t len = 0;
	enum err err;

	put_i64(&q, t->gateway_id);
	t->gateway_id = 0;
	while (db_next(&q)) {
		t->gateway_id = get_i64(&q);
		get_text(&q, t->gw, sizeof t->gw);
		get_blob(&q, sealed, sizeof sealed, &len);
	}
	if ((err = db_end(&q)) || !t->gateway_id)
		return err;
	return secret_unseal(service_secret(t->cfg->service), "gateway.mac", sealed, len, t->mac_key,
			     MAC_KEY_LEN)
		       ? OK
		       : ERR_STORAGE;
}

static enum err read_meters(struct db *db, void *context)
{
	struct telling *t = context;
	struct query q;
	char name[UPLINK_NAME_SIZE];
	enum err err = next_gateway(db, t);

	if (err || !t->gateway_id)
		return err;
	json_out_reset(&t->meters);
	json_open_array(&t->meters, NULL);
	q = db_query(
		db,
		"SELECT d.name, m.off_mw, m.idle_mw, m.active_mw, m.on_delay_s, m.off_delay_s FROM device d "
		"JOIN binding b ON b.device_id = d.id AND b.until_ms IS NULL JOIN item i ON i.id = b.item_id "
		"JOIN model m ON m.id = i.model_id WHERE d.gateway_id = $1 ORDER BY d.name");
	put_i64(&q, t->gateway_id);
	while (db_next(&q)) {
		get_text(&q, name, sizeof name);
		json_open_object(&t->meters, NULL);
		json_put_text(&t->meters, "meter", name);
		json_open_object(&t->meters, "usage_profile");
		json_put_i64(&t->meters, "off_mw", get_i64(&q));
		json_put_i64(&t->meters, "idle_mw", get_i64(&q));
		json_put_i64(&t->meters, "active_mw", get_i64(&q));
		json_put_i64(&t->meters, "on_delay_s", get_i64(&q));
		json_put_i64(&t->meters, "off_delay_s", get_i64(&q));
		json_close_object(&t->meters);
		json_close_object(&t->meters);
	}
	json_close_array(&t->meters);
	return db_end(&q);
}

static enum err take_number(struct db *db, void *context)
{
	struct telling *t = context;

	return feeds_next_n(db, t->gateway_id, clock_now_s(), &t->n);
}

static bool publish(struct telling *t)
{
	struct json_out o = {0};
	char topic[MQTT_MAX_TOPIC], mac[MAC_TEXT_SIZE];
	struct mqtt_outgoing out = {.topic = topic, .qos = 1, .retained = true, .mac = mac};
	bool sent = false;

	json_open_object(&o, NULL);
	json_put_i64(&o, "n", t->n);
	json_put_i64(&o, "version", t->n);
	json_put_raw(&o, "meters", t->meters.bytes);
	json_close_object(&o);
	if (uplink_topic_make(t->gw, "cfg", topic, sizeof topic)) {
		mac_compute(t->mac_key, topic, o.bytes, o.len, mac);
		out.payload = o.bytes;
		out.len = o.len;
		sent = mqtt_publish(t->cfg->mqtt, &out);
	}
	json_out_free(&o);
	return sent;
}

/* False: something went wrong, try again at the next poll. */
static bool tell(struct telling *t)
{
	struct told *told = told_of(t->cfg, t->gateway_id);
	uint8_t hash[HASH];

	/* Under the key it is sealed with: when a rotation ends, the same content is to be said under the new
	 * one. */
	crypto_generichash(hash, sizeof hash, (const unsigned char *)t->meters.bytes, t->meters.len,
			   t->mac_key, sizeof t->mac_key);
	if (memcmp(hash, told->hash, sizeof hash) == 0)
		return true;
	if (service_write_apart(t->cfg->service, "mqtt", take_number, t) || !publish(t))
		return false;
	memcpy(told->hash, hash, sizeof hash);
	return true;
}

void gateway_cfg_poll(struct gateway_cfg *c)
{
	struct telling t = {.cfg = c};
	uint64_t generation = service_generation(c->service);
	int64_t real_ms = clock_real_mono_ms();
	bool complete = true;

	if (!mqtt_is_connected(c->mqtt) || real_ms - c->polled_real_ms < POLL_MS)
		return;
	if (!c->is_due && generation == c->generation)
		return;
	c->polled_real_ms = real_ms;
	do {
		if (service_read(c->service, read_meters, &t)) {
			complete = false;
			break;
		}
		if (t.gateway_id)
			complete &= tell(&t);
	} while (t.gateway_id);
	c->is_due = !complete;
	c->generation = generation;
	json_out_free(&t.meters);
	sodium_memzero(t.mac_key, sizeof t.mac_key);
}
