/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Devices: tags (ble, ruuvi, lorawan) and meters, and which item each reports for. Both are one table: what
 * counts hours is the same for both. In the API a device is a tag unless its kind is "meter".
 */
#ifndef NAVETTE_DEVICE_H
#define NAVETTE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/people/actor.h"
#include "inventory-service/secret.h"

enum device_kind { DEVICE_BLE, DEVICE_RUUVI, DEVICE_LORAWAN, DEVICE_METER };

struct device {
	int64_t id;
	int64_t version;
	enum device_kind kind;
	char address[17]; /* 12 hex digits (ble, ruuvi); "" for a meter */
	bool has_key;
	int64_t gateway_id; /* meter only */
	char name[65];      /* meter only */
	char label[81];
	int64_t item_id;          /* bound now; 0: none */
	char state[8];            /* unknown, off, idle, active: as last said */
	int64_t battery_pct;      /* -1: unknown */
	int64_t heard_ms;         /* 0: never */
	int64_t heard_gateway_id; /* the last that heard it; 0: never heard */
	int64_t rssi_dbm;         /* 0: not known */
	int64_t quarantined_ms;   /* 0: no */
	int64_t seen_place_id;    /* 0: nowhere yet */
	int64_t seen_since_ms;
	int64_t energy_wh; /* -1: not known */
	int64_t power_mw;  /* INT64_MIN: not known */
	int64_t place_id;  /* who may touch it: its item's home, else its gateway's place (meter); 0: no place
			    */
	int64_t hub_id;    /* that place's hub now; 0: none */
};

const char *device_kind_text(enum device_kind kind);
enum device_kind device_kind_of(const char *text); /* of a row */
extern const struct device device_nobodys;         /* what an unknown device says: nothing */
/* key: 16 bytes or NULL. ERR_TAG_EXISTS: the address is registered (a meter: the name in its gateway). */
MUST_CHECK enum err device_create(struct db *db, const struct secret *secret, const struct actor *who,
				  int64_t now_s, struct device *v, const uint8_t *key);
MUST_CHECK enum err device_find(struct db *db, int64_t id, struct device *out);
/* expected_version 0: any; else ERR_STALE. */
MUST_CHECK enum err device_label(struct db *db, const struct actor *who, int64_t now_s, int64_t id,
				 const char *label, int64_t expected_version);
/* Binds to the item from now on (device_id 0: unbinds the item's tag, or its meter). What the item and the
 * device were bound to before ends now. The first reading after a binding adds 0. ERR_NOT_FOUND: no such
 * item; ERR_REFERENCE: no such device of that sort; ERR_STATE: the item is retired. Binding what is bound
 * changes nothing. */
MUST_CHECK enum err device_bind(struct db *db, const struct actor *who, int64_t now_ms, int64_t item_id,
				bool is_meter, int64_t device_id);
/* A named person lets what was quarantined count: readings from now on. */
MUST_CHECK enum err device_release(struct db *db, const struct actor *who, int64_t now_s, int64_t id,
				   const char *reason);
/* A third-party tag's battery was changed: the next authenticated frame may start its counter anew. */
MUST_CHECK enum err device_counter_reset(struct db *db, const struct actor *who, int64_t now_s, int64_t id,
					 const char *reason);
struct query device_list(struct db *db, int64_t after_id, bool meters, int bound,
			 int64_t limit); /* bound: -1 all, 0, 1 */
bool device_next(struct query *q, struct device *out);

#endif
