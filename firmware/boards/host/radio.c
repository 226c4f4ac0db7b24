/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One poll loop over listeners and hosts. Reports are collected in a buffer per host and written once per
 * turn: at thousands of reports a second a system call each would cost more than everything else here.
 */
#include "firmware/boards/host/radio.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "common/wire/bytes.h"

#define OUT_LEN (1u << 20) /* four seconds of 5 000 reports/s */
#define COMMAND_MAX 259u   /* H4 type, opcode, length, 255 bytes */
#define REPORT_MAX 64u
#define CLOSE_MS 2000

enum { H4_COMMAND = 1, H4_EVENT = 4 };
enum { EVENT_COMMAND_COMPLETE = 0x0e, EVENT_LE_META = 0x3e, LE_ADVERTISING_REPORT = 0x02 };
enum { ADV_NONCONN_IND = 0x03, ADDRESS_PUBLIC = 0, ADDRESS_RANDOM = 1 };
enum { OK_STATUS = 0x00, UNKNOWN_COMMAND = 0x01, COMMAND_DISALLOWED = 0x0c, INVALID_PARAMETERS = 0x12 };
enum {
	RESET = 0x0c03,
	SET_EVENT_MASK = 0x0c01,
	LE_SET_EVENT_MASK = 0x2001,
	LE_SET_SCAN_PARAMETERS = 0x200b,
	LE_SET_SCAN_ENABLE = 0x200c,
};

struct listener {
	int fd;
	char path[108]; /* to unlink; empty for TCP */
};

struct client {
	int fd;
	int listener;
	bool is_scanning;
	uint8_t in[COMMAND_MAX];
	size_t in_len;
	uint8_t *out;
	size_t out_len;
};

struct radio {
	struct listener listeners[RADIO_MAX_LISTENERS];
	int n_listeners;
	struct client clients[RADIO_MAX_CLIENTS];
	int n_clients;
	uint32_t loss_per_million;
	uint64_t random_state;
	uint64_t n_dropped;
};

struct radio *radio_open(uint32_t loss_per_million, uint64_t seed)
{
	struct radio *r = xcalloc(1, sizeof *r);

	r->loss_per_million = loss_per_million;
	r->random_state = seed;
	return r;
}

/* ---- listening ---- */

static bool is_alive(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;

	if (fd >= 0)
		close(fd);
	return is;
}

static bool listen_unix(struct listener *l, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!str_copy(address.sun_path, sizeof address.sun_path, path)) {
		log_err("radio: cannot listen: the path of the socket is too long path=%s", path);
		return false;
	}
	if (is_alive(&address)) {
		log_err("radio: cannot listen: another program does path=%s", path);
		return false;
	}
	unlink(path);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&address, sizeof address) || listen(l->fd, 16)) {
		log_err("radio: cannot listen: %s path=%s", strerror(errno), path);
		return false;
	}
	memcpy(l->path, address.sun_path, sizeof l->path);
	return true;
}

static bool listen_tcp(struct listener *l, const char *spec)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	const char *colon = strrchr(spec, ':');
	struct addrinfo *info = NULL;
	char host[256];
	int error, on = 1;
	bool is_ok;

	if (!colon || !str_format(host, sizeof host, "%.*s", (int)(colon - spec), spec)) {
		log_err("radio: cannot listen: expected tcp:HOST:PORT spec=%s", spec);
		return false;
	}
	if ((error = getaddrinfo(host, colon + 1, &hints, &info))) {
		log_err("radio: cannot listen: %s address=%s", gai_strerror(error), spec);
		return false;
	}
	l->fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	is_ok = l->fd >= 0 && setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
		bind(l->fd, info->ai_addr, info->ai_addrlen) == 0 && listen(l->fd, 16) == 0;
	if (!is_ok)
		log_err("radio: cannot listen: %s address=%s", strerror(errno), spec);
	freeaddrinfo(info);
	return is_ok;
}

bool radio_listen(struct radio *r, const char *spec)
{
	struct listener *l = &r->listeners[r->n_listeners];
	bool is_ok = false;

	if (r->n_listeners == RADIO_MAX_LISTENERS) {
		log_err("radio: cannot listen: more than %d sockets", RADIO_MAX_LISTENERS);
		return false;
	}
	l->fd = -1;
	if (!strncmp(spec, "unix:", 5))
		is_ok = listen_unix(l, spec + 5);
	else if (!strncmp(spec, "tcp:", 4))
		is_ok = listen_tcp(l, spec + 4);
	else
		log_err("radio: cannot listen: expected unix:PATH or tcp:HOST:PORT spec=%s", spec);
	if (is_ok)
		r->n_listeners++;
	else if (l->fd >= 0)
		close(l->fd);
	return is_ok;
}

/* ---- hosts ---- */

static void greet(struct radio *r, int listener)
{
	int fd = accept4(r->listeners[listener].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), on = 1;

	if (fd < 0)
		return;
	if (r->n_clients == RADIO_MAX_CLIENTS) {
		log_warn("radio: a host turned away: %d are connected", RADIO_MAX_CLIENTS);
		close(fd);
		return;
	}
	/* Fails for unix sockets, which need it not. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	r->clients[r->n_clients++] =
		(struct client){.fd = fd, .listener = listener, .out = xcalloc(1, OUT_LEN)};
	log_info("radio: a host connected: listener=%d", listener);
}

static void hang_up(struct radio *r, int i)
{
	struct client *c = &r->clients[i];

	log_info("radio: a host left: listener=%d", c->listener);
	close(c->fd);
	free(c->out);
	*c = r->clients[--r->n_clients];
}

/* Whole packets only: half an event would put the stream out of step. */
static bool put(struct client *c, const uint8_t *bytes, size_t len)
{
	if (len > OUT_LEN - c->out_len)
		return false;
	memcpy(c->out + c->out_len, bytes, len);
	c->out_len += len;
	return true;
}

/* False: the host is gone. */
static bool flush(struct client *c)
{
	size_t sent = 0;
	ssize_t n = 0;

	while (sent < c->out_len && (n = send(c->fd, c->out + sent, c->out_len - sent, MSG_NOSIGNAL)) > 0)
		sent += (size_t)n;
	memmove(c->out, c->out + sent, c->out_len - sent);
	c->out_len -= sent;
	return n >= 0 || errno == EAGAIN || errno == EINTR;
}

/* ---- commands ---- */

static uint8_t enable_scan(struct client *c, const uint8_t *parameters, uint8_t len)
{
	if (len != 2 || parameters[0] > 1 || parameters[1] > 1)
		return INVALID_PARAMETERS;
	c->is_scanning = parameters[0];
	return OK_STATUS;
}

static uint8_t obey(struct client *c, uint16_t opcode, const uint8_t *parameters, uint8_t len)
{
	switch (opcode) {
	case RESET:
		c->is_scanning = false;
		return OK_STATUS;
	case SET_EVENT_MASK:
	case LE_SET_EVENT_MASK:
		return len == 8 ? OK_STATUS : INVALID_PARAMETERS;
	case LE_SET_SCAN_PARAMETERS: /* vol. 4 part E §7.8.10: not while scanning */
		if (len != 7)
			return INVALID_PARAMETERS;
		return c->is_scanning ? COMMAND_DISALLOWED : OK_STATUS;
	case LE_SET_SCAN_ENABLE:
		return enable_scan(c, parameters, len);
	default:
		return UNKNOWN_COMMAND;
	}
}

static void answer(struct client *c, uint16_t opcode, uint8_t status)
{
	const uint8_t low = (uint8_t)opcode, high = (uint8_t)(opcode >> 8);
	const uint8_t event[] = {H4_EVENT, EVENT_COMMAND_COMPLETE, 4, 1, low, high, status};

	(void)put(c, event, sizeof event); /* a host that reads nothing needs no answer */
}

/* Takes the commands that are whole; false: these are no commands. */
static bool take_commands(struct client *c)
{
	struct nvt_reader r = nvt_read(c->in, c->in_len);
	size_t done = 0;

	while (nvt_read_left(&r)) {
		uint8_t type = nvt_take_u8(&r), len;
		uint16_t opcode = nvt_take_u16le(&r);
		const uint8_t *parameters;

		if (type != H4_COMMAND)
			return false;
		len = nvt_take_u8(&r);
		parameters = nvt_take_view(&r, len);
		if (!nvt_read_ok(&r))
			break;
		answer(c, opcode, obey(c, opcode, parameters, len));
		done = r.at;
	}
	memmove(c->in, c->in + done, c->in_len - done);
	c->in_len -= done;
	return true;
}

/* False: the host is gone, or speaks something else. */
static bool listen_to(struct client *c)
{
	ssize_t n;

	while ((n = recv(c->fd, c->in + c->in_len, sizeof c->in - c->in_len, 0)) > 0) {
		c->in_len += (size_t)n;
		if (!take_commands(c)) {
			log_warn("radio: a host hung up on: its bytes are no HCI command listener=%d",
				 c->listener);
			return false;
		}
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* ---- reports ---- */

bool radio_is_heard(const struct radio *r, uint32_t listeners)
{
	for (int i = 0; i < r->n_clients; i++)
		if (r->clients[i].is_scanning && listeners >> r->clients[i].listener & 1)
			return true;
	return false;
}

static bool is_lost(struct radio *r)
{
	uint64_t z = r->random_state += 0x9e3779b97f4a7c15u; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) % 1000000 < r->loss_per_million;
}

/* LE Advertising Report, one report (vol. 4 part E §7.7.65.2). */
static size_t event_of(const struct radio_report *report, uint8_t out[REPORT_MAX])
{
	struct nvt_writer w = nvt_write(out, REPORT_MAX);
	bool is_static_random = report->address[0] >> 6 == 3;

	nvt_put_u8(&w, H4_EVENT);
	nvt_put_u8(&w, EVENT_LE_META);
	nvt_put_u8(&w, (uint8_t)(12 + report->ad_len));
	nvt_put_u8(&w, LE_ADVERTISING_REPORT);
	nvt_put_u8(&w, 1);
	nvt_put_u8(&w, ADV_NONCONN_IND);
	nvt_put_u8(&w, is_static_random ? ADDRESS_RANDOM : ADDRESS_PUBLIC);
	for (int i = 5; i >= 0; i--)
		nvt_put_u8(&w, report->address[i]);
	nvt_put_u8(&w, report->ad_len);
	nvt_put_bytes(&w, report->ad, report->ad_len);
	nvt_put_u8(&w, (uint8_t)report->rssi_dbm);
	return nvt_write_end(&w) ? w.len : 0;
}

void radio_send(struct radio *r, const struct radio_report *report)
{
	uint8_t event[REPORT_MAX];
	size_t len = event_of(report, event);

	for (int i = 0; i < r->n_clients; i++) {
		struct client *c = &r->clients[i];

		if (!c->is_scanning || !(report->listeners >> c->listener & 1))
			continue;
		if (r->loss_per_million && !report->is_certain && is_lost(r))
			continue;
		if (!put(c, event, len))
			r->n_dropped++;
	}
}

uint64_t radio_n_dropped(const struct radio *r)
{
	return r->n_dropped;
}

/* ---- the turn ---- */

void radio_poll(struct radio *r, int timeout_ms)
{
	struct pollfd fds[RADIO_MAX_LISTENERS + RADIO_MAX_CLIENTS];
	const int n_listeners = r->n_listeners, n_clients = r->n_clients;

	for (int i = 0; i < n_listeners; i++)
		fds[i] = (struct pollfd){.fd = r->listeners[i].fd, .events = POLLIN};
	for (int i = 0; i < n_clients; i++) {
		struct client *c = &r->clients[i];

		(void)flush(c); /* an error shows below */
		fds[n_listeners + i] =
			(struct pollfd){.fd = c->fd, .events = (short)(POLLIN | (c->out_len ? POLLOUT : 0))};
	}
	if (poll(fds, (nfds_t)(n_listeners + n_clients), timeout_ms) <= 0)
		return;
	/* From the last: hang_up moves the last client into the hole. */
	for (int i = n_clients - 1; i >= 0; i--) {
		short events = fds[n_listeners + i].revents;

		if ((events & (POLLIN | POLLHUP | POLLERR) && !listen_to(&r->clients[i])) ||
		    !flush(&r->clients[i]))
			hang_up(r, i);
	}
	for (int i = 0; i < n_listeners; i++)
		if (fds[i].revents & POLLIN)
			greet(r, i);
}

static bool has_waiting(const struct radio *r)
{
	for (int i = 0; i < r->n_clients; i++)
		if (r->clients[i].out_len)
			return true;
	return false;
}

void radio_close(struct radio *r)
{
	int64_t until_ms = clock_real_mono_ms() + CLOSE_MS;

	if (!r)
		return;
	for (radio_poll(r, 0); has_waiting(r) && clock_real_mono_ms() < until_ms;)
		radio_poll(r, 50);
	for (int i = 0; i < r->n_listeners; i++) {
		close(r->listeners[i].fd);
		if (r->listeners[i].path[0])
			unlink(r->listeners[i].path);
	}
	while (r->n_clients)
		hang_up(r, r->n_clients - 1);
	free(r);
}
