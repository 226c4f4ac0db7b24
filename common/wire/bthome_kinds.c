/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The objects of BTHome v2 (https://bthome.io/format/), found by their id: 00 … 64 and F0 … F2; the holes
 * have length 0. Where the text and deployed receivers differ, the receivers (precipitation 0x5F: 0.1 mm).
 * Firmware versions (F1, F2) are bytes, most significant last, and have no factor.
 */
#include "common/wire/bthome.h"

#define SENSOR NVT_BTHOME_SENSOR
#define BINARY NVT_BTHOME_BINARY
#define EVENT NVT_BTHOME_EVENT
#define TEXT NVT_BTHOME_TEXT
#define RAW NVT_BTHOME_RAW
#define ABOUT NVT_BTHOME_ABOUT
#define N(table) (sizeof(table) / sizeof((table)[0]))

/* id, class, length, signed, exponent, factor, name, unit */
static const struct nvt_bthome_kind low[] = {
	[0x00] = {0x00, SENSOR, 1, false, 0, 1, "packet_id", ""},
	[0x01] = {0x01, SENSOR, 1, false, 0, 1, "battery", "%"},
	[0x02] = {0x02, SENSOR, 2, true, -2, 1, "temperature", "°C"},
	[0x03] = {0x03, SENSOR, 2, false, -2, 1, "humidity", "%"},
	[0x04] = {0x04, SENSOR, 3, false, -2, 1, "pressure", "hPa"},
	[0x05] = {0x05, SENSOR, 3, false, -2, 1, "illuminance", "lux"},
	[0x06] = {0x06, SENSOR, 2, false, -2, 1, "mass", "kg"},
	[0x07] = {0x07, SENSOR, 2, false, -2, 1, "mass", "lb"},
	[0x08] = {0x08, SENSOR, 2, true, -2, 1, "dew_point", "°C"},
	[0x09] = {0x09, SENSOR, 1, false, 0, 1, "count", ""},
	[0x0a] = {0x0a, SENSOR, 3, false, -3, 1, "energy", "kWh"},
	[0x0b] = {0x0b, SENSOR, 3, false, -2, 1, "power", "W"},
	[0x0c] = {0x0c, SENSOR, 2, false, -3, 1, "voltage", "V"},
	[0x0d] = {0x0d, SENSOR, 2, false, 0, 1, "pm25", "ug/m3"},
	[0x0e] = {0x0e, SENSOR, 2, false, 0, 1, "pm10", "ug/m3"},
	[0x0f] = {0x0f, BINARY, 1, false, 0, 1, "generic", ""},
	[0x10] = {0x10, BINARY, 1, false, 0, 1, "power", ""},
	[0x11] = {0x11, BINARY, 1, false, 0, 1, "opening", ""},
	[0x12] = {0x12, SENSOR, 2, false, 0, 1, "carbon_dioxide", "ppm"},
	[0x13] = {0x13, SENSOR, 2, false, 0, 1, "volatile_organic_compounds", "ug/m3"},
	[0x14] = {0x14, SENSOR, 2, false, -2, 1, "moisture", "%"},
	[0x15] = {0x15, BINARY, 1, false, 0, 1, "battery", ""},
	[0x16] = {0x16, BINARY, 1, false, 0, 1, "battery_charging", ""},
	[0x17] = {0x17, BINARY, 1, false, 0, 1, "carbon_monoxide", ""},
	[0x18] = {0x18, BINARY, 1, false, 0, 1, "cold", ""},
	[0x19] = {0x19, BINARY, 1, false, 0, 1, "connectivity", ""},
	[0x1a] = {0x1a, BINARY, 1, false, 0, 1, "door", ""},
	[0x1b] = {0x1b, BINARY, 1, false, 0, 1, "garage_door", ""},
	[0x1c] = {0x1c, BINARY, 1, false, 0, 1, "gas", ""},
	[0x1d] = {0x1d, BINARY, 1, false, 0, 1, "heat", ""},
	[0x1e] = {0x1e, BINARY, 1, false, 0, 1, "light", ""},
	[0x1f] = {0x1f, BINARY, 1, false, 0, 1, "lock", ""},
	[0x20] = {0x20, BINARY, 1, false, 0, 1, "moisture", ""},
	[0x21] = {0x21, BINARY, 1, false, 0, 1, "motion", ""},
	[0x22] = {0x22, BINARY, 1, false, 0, 1, "moving", ""},
	[0x23] = {0x23, BINARY, 1, false, 0, 1, "occupancy", ""},
	[0x24] = {0x24, BINARY, 1, false, 0, 1, "plug", ""},
	[0x25] = {0x25, BINARY, 1, false, 0, 1, "presence", ""},
	[0x26] = {0x26, BINARY, 1, false, 0, 1, "problem", ""},
	[0x27] = {0x27, BINARY, 1, false, 0, 1, "running", ""},
	[0x28] = {0x28, BINARY, 1, false, 0, 1, "safety", ""},
	[0x29] = {0x29, BINARY, 1, false, 0, 1, "smoke", ""},
	[0x2a] = {0x2a, BINARY, 1, false, 0, 1, "sound", ""},
	[0x2b] = {0x2b, BINARY, 1, false, 0, 1, "tamper", ""},
	[0x2c] = {0x2c, BINARY, 1, false, 0, 1, "vibration", ""},
	[0x2d] = {0x2d, BINARY, 1, false, 0, 1, "window", ""},
	[0x2e] = {0x2e, SENSOR, 1, false, 0, 1, "humidity", "%"},
	[0x2f] = {0x2f, SENSOR, 1, false, 0, 1, "moisture", "%"},
	[0x3a] = {0x3a, EVENT, 1, false, 0, 1, "button", ""},
	[0x3c] = {0x3c, EVENT, 2, false, 0, 1, "dimmer", ""},
	[0x3d] = {0x3d, SENSOR, 2, false, 0, 1, "count", ""},
	[0x3e] = {0x3e, SENSOR, 4, false, 0, 1, "count", ""},
	[0x3f] = {0x3f, SENSOR, 2, true, -1, 1, "rotation", "°"},
	[0x40] = {0x40, SENSOR, 2, false, 0, 1, "distance", "mm"},
	[0x41] = {0x41, SENSOR, 2, false, -1, 1, "distance", "m"},
	[0x42] = {0x42, SENSOR, 3, false, -3, 1, "duration", "s"},
	[0x43] = {0x43, SENSOR, 2, false, -3, 1, "current", "A"},
	[0x44] = {0x44, SENSOR, 2, false, -2, 1, "speed", "m/s"},
	[0x45] = {0x45, SENSOR, 2, true, -1, 1, "temperature", "°C"},
	[0x46] = {0x46, SENSOR, 1, false, -1, 1, "uv_index", ""},
	[0x47] = {0x47, SENSOR, 2, false, -1, 1, "volume", "L"},
	[0x48] = {0x48, SENSOR, 2, false, 0, 1, "volume", "mL"},
	[0x49] = {0x49, SENSOR, 2, false, -3, 1, "volume_flow_rate", "m3/h"},
	[0x4a] = {0x4a, SENSOR, 2, false, -1, 1, "voltage", "V"},
	[0x4b] = {0x4b, SENSOR, 3, false, -3, 1, "gas", "m3"},
	[0x4c] = {0x4c, SENSOR, 4, false, -3, 1, "gas", "m3"},
	[0x4d] = {0x4d, SENSOR, 4, false, -3, 1, "energy", "kWh"},
	[0x4e] = {0x4e, SENSOR, 4, false, -3, 1, "volume", "L"},
	[0x4f] = {0x4f, SENSOR, 4, false, -3, 1, "water", "L"},
	[0x50] = {0x50, SENSOR, 4, false, 0, 1, "timestamp", "s"},
	[0x51] = {0x51, SENSOR, 2, false, -3, 1, "acceleration", "m/s²"},
	[0x52] = {0x52, SENSOR, 2, false, -3, 1, "gyroscope", "°/s"},
	[0x53] = {0x53, TEXT, -1, false, 0, 1, "text", ""},
	[0x54] = {0x54, RAW, -1, false, 0, 1, "raw", ""},
	[0x55] = {0x55, SENSOR, 4, false, -3, 1, "volume_storage", "L"},
	[0x56] = {0x56, SENSOR, 2, false, 0, 1, "conductivity", "µS/cm"},
	[0x57] = {0x57, SENSOR, 1, true, 0, 1, "temperature", "°C"},
	[0x58] = {0x58, SENSOR, 1, true, -2, 35, "temperature", "°C"},
	[0x59] = {0x59, SENSOR, 1, true, 0, 1, "count", ""},
	[0x5a] = {0x5a, SENSOR, 2, true, 0, 1, "count", ""},
	[0x5b] = {0x5b, SENSOR, 4, true, 0, 1, "count", ""},
	[0x5c] = {0x5c, SENSOR, 4, true, -2, 1, "power", "W"},
	[0x5d] = {0x5d, SENSOR, 2, true, -3, 1, "current", "A"},
	[0x5e] = {0x5e, SENSOR, 2, false, -2, 1, "direction", "°"},
	[0x5f] = {0x5f, SENSOR, 2, false, -1, 1, "precipitation", "mm"},
	[0x60] = {0x60, SENSOR, 1, false, 0, 1, "channel", ""},
	[0x61] = {0x61, SENSOR, 2, false, 0, 1, "rotational_speed", "rpm"},
	[0x62] = {0x62, SENSOR, 4, true, -6, 1, "speed", "m/s"},
	[0x63] = {0x63, SENSOR, 4, true, -6, 1, "acceleration", "m/s²"},
	[0x64] = {0x64, SENSOR, 1, false, 0, 1, "light_level", ""},
};

static const struct nvt_bthome_kind high[] = {
	/* from F0 */
	[0x00] = {0xf0, ABOUT, 2, false, 0, 1, "device_type_id", ""},
	[0x01] = {0xf1, ABOUT, 4, false, 0, 1, "firmware_version", ""},
	[0x02] = {0xf2, ABOUT, 3, false, 0, 1, "firmware_version", ""},
};

const struct nvt_bthome_kind *nvt_bthome_kind(uint8_t id)
{
	const struct nvt_bthome_kind *k = NULL;

	if (id < N(low))
		k = &low[id];
	else if (id >= 0xf0 && id - 0xf0u < N(high))
		k = &high[id - 0xf0u];
	return k && k->len ? k : NULL;
}
