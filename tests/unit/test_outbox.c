/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/*
 * What leaves the service when too much happens at once: a page that does not read is told to start over, and
 * displays get what a full ring lost; and what a session's last use must not cost. The broker is this file:
 * mqtt_publish and mqtt_is_connected are its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/daemon/mqtt.h"
#include "common/daemon/text.h"
#include "inventory-service/domain/people/user.h"
#include "inventory-service/door_http.h"
#include "inventory-service/outbox/displays.h"
#include "inventory-service/outbox/sse.h"
#include "inventory-service/service.h"

#define ITEMS 200
#define RING 4096 /* displays.c's */

static char folder[] = "/tmp/navette-outbox-XXXXXX";
static struct service *service;
static struct credential credential;
static char cookie[128];

/* ---- the broker ---- */

static bool is_connected;
static int n_published, n_of[ITEMS + 1];

bool mqtt_is_connected(const struct mqtt *m)
{
	(void)m;
	return is_connected;
}

bool mqtt_publish(struct mqtt *m, const struct mqtt_outgoing *out)
{
	int id;

	(void)m;
	assert_int_equal(sscanf(out->topic, "navette/v1/item/%d/state", &id), 1);
	assert_in_range(id, 1, ITEMS);
	assert_true(out->retained);
	n_of[id]++;
	n_published++;
	return true;
}

/* ---- the service ---- */

static enum err build(struct db *db, void *context)
{
	struct session_limits limits = session_limits_of(0, 0);
	struct user_roles roles = {.n = 1, .rows = {{.role = ROLE_REGION_OFFICER, .scope = SCOPE_REGION}}};
	struct user user = {.email = "a@x.fr", .name = "A"};
	struct actor console = {.channel = "console"};
	char csrf[SESSION_TOKEN_SIZE], token[SESSION_TOKEN_SIZE];

	(void)context;
	assert_int_equal(user_add(db, &console, 50, &user, &roles, "hash"), OK);
	assert_int_equal(session_start(db, &limits, user.id, time(NULL) - 600, token, csrf), OK);
	snprintf(cookie, sizeof cookie, "navette=%s", token);
	assert_true(session_of_cookie(cookie, false, &credential));
	return db_script(
		db,
		"INSERT INTO place (id, name, created_s) VALUES (1, 'p', 0);"
		"INSERT INTO model (id, name, family, transport_class, created_s) VALUES (1, 'm', 'f', 'T1', "
		"0);"
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
		"INSERT INTO item (id, model_id, inventory_no, owner_place_id, home_place_id, in_service_s, "
		"code, created_s) SELECT i, 1, i, 1, 1, 0, printf('%07d', i), 0 FROM n;");
}

static int set_up(void **state)
{
	struct service_setting setting = {.silent_s = 900, .presence_hold_s = 600};

	(void)state;
	if (!mkdtemp(folder) || !str_format(setting.database, sizeof setting.database, "%s/n.db", folder) ||
	    !str_format(setting.secret_file, sizeof setting.secret_file, "%s/secret.key", folder))
		return 1;
	service = service_open(&setting);
	return service_write(service, "test", build, NULL) != OK;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	service_close(service);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

static enum err read_seen(struct db *db, void *context)
{
	struct query q = db_query(db, "SELECT seen_s FROM session");

	while (db_next(&q))
		*(int64_t *)context = get_i64(&q);
	return db_end(&q);
}

static void the_last_use_of_a_session_makes_nobody_forget(void **state)
{
	struct http_request rq = {
		.method = HTTP_GET, .path = "/api/v1/session", .query = "", .body = "", .cookie = cookie};
	uint64_t before = service_generation(service);
	struct http_reply reply;
	int64_t seen_s = 0;

	(void)state;
	service_call(service, &rq, &reply);
	assert_int_equal(reply.status, 200);
	http_reply_fini(&reply);
	assert_int_equal(service_read(service, read_seen, &seen_s), OK);
	assert_true(seen_s > time(NULL) - 300); /* it was written */
	assert_int_equal(service_generation(service), before);
}

/* ---- pages ---- */

static int n_woken, n_slept;

static void fall_asleep(void *context)
{
	(void)context;
	n_slept++;
}

static void wake_up(void *context)
{
	(void)context;
	__atomic_add_fetch(&n_woken, 1, __ATOMIC_RELAXED);
}

/* All there is to take. The caller frees. */
static char *take_all(struct sse_client *client)
{
	static char piece[8192];
	char *all = NULL;
	size_t len = 0;
	long n;

	while ((n = sse_take(client, piece, sizeof piece)) > 0) {
		all = xrealloc(all, len + (size_t)n + 1);
		memcpy(all + len, piece, (size_t)n);
		len += (size_t)n;
		all[len] = '\0';
	}
	assert_int_equal(n, 0);
	return all ? all : xstrdup("");
}

static void tell_item(int64_t id)
{
	struct change change = {.kind = "item", .id = id, .fields = "live"};

	service_announce(service, &change, 0);
}

static int occurrences(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static void a_page_that_does_not_read_is_told_to_start_over(void **state)
{
	struct sse_connection connection = {fall_asleep, wake_up, NULL};
	struct sse *sse = sse_start(service);
	struct sse_client *client;
	char *text;

	(void)state;
	assert_int_equal(sse_open(sse, &credential, -1, &connection, &client), OK);
	free(take_all(client)); /* the greeting; then it sleeps */
	for (int i = 0; i < 20; i++)
		tell_item(7);
	text = take_all(client);
	assert_int_equal(occurrences(text, "event: item\n"), 20);
	assert_int_equal(occurrences(text, "reset"), 0);
	free(text);

	for (int i = 0; i < 5000; i++) /* some 350 kB, where 64 KiB are kept */
		tell_item(8);
	tell_item(9);
	text = take_all(client);
	assert_true(strlen(text) <= 64 * 1024);
	assert_true(occurrences(text, "event: reset\ndata: {}\n\n") >= 1);
	assert_non_null(strstr(strstr(text, "event: reset"), "\"id\":9")); /* what came after it is told */
	assert_int_equal(strncmp(text, "event: ", 7), 0);
	assert_true(n_slept >= n_woken);
	free(text);
	sse_stop(sse);
	sse_close(client);
	sse_free(sse);
}

/* ---- displays ---- */

static void poll_for(struct displays *d, int seconds)
{
	for (int i = 0; i < seconds * 10; i++) {
		displays_poll(d, time(NULL) * 1000);
		usleep(101000);
	}
}

static enum err retire_one(struct db *db, void *context)
{
	(void)context;
	return db_script(db, "UPDATE item SET retired_s = 1 WHERE id = 150");
}

/* The ring's worth of news about others, then one more that does not fit: found again by looking at all. */
static void displays_get_what_a_full_ring_lost(void **state)
{
	struct displays *d = displays_open(service, NULL);

	(void)state;
	is_connected = true;
	displays_connected(d);
	poll_for(d, 2);
	assert_int_equal(n_published, ITEMS); /* everything at a connection, once */
	for (int i = 1; i <= ITEMS; i++)
		assert_int_equal(n_of[i], 1);

	assert_int_equal(service_write(service, "test", retire_one, NULL), OK);
	for (int i = 0; i < RING; i++)
		displays_changed(d, 1 + i % 100);
	displays_changed(d, 150);
	poll_for(d, 2);
	assert_int_equal(n_of[150], 2);
	assert_int_equal(n_published, ITEMS + 1); /* what did not change is not said again */
	displays_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_use_of_a_session_makes_nobody_forget),
		cmocka_unit_test(a_page_that_does_not_read_is_told_to_start_over),
		cmocka_unit_test(displays_get_what_a_full_ring_lost),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
