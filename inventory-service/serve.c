/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/daemon/log.h"
#include "inventory-service/http.h"
#include "inventory-service/mqtt_door.h"
#include "inventory-service/outbox/sse.h"

#define DESCRIPTORS 4096 /* 800 connections, their files, the database */

bool serve_lock(const char *database)
{
	char path[300];
	int fd;

	if (!str_format(path, sizeof path, "%s.lock", database))
		return false;
	umask(077);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		log_err("service: cannot make %s: %s: check that the folder exists and may be written", path,
			strerror(errno));
		return false;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return true; /* fd stays open on purpose: the lock ends with the process */
	log_err("service: %s is in use by another navette-inventory: stop it first", database);
	close(fd);
	return false;
}

static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warn("service: file descriptors stay limited to %llu",
			 (unsigned long long)limit.rlim_cur);
}

static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL); /* before any thread starts: they inherit it */
	signal(SIGPIPE, SIG_IGN);
}

static void wait_for_end(const sigset_t *set)
{
	int sig = 0;

	while (sigwait(set, &sig) == 0)
		if (sig == SIGHUP)
			log_info("service: nothing is reloaded while running: restart to read the "
				 "configuration");
		else
			return;
}

void serve(const struct setting *setting)
{
	struct http_setting http = {0};
	struct http *server;
	sigset_t signals;

	block_signals(&signals);
	raise_descriptors();
	if (!serve_lock(setting->service.database))
		fatal("service: not started");
	http.service = service_open(&setting->service);
	http.sse = sse_start(http.service);
	http.mqtt_door = mqtt_door_start(http.service);
	server = http_start(&http);
	log_info("service: ready version=%s", NAVETTE_VERSION);

	wait_for_end(&signals);
	log_info("service: stopping");
	sse_stop(http.sse);
	http_stop(server);
	mqtt_door_stop(http.mqtt_door);
	sse_free(http.sse); /* after the last door that announces */
	service_close(http.service);
}
