/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/*
 * What a stranger sends: "address \n query \n body" of any bytes. The address through the reader of paths and
 * the route table; the query through every kind of question; the body through every handler that writes, in a
 * transaction that is undone. No answer is 500 or above.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "inventory-service/api/api.h"
#include "inventory-service/http_text.h"
#include "inventory-service/migrate.h"
#include "inventory-service/service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct actor officer = {.user_id = 1,
				     .n_roles = 1,
				     .channel = "web",
				     .roles = {{.role = ROLE_REGION_OFFICER, .scope = SCOPE_REGION}}};
static struct service *service; /* for its settings and its secret only */
static struct db *db;
static char dir[] = "/tmp/navette-fuzz-XXXXXX";

static void remove_dir(void)
{
	static const char *const names[] = {"n.db", "n.db-wal", "n.db-shm", "secret.key"};
	char path[64];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

static void open_service(void)
{
	struct service_setting setting = {.silent_s = 900};

	if (!mkdtemp(dir) || atexit(remove_dir) != 0)
		fatal("fuzz: no folder");
	snprintf(setting.database, sizeof setting.database, "%s/n.db", dir);
	snprintf(setting.secret_file, sizeof setting.secret_file, "%s/secret.key", dir);
	snprintf(setting.broker_url, sizeof setting.broker_url, "mqtt://127.0.0.1:1");
	service = service_open(&setting);
}

static void open_once(void)
{
	int64_t from;

	if (db)
		return;
	open_service();
	if (sodium_init() < 0 || db_open(":memory:", DB_WRITER, &db) || migrate(db, &from) ||
	    db_script(db, "INSERT INTO user (id, email, name, password_hash, created_s) VALUES (1, 'a@x', "
			  "'A', '', 0);"
			  "INSERT INTO hub (id, name, created_s) VALUES (1, 'a', 0);"
			  "INSERT INTO place (id, name, created_s) VALUES (1, 'x', 0);"))
		fatal("fuzz: no database");
}

static char *text_of(const uint8_t *data, size_t len)
{
	char *text = xcalloc(1, len + 1);

	memcpy(text, data, len);
	return text; /* ends at the first NUL, like a header */
}

static void read_address(const char *uri)
{
	char path[256];
	const char *query;

	if (!http_split_uri(uri, path, sizeof path, &query))
		return;
	assert(path[0] == '/' && utf8_valid(path, strlen(path)));
	for (enum http_method m = HTTP_GET; m <= HTTP_OTHER; m++) {
		struct route_match match = route_find(m, path);

		assert(match.route == N_ROUTES || match.allowed & 1u << m);
	}
	(void)http_path_is_plain(path);
	(void)http_path_is_hashed(path);
	(void)http_accepts(uri, "br");
}

static void read_query(const char *query)
{
	struct call c = {.query = query};
	int64_t a, b;
	char text[32];
	bool given;

	if (call_query_page(&c, &a, &b) == OK)
		assert(a >= 0 && b >= 1 && b <= 500);
	(void)call_query_time(&c, "from", &a, &given); /* the answer is not what is tested: the bytes are */
	if (call_query_text(&c, "q", text, sizeof text) == OK)
		assert(utf8_valid(text, strlen(text)));
	(void)call_query_end(&c);
}

/* Every change by POST or PATCH that needs nothing slow, with this body; whatever it does is undone. */
static void write_body(const char *body, size_t len)
{
	for (enum route i = 0; i < N_ROUTES; i++) {
		struct call c = {.service = service,
				 .db = db,
				 .who = &officer,
				 .route = i,
				 .now_s = 1000,
				 .now_ms = 1000000,
				 .query = "",
				 .body = body,
				 .body_len = len,
				 .ids = {1, 1}};
		enum err err;

		if (route_row(i)->mode != WRITE || i <= ROUTE_session_password)
			continue; /* sign-in needs what was prepared */
		if (db_begin(db))
			fatal("fuzz: no transaction");
		err = route_row(i)->handle(&c);
		assert(err_status(err) < 500);
		assert(utf8_valid(c.detail, strlen(c.detail)));
		db_rollback(db);
		json_out_free(&c.out);
		json_free(c.doc);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *first = memchr(data, '\n', len);
	const uint8_t *second = first ? memchr(first + 1, '\n', len - (size_t)(first + 1 - data)) : NULL;
	char *uri, *query;

	if (!second)
		return 0;
	open_once();
	uri = text_of(data, (size_t)(first - data));
	query = text_of(first + 1, (size_t)(second - first - 1));
	read_address(uri);
	read_query(query);
	write_body((const char *)second + 1, len - (size_t)(second + 1 - data));
	free(uri);
	free(query);
	return 0;
}
