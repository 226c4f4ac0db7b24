/* SPDX-License-Identifier: EUPL-1.2 */
#include "gateway/inspect.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/daemon/json.h"
#include "common/daemon/text.h"
#include "gateway/spool.h"

#define STAT_MAX ((size_t)16 * 1024)

static char stat_text[STAT_MAX];

/* The running gateway's last stat; NULL where there is none. *age_s: how old it is. */
static struct json_doc *stat_read(const struct setting *s, int64_t *age_s)
{
	char path[SETTING_PATH_SIZE + 16];
	struct stat st;
	size_t len;

	if (!setting_path(s, "stat.json", path, sizeof path) || stat(path, &st) != 0 ||
	    !file_read(path, stat_text, sizeof stat_text, &len))
		return NULL;
	*age_s = (int64_t)(time(NULL) - st.st_mtime);
	return json_parse(stat_text, len, STAT_MAX, NULL);
}

static void print_live(const struct json_doc *doc, int64_t age_s)
{
	struct json_in in = json_in(doc);
	struct json_array sources = json_maybe_array(&in, "sources", SETTING_MAX_RADIOS + SETTING_MAX_METERS);

	printf("as of %" PRId64 " s ago:\n", age_s);
	while (json_next(&sources)) {
		struct json_in v = json_element_object(&sources);
		char name[UPLINK_NAME_SIZE] = "";
		int64_t heard_age_s = -1, n[4] = {0};
		bool is_connected = false, is_deaf = false;

		json_take_text(&v, "name", name, sizeof name);
		json_maybe_bool(&v, "connected", &is_connected);
		json_maybe_bool(&v, "deaf", &is_deaf);
		json_maybe_i64(&v, "age_s", 0, JSON_MAX_INT, &heard_age_s);
		json_maybe_i64(&v, "heard", 0, JSON_MAX_INT, &n[0]);
		json_maybe_i64(&v, "forwarded", 0, JSON_MAX_INT, &n[1]);
		json_maybe_i64(&v, "bad", 0, JSON_MAX_INT, &n[2]);
		(void)json_end_lax(&v); /* what is missing prints as nothing */
		printf("  %-24s %-12s ", name, is_deaf ? "radio deaf" : is_connected ? "connected" : "away");
		if (heard_age_s >= 0)
			printf("last heard %" PRId64 " s ago, ", heard_age_s);
		printf("heard %" PRId64 ", forwarded %" PRId64 ", bad %" PRId64 "\n", n[0], n[1], n[2]);
	}
	(void)json_end_lax(&in);
}

int inspect_sources(const struct setting *s)
{
	int64_t age_s = 0;
	struct json_doc *doc;

	for (size_t i = 0; i < s->n_radios; i++)
		printf("source %s: Bluetooth at %s\n", s->radios[i].name, s->radios[i].hci);
	for (size_t i = 0; i < s->n_meters; i++)
		printf("meter %s: Modbus at %s:%s unit %" PRId64 " (%s)\n", s->meters[i].name,
		       s->meters[i].host, s->meters[i].port, s->meters[i].unit, s->meters[i].map);
	if (s->n_radios + s->n_meters == 0)
		puts("no source: add a [source NAME] or [meter NAME] section");
	doc = stat_read(s, &age_s);
	if (doc != NULL)
		print_live(doc, age_s);
	else
		puts("the gateway has not run yet");
	json_free(doc);
	return 0;
}

struct tally {
	bool is_export;
	char epoch[UPLINK_EPOCH_SIZE];
	int64_t n, first, last, n_reports, n_dropped;
};

static void tally_end(const struct tally *t)
{
	if (t->n > 0 && !t->is_export)
		printf("epoch %s: batches %" PRId64 " to %" PRId64 " (%" PRId64 "), reports %" PRId64
		       ", taken out %" PRId64 "\n",
		       t->epoch, t->first, t->last, t->n, t->n_reports, t->n_dropped);
}

static void tally_record(void *context, const char *epoch, const struct record *r)
{
	struct tally *t = context;

	if (t->is_export) {
		printf("%.*s\n", (int)r->payload_len, (const char *)r->payload);
		return;
	}
	if (strcmp(t->epoch, epoch) != 0) {
		tally_end(t);
		*t = (struct tally){.first = r->seq};
		memcpy(t->epoch, epoch, sizeof t->epoch);
	}
	t->n++;
	t->last = r->seq;
	t->n_reports += r->n_reports;
	t->n_dropped += r->n_dropped;
}

static size_t count_files(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t n = 0;

	while (d != NULL && (e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	if (d != NULL)
		closedir(d);
	return n;
}

static void print_acked(const struct setting *s)
{
	char path[SETTING_PATH_SIZE + 16], bytes[2048];
	int64_t acked = 0;
	size_t len;
	struct json_doc *doc;
	struct json_in in;

	if (!setting_path(s, "spool/state", path, sizeof path) || !file_read(path, bytes, sizeof bytes, &len))
		return;
	doc = json_parse(bytes, len, sizeof bytes, NULL);
	in = json_in(doc);
	json_take_i64(&in, "acked", 0, JSON_MAX_INT, &acked);
	(void)json_end_lax(&in);
	json_free(doc);
	printf("acknowledged up to %" PRId64 " (noted every few seconds)\n", acked);
}

int inspect_spool(const struct setting *s, bool is_export)
{
	char dir[SETTING_PATH_SIZE + 16], parked[SETTING_PATH_SIZE + 16], damaged[SETTING_PATH_SIZE + 16];
	struct tally t = {.is_export = is_export};
	size_t n_bad = 0;

	if (!setting_path(s, "spool", dir, sizeof dir) || !setting_path(s, "parked", parked, sizeof parked) ||
	    !setting_path(s, "spool/damaged", damaged, sizeof damaged))
		return 1;
	if (!spool_inspect(dir, tally_record, &t, &n_bad)) {
		fprintf(stderr, "navette-gateway: cannot read %s: %s\n", dir, strerror(errno));
		return 1;
	}
	if (is_export)
		return 0;
	tally_end(&t);
	if (t.n == 0)
		puts("the spool is empty");
	print_acked(s);
	printf("damaged places %zu, segments put aside %zu, batches the service refused %zu\n", n_bad,
	       count_files(damaged), count_files(parked));
	return 0;
}
