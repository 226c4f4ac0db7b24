/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_daemon PkgConfig::MICROHTTPD */
/*
 * The two ends that bench_http.mjs puts the service between:
 *
 *   bench_http --serve            a bare libmicrohttpd server as the service runs it (epoll, two threads),
 * which answers every request with 2 kB of JSON: prints its port, runs until stdin ends bench_http PORT
 * SECONDS FILE  asks as fast as answers come, over 16 connections that stay open, the request in FILE; prints
 * answers a second and the bytes of one; fails on anything but 200
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/daemon/log.h"

#define CONNECTIONS 16
#define ANSWER_MAX (1 << 20)
#define BARE_BYTES 2048

static enum MHD_Result answer_bare(void *context, struct MHD_Connection *c, const char *url,
				   const char *method, const char *version, const char *data, size_t *size,
				   void **state)
{
	static char body[BARE_BYTES];
	struct MHD_Response *r;
	enum MHD_Result done;

	(void)context, (void)url, (void)method, (void)version, (void)data, (void)size;
	if (!*state) {
		*state = body;
		return MHD_YES;
	}
	memset(body, 'x', sizeof body);
	r = MHD_create_response_from_buffer(sizeof body, body, MHD_RESPMEM_MUST_COPY);
	MHD_add_response_header(r, "Content-Type", "application/json");
	done = MHD_queue_response(c, 200, r);
	MHD_destroy_response(r);
	return done;
}

static int serve(void)
{
	struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer_bare,
						NULL, MHD_OPTION_THREAD_POOL_SIZE, 2u, MHD_OPTION_END);
	const union MHD_DaemonInfo *info = d ? MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT) : NULL;

	if (!info)
		fatal("bench_http: the bare server does not start");
	printf("%d\n", info->port);
	fflush(stdout);
	while (getchar() != EOF)
		;
	MHD_stop_daemon(d);
	return 0;
}

/* ---- asking -------------------------------------------------------------------------------------------- */

struct connection {
	int fd;
	size_t len;
	char answer[ANSWER_MAX];
};

static struct connection connections[CONNECTIONS];
static char request[65536];
static size_t request_len;
static long answered, bytes;

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void ask(struct connection *c)
{
	c->len = 0;
	if (send(c->fd, request, request_len, MSG_NOSIGNAL) != (ssize_t)request_len)
		fatal("bench_http: a request was not taken: %s", strerror(errno));
}

/* Length of the whole answer, 0 while its head is not there. */
static size_t length_of(const char *answer)
{
	const char *end = strstr(answer, "\r\n\r\n"), *length = strcasestr(answer, "\r\nContent-Length:");

	if (!end || !length || length > end)
		return 0;
	return (size_t)(end + 4 - answer) + (size_t)strtoul(length + 17, NULL, 10);
}

static void hear(struct connection *c)
{
	ssize_t n = recv(c->fd, c->answer + c->len, ANSWER_MAX - 1 - c->len, 0);
	size_t whole;

	if (n <= 0)
		fatal("bench_http: the connection ended");
	c->len += (size_t)n;
	c->answer[c->len] = '\0';
	whole = length_of(c->answer);
	if (!whole || c->len < whole)
		return;
	if (strncmp(c->answer, "HTTP/1.1 200 ", 13) != 0)
		fatal("bench_http: %.60s", c->answer);
	answered++;
	bytes = (long)whole;
	ask(c);
}

static void dial(struct connection *c, int port, int poll_fd)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) ||
	    epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &e))
		fatal("bench_http: port %d: %s", port, strerror(errno));
	ask(c);
}

static void load(const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f)
		fatal("bench_http: %s: %s", path, strerror(errno));
	request_len = fread(request, 1, sizeof request, f);
	fclose(f);
}

int main(int argc, char **argv)
{
	double from_s, seconds;
	int poll_fd;

	if (argc == 2 && strcmp(argv[1], "--serve") == 0)
		return serve();
	if (argc != 4)
		fatal("usage: bench_http --serve | PORT SECONDS FILE");
	load(argv[3]);
	poll_fd = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < CONNECTIONS; i++)
		dial(&connections[i], atoi(argv[1]), poll_fd);
	seconds = atof(argv[2]);
	from_s = now_s();
	while (now_s() - from_s < seconds) {
		struct epoll_event events[CONNECTIONS];
		int n = epoll_wait(poll_fd, events, CONNECTIONS, 1000);

		for (int i = 0; i < n; i++)
			hear(events[i].data.ptr);
	}
	printf("%.0f %ld\n", (double)answered / (now_s() - from_s), bytes);
	return 0;
}
