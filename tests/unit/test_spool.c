/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_gateway */
#include "tests/fault/spool_scene.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "gateway/shrink.h"

#define MIB ((int64_t)1024 * 1024)

static void sealed_batches_are_numbered_from_1_and_read_back_as_they_were_sealed(void **state)
{
	struct spool *s = scene_open(MIB);
	struct uplink_report a = scene_frame(1, 5), b = scene_meter("prusa-1", 9, 60);

	(void)state;
	assert_true(spool_offer(s, 1, &a, false));
	assert_true(spool_offer(s, 1, &b, true));
	assert_int_equal(spool_gathered(s).n_reports, 2);
	assert_true(spool_gathered(s).is_urgent);
	assert_int_equal(scene_seal(s, 500), SPOOL_OK);
	assert_int_equal(spool_gathered(s).n_reports, 0);
	assert_non_null(scene_read(s, 1));
	assert_int_equal(scene_batch.n_reports, 2);
	assert_memory_equal(scene_batch.reports[0].u.ble.data, a.u.ble.data, a.u.ble.data_len);
	assert_string_equal(scene_batch.reports[1].u.meter.name, "prusa-1");
	assert_int_equal(scene_batch.boot, 7);
	assert_int_equal(scene_batch.mono_ms, 500);
	assert_int_equal(scene_batch.oldest, 1);
	assert_null(scene_read(s, 2));
	spool_close(s);
}

static void a_restart_goes_on_with_the_same_epoch_the_same_bytes_and_the_next_number(void **state)
{
	struct spool *s = scene_open(MIB);
	char epoch[UPLINK_EPOCH_SIZE], *bytes;
	struct record r;

	(void)state;
	for (uint32_t i = 1; i <= 20; i++)
		scene_keep(s, scene_frame(1, i));
	memcpy(epoch, spool_epoch(s), sizeof epoch);
	assert_true(spool_read(s, 13, &r));
	bytes = strndup((const char *)r.payload, r.payload_len);
	spool_ack(s, 12);
	spool_close(s);
	s = scene_open(MIB);
	assert_string_equal(spool_epoch(s), epoch);
	assert_int_equal(spool_acked(s), 12);
	assert_true(spool_read(s, 13, &r));
	assert_int_equal(r.payload_len, strlen(bytes));
	assert_memory_equal(r.payload, bytes, r.payload_len);
	assert_true(spool_read(s, 2, &r)); /* acknowledged, kept for a while */
	scene_keep(s, scene_frame(1, 21));
	assert_non_null(scene_read(s, 21));
	spool_close(s);
	free(bytes);
}

static void a_batch_has_at_most_200_reports_and_48_kib_and_the_ring_refuses_beyond_8(void **state)
{
	struct spool *s = scene_open(4 * MIB);
	struct uplink_report r = scene_frame(1, 1);
	struct spool_stat v;
	int64_t n = 0;

	(void)state;
	r.u.ble.data_len = 255;
	while (spool_offer(s, 1, &r, false))
		n++;
	spool_stat(s, &v);
	assert_int_equal(v.n_not_kept, 1);
	while (spool_gathered(s).n_reports > 0)
		assert_int_equal(scene_seal(s, 1), SPOOL_OK);
	assert_int_equal(spool_span(s).last, 8);
	for (int64_t seq = 1; seq <= 8; seq++) {
		struct record record;

		assert_true(spool_read(s, seq, &record));
		assert_true(record.payload_len <= UPLINK_MAX_BYTES && record.n_reports <= 200);
		n -= record.n_reports;
	}
	assert_int_equal(n, 0);
	spool_close(s);
}

static void two_processes_never_share_a_spool(void **state)
{
	struct spool *s = scene_open(MIB);
	char why[256] = "";

	(void)state;
	assert_null(scene_open_as("gw-1", MIB, why, sizeof why));
	assert_non_null(strstr(why, "stop it first"));
	spool_close(s);
}

static void
another_gateway_or_a_lost_state_begins_a_new_epoch_and_keeps_what_was_not_acknowledged(void **state)
{
	struct spool *s = scene_open(MIB);
	char epoch[UPLINK_EPOCH_SIZE], why[256], path[128];

	(void)state;
	for (uint32_t i = 1; i <= 10; i++)
		scene_keep(s, scene_frame(1, i));
	spool_ack(s, 4);
	memcpy(epoch, spool_epoch(s), sizeof epoch);
	spool_close(s);
	s = scene_open_as("gw-2", MIB, why, sizeof why);
	assert_string_not_equal(spool_epoch(s), epoch);
	assert_int_equal(spool_span(s).last, 6);
	assert_int_equal(spool_acked(s), 0);
	assert_non_null(scene_read(s, 1));
	assert_int_equal(scene_batch.reports[0].mono_ms, 1005);
	spool_close(s);
	snprintf(path, sizeof path, "%s/state", scene_dir);
	assert_int_equal(unlink(path), 0);
	s = scene_open_as("gw-2", MIB, why, sizeof why);
	assert_int_equal(spool_span(s).last, 6);
	spool_close(s);
}

static void an_ack_beyond_the_end_seals_again_what_this_process_sealed(void **state)
{
	struct spool *s = scene_open(MIB);
	char epoch[UPLINK_EPOCH_SIZE];

	(void)state;
	for (uint32_t i = 1; i <= 3; i++)
		scene_keep(s, scene_frame(1, i));
	spool_close(s);
	s = scene_open(MIB);
	memcpy(epoch, spool_epoch(s), sizeof epoch);
	scene_keep(s, scene_frame(1, 4));
	spool_ack(s, 4); /* meant for another batch 4 */
	assert_int_equal(spool_renew(s, "test"), SPOOL_OK);
	assert_string_not_equal(spool_epoch(s), epoch);
	assert_int_equal(spool_span(s).last, 1);
	assert_non_null(scene_read(s, 1));
	assert_int_equal(scene_batch.reports[0].mono_ms, 1004);
	spool_close(s);
}

/* Every batch is there, under its new number in a new epoch, but at most n_missing. A spool cut between two
 * records looks whole (old_epoch NULL): the service's ack tells. */
static void check_recovered(int64_t n_sealed, int64_t n_missing, const char *old_epoch)
{
	struct spool *s = scene_open(MIB);
	struct window_spool span = spool_span(s);
	int64_t n = 0, before = 0;

	for (int64_t seq = span.oldest; seq <= span.last; seq++) {
		assert_non_null(scene_read(s, seq));
		assert_int_equal(scene_batch.n_reports, 1);
		assert_true(scene_batch.reports[0].mono_ms > before);
		before = scene_batch.reports[0].mono_ms;
		n++;
	}
	if (n < n_sealed - n_missing)
		fail_msg("%d of %d came back", (int)n, (int)n_sealed);
	if (old_epoch != NULL)
		assert_string_not_equal(spool_epoch(s), old_epoch);
	scene_keep(s, scene_frame(1, 999));
	spool_close(s);
}

static int first_segment(char path[256])
{
	FILE *list;
	char command[128];

	snprintf(command, sizeof command, "ls %s/*.seg", scene_dir);
	list = popen(command, "r");
	if (list == NULL || fgets(path, 256, list) == NULL)
		fail_msg("no segment");
	pclose(list);
	path[strcspn(path, "\n")] = '\0';
	return open(path, O_RDWR | O_CLOEXEC);
}

enum damage { FLIP, ZEROS, CUT };

static void damage_one(enum damage kind, off_t at, off_t size)
{
	static const uint8_t zeros[4096];
	char path[256];
	int fd = first_segment(path);
	uint8_t byte = 0;
	bool ok = fd >= 0;

	switch (kind) {
	case FLIP:
		ok = ok && pread(fd, &byte, 1, at) == 1;
		byte ^= (uint8_t)(1 + at % 255);
		ok = ok && pwrite(fd, &byte, 1, at) == 1;
		break;
	case ZEROS:
		ok = ok && pwrite(fd, zeros, (size_t)(size - at < 4096 ? size - at : 4096), at) > 0;
		break;
	case CUT:
		ok = ok && ftruncate(fd, at) == 0;
		break;
	}
	if (!ok)
		fail_msg("cannot damage");
	close(fd);
}

static void damage_costs_only_the_records_it_hit_at_500_offsets_each(void **state)
{
	struct spool *s = scene_open(MIB);
	struct stat st;
	char path[256], epoch[UPLINK_EPOCH_SIZE], record[128];
	int n_aside;

	(void)state;
	for (uint32_t i = 1; i <= 60; i++)
		scene_keep(s, scene_frame(1, i));
	memcpy(epoch, spool_epoch(s), sizeof epoch);
	spool_close(s);
	close(first_segment(path));
	assert_int_equal(stat(path, &st), 0);
	scene_run("cp -a '%s' '%s.kept'", scene_dir, scene_dir);
	for (int i = 0; i < 500; i++) {
		enum damage kind = i % 3 == 0 ? FLIP : i % 3 == 1 ? ZEROS : CUT;
		off_t at = st.st_size * i / 500;
		int64_t per_record = st.st_size / 60, hit = kind == FLIP    ? 1
							    : kind == ZEROS ? 4096 / per_record + 2
									    : 60;

		if (kind == CUT) /* what stands before the cut is whole */
			hit = 60 - (at - 52) / (per_record + 5) + 1;
		scene_run("d='%s'; rm -rf \"$d\" && cp -a '%s.kept' \"$d\"", scene_dir, scene_dir);
		damage_one(kind, at, st.st_size);
		check_recovered(60, hit, kind == CUT ? NULL : epoch);
	}
	snprintf(record, sizeof record, "%s/damaged", scene_dir);
	n_aside = access(record, R_OK);
	assert_int_equal(n_aside, 0);
}

static void acknowledged_batches_go_first_and_the_bound_holds(void **state)
{
	struct spool *s = scene_open(64 * 1024);
	struct spool_stat v;

	(void)state;
	for (uint32_t i = 1; i <= 2000; i++) {
		scene_keep(s, scene_frame((uint8_t)(i % 7), i));
		spool_ack(s, i);
	}
	spool_stat(s, &v);
	assert_true(v.bytes <= v.max_bytes);
	assert_int_equal(v.n_dropped, 0);
	assert_int_equal(v.n_evicted, 0);
	assert_true(v.oldest > 1);
	spool_close(s);
}

/* Everything readable from oldest on; returns for each tag and meter epoch the newest that is there. */
static void newest_of(struct spool *s, int64_t frames[8], int64_t meters[2])
{
	struct window_spool span = spool_span(s);

	memset(frames, 0, 8 * sizeof *frames);
	memset(meters, 0, 2 * sizeof *meters);
	for (int64_t seq = span.oldest; seq <= span.last; seq++) {
		assert_non_null(scene_read(s, seq));
		for (size_t i = 0; i < scene_batch.n_reports; i++) {
			const struct uplink_report *r = &scene_batch.reports[i];
			int64_t *place = r->kind == UPLINK_BLE ? &frames[r->u.ble.address[5]]
							       : &meters[r->u.meter.counter_epoch - 1];
			int64_t value = r->kind == UPLINK_BLE ? r->mono_ms - 1000 : r->u.meter.active_s;

			*place = value > *place ? value : *place;
		}
	}
}

static void
a_full_spool_drops_sightings_then_whole_batches_but_no_newest_counter_and_never_stalls(void **state)
{
	struct spool *s = scene_open(64 * 1024);
	int64_t frames[8], meters[2];
	struct spool_stat v;

	(void)state;
	scene_keep(s, scene_frame(7, 3));           /* a tag that was heard once, long ago */
	scene_keep(s, scene_meter("laser", 1, 33)); /* a counter epoch that is over */
	for (uint32_t i = 1; i <= 3000; i++) {
		struct uplink_report a = scene_frame((uint8_t)(i % 7), i), b = scene_meter("laser", 2, i);

		for (uint8_t n = 0; n < 10; n++) {
			a.u.ble.data[3] = n;
			assert_true(spool_offer(s, 1, &a, false));
		}
		if (i % 5 == 0)
			assert_true(spool_offer(s, 1, &b, false));
		assert_int_equal(scene_seal(s, i), SPOOL_OK);
		spool_stat(s, &v);
		assert_true(v.bytes <= v.max_bytes);
	}
	assert_true(v.n_dropped > 0);
	assert_true(v.n_evicted > 0);
	assert_true(v.oldest > 1);
	newest_of(s, frames, meters);
	for (int tag = 0; tag < 7; tag++)
		assert_true(frames[tag] > 3000 - 7);
	assert_int_equal(frames[7], 3);
	assert_int_equal(meters[0], 33);
	assert_int_equal(meters[1], 3000);
	assert_int_equal(scene_seal(s, 9999), SPOOL_OK); /* an empty batch shows the oldest */
	assert_int_equal(spool_shown_oldest(s), spool_span(s).oldest);
	spool_close(s);
	s = scene_open(64 * 1024);
	newest_of(s, frames, meters);
	assert_int_equal(meters[0], 33);
	spool_close(s);
}

/* Until the first rewriting, with frames of that length: where segments end differs. */
static void fill_until_rewritten(uint8_t data_len)
{
	struct spool *s = scene_open(64 * 1024);
	char *before[33] = {NULL};
	struct record r;
	struct spool_stat v = {.n_dropped = 0};

	for (uint32_t i = 1; i <= 400 && v.n_dropped == 0; i++) {
		struct uplink_report a = scene_frame(1, i);

		a.u.ble.data_len = data_len;
		assert_true(spool_offer(s, 1, &a, false));
		a.u.ble.data[4] = 1;
		assert_true(spool_offer(s, 1, &a, false));
		assert_int_equal(scene_seal(s, i), SPOOL_OK);
		if (i <= 32) {
			assert_true(spool_read(s, i, &r));
			before[i] = strndup((const char *)r.payload, r.payload_len);
		}
		spool_stat(s, &v);
	}
	assert_true(v.n_dropped > 0);
	for (int64_t i = 1; i <= 32; i++) {
		assert_true(spool_read(s, i, &r));
		assert_int_equal(r.payload_len, strlen(before[i]));
		assert_memory_equal(r.payload, before[i], r.payload_len);
		free(before[i]);
	}
	spool_close(s);
}

static void what_may_be_in_flight_is_never_rewritten(void **state)
{
	(void)state;
	for (uint8_t data_len = 10; data_len < 60; data_len = (uint8_t)(data_len + 7)) {
		scene_run("rm -rf '%s'", scene_dir);
		fill_until_rewritten(data_len);
	}
}

static void a_frame_before_a_break_of_the_frame_counter_is_kept(void **state)
{
	static const uint32_t counters[] = {10, 11, 12, 5000000, 5000001, 7, 8};
	static const bool kept[] = {false, false, true, false, true, false, true};
	struct shrink shrink = {.n = 0};

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		struct uplink_report r = scene_frame(1, counters[i]);

		shrink_note(&shrink, &r);
	}
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(shrink_keeps(&shrink, i), kept[i]);
	shrink_fini(&shrink);
}

/* A segment of one record, as shrinking leaves it. */
static void write_segment(const char *epoch, int64_t seq)
{
	struct record_segment header = {.first_seq = seq, .is_shrunk = true};
	struct record r = {.seq = seq, .oldest = 1, .payload = (const uint8_t *)"{}", .payload_len = 2};
	uint8_t bytes[RECORD_SEGMENT_HEADER_LEN + RECORD_HEADER_LEN + 2];
	char path[128];
	FILE *f;

	memcpy(header.epoch, epoch, sizeof header.epoch);
	record_put_segment(&header, bytes);
	record_put_header(&r, bytes + RECORD_SEGMENT_HEADER_LEN);
	memcpy(bytes + sizeof bytes - 2, "{}", 2);
	snprintf(path, sizeof path, "%s/%s-%016" PRId64 ".seg", scene_dir, epoch, seq);
	assert_non_null(f = fopen(path, "w"));
	assert_int_equal(fwrite(bytes, 1, sizeof bytes, f), sizeof bytes);
	fclose(f);
}

/* 64 MiB of shrunk segments can be ten thousand: two days without a service, 200 reports a second. */
static void a_long_outage_leaves_many_small_segments_and_a_restart_takes_them_all(void **state)
{
	struct spool *s = scene_open(MIB);
	char epoch[UPLINK_EPOCH_SIZE];
	struct record r;

	(void)state;
	memcpy(epoch, spool_epoch(s), sizeof epoch);
	spool_close(s);
	for (int64_t seq = 1; seq <= 5000; seq++)
		write_segment(epoch, seq);
	s = scene_open(64 * MIB);
	assert_string_equal(spool_epoch(s), epoch);
	assert_int_equal(spool_span(s).oldest, 1);
	assert_int_equal(spool_span(s).last, 5000);
	assert_true(spool_read(s, 4999, &r));
	spool_close(s);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scene_new, scene_end)
	const struct CMUnitTest tests[] = {
		TEST(a_long_outage_leaves_many_small_segments_and_a_restart_takes_them_all),
		TEST(sealed_batches_are_numbered_from_1_and_read_back_as_they_were_sealed),
		TEST(a_restart_goes_on_with_the_same_epoch_the_same_bytes_and_the_next_number),
		TEST(a_batch_has_at_most_200_reports_and_48_kib_and_the_ring_refuses_beyond_8),
		TEST(two_processes_never_share_a_spool),
		TEST(another_gateway_or_a_lost_state_begins_a_new_epoch_and_keeps_what_was_not_acknowledged),
		TEST(an_ack_beyond_the_end_seals_again_what_this_process_sealed),
		TEST(damage_costs_only_the_records_it_hit_at_500_offsets_each),
		TEST(acknowledged_batches_go_first_and_the_bound_holds),
		TEST(a_full_spool_drops_sightings_then_whole_batches_but_no_newest_counter_and_never_stalls),
		TEST(what_may_be_in_flight_is_never_rewritten),
		TEST(a_frame_before_a_break_of_the_frame_counter_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
