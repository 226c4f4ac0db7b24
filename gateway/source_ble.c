/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A Bluetooth controller behind a stream socket that speaks H4. One loop: connect, command by command make it
 * scan, listen; whatever goes wrong, count it, close, and begin again after a growing pause (1 to 30 s).
 *
 * A byte that starts no packet means that the two ends disagree about where packets begin. H4 has no mark to
 * find the next one by, so the connection is made anew: the controller then starts at a packet. A malformed
 * event in a whole packet is only counted; the stream is still in step.
 *
 * A radio that says nothing for 60 s is called deaf and made to scan from the beginning. It may be a quiet
 * place: the word is said once, and taken back with the first advert.
 */
#include "gateway/source.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "gateway/hci.h"
#include "gateway/sieve.h"

#define ANSWER_MS 3000
#define CONNECT_MS 5000
#define DEAF_MS 60000
#define MAX_PAUSE_MS 30000
#define BUFFER 8192u /* an event has 258 bytes at most; longer packets are not for us and are passed over */

struct ble {
	const struct radio_setting *setting;
	struct sieve sieve;
	int fd;
	uint8_t buffer[BUFFER];
	size_t len;
	size_t pass_over; /* bytes of a long packet still to come */
	bool was_refused; /* the last failure was said already */
};

enum read_result { READ_PACKET, READ_TIMEOUT, READ_STOP, READ_LOST, READ_OUT_OF_STEP };

static bool ble_open(struct source *s, char *why, size_t why_size)
{
	struct ble *b = xcalloc(1, sizeof *b);

	(void)why;
	(void)why_size;
	b->setting = &s->world->setting->radios[s->index];
	b->fd = -1;
	sieve_init(&b->sieve, &s->world->setting->list, s->world->setting->repeat_s * 1000);
	s->state = b;
	return true;
}

static void hang_up(struct ble *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
	b->len = b->pass_over = 0;
}

static void ble_close(struct source *s)
{
	struct ble *b = s->state;

	if (b != NULL)
		hang_up(b);
	free(b);
	s->state = NULL;
}

/* A connection under way ends well, with errno, or with the stop. */
static bool connected(struct source *s, int fd, const struct sockaddr *address, socklen_t len)
{
	struct pollfd p[2] = {{.fd = fd, .events = POLLOUT}, {.fd = s->world->stop_fd, .events = POLLIN}};
	int error = 0;
	socklen_t size = sizeof error;

	if (connect(fd, address, len) == 0)
		return true;
	if (errno != EINPROGRESS && errno != EAGAIN)
		return false;
	if (poll(p, 2, CONNECT_MS) <= 0 || p[0].revents == 0) {
		errno = ETIMEDOUT;
		return false;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
		return true;
	errno = error;
	return false;
}

static int dial_unix(struct source *s, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (!str_copy(address.sun_path, sizeof address.sun_path, path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connected(s, fd, (struct sockaddr *)&address, sizeof address))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int dial_tcp(struct source *s, const char *where)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
	const char *colon = strrchr(where, ':');
	char host[96];
	int fd = -1, error = EHOSTUNREACH;

	if (colon == NULL || !str_format(host, sizeof host, "%.*s", (int)(colon - where), where) ||
	    getaddrinfo(host, colon + 1, &hints, &list) != 0) {
		errno = EHOSTUNREACH;
		return -1;
	}
	for (struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd >= 0 && !connected(s, fd, a->ai_addr, a->ai_addrlen)) {
			error = errno;
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	errno = error;
	return fd;
}

static bool dial(struct source *s, struct ble *b)
{
	const char *hci = b->setting->hci;

	b->fd = strncmp(hci, "unix:", 5) == 0 ? dial_unix(s, hci + 5) : dial_tcp(s, hci + 4);
	return b->fd >= 0;
}

/* The next whole packet into packet (HCI events fit in BUFFER). until_ms: real monotonic time. */
static enum read_result next_packet(struct source *s, int64_t until_ms, uint8_t *packet, size_t *packet_len)
{
	struct ble *b = s->state;
	struct pollfd p[2] = {{.fd = b->fd, .events = POLLIN}, {.fd = s->world->stop_fd, .events = POLLIN}};

	for (;;) {
		size_t passed = b->pass_over < b->len ? b->pass_over : b->len;
		int64_t wait_ms = until_ms - clock_real_mono_ms();
		int32_t len;
		ssize_t got;

		memmove(b->buffer, b->buffer + passed, b->len - passed);
		b->len -= passed;
		b->pass_over -= passed;
		len = hci_packet_len(b->buffer, b->len);
		if (len < 0)
			return READ_OUT_OF_STEP;
		if (len > (int32_t)BUFFER) {
			b->pass_over = (size_t)len;
			continue;
		}
		if (len > 0 && (size_t)len <= b->len) {
			memcpy(packet, b->buffer, (size_t)len);
			*packet_len = b->pass_over = (size_t)len;
			return READ_PACKET;
		}
		if (wait_ms <= 0 || poll(p, 2, (int)wait_ms) == 0)
			return READ_TIMEOUT;
		if (p[1].revents != 0)
			return READ_STOP;
		got = read(b->fd, b->buffer + b->len, BUFFER - b->len);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return READ_LOST;
		b->len += got > 0 ? (size_t)got : 0;
	}
}

static void take_packet(struct source *s, const uint8_t *packet, size_t len)
{
	struct ble *b = s->state;
	uint16_t opcode;
	uint8_t status;

	switch (hci_event_kind(packet, len, &opcode, &status)) {
	case HCI_ADVERTISING:
		if (source_hear_packet(s, &b->sieve, packet, len) > 0 &&
		    atomic_exchange(&s->health.is_deaf, false))
			log_info("%s: the radio hears again", s->name);
		break;
	case HCI_HARDWARE_ERROR:
		log_warn("%s: the controller reports a hardware error", s->name);
		atomic_fetch_add(&s->health.n_bad, 1);
		break;
	case HCI_MALFORMED:
		atomic_fetch_add(&s->health.n_bad, 1);
		break;
	case HCI_OTHER:
	case HCI_COMMAND_COMPLETE:
	case HCI_COMMAND_STATUS:
		break;
	}
}

/* Sends one command and waits for its Command Complete; adverts that come between are heard. NULL: done. */
static const char *command(struct source *s, const struct hci_command *c)
{
	struct ble *b = s->state;
	int64_t until_ms = clock_real_mono_ms() + ANSWER_MS;
	uint8_t packet[BUFFER], status = 0;
	uint16_t opcode = 0;
	size_t len;

	if (send(b->fd, c->bytes, c->len, MSG_NOSIGNAL) != c->len)
		return "cannot be sent";
	for (;;) {
		enum read_result result = next_packet(s, until_ms, packet, &len);
		enum hci_event kind;

		if (result == READ_TIMEOUT)
			return "is not answered";
		if (result == READ_OUT_OF_STEP)
			atomic_fetch_add(&s->health.n_bad, 1);
		if (result != READ_PACKET)
			return result == READ_OUT_OF_STEP ? "is answered by what is no HCI packet"
							  : "ended the connection";
		take_packet(s, packet, len);
		kind = hci_event_kind(packet, len, &opcode, &status);
		if ((kind == HCI_COMMAND_COMPLETE || kind == HCI_COMMAND_STATUS) && opcode == c->opcode)
			return status == 0 && kind == HCI_COMMAND_COMPLETE ? NULL : "is refused";
	}
}

static bool start_scan(struct source *s)
{
	struct ble *b = s->state;
	const struct hci_command *c;
	const char *fault;

	for (size_t i = 0; (c = hci_scan_command(i)) != NULL; i++) {
		fault = command(s, c);
		if (fault == NULL)
			continue;
		if (!b->was_refused && !source_is_stopping(s))
			log_warn("%s: cannot scan: %s %s hci=%s", s->name, c->name, fault, b->setting->hci);
		b->was_refused = true;
		return false;
	}
	return true;
}

/* Listens until the connection is of no more use. */
static void listen_on(struct source *s)
{
	struct ble *b = s->state;
	unsigned rescan = atomic_load(&s->world->rescan);
	int64_t since_ms = clock_real_mono_ms();
	uint8_t packet[BUFFER];
	size_t len;

	for (;;) {
		int64_t heard_ms = atomic_load(&s->health.heard_ms), now_ms = clock_real_mono_ms();
		int64_t quiet_from_ms = heard_ms > since_ms ? heard_ms : since_ms;
		int64_t until_ms =
			quiet_from_ms + DEAF_MS < now_ms + 1000 ? quiet_from_ms + DEAF_MS : now_ms + 1000;
		enum read_result result = next_packet(s, until_ms, packet, &len);

		if (result == READ_PACKET)
			take_packet(s, packet, len);
		if (result == READ_STOP || atomic_load(&s->world->rescan) != rescan)
			return;
		if (result == READ_OUT_OF_STEP) {
			atomic_fetch_add(&s->health.n_bad, 1);
			log_warn("%s: the stream is out of step: connecting anew hci=%s", s->name,
				 b->setting->hci);
			return;
		}
		if (result == READ_LOST) {
			log_warn("%s: the controller hung up: connecting anew hci=%s", s->name,
				 b->setting->hci);
			return;
		}
		if (result == READ_TIMEOUT && clock_real_mono_ms() - quiet_from_ms >= DEAF_MS) {
			if (!atomic_exchange(&s->health.is_deaf, true))
				log_warn("%s: radio deaf: nothing heard for 60 s: scanning anew", s->name);
			return;
		}
	}
}

static void ble_run(struct source *s)
{
	struct ble *b = s->state;
	int64_t pause_ms = 0;

	while (!source_wait(s, pause_ms)) {
		pause_ms = pause_ms == 0 ? 1000 : pause_ms * 2 > MAX_PAUSE_MS ? MAX_PAUSE_MS : pause_ms * 2;
		if (!dial(s, b)) {
			if (!b->was_refused)
				log_warn("%s: cannot connect: %s hci=%s", s->name, strerror(errno),
					 b->setting->hci);
			b->was_refused = true;
			continue;
		}
		if (start_scan(s)) {
			log_info("%s: scanning hci=%s", s->name, b->setting->hci);
			b->was_refused = false;
			pause_ms = 1000;
			atomic_store(&s->health.is_connected, true);
			listen_on(s);
			atomic_store(&s->health.is_connected, false);
		}
		hang_up(b);
	}
}

const struct source_ops source_ble = {.kind = "ble", .open = ble_open, .run = ble_run, .close = ble_close};
