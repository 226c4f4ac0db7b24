/* SPDX-License-Identifier: EUPL-1.2 */
/* A file between the thread that hears the cfg and those that read meters: no lock, and it outlives a
 * restart. */
#include "gateway/cfg.h"

#include <stdlib.h>
#include <string.h>

#include "common/daemon/json.h"
#include "common/daemon/text.h"

#define MAX_MW 100000000
#define MAX_DELAY_S 3600

static bool take_profile(struct json_in *meter, struct profile_setting *out)
{
	struct json_in in = json_take_object(meter, "usage_profile");
	struct profile_setting p = {.hysteresis_mw = -1};
	bool ok;

	json_take_i64(&in, "idle_mw", 1, MAX_MW, &p.on_mw);
	json_take_i64(&in, "active_mw", 2, MAX_MW, &p.active_mw);
	json_maybe_i64(&in, "hysteresis_mw", 0, MAX_MW, &p.hysteresis_mw);
	json_take_i64(&in, "on_delay_s", 0, MAX_DELAY_S, &p.on_delay_s);
	json_take_i64(&in, "off_delay_s", 0, MAX_DELAY_S, &p.off_delay_s);
	ok = json_end_lax(&in) == JSON_OK && p.on_mw < p.active_mw && p.hysteresis_mw <= p.active_mw;
	if (ok)
		*out = p;
	return ok;
}

/* wanted NULL: checks all. found: the wanted one's. */
static bool walk(const char *json, size_t len, struct cfg_head *head, const char *wanted,
		 struct profile_setting *found)
{
	struct json_doc *doc = json_parse(json, len, CFG_MAX_BYTES, NULL);
	struct json_in in = json_in(doc);
	struct json_array meters;
	struct profile_setting profile;
	char name[UPLINK_NAME_SIZE];
	bool ok = true, is_found = false;

	json_take_i64(&in, "n", 1, JSON_MAX_INT, &head->n);
	json_take_i64(&in, "version", 0, JSON_MAX_INT, &head->version);
	meters = json_maybe_array(&in, "meters", SETTING_MAX_METERS);
	while (json_next(&meters)) {
		struct json_in meter = json_element_object(&meters);

		json_take_text(&meter, "meter", name, sizeof name);
		ok &= take_profile(&meter, &profile);
		ok &= json_end_lax(&meter) == JSON_OK;
		if (ok && wanted != NULL && strcmp(name, wanted) == 0) {
			*found = profile;
			is_found = true;
		}
	}
	ok &= json_end_lax(&in) == JSON_OK;
	json_free(doc);
	return ok && (wanted == NULL || is_found);
}

bool cfg_decode(const char *json, size_t len, struct cfg_head *out)
{
	struct cfg_head head;

	if (!walk(json, len, &head, NULL, NULL))
		return false;
	*out = head;
	return true;
}

char *cfg_read(const struct setting *s, size_t *len)
{
	char path[SETTING_PATH_SIZE + 16], *bytes = xcalloc(1, CFG_MAX_BYTES + 1);

	if (setting_path(s, "cfg.json", path, sizeof path) && file_read(path, bytes, CFG_MAX_BYTES + 1, len))
		return bytes;
	free(bytes);
	return NULL;
}

bool cfg_write(const struct setting *s, const char *json, size_t len)
{
	char path[SETTING_PATH_SIZE + 16];

	return setting_path(s, "cfg.json", path, sizeof path) && file_write_durable(path, json, len, 0600);
}

bool cfg_find_profile(const struct setting *s, const char *meter, struct profile_setting *out)
{
	struct cfg_head head;
	size_t len;
	char *bytes = cfg_read(s, &len);
	bool ok = bytes != NULL && walk(bytes, len, &head, meter, out);

	free(bytes);
	return ok;
}
