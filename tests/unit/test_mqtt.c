/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_daemon */
/*
 * The MQTT connection against a real mosquitto on a free loopback port, and, where a broker would have to
 * misbehave to order, against a few bytes written by hand. Waiting is for an event, with a generous end: no
 * duration is judged.
 */
#include "common/daemon/mqtt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/daemon/clock.h"
#include "common/daemon/mqtt_queue.h"
#include "common/daemon/text.h"

#define PATIENCE_MS 60000
#define QUIET_MS 300

extern char **environ;

struct broker {
	int port, tls_port, stranger_port, web_port;
	pid_t pid;
	char folder[64], conf[80];
	char url[64];
};

static struct broker broker;

/* --- the world --- */

static int listen_anywhere(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static int free_port(void)
{
	int port;

	close(listen_anywhere(&port));
	return port;
}

static int dial(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	close(fd);
	return -1;
}

static void broker_await(int port)
{
	for (int i = 0; i < PATIENCE_MS / 10; i++) {
		int fd = dial(port);

		if (fd >= 0) {
			close(fd);
			return;
		}
		usleep(10000);
	}
	fail_msg("mosquitto does not listen");
}

static void broker_start(void)
{
	char *args[] = {"mosquitto", "-c", broker.conf, NULL};
	posix_spawn_file_actions_t quiet;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	assert_int_equal(posix_spawn(&broker.pid, "/usr/sbin/mosquitto", &quiet, NULL, args, environ), 0);
	posix_spawn_file_actions_destroy(&quiet);
	broker_await(broker.port);
}

static void broker_kill(void)
{
	if (broker.pid > 0) {
		kill(broker.pid, SIGKILL);
		waitpid(broker.pid, NULL, 0);
	}
	broker.pid = 0;
}

/* ca.pem signs localhost.pem and stranger.pem (another host's name); other.pem is nobody's. */
static void make_certificates(void)
{
	static const char script[] =
		"set -e; cd '%s'; exec 2>/dev/null; ec='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "
		"-nodes -batch'\n"
		"for ca in ca other; do\n"
		"openssl req -x509 $ec -days 2 -subj /CN=$ca -keyout $ca.key -out $ca.pem; done\n"
		"sign() { openssl req $ec -subj /CN=$1 -keyout $1.key -out $1.csr\n"
		"printf 'subjectAltName=DNS:%%s' $2 >$1.ext\n"
		"openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile "
		"$1.ext "
		"-out $1.pem; }\n"
		"sign localhost localhost; sign stranger stranger.example\n";
	char command[1024];

	snprintf(command, sizeof command, script, broker.folder);
	assert_int_equal(system(command), 0);
}

static void write_conf(void)
{
	FILE *conf = fopen(broker.conf, "w");

	assert_non_null(conf);
	fprintf(conf, "per_listener_settings false\nallow_anonymous true\nmax_inflight_messages 1000\n");
	if (getuid() == 0)
		fprintf(conf, "user root\n");
	fprintf(conf, "listener %d 127.0.0.1\n", broker.port);
	fprintf(conf, "listener %d 127.0.0.1\nprotocol websockets\n", broker.web_port);
	fprintf(conf, "listener %d 127.0.0.1\ncertfile %s/localhost.pem\nkeyfile %s/localhost.key\n",
		broker.tls_port, broker.folder, broker.folder);
	fprintf(conf, "listener %d 127.0.0.1\ncertfile %s/stranger.pem\nkeyfile %s/stranger.key\n",
		broker.stranger_port, broker.folder, broker.folder);
	fclose(conf);
}

static int group_setup(void **state)
{
	(void)state;
	broker.port = free_port();
	broker.tls_port = free_port();
	broker.stranger_port = free_port();
	broker.web_port = free_port();
	snprintf(broker.folder, sizeof broker.folder, "/tmp/navette-mqtt-XXXXXX");
	assert_non_null(mkdtemp(broker.folder));
	snprintf(broker.conf, sizeof broker.conf, "%s/mosquitto.conf", broker.folder);
	snprintf(broker.url, sizeof broker.url, "mqtt://127.0.0.1:%d", broker.port);
	make_certificates();
	write_conf();
	broker_start();
	return 0;
}

static int group_teardown(void **state)
{
	char command[128];

	(void)state;
	broker_kill();
	snprintf(command, sizeof command, "rm -r '%s'", broker.folder);
	return system(command);
}

/* --- clients --- */

static struct mqtt *open_client(const char *id, const char *subscription)
{
	struct mqtt_setting s = {
		.url = broker.url, .client_id = id, .queue_max = 1000, .queue_max_bytes = 1 << 20};
	const char *why = NULL;
	struct mqtt *m;

	s.subscriptions[0] = subscription;
	m = mqtt_open(&s, &why);
	assert_non_null(m);
	return m;
}

static enum mqtt_event take(struct mqtt *m, struct mqtt_message *msg)
{
	return mqtt_take(m, msg, PATIENCE_MS);
}

static void expect_event(struct mqtt *m, enum mqtt_event event)
{
	struct mqtt_message msg;

	assert_int_equal(take(m, &msg), event);
	assert_null(msg.payload);
}

static void expect_nothing(struct mqtt *m)
{
	struct mqtt_message msg;

	assert_int_equal(mqtt_take(m, &msg, QUIET_MS), MQTT_NOTHING);
}

static void publish(struct mqtt *m, const char *topic, const char *text, const char *mac, bool retained)
{
	const struct mqtt_outgoing out = {.topic = topic,
					  .payload = text,
					  .len = strlen(text),
					  .qos = 1,
					  .retained = retained,
					  .mac = mac,
					  .expiry_s = 60};

	assert_true(mqtt_publish(m, &out));
}

static void expect_text(struct mqtt *m, const char *topic, const char *text, const char *mac)
{
	struct mqtt_message msg;

	assert_int_equal(take(m, &msg), MQTT_MESSAGE);
	assert_string_equal(msg.topic, topic);
	assert_int_equal(msg.len, strlen(text));
	assert_string_equal(msg.payload, text);
	assert_string_equal(msg.mac, mac);
	mqtt_message_free(&msg);
}

/* --- by hand: MQTT 5 packets of at most 127 bytes --- */

struct packet {
	uint8_t bytes[256];
	size_t len;
};

static void put_bytes(struct packet *p, const void *bytes, size_t len)
{
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

static void put_text(struct packet *p, const char *text, size_t len)
{
	const uint8_t head[2] = {(uint8_t)(len >> 8), (uint8_t)len};

	put_bytes(p, head, 2);
	put_bytes(p, text, len);
}

static void send_packet(int fd, uint8_t type, const struct packet *body)
{
	const uint8_t head[2] = {type, (uint8_t)body->len};

	assert_true(body->len < 128);
	assert_int_equal(write(fd, head, 2), 2);
	assert_int_equal(write(fd, body->bytes, body->len), (ssize_t)body->len);
}

/* Connects by hand, publishes one QoS 0 message with these user properties called "mac", and leaves. */
static void publish_by_hand(const char *topic, size_t topic_len, int n_macs)
{
	struct packet connect = {0}, publish = {0}, properties = {0};
	const uint8_t flags[] = {5, 2, 0, 30, 0}, leave[] = {0xe0, 0};
	uint8_t connack[64];
	int fd = dial(broker.port);
	uint8_t len;

	put_text(&connect, "MQTT", 4);
	put_bytes(&connect, flags, sizeof flags);
	put_text(&connect, "hand", 4);
	send_packet(fd, 0x10, &connect);
	assert_true(read(fd, connack, sizeof connack) > 0);
	for (int i = 0; i < n_macs; i++) {
		put_bytes(&properties, "\x26", 1);
		put_text(&properties, "mac", 3);
		put_text(&properties, "one", 3);
	}
	put_text(&publish, topic, topic_len);
	len = (uint8_t)properties.len;
	put_bytes(&publish, &len, 1);
	put_bytes(&publish, properties.bytes, properties.len);
	put_bytes(&publish, "hello", 5);
	send_packet(fd, 0x30, &publish);
	assert_int_equal(write(fd, leave, 2), 2);
	while (read(fd, connack, sizeof connack) > 0)
		;
	close(fd);
}

/* --- tests --- */

static void a_message_arrives_with_its_mac(void **state)
{
	const char *mac = "7AvIDClTXKOMGcZEmVZ9pmAoA5OByiD_cjQdalYwj9I";
	struct mqtt *m = open_client("gw-1", "navette/v1/gw/gw-1/ack");

	(void)state;
	expect_event(m, MQTT_CONNECTED);
	assert_true(mqtt_is_connected(m));
	publish(m, "navette/v1/gw/gw-1/ack", "{\"seq\":1}", mac, false);
	expect_text(m, "navette/v1/gw/gw-1/ack", "{\"seq\":1}", mac);
	publish(m, "navette/v1/gw/gw-1/ack", "", NULL, false);
	expect_text(m, "navette/v1/gw/gw-1/ack", "", "");
	mqtt_close(m);
}

/* Paho gives no access to its socket: here it is the one whose peer is the broker. */
static void a_connection_does_not_wait_for_acknowledgements(void **state)
{
	struct mqtt *m = open_client("at-once", NULL);
	struct mqtt_message msg;
	int n_found = 0;

	(void)state;
	assert_int_equal(take(m, &msg), MQTT_CONNECTED);
	for (int fd = 3; fd < 256; fd++) {
		struct sockaddr_in peer = {0};
		socklen_t len = sizeof peer, on_len = sizeof(int);
		int on = 0;

		if (getpeername(fd, (struct sockaddr *)&peer, &len) || ntohs(peer.sin_port) != broker.port)
			continue;
		assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &on_len), 0);
		assert_true(on);
		n_found++;
	}
	assert_int_equal(n_found, 1);
	mqtt_close(m);
}

static void only_one_mac_is_a_mac(void **state)
{
	struct mqtt *m = open_client("gw-1", "t/#");

	(void)state;
	expect_event(m, MQTT_CONNECTED);
	publish_by_hand("t/1", 3, 1);
	expect_text(m, "t/1", "hello", "one");
	publish_by_hand("t/2", 3, 2);
	expect_text(m, "t/2", "hello", "");
	publish_by_hand("t/0", 3, 0);
	expect_text(m, "t/0", "hello", "");
	publish(m, "t/long", "x", "a mac much longer than any mac of ours could ever be", false);
	expect_text(m, "t/long", "x", "");
	mqtt_close(m);
}

static void a_topic_too_long_is_dropped_and_counted(void **state)
{
	struct mqtt *m = open_client("gw-1", "#");
	char topic[MQTT_MAX_TOPIC + 1];

	(void)state;
	expect_event(m, MQTT_CONNECTED);
	memset(topic, 'a', sizeof topic);
	topic[MQTT_MAX_TOPIC] = '\0';
	publish(m, topic, "lost", NULL, false);
	topic[MQTT_MAX_TOPIC - 1] = '\0';
	publish(m, topic, "kept", NULL, false);
	expect_text(m, topic, "kept", "");
	assert_int_equal(mqtt_dropped(m), 1);
	mqtt_close(m);
}

static void a_retained_message_says_so(void **state)
{
	struct mqtt *m = open_client("gw-1", "r/live");
	struct mqtt_message msg;

	(void)state;
	expect_event(m, MQTT_CONNECTED);
	publish(m, "r/live", "now", NULL, true);
	assert_int_equal(take(m, &msg), MQTT_MESSAGE);
	assert_false(msg.retained);
	mqtt_message_free(&msg);
	mqtt_close(m);

	m = open_client("gw-1", "r/live");
	expect_event(m, MQTT_CONNECTED);
	assert_int_equal(take(m, &msg), MQTT_MESSAGE);
	assert_true(msg.retained);
	mqtt_message_free(&msg);
	publish(m, "r/live", "", NULL, true);
	mqtt_close(m);
}

static void a_broker_that_dies_is_lost_and_found_again(void **state)
{
	struct mqtt *m = open_client("gw-1", "t/again");

	(void)state;
	expect_event(m, MQTT_CONNECTED);
	for (int i = 0; i < 5; i++) {
		broker_kill();
		expect_event(m, MQTT_LOST);
		assert_false(mqtt_is_connected(m));
		assert_false(mqtt_publish(m, &(struct mqtt_outgoing){.topic = "t/again", .qos = 1}));
		broker_start();
		expect_event(m, MQTT_CONNECTED);
		publish(m, "t/again", "still there", "m", false);
		expect_text(m, "t/again", "still there", "m");
	}
	mqtt_close(m);
}

static void it_connects_to_a_broker_that_comes_later(void **state)
{
	struct mqtt *m;

	(void)state;
	broker_kill();
	m = open_client("gw-1", "t/later");
	expect_nothing(m);
	broker_start();
	expect_event(m, MQTT_CONNECTED);
	mqtt_close(m);
}

static void await_dropped(struct mqtt *m, uint64_t n)
{
	for (int i = 0; i < PATIENCE_MS / 10 && mqtt_dropped(m) < n; i++)
		usleep(10000);
	assert_int_equal(mqtt_dropped(m), n);
}

static void a_full_queue_drops_the_newest_and_counts(void **state)
{
	const char *why;
	const struct mqtt_setting s = {.url = broker.url,
				       .client_id = "gw-1",
				       .subscriptions = {"t/full"},
				       .queue_max = 5,
				       .queue_max_bytes = 1000};
	struct mqtt *m = mqtt_open(&s, &why);
	char text[16];

	(void)state;
	expect_event(m, MQTT_CONNECTED);
	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof text, "%d", i);
		publish(m, "t/full", text, NULL, false);
	}
	await_dropped(m, 15);
	for (int i = 0; i < 5; i++) {
		snprintf(text, sizeof text, "%d", i);
		expect_text(m, "t/full", text, "");
	}
	publish(m, "t/full", "room again", NULL, false);
	expect_text(m, "t/full", "room again", "");
	mqtt_close(m);
}

static void a_queue_of_too_many_bytes_drops_too(void **state)
{
	const char *why;
	const struct mqtt_setting s = {.url = broker.url,
				       .client_id = "gw-1",
				       .subscriptions = {"t/bytes"},
				       .queue_max = 100,
				       .queue_max_bytes = 10};
	struct mqtt *m = mqtt_open(&s, &why);

	(void)state;
	expect_event(m, MQTT_CONNECTED);
	publish(m, "t/bytes", "12345678", NULL, false);
	publish(m, "t/bytes", "123", NULL, false);
	await_dropped(m, 1);
	publish(m, "t/bytes", "12", NULL, false);
	expect_text(m, "t/bytes", "12345678", "");
	expect_text(m, "t/bytes", "12", "");
	mqtt_close(m);
}

static void what_is_not_acknowledged_is_bounded(void **state)
{
	const struct mqtt_outgoing out = {.topic = "t/none", .payload = "x", .len = 1, .qos = 1};
	struct mqtt *m = open_client("gw-1", "t/x");
	int n = 0;

	(void)state;
	expect_event(m, MQTT_CONNECTED);
	kill(broker.pid, SIGSTOP);
	while (n < 5000 && mqtt_publish(m, &out))
		n++;
	assert_int_equal(n, 1000);
	kill(broker.pid, SIGCONT);
	for (int i = 0; i < PATIENCE_MS / 10 && n < 3000; i++) {
		while (n < 3000 && mqtt_publish(m, &out))
			n++;
		usleep(10000);
	}
	assert_int_equal(n, 3000);
	publish(m, "t/x", "through", NULL, false);
	expect_text(m, "t/x", "through", "");
	mqtt_close(m);
}

static void a_new_password_makes_a_new_connection(void **state)
{
	struct mqtt *m = open_client("gw-1", "t/renew");

	(void)state;
	expect_event(m, MQTT_CONNECTED);
	mqtt_set_password(m, "other", "secret");
	expect_event(m, MQTT_LOST);
	expect_event(m, MQTT_CONNECTED);
	publish(m, "t/renew", "x", NULL, false);
	expect_text(m, "t/renew", "x", "");
	mqtt_close(m);
}

static void a_waiting_take_is_woken(void **state)
{
	struct mqtt *m = open_client("gw-1", NULL);
	struct mqtt_message msg;

	(void)state;
	expect_event(m, MQTT_CONNECTED);
	mqtt_wake(m);
	assert_int_equal(take(m, &msg), MQTT_NOTHING);
	expect_nothing(m);
	mqtt_close(m);
}

static const char *refusal(const char *url)
{
	const struct mqtt_setting s = {.url = url, .client_id = "x", .queue_max = 1, .queue_max_bytes = 1};
	const char *why = NULL;
	struct mqtt *m = mqtt_open(&s, &why);

	if (m != NULL)
		mqtt_close(m);
	return m != NULL ? NULL : why;
}

static void a_setting_that_cannot_work_says_why(void **state)
{
	static const char *const plain[] = {
		"mqtt://broker.example:1883",        "mqtt://192.0.2.1",   "mqtt://127.0.0.1.example.org",
		"mqtt://localhost.example.org:1883", "ws://10.0.0.1/mqtt", "mqtt://[::2]:1883",
	};
	static const char *const shapeless[] = {
		"mqtt://",
		"mqtt://:1883",
		"mqtt://127.0.0.1:0",
		"mqtt://127.0.0.1:65536",
		"mqtt://127.0.0.1:x",
		"mqtts://[::1",
		"mqtt://127.0.0.1:",
	};
	struct mqtt_setting s = {
		.url = "mqtt://127.0.0.1", .client_id = "", .queue_max = 1, .queue_max_bytes = 1};
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		assert_non_null(strstr(refusal(plain[i]), "without TLS"));
	for (size_t i = 0; i < sizeof shapeless / sizeof shapeless[0]; i++)
		assert_non_null(strstr(refusal(shapeless[i]), "is not scheme://host:port"));
	assert_non_null(strstr(refusal("tcp://127.0.0.1"), "begins with"));
	assert_non_null(strstr(refusal("mqtt://name:word@127.0.0.1"), "neither names"));
	assert_non_null(strstr(refusal("mqtt://127.0.0.1:1/path"), "has a path"));
	assert_null(mqtt_open(&s, &why));
	assert_non_null(strstr(why, "client id"));
	s.client_id = "x";
	s.ca_file = "/nonexistent";
	assert_null(mqtt_open(&s, &why));
	assert_non_null(strstr(why, "certificates"));
}

static void an_address_becomes_the_library_s(void **state)
{
	char out[64];
	bool is_tls;

	(void)state;
	assert_null(mqtt_url_check("mqtt://localhost:1883", out, sizeof out, &is_tls));
	assert_string_equal(out, "tcp://localhost:1883");
	assert_false(is_tls);
	assert_null(mqtt_url_check("mqtts://broker.example", out, sizeof out, &is_tls));
	assert_string_equal(out, "ssl://broker.example");
	assert_true(is_tls);
	assert_null(mqtt_url_check("wss://broker.example/mqtt", out, sizeof out, &is_tls));
	assert_string_equal(out, "wss://broker.example/mqtt");
	assert_true(is_tls);
	assert_null(mqtt_url_check("ws://[::1]:9001/mqtt", out, sizeof out, &is_tls));
	assert_string_equal(out, "ws://[::1]:9001/mqtt");
	assert_false(is_tls);
	assert_non_null(mqtt_url_check("wss://broker.example/mqtt", out, 8, &is_tls));
}

/* The event that a client of that address gets first; connecting to a local broker takes a few milliseconds.
 */
static enum mqtt_event first_event(const char *scheme, int port, const char *path, const char *ca)
{
	char url[96], ca_file[96];
	struct mqtt_setting s = {.url = url, .client_id = "tls", .queue_max = 9, .queue_max_bytes = 999};
	struct mqtt_message msg;
	const char *why;
	struct mqtt *m;

	snprintf(url, sizeof url, "%s://localhost:%d%s", scheme, port, path);
	snprintf(ca_file, sizeof ca_file, "%s/%s", broker.folder, ca != NULL ? ca : "");
	s.ca_file = ca != NULL ? ca_file : NULL;
	m = mqtt_open(&s, &why);
	assert_non_null(m);
	mqtt_take(m, &msg, 3000);
	mqtt_close(m);
	return msg.event;
}

static void tls_wants_the_right_signer_and_name(void **state)
{
	(void)state;
	assert_int_equal(first_event("mqtts", broker.tls_port, "", "ca.pem"), MQTT_CONNECTED);
	assert_int_equal(first_event("mqtts", broker.tls_port, "", "other.pem"), MQTT_NOTHING);
	assert_int_equal(first_event("mqtts", broker.tls_port, "", NULL), MQTT_NOTHING);
	assert_int_equal(first_event("mqtts", broker.stranger_port, "", "ca.pem"), MQTT_NOTHING);
	/* no way down to plain */
	assert_int_equal(first_event("mqtts", broker.port, "", "ca.pem"), MQTT_NOTHING);
}

static void web_sockets_carry_it_too(void **state)
{
	(void)state;
	assert_int_equal(first_event("ws", broker.web_port, "/mqtt", NULL), MQTT_CONNECTED);
}

/* A broker that accepts everybody and grants no subscription. */
struct refuser {
	int listener;
	bool grants_first; /* two subscriptions, of which the first is granted */
};

static void *serve_refusals(void *context)
{
	const struct refuser *r = context;
	static const uint8_t connack[] = {0x20, 3, 0, 0, 0};
	uint8_t in[512],
		suback[] = {0x90, r->grants_first ? 5 : 4, 0, 0, 0, r->grants_first ? 1 : 0x87, 0x87};
	const size_t suback_len = r->grants_first ? 7 : 6;

	for (int i = 0; i < 2; i++) {
		int fd = accept(r->listener, NULL, NULL);
		ssize_t len = read(fd, in, sizeof in);

		if (len > 0 && write(fd, connack, sizeof connack) > 0)
			len = read(fd, in, sizeof in);
		if (len > 4 && in[0] == 0x82) {
			suback[2] = in[2];
			suback[3] = in[3];
			if (write(fd, suback, suback_len) > 0)
				while (read(fd, in, sizeof in) > 0)
					;
		}
		close(fd);
	}
	return NULL;
}

static void expect_no_connection(const char *second_subscription)
{
	struct mqtt_setting s = {.client_id = "x",
				 .subscriptions = {"t", second_subscription},
				 .queue_max = 1,
				 .queue_max_bytes = 1};
	struct refuser refuser = {.grants_first = second_subscription != NULL};
	const struct timeval patience = {.tv_sec = 20}; /* inherited by what it accepts */
	int port;
	char url[64];
	const char *why;
	pthread_t server;
	struct mqtt *m;

	refuser.listener = listen_anywhere(&port);
	setsockopt(refuser.listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	snprintf(url, sizeof url, "mqtt://127.0.0.1:%d", port);
	s.url = url;
	assert_int_equal(pthread_create(&server, NULL, serve_refusals, &refuser), 0);
	m = mqtt_open(&s, &why);
	/* it comes twice: the first refusal made it leave and try again */
	assert_int_equal(pthread_join(server, NULL), 0);
	expect_nothing(m);
	assert_false(mqtt_is_connected(m));
	mqtt_close(m);
	close(refuser.listener);
}

static void a_refused_subscription_is_no_connection(void **state)
{
	(void)state;
	expect_no_connection(NULL);
	expect_no_connection("u");
}

struct dismisser {
	int listener;
	bool closes; /* hangs up after the DISCONNECT, else leaves that to the client */
	int go[2];   /* a pipe: a byte lets it dismiss */
};

/* Welcomes the first client, dismisses it for an administrative reason, and welcomes it again. */
static void *serve_dismissal(void *context)
{
	const struct dismisser *d = context;
	static const uint8_t connack[] = {0x20, 3, 0, 0, 0}, dismissal[] = {0xe0, 2, 0x98, 0};
	uint8_t in[512];
	int first = accept(d->listener, NULL, NULL), second;

	if (read(first, in, sizeof in) > 0 && write(first, connack, sizeof connack) > 0 &&
	    read(d->go[0], in, 1) == 1 && write(first, dismissal, sizeof dismissal) > 0 && d->closes)
		shutdown(first, SHUT_RDWR);
	second = accept(d->listener, NULL, NULL);
	if (read(second, in, sizeof in) > 0 && write(second, connack, sizeof connack) > 0)
		while (read(second, in, sizeof in) > 0)
			;
	close(second);
	close(first);
	return NULL;
}

static void expect_return_after_dismissal(bool closes)
{
	struct mqtt_setting s = {.client_id = "x", .queue_max = 1, .queue_max_bytes = 1};
	struct dismisser dismisser = {.closes = closes};
	const struct timeval patience = {.tv_sec = 20};
	char url[64];
	const char *why;
	pthread_t server;
	struct mqtt *m;
	int port;

	dismisser.listener = listen_anywhere(&port);
	setsockopt(dismisser.listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	snprintf(url, sizeof url, "mqtt://127.0.0.1:%d", port);
	s.url = url;
	assert_int_equal(pipe(dismisser.go), 0);
	assert_int_equal(pthread_create(&server, NULL, serve_dismissal, &dismisser), 0);
	m = mqtt_open(&s, &why);
	expect_event(m, MQTT_CONNECTED);
	assert_int_equal(write(dismisser.go[1], "", 1), 1);
	expect_event(m, MQTT_LOST);
	expect_event(m, MQTT_CONNECTED);
	mqtt_close(m);
	assert_int_equal(pthread_join(server, NULL), 0);
	close(dismisser.listener);
	close(dismisser.go[0]);
	close(dismisser.go[1]);
}

static void a_dismissed_client_comes_back(void **state)
{
	(void)state;
	expect_return_after_dismissal(true);
	expect_return_after_dismissal(false);
}

static void the_will_is_said_for_the_killed_only(void **state)
{
	char port[16], *args[] = {"self", port, NULL};
	struct mqtt *m = open_client("listener", "w/#");
	pid_t pid;

	(void)state;
	expect_event(m, MQTT_CONNECTED);
	snprintf(port, sizeof port, "%d", broker.port);
	assert_int_equal(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, args, environ), 0);
	expect_text(m, "w/said", "alive", "");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	expect_text(m, "w/will", "lost", "");
	args[0] = "leaver";
	assert_int_equal(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, args, environ), 0);
	expect_text(m, "w/said", "alive", "");
	waitpid(pid, NULL, 0);
	publish(m, "w/will", "", NULL, true);
	expect_text(m, "w/will", "", "");
	mqtt_close(m);
}

/* The child of the test above: connects with a will, says so, and waits to be killed, or leaves. */
static int be_mortal(bool leaves, const char *port)
{
	struct mqtt_setting s = {.client_id = "mortal",
				 .will_topic = "w/will",
				 .will_payload = "not this",
				 .queue_max = 9,
				 .queue_max_bytes = 999};
	const struct mqtt_outgoing said = {.topic = "w/said", .payload = "alive", .len = 5, .qos = 1};
	struct mqtt_message msg;
	const char *why;
	struct mqtt *m;

	broker.port = atoi(port);
	snprintf(broker.url, sizeof broker.url, "mqtt://127.0.0.1:%d", broker.port);
	s.url = broker.url;
	m = mqtt_open(&s, &why);
	if (m == NULL || take(m, &msg) != MQTT_CONNECTED)
		return 1;
	mqtt_set_will(m, "lost");
	mqtt_set_password(m, NULL, NULL);
	if (take(m, &msg) != MQTT_LOST || take(m, &msg) != MQTT_CONNECTED)
		return 1;
	if (!mqtt_publish(m, &said))
		return 1;
	while (!leaves)
		pause();
	mqtt_close(m);
	return 0;
}

/* --- the queue by itself --- */

static void events_always_fit_and_do_not_pile_up(void **state)
{
	struct mqtt_queue q = {.max_messages = 1, .max_bytes = 1};
	const struct mqtt_message up = {.event = MQTT_CONNECTED}, down = {.event = MQTT_LOST};
	struct mqtt_message out;

	(void)state;
	mqtt_queue_put(&q, &down);
	for (int i = 0; i < 100; i++) {
		mqtt_queue_put(&q, &up);
		mqtt_queue_put(&q, &down);
	}
	assert_true(mqtt_queue_take(&q, &out));
	assert_int_equal(out.event, MQTT_LOST);
	assert_false(mqtt_queue_take(&q, &out));
	mqtt_queue_put(&q, &up);
	assert_true(mqtt_queue_has_room(&q, 1));
	assert_false(mqtt_queue_has_room(&q, 2));
	assert_true(mqtt_queue_take(&q, &out));
	assert_int_equal(out.event, MQTT_CONNECTED);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_setting_that_cannot_work_says_why),
		cmocka_unit_test(an_address_becomes_the_library_s),
		cmocka_unit_test(events_always_fit_and_do_not_pile_up),
		cmocka_unit_test(a_message_arrives_with_its_mac),
		cmocka_unit_test(a_connection_does_not_wait_for_acknowledgements),
		cmocka_unit_test(only_one_mac_is_a_mac),
		cmocka_unit_test(a_topic_too_long_is_dropped_and_counted),
		cmocka_unit_test(a_retained_message_says_so),
		cmocka_unit_test(a_broker_that_dies_is_lost_and_found_again),
		cmocka_unit_test(it_connects_to_a_broker_that_comes_later),
		cmocka_unit_test(a_full_queue_drops_the_newest_and_counts),
		cmocka_unit_test(a_queue_of_too_many_bytes_drops_too),
		cmocka_unit_test(what_is_not_acknowledged_is_bounded),
		cmocka_unit_test(a_new_password_makes_a_new_connection),
		cmocka_unit_test(a_waiting_take_is_woken),
		cmocka_unit_test(tls_wants_the_right_signer_and_name),
		cmocka_unit_test(web_sockets_carry_it_too),
		cmocka_unit_test(a_refused_subscription_is_no_connection),
		cmocka_unit_test(a_dismissed_client_comes_back),
		cmocka_unit_test(the_will_is_said_for_the_killed_only),
	};

	if (argc == 2)
		return be_mortal(strcmp(argv[0], "leaver") == 0, argv[1]);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
