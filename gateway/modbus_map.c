/* SPDX-License-Identifier: EUPL-1.2 */
#include "gateway/modbus_map.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "common/daemon/conf.h"
#include "common/daemon/text.h"
#include "gateway/explain.h"

#define MAX_W 2000000 /* a meter's samples are 32 bits of mW */

struct texts {
	char type[12], word_order[12], unit[8];
};

/* Says what a quantity's words mean; NULL: all of them are known. */
static const char *understand(const struct texts *t, const char *kilo, struct modbus_quantity *q)
{
	if (strcmp(t->type, "float32") != 0)
		return "type is float32";
	q->is_lsw_first = strcmp(t->word_order, "lsw_first") == 0;
	if (!q->is_lsw_first && strcmp(t->word_order, "msw_first") != 0)
		return "word_order is msw_first or lsw_first";
	q->milli = 1000;
	if (strcmp(t->unit, kilo) == 0)
		return NULL;
	q->milli = 1;
	return strcmp(t->unit, strcmp(kilo, "W") == 0 ? "mW" : "Wh") == 0
		       ? NULL
		       : "unit is not known for that quantity";
}

bool modbus_map_load(const char *path, struct modbus_map *out, char *why, size_t why_size)
{
	struct modbus_map map = {.function = 4};
	struct texts power, energy;
	const char *fault;
#define TEXT(section, key, target, initial)                                       \
	{                                                                         \
		section, key, CONF_TEXT, target, sizeof target, 0, 0, initial, "" \
	}
#define INT(section, key, target, min, max)                           \
	{                                                             \
		section, key, CONF_INT, target, 0, min, max, NULL, "" \
	}
#define QUANTITY(section, q, t)                                                                       \
	INT(section, "address", &map.q.address, 0, 65534), TEXT(section, "type", t.type, NULL),       \
		TEXT(section, "word_order", t.word_order, NULL),                                      \
		INT(section, "scale", &map.q.scale, 1, 1000000), TEXT(section, "unit", t.unit, NULL), \
		INT(section, "min", &map.q.min, -1000000000, 1000000000),                             \
		INT(section, "max", &map.q.max, -1000000000, 1000000000)
	const struct conf_row rows[] = {TEXT("meter", "name", map.name, NULL),
					INT("meter", "function", &map.function, 3, 4),
					QUANTITY("power", power, power), QUANTITY("energy", energy, energy)};
	const struct conf_table table = {.rows = rows, .n_rows = sizeof rows / sizeof rows[0]};

	if (!conf_load(&table, path, why, why_size))
		return false;
	fault = map.power.max > MAX_W || map.power.min < -MAX_W ? "power: min and max are within 2 MW" : NULL;
	if (fault == NULL)
		fault = understand(&power, "W", &map.power);
	if (fault == NULL)
		fault = understand(&energy, "kWh", &map.energy);
	if (fault != NULL) {
		return explain(why, why_size, "%s: %s", path, fault);
	}
	*out = map;
	return true;
}

bool modbus_map_find(const char *folder, const char *kind, struct modbus_map *out, char *why, size_t why_size)
{
	static const char *const places[] = {"meters", "../share/navette-gateway/meters"};
	char exe[256], path[512];
	ssize_t len;

	if (folder[0] != '\0')
		return str_format(path, sizeof path, "%s/%s.ini", folder, kind) &&
		       modbus_map_load(path, out, why, why_size);
	len = readlink("/proc/self/exe", exe, sizeof exe - 1);
	exe[len > 0 ? len : 0] = '\0';
	if (strrchr(exe, '/') != NULL)
		*strrchr(exe, '/') = '\0';
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		if (str_format(path, sizeof path, "%s/%s/%s.ini", exe, places[i], kind) &&
		    access(path, R_OK) == 0)
			return modbus_map_load(path, out, why, why_size);
	}
	return explain(why, why_size, "no register map %s.ini: set [modbus] maps to the folder that has it",
		       kind);
}

bool modbus_decode(const struct modbus_quantity *q, const uint16_t words[MODBUS_MAP_WORDS], int64_t *out)
{
	uint32_t bits =
		q->is_lsw_first ? (uint32_t)words[1] << 16 | words[0] : (uint32_t)words[0] << 16 | words[1];
	float raw;
	double value;

	memcpy(&raw, &bits, sizeof raw);
	value = (double)raw * (double)q->scale;
	if (!isfinite(value) || value < (double)q->min || value > (double)q->max)
		return false;
	*out = llround(value * (double)q->milli);
	return true;
}
