/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One report after its bytes were opened and before anything is judged: plain values, made outside the writer
 * lock.
 */
#ifndef NAVETTE_OBSERVATION_H
#define NAVETTE_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory-service/domain/evidence/reading.h"

#define OBSERVATION_NO_EPOCH (-1) /* a source without epochs: one chain */

struct observation {
	bool is_meter;
	uint64_t address;     /* of a tag: six bytes in display order, big-endian; 0: no device is named */
	const char *meter;    /* name of a meter */
	enum verdict verdict; /* settled by the bytes alone (UNKNOWN, BAD_MIC …); 0: to be judged */
	bool is_authentic;    /* opened with the device's key; a meter's: the batch's mac */
	bool has_counter;     /* a frame counter that orders and forbids replay */
	bool has_epoch;
	bool has_use;  /* active_s */
	bool problem;  /* BTHome object 26 */
	bool is_ruuvi; /* manufacturer data of that company */
	int64_t counter;
	int64_t epoch;
	int64_t active_s;
	const char *state;   /* "active", "idle", "off"; NULL: not said */
	int64_t battery_pct; /* -1: not said, like the three below */
	int64_t voltage_mv;
	int64_t energy_wh;
	int64_t power_mw;  /* INT64_MIN: not said */
	char firmware[12]; /* "" : not said */
	int64_t rssi_dbm;  /* 0 for a meter */
	int64_t mono_ms;
	int64_t t_ms;        /* 0: none */
	int64_t heard_ms;    /* placed; filled in under the lock */
	const uint8_t *data; /* kept raw */
	size_t data_len;
};

#endif
