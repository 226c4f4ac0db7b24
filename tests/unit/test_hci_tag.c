/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_tag_world */
/* Simulated tags: the controller side of HCI on a socket, the script, and the truth against what the tags
 * say. */
#include "firmware/boards/host/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/wire/bthome.h"

#define START_MS 1795000000000LL
#define HOUR_MS 3600000LL

static char dir[32], spec[64], truth_path[64];
static struct radio *radio;

static int make_folder(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/navette-tag-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(spec, sizeof spec, "unix:%s/hci", dir);
	snprintf(truth_path, sizeof truth_path, "%s/truth", dir);
	radio = radio_open(0, 0);
	return radio_listen(radio, spec) ? 0 : -1;
}

static int drop_folder(void **state)
{
	char command[64];

	(void)state;
	radio_close(radio);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

/* ---- a host ---- */

static const uint8_t scan_commands[] = {
	1, 0x03, 0x0c, 0,                                                 /* Reset */
	1, 0x01, 0x0c, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0x00, 0x20, /* Set Event Mask */
	1, 0x01, 0x20, 8, 0x02, 0,    0,    0,    0,    0,    0,    0,    /* LE Set Event Mask */
	1, 0x0b, 0x20, 7, 0,    0x60, 0,    0x60, 0,    0,    0,          /* LE Set Scan Parameters */
	1, 0x0c, 0x20, 2, 1,    0,                                        /* LE Set Scan Enable */
};

static int host_open(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(to.sun_path, sizeof to.sun_path, "%s", spec + 5);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	radio_poll(radio, 0);
	return fd;
}

static void tell(int fd, const void *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
	radio_poll(radio, 0);
	radio_poll(radio, 0);
}

/* What came: everything, or nothing. -1: the controller hung up. */
static ssize_t listen_for(int fd, uint8_t *out, size_t cap)
{
	ssize_t n;

	radio_poll(radio, 0);
	n = recv(fd, out, cap, 0);
	return n == 0 ? -1 : n < 0 ? 0 : n;
}

static void start_scan(int fd)
{
	const uint8_t answers[] = {4,    0x0e, 4,    1,    0x03, 0x0c, 0,    4,    0x0e, 4,    1,    0x01,
				   0x0c, 0,    4,    0x0e, 4,    1,    0x01, 0x20, 0,    4,    0x0e, 4,
				   1,    0x0b, 0x20, 0,    4,    0x0e, 4,    1,    0x0c, 0x20, 0};
	uint8_t got[100];

	tell(fd, scan_commands, sizeof scan_commands);
	assert_int_equal(listen_for(fd, got, sizeof got), sizeof answers);
	assert_memory_equal(got, answers, sizeof answers);
}

static const struct radio_report report = {.address = {0xc0, 1, 2, 3, 4, 5},
					   .rssi_dbm = -71,
					   .listeners = RADIO_ALL_LISTENERS,
					   .ad = (const uint8_t *)"\x02\x01\x06",
					   .ad_len = 3};
static const uint8_t report_event[] = {4, 0x3e, 15, 2, 1, 3, 1, 5, 4, 3, 2, 1, 0xc0, 3, 2, 1, 6, 0xb9};

static void a_host_hears_only_while_it_scans(void **state)
{
	const uint8_t stop[] = {1, 0x0c, 0x20, 2, 0, 0}, reset[] = {1, 0x03, 0x0c, 0};
	uint8_t got[100];
	int fd = host_open();

	(void)state;
	radio_send(radio, &report);
	assert_int_equal(listen_for(fd, got, sizeof got), 0);
	start_scan(fd);
	assert_true(radio_is_heard(radio, 1));
	assert_false(radio_is_heard(radio, 2));
	radio_send(radio, &report);
	assert_int_equal(listen_for(fd, got, sizeof got), sizeof report_event);
	assert_memory_equal(got, report_event, sizeof report_event);
	tell(fd, stop, sizeof stop);
	assert_int_equal(listen_for(fd, got, sizeof got), 7);
	radio_send(radio, &report);
	assert_int_equal(listen_for(fd, got, sizeof got), 0);
	start_scan(fd);
	tell(fd, reset, sizeof reset);
	assert_int_equal(listen_for(fd, got, sizeof got), 7);
	assert_false(radio_is_heard(radio, 1));
	close(fd);
}

static void refusals_carry_their_status(void **state)
{
	static const struct {
		uint8_t command[8];
		uint8_t len, status;
	} cases[] = {
		{{1, 0x09, 0x10, 0}, 4, 0x01},             /* Read BD_ADDR: unknown here */
		{{1, 0x0c, 0x20, 2, 7, 0}, 6, 0x12},       /* enable = 7 */
		{{1, 0x0c, 0x20, 1, 1}, 5, 0x12},          /* too short */
		{{1, 0x01, 0x0c, 4, 1, 2, 3, 4}, 8, 0x12}, /* half a mask */
	};
	const uint8_t parameters[] = {1, 0x0b, 0x20, 7, 0, 0x60, 0, 0x60, 0, 0, 0};
	uint8_t got[100];
	int fd = host_open();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		tell(fd, cases[i].command, cases[i].len);
		assert_int_equal(listen_for(fd, got, sizeof got), 7);
		assert_memory_equal(got + 4, cases[i].command + 1, 2);
		assert_int_equal(got[6], cases[i].status);
	}
	start_scan(fd);
	tell(fd, parameters, sizeof parameters); /* not while scanning */
	assert_int_equal(listen_for(fd, got, sizeof got), 7);
	assert_int_equal(got[6], 0x0c);
	close(fd);
}

static void commands_come_in_any_pieces(void **state)
{
	uint8_t got[100];
	int fd = host_open();

	(void)state;
	for (size_t i = 0; i < sizeof scan_commands; i++)
		tell(fd, scan_commands + i, 1);
	assert_int_equal(listen_for(fd, got, sizeof got), 35);
	assert_true(radio_is_heard(radio, 1));
	close(fd);
}

static void other_bytes_end_the_connection_and_a_host_comes_back(void **state)
{
	uint8_t got[100];
	int fd = host_open();

	(void)state;
	start_scan(fd);
	tell(fd, "GET / HTTP/1.1\r\n", 16);
	assert_int_equal(listen_for(fd, got, sizeof got), -1);
	close(fd);
	assert_false(radio_is_heard(radio, 1));
	fd = host_open();
	start_scan(fd);
	close(fd);
}

static void each_host_of_a_listener_gets_every_report(void **state)
{
	uint8_t got[100];
	int a = host_open(), b = host_open();

	(void)state;
	start_scan(a);
	start_scan(b);
	radio_send(radio, &report);
	assert_int_equal(listen_for(a, got, sizeof got), sizeof report_event);
	assert_int_equal(listen_for(b, got, sizeof got), sizeof report_event);
	close(a);
	radio_poll(radio, 0);
	radio_send(radio, &report);
	assert_int_equal(listen_for(b, got, sizeof got), sizeof report_event);
	close(b);
}

static void a_slow_host_loses_whole_reports(void **state)
{
	static uint8_t got[1 << 22];
	size_t n = 0;
	ssize_t more;
	int fd = host_open();

	(void)state;
	start_scan(fd);
	for (int i = 0; i < 200000; i++)
		radio_send(radio, &report);
	assert_true(radio_n_dropped(radio) > 0);
	while ((more = listen_for(fd, got + n, sizeof got - n)) > 0)
		n += (size_t)more;
	assert_int_equal(n % sizeof report_event, 0);
	assert_int_equal(n / sizeof report_event + radio_n_dropped(radio), 200000);
	close(fd);
}

static void a_second_simulator_on_one_socket_is_refused(void **state)
{
	struct radio *other = radio_open(0, 0);

	(void)state;
	assert_false(radio_listen(other, spec));
	assert_false(radio_listen(other, "udp:here"));
	assert_false(radio_listen(other, "tcp:127.0.0.1"));
	radio_close(other);
}

static void losses_are_those_of_the_seed(void **state)
{
	uint8_t got[30000];
	ssize_t n[2];

	(void)state;
	for (int round = 0; round < 2; round++) {
		int fd;

		radio_close(radio);
		radio = radio_open(250000, 42);
		assert_true(radio_listen(radio, spec));
		fd = host_open();
		start_scan(fd);
		for (int i = 0; i < 1000; i++)
			radio_send(radio, &report);
		n[round] = listen_for(fd, got, sizeof got);
		close(fd);
	}
	assert_int_equal(n[0], n[1]);
	assert_in_range(n[0] / (ssize_t)sizeof report_event, 700, 800);
}

/* ---- the script ---- */

#define A "c0:98:e5:00:00:01"
#define KEY "000102030405060708090a0b0c0d0e0f"

static void a_script_says_when_machines_run(void **state)
{
	struct script s = {0};

	(void)state;
	assert_true(script_take(&s, "  # nothing", "t"));
	assert_true(script_take(&s, "tag " A " " KEY " heartbeat 30 rssi -80 hci 0 2", "t"));
	assert_true(script_take(&s, "use " A " 10 12.5", "t"));
	assert_true(script_take(&s, "cycle " A " 60 40 5 50000", "t"));
	assert_int_equal(s.n_tags, 1);
	assert_int_equal(s.tags[0].heartbeat_s, 30);
	assert_int_equal(s.tags[0].rssi_dbm, -80);
	assert_int_equal(s.tags[0].listeners, 5);
	assert_int_equal(script_power_mw(&s.tags[0], 0), 50000);
	assert_int_equal(script_next_ms(&s.tags[0], 0), 10000);
	assert_int_equal(script_power_mw(&s.tags[0], 10000), SCRIPT_POWER_MW);
	assert_int_equal(script_next_ms(&s.tags[0], 10000), 12500);
	assert_int_equal(script_power_mw(&s.tags[0], 12500), 50000);
	assert_int_equal(script_next_ms(&s.tags[0], 12500), 55000);
	assert_int_equal(script_power_mw(&s.tags[0], 55000), 0);
	assert_int_equal(script_next_ms(&s.tags[0], 55000), 95000);
	script_free(&s);
}

static void a_key_for_all_spares_the_statement(void **state)
{
	struct script s = {0};

	(void)state;
	assert_false(script_key(&s, "00"));
	assert_false(script_take(&s, "tag " A " -", "t"));
	assert_true(script_key(&s, KEY));
	assert_true(script_take(&s, "tag " A " - rssi -50", "t"));
	assert_true(script_take(&s, "use c0:98:e5:00:00:02 1 2", "t"));
	assert_true(script_take(&s, "use c0:98:e5:00:00:02 3 4", "t"));
	assert_int_equal(s.n_tags, 2);
	assert_int_equal(s.tags[1].key[15], 0x0f);
	script_free(&s);
}

static void faults_of_a_script_are_refused(void **state)
{
	static const char *const bad[] = {
		"tag",
		"tag c0:98 " KEY,
		"tag c0:98:e5:00:00:02 00",
		"tag c0:98:e5:00:00:02 " KEY " heartbeat",
		"tag c0:98:e5:00:00:02 " KEY " heartbeat 0",
		"tag c0:98:e5:00:00:02 " KEY " rssi 300",
		"tag c0:98:e5:00:00:02 " KEY " hci",
		"tag c0:98:e5:00:00:02 " KEY " hci 99",
		"tag c0:98:e5:00:00:02 " KEY " loud",
		"tag " A " " KEY,
		"use c0:98:e5:00:00:02 1 2",
		"use " A " 2 1",
		"use " A " 1",
		"use " A " -1 2",
		"use " A " 1 2.0001",
		"use " A " 1 2 -5",
		"use " A " 1 2 3 4",
		"cycle " A " 10 0 0",
		"cycle " A " 10 10",
		"dance " A,
	};
	struct script s = {0};

	(void)state;
	assert_true(script_take(&s, "tag " A " " KEY, "t"));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(script_take(&s, bad[i], "t"));
	assert_int_equal(s.n_tags, 1);
	assert_null(s.tags[0].uses);
	script_free(&s);
}

/* ---- the world ---- */

struct sums {
	int64_t use_ms;
	unsigned epoch, active_s, counter;
	int n_totals;
};

static struct sums read_truth(const char *tag)
{
	struct sums sums = {0};
	char line[200], name[32];
	long long start_ms, end_ms;
	FILE *f = fopen(truth_path, "r");

	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		unsigned epoch, active_s, counter;

		if (sscanf(line, "use,%17[^,],%lld,%lld", name, &start_ms, &end_ms) == 3 &&
		    !strcmp(name, tag))
			sums.use_ms += end_ms - start_ms;
		if (sscanf(line, "total,%17[^,],%u,%u,%u", name, &epoch, &active_s, &counter) != 4 ||
		    strcmp(name, tag) != 0)
			continue;
		assert_true(active_s >= sums.active_s);
		assert_true(!sums.n_totals++ || (epoch == sums.epoch && counter > sums.counter));
		sums.epoch = epoch;
		sums.active_s = active_s;
		sums.counter = counter;
	}
	fclose(f);
	return sums;
}

static void run_world(const struct script *s, const char *state_dir, int64_t start_ms, int64_t end_ms)
{
	FILE *truth = fopen(truth_path, "a");
	struct world_settings settings = {
		.script = s, .radio = radio, .start_ms = start_ms, .state_dir = state_dir, .truth = truth};
	struct world *w = world_open(&settings);

	assert_non_null(w);
	for (int64_t t = start_ms; t < end_ms; t += 600000)
		while (world_run(w, t) <= t)
			;
	world_close(w, end_ms);
	fclose(truth);
}

static void what_tags_say_is_the_truth_over_restarts(void **state)
{
	struct script s = {0};
	char flash_dir[64];
	struct world *w, *second;
	struct sums sums;
	int fd = host_open();

	(void)state;
	snprintf(flash_dir, sizeof flash_dir, "%s/state", dir);
	assert_true(script_take(&s, "tag " A " " KEY, "t"));
	assert_true(script_take(&s, "cycle " A " 371.5 123.25 7", "t"));
	assert_true(script_take(&s, "tag c0:98:e5:00:00:02 " KEY, "t"));
	assert_true(script_take(&s, "use c0:98:e5:00:00:02 100 4000", "t"));
	assert_true(script_take(&s, "use c0:98:e5:00:00:02 3000 5000.5", "t"));
	assert_true(script_take(&s, "use c0:98:e5:00:00:02 6000 7000 29999", "t")); /* stands by */
	start_scan(fd); /* somebody hears the last readings */
	for (int day = 0; day < 3; day++) {
		int64_t start_ms = START_MS + day * 20 * HOUR_MS;

		run_world(&s, flash_dir, start_ms, start_ms + 6 * HOUR_MS + 12345);
	}
	w = world_open(&(struct world_settings){.script = &s, .radio = radio, .state_dir = flash_dir});
	second = world_open(&(struct world_settings){.script = &s, .radio = radio, .state_dir = flash_dir});
	assert_non_null(w);
	assert_null(second); /* two would use one counter twice */
	world_close(w, 0);
	sums = read_truth(A);
	assert_true(sums.use_ms > 3 * 4 * HOUR_MS);
	assert_int_equal(sums.active_s, sums.use_ms / 1000);
	sums = read_truth("c0:98:e5:00:00:02");
	assert_int_equal(sums.use_ms, 3 * 4900500);
	assert_int_equal(sums.active_s, 3 * 4900500 / 1000);
	script_free(&s);
	close(fd);
}

static void nobody_hears_nobody_speaks_a_last_time(void **state)
{
	struct script s = {0};

	(void)state;
	assert_true(script_take(&s, "tag " A " " KEY " heartbeat 3600", "t"));
	assert_true(script_take(&s, "use " A " 10 1000", "t"));
	run_world(&s, NULL, START_MS, START_MS + 500000);
	assert_int_equal(read_truth(A).active_s, 0); /* the last it sent was the change at 10 s */
	assert_int_equal(read_truth(A).use_ms, 490000);
	script_free(&s);
}

static void driven_tags_report_in_turn(void **state)
{
	struct script s = {0};
	struct world_settings settings = {
		.script = &s, .radio = radio, .start_ms = START_MS, .is_driven = true};
	struct world *w;
	uint8_t got[1000];
	int fd = host_open();

	(void)state;
	assert_true(script_take(&s, "tag " A " " KEY, "t"));
	assert_true(script_take(&s, "tag c0:98:e5:00:00:02 " KEY " hci 1", "t")); /* nobody listens there */
	assert_true(script_take(&s, "tag c0:98:e5:00:00:03 " KEY, "t"));
	assert_non_null(w = world_open(&settings));
	start_scan(fd);
	assert_int_equal(world_run(w, START_MS), START_MS + 300000); /* no heartbeats */
	assert_int_equal(listen_for(fd, got, sizeof got), 0);
	assert_int_equal(world_report(w, START_MS + 5, 4), 2);
	assert_int_equal(listen_for(fd, got, sizeof got), 2 * 45);
	assert_int_equal(got[7], 0x01);
	assert_int_equal(got[45 + 7], 0x03);
	assert_int_equal(world_report(w, START_MS + 6, 1), 1);
	world_close(w, START_MS + 7);
	script_free(&s);
	close(fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, drop_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_host_hears_only_while_it_scans),
		TEST(refusals_carry_their_status),
		TEST(commands_come_in_any_pieces),
		TEST(other_bytes_end_the_connection_and_a_host_comes_back),
		TEST(each_host_of_a_listener_gets_every_report),
		TEST(a_slow_host_loses_whole_reports),
		TEST(a_second_simulator_on_one_socket_is_refused),
		TEST(losses_are_those_of_the_seed),
		cmocka_unit_test(a_script_says_when_machines_run),
		cmocka_unit_test(a_key_for_all_spares_the_statement),
		cmocka_unit_test(faults_of_a_script_are_refused),
		TEST(what_tags_say_is_the_truth_over_restarts),
		TEST(nobody_hears_nobody_speaks_a_last_time),
		TEST(driven_tags_report_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
