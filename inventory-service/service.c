/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The doors' common floor. One writing connection behind one lock; a few read-only connections lent one call
 * at a time; listeners told after each commit. Nothing slow happens under the lock: what is held over 50 ms
 * is logged with the door's name. The checkpoint, which no other connection may do, runs here between two
 * transactions.
 */
#include "inventory-service/service.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "inventory-service/migrate.h"
#include "inventory-service/secret.h"

#define READERS 4
#define LISTENERS 4
#define SLOW_MS 50
#define CHECKPOINT_PAGES 2000

struct service {
	struct service_setting setting;
	struct secret secret;
	pthread_mutex_t writer_lock;
	struct db *writer;
	atomic_uint_fast64_t generation;

	pthread_mutex_t pool_lock;
	pthread_cond_t pool_returned;
	struct db *pool[READERS];
	int n_idle;

	pthread_mutex_t listener_lock;
	struct {
		service_listener *tell;
		void *context;
	} listeners[LISTENERS];
	int n_listeners;
};

static void open_readers(struct service *s)
{
	for (int i = 0; i < READERS; i++)
		if (db_open(s->setting.database, DB_READER, &s->pool[i]))
			fatal("service: cannot read %s", s->setting.database);
	s->n_idle = READERS;
}

struct service *service_open(const struct service_setting *setting)
{
	struct service *s = xcalloc(1, sizeof *s);
	char why[256];
	int64_t from;

	if (sodium_init() < 0)
		fatal("service: libsodium does not start");
	s->setting = *setting;
	pthread_mutex_init(&s->writer_lock, NULL);
	pthread_mutex_init(&s->pool_lock, NULL);
	pthread_cond_init(&s->pool_returned, NULL);
	pthread_mutex_init(&s->listener_lock, NULL);
	if (access(setting->database, F_OK) == 0 && access(setting->secret_file, F_OK) != 0)
		fatal("service: %s is missing beside the database %s: put it back (it is never in a backup); "
		      "without it no "
		      "gateway or tag key can be opened",
		      setting->secret_file, setting->database);
	if (!secret_open(&s->secret, setting->secret_file, why, sizeof why))
		fatal("service: %s", why);
	umask(077);
	if (db_open(setting->database, DB_WRITER, &s->writer))
		fatal("service: cannot open the database %s: check the folder's rights and the disk",
		      setting->database);
	if (migrate(s->writer, &from))
		fatal("service: %s cannot be brought to this version's schema: nothing was changed",
		      setting->database);
	if (from != SCHEMA_VERSION)
		log_info("service: database %s: schema %lld -> %d", setting->database, (long long)from,
			 SCHEMA_VERSION);
	open_readers(s);
	return s;
}

void service_close(struct service *s)
{
	if (!s)
		return;
	for (int i = 0; i < READERS; i++)
		db_close(s->pool[i]);
	(void)db_checkpoint(s->writer); /* a courtesy: the WAL is replayed at the next start anyway */
	db_close(s->writer);
	secret_wipe(&s->secret);
	pthread_mutex_destroy(&s->writer_lock);
	pthread_mutex_destroy(&s->pool_lock);
	pthread_cond_destroy(&s->pool_returned);
	pthread_mutex_destroy(&s->listener_lock);
	free(s);
}

const struct service_setting *service_setting(const struct service *s)
{
	return &s->setting;
}

const struct secret *service_secret(const struct service *s)
{
	return &s->secret;
}

uint64_t service_generation(const struct service *s)
{
	return atomic_load(&s->generation);
}

static enum err transact(struct db *db, service_work *work, void *context)
{
	enum err err = db_begin(db);

	if (err)
		return err;
	err = work(db, context);
	if (err) {
		db_rollback(db);
		return err;
	}
	return db_commit(db);
}

static enum err enter(struct service *s, const char *door, bool is_apart, service_work *work, void *context)
{
	int64_t from_ms, held_ms;
	enum err err;

	pthread_mutex_lock(&s->writer_lock);
	from_ms = clock_real_mono_ms();
	err = transact(s->writer, work, context);
	held_ms = clock_real_mono_ms() - from_ms;
	/* Inside the lock, so that whoever takes it next sees the new number. */
	if (!err && !is_apart)
		atomic_fetch_add(&s->generation, 1);
	if (db_wal_pages(s->writer) > CHECKPOINT_PAGES)
		(void)db_checkpoint(s->writer); /* a reader in the way: tried again at the next write */
	pthread_mutex_unlock(&s->writer_lock);
	if (held_ms > SLOW_MS)
		log_info("service: slow door: %s held the writer for %lld ms", door, (long long)held_ms);
	return err;
}

enum err service_write(struct service *s, const char *door, service_work *work, void *context)
{
	return enter(s, door, false, work, context);
}

enum err service_write_apart(struct service *s, const char *door, service_work *work, void *context)
{
	return enter(s, door, true, work, context);
}

enum err service_read(struct service *s, service_work *work, void *context)
{
	struct db *db;
	enum err err;

	pthread_mutex_lock(&s->pool_lock);
	while (s->n_idle == 0)
		pthread_cond_wait(&s->pool_returned, &s->pool_lock);
	db = s->pool[--s->n_idle];
	pthread_mutex_unlock(&s->pool_lock);

	err = transact(db, work, context);

	pthread_mutex_lock(&s->pool_lock);
	s->pool[s->n_idle++] = db;
	pthread_cond_signal(&s->pool_returned);
	pthread_mutex_unlock(&s->pool_lock);
	return err;
}

enum err service_record(struct db *db, int64_t now_s, const struct change *change, int64_t *event_id)
{
	struct query q = db_query(db, "INSERT INTO event (at_s, kind, object_id, object_version, fields) "
				      "VALUES ($1, $2, $3, $4, $5) RETURNING id");

	put_i64(&q, now_s);
	put_text(&q, change->kind);
	put_i64(&q, change->id);
	put_i64(&q, change->version);
	put_text(&q, change->fields);
	while (db_next(&q))
		*event_id = get_i64(&q);
	return db_end(&q);
}

void service_listen(struct service *s, service_listener *listener, void *context)
{
	pthread_mutex_lock(&s->listener_lock);
	if (s->n_listeners == LISTENERS)
		fatal("service: more than %d listeners", LISTENERS);
	s->listeners[s->n_listeners].tell = listener;
	s->listeners[s->n_listeners++].context = context;
	pthread_mutex_unlock(&s->listener_lock);
}

void service_unlisten(struct service *s, void *context)
{
	pthread_mutex_lock(&s->listener_lock);
	for (int i = 0; i < s->n_listeners; i++)
		if (s->listeners[i].context == context)
			s->listeners[i--] = s->listeners[--s->n_listeners];
	pthread_mutex_unlock(&s->listener_lock);
}

void service_announce(struct service *s, const struct change *change, int64_t event_id)
{
	struct service_announcement a = {.event_id = event_id, .id = change->id, .version = change->version};

	memcpy(a.kind, change->kind, sizeof a.kind);
	memcpy(a.fields, change->fields, sizeof a.fields);
	pthread_mutex_lock(&s->listener_lock);
	for (int i = 0; i < s->n_listeners; i++)
		s->listeners[i].tell(s->listeners[i].context, &a);
	pthread_mutex_unlock(&s->listener_lock);
}
