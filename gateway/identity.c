/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * mono_ms runs from the machine's boot, so reports of two boots must not be mixed up: each boot has a number.
 * It is one more than the last where the kernel's boot_id is another; where the file is lost it is taken from
 * the time of day, which is above any number counted up from an earlier one. A virtual clock that runs at
 * another pace is another boot too: its mono_ms has nothing to do with the old one's.
 */
#include "gateway/identity.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "common/daemon/clock.h"
#include "common/daemon/json.h"
#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "gateway/explain.h"

#define PLAUSIBLE_S 1704067200 /* 2024 */

static bool boot_mark(const struct setting *s, char out[96])
{
	char boot_id[64] = "";
	size_t len = 0;

	if (!file_read("/proc/sys/kernel/random/boot_id", boot_id, sizeof boot_id, &len))
		log_warn("gateway: the kernel does not tell its boot id: %s", strerror(errno));
	boot_id[strcspn(boot_id, "\n")] = '\0';
	if (s->clock.rate == 1)
		return str_copy(out, 96, boot_id);
	return str_format(out, 96, "%s %" PRId64 " %" PRId64, boot_id, s->clock.rate, s->clock.origin_ms);
}

static bool decode(struct identity *id, const char *bytes, size_t len)
{
	struct json_doc *doc = json_parse(bytes, len, JSON_LIMIT, NULL);
	struct json_in in = json_in(doc);
	bool ok;

	json_take_i64(&in, "boot", 1, JSON_MAX_INT - 1, &id->boot);
	json_take_text(&in, "boot_mark", id->boot_mark, sizeof id->boot_mark);
	json_take_i64(&in, "session", 0, JSON_MAX_INT - 1, &id->session);
	json_take_i64(&in, "cfg_n", 0, JSON_MAX_INT, &id->cfg_n);
	json_take_i64(&in, "cmd_n", 0, JSON_MAX_INT, &id->cmd_n);
	ok = json_end_lax(&in) == JSON_OK;
	json_free(doc);
	return ok;
}

bool identity_save(const struct identity *id)
{
	struct json_out o = {.len = 0};
	bool ok;

	json_open_object(&o, NULL);
	json_put_i64(&o, "boot", id->boot);
	json_put_text(&o, "boot_mark", id->boot_mark);
	json_put_i64(&o, "session", id->session);
	json_put_i64(&o, "cfg_n", id->cfg_n);
	json_put_i64(&o, "cmd_n", id->cmd_n);
	json_close_object(&o);
	ok = file_write_durable(id->path, o.bytes, o.len, 0600);
	if (!ok)
		log_err("gateway: cannot write %s: %s", id->path, strerror(errno));
	json_out_free(&o);
	return ok;
}

bool identity_open(struct identity *id, const struct setting *s, char *why, size_t why_size)
{
	char bytes[1024], mark[96];
	size_t len;

	*id = (struct identity){.boot = 0};
	if (!setting_path(s, "gateway.json", id->path, sizeof id->path))
		return false;
	if (!file_read(id->path, bytes, sizeof bytes, &len) || !decode(id, bytes, len)) {
		id->boot = clock_now_s() > PLAUSIBLE_S ? clock_now_s() : 1 + randombytes_uniform(1u << 30);
		id->boot_mark[0] = '\0';
	}
	if (boot_mark(s, mark) && mark[0] != '\0' && strcmp(mark, id->boot_mark) == 0)
		return true;
	id->boot++;
	memcpy(id->boot_mark, mark, sizeof mark);
	if (identity_save(id))
		return true;
	return explain(why, why_size, "cannot write in %s: %s", s->state_dir, strerror(errno));
}

bool identity_enrolment(const struct setting *s, struct enrolment *out, char *why, size_t why_size)
{
	char path[SETTING_PATH_SIZE + 20], bytes[4096];
	const char *fault;
	size_t len;
	bool ok;

	if (!setting_path(s, "enrolment.json", path, sizeof path) ||
	    !file_read(path, bytes, sizeof bytes, &len)) {
		return explain(why, why_size, "not enrolled (%s: %s): navette-gateway enrol FILE --dir %s",
			       path, strerror(errno), s->state_dir);
	}
	ok = enrolment_decode(bytes, len, out, &fault);
	if (!ok)
		explain(why, why_size, "%s: %s", path, fault);
	sodium_memzero(bytes, sizeof bytes);
	return ok;
}

bool identity_enrol(const struct setting *s, const char *file, struct enrolment *out, char *why,
		    size_t why_size)
{
	char path[SETTING_PATH_SIZE + 20], bytes[4096];
	struct json_out o = {.len = 0};
	const char *fault;
	size_t len;
	bool ok;

	if (!file_read(file, bytes, sizeof bytes, &len)) {
		return explain(why, why_size, "cannot read %s: %s", file, strerror(errno));
	}
	ok = enrolment_decode(bytes, len, out, &fault);
	sodium_memzero(bytes, sizeof bytes);
	if (!ok) {
		return explain(why, why_size, "%s is no enrolment file: %s", file, fault);
	}
	enrolment_put(&o, NULL, out);
	ok = (mkdir(s->state_dir, 0700) == 0 || errno == EEXIST) &&
	     setting_path(s, "enrolment.json", path, sizeof path) &&
	     file_write_durable(path, o.bytes, o.len, 0600);
	if (!ok)
		explain(why, why_size, "cannot write in %s: %s", s->state_dir, strerror(errno));
	sodium_memzero(o.bytes, o.len);
	json_out_free(&o);
	return ok;
}
