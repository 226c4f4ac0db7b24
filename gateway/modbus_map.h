/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Where a kind of meter keeps its power and its energy (meters/<kind>.ini), and what its words mean. We
 * decode the words ourselves: a library's macro does not know which values cannot be.
 */
#ifndef NAVETTE_MODBUS_MAP_H
#define NAVETTE_MODBUS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODBUS_MAP_WORDS 2 /* float32 */

struct modbus_quantity {
	int64_t address; /* as carried in the frame, from 0 */
	bool is_lsw_first;
	int64_t scale;    /* value = word value × scale */
	int64_t milli;    /* of the unit we keep (mW, Wh): its factor */
	int64_t min, max; /* in the register's unit, after scale; outside: no value */
};

struct modbus_map {
	char name[64];
	int64_t function;              /* 3 or 4 */
	struct modbus_quantity power;  /* → mW */
	struct modbus_quantity energy; /* → Wh */
};

/* False: why is one line with file and line. */
bool modbus_map_load(const char *path, struct modbus_map *out, char *why, size_t why_size);
/* Finds "<kind>.ini": in folder where it is given, else beside the program or in its share folder. */
bool modbus_map_find(const char *folder, const char *kind, struct modbus_map *out, char *why,
		     size_t why_size);
/* False: NaN, infinite, or outside of what is plausible: no value, never 0. */
bool modbus_decode(const struct modbus_quantity *q, const uint16_t words[MODBUS_MAP_WORDS], int64_t *out);

#endif
