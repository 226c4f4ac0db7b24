/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a gateway and the service say to each other: topics and JSON of contract mqtt.md §2 and §3, encoding
 * and decoding side by side. Integers only (but snr), hex in lower case, unknown names ignored.
 */
#ifndef NAVETTE_DAEMON_UPLINK_H
#define NAVETTE_DAEMON_UPLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/daemon/json.h"

#define UPLINK_MAX_REPORTS 200
#define UPLINK_MAX_BYTES ((size_t)48 * 1024)
#define UPLINK_GATEWAY_SIZE 33 /* [a-z0-9-]{1,32} and a NUL */
#define UPLINK_EPOCH_SIZE 17   /* 16 hex digits and a NUL */
#define UPLINK_NAME_SIZE 65    /* a meter's name */
#define UPLINK_MAX_DATA 255

enum uplink_kind { UPLINK_BLE, UPLINK_LORA, UPLINK_LORAWAN, UPLINK_METER, UPLINK_BAD };
enum uplink_clock { UPLINK_CLOCK_NONE, UPLINK_CLOCK_RTC, UPLINK_CLOCK_NTP, UPLINK_CLOCK_GPS };
enum uplink_meter_state { UPLINK_METER_UNKNOWN, UPLINK_METER_OFF, UPLINK_METER_IDLE, UPLINK_METER_ACTIVE };

struct uplink_ble {
	uint8_t address[6]; /* display order */
	int8_t rssi_dbm;
	bool is_company;    /* id is a company identifier, else a 16-bit service UUID */
	uint16_t id;
	uint8_t data[UPLINK_MAX_DATA];
	uint8_t data_len;
};

struct uplink_meter {
	char name[UPLINK_NAME_SIZE];
	int64_t counter_epoch;
	int64_t active_s;
	int64_t on_s;       /* the optional ones: -1 where unknown */
	int64_t energy_wh;
	int64_t power_mw;   /* INT64_MIN where unknown */
	enum uplink_meter_state state;
	int64_t since_s;
};

struct uplink_report {
	enum uplink_kind kind;
	int64_t mono_ms;
	int64_t t_ms;       /* 0: none */
	union {
		struct uplink_ble ble;
		struct uplink_meter meter;
		/* UPLINK_LORA and UPLINK_LORAWAN are kept raw until their issue; like BAD: */
		struct {
			char code[24]; /* "report.kind", "report.field", "report.hex" … */
			char raw[512]; /* the report printed back, cut */
		} bad;
	} u;
};

struct uplink_batch {
	char epoch[UPLINK_EPOCH_SIZE];
	int64_t seq;    /* from 1 */
	int64_t oldest; /* ≤ seq */
	int64_t sent_ms; /* 0: none */
	int64_t boot;
	int64_t mono_ms;
	enum uplink_clock clock;
	int64_t dropped; /* reports a full spool took out of this batch */
	size_t n_reports;
	struct uplink_report reports[UPLINK_MAX_REPORTS]; /* BAD ones included, in their places */
};

/* The envelope is unreadable (false, *code is static: "batch.malformed", "batch.field",
 * "batch.too_large"), or the batch is out, with each unreadable report in its place as UPLINK_BAD.
 * payload needs no NUL. epoch, seq and oldest are required, boot and mono_ms are where reports is not
 * empty. Where the code is "batch.too_large" and seq could be read it is set. */
bool uplink_decode_batch(const char *payload, size_t len, struct uplink_batch *out, const char **code);
/* One report as it stands in "reports"; appended to o (an array is open). */
void uplink_put_report(struct json_out *o, const struct uplink_report *r);
/* The envelope around reports that were put one by one: "reports" is the joined JSON of n reports,
 * without brackets. Writes the whole batch into o (reset first). */
void uplink_encode_batch(struct json_out *o, const struct uplink_batch *envelope, const char *reports);

struct uplink_refused {
	int64_t seq;
	char code[32];
};
struct uplink_ack {
	char epoch[UPLINK_EPOCH_SIZE];
	int64_t seq; /* cumulative: every batch up to it is done with; 0 for an unknown epoch */
	size_t n_refused;
	struct uplink_refused refused[16];
};
bool uplink_decode_ack(const char *payload, size_t len, struct uplink_ack *out);
void uplink_encode_ack(struct json_out *o, const struct uplink_ack *ack);

struct uplink_status {
	bool is_ready; /* else lost */
	int64_t session;
	int64_t cfg;
	char version[24];
	/* boot 0: not said. Both: the gateway's clock at this connection, so that a long spool is placed
	 * right from its first batch on. They hold only in a live (not retained) message. */
	int64_t boot;
	int64_t mono_ms;
};
bool uplink_decode_status(const char *payload, size_t len, struct uplink_status *out);
void uplink_encode_status(struct json_out *o, const struct uplink_status *status);

/* "navette/v1/gw/<gw>/<leaf>". make: false where gw is no gateway name. parse: false for any other topic. */
bool uplink_topic_make(const char *gateway, const char *leaf, char *out, size_t size);
bool uplink_topic_parse(const char *topic, char gateway[UPLINK_GATEWAY_SIZE], const char **leaf);
bool uplink_gateway_valid(const char *name);
bool uplink_epoch_valid(const char *epoch);

#endif
