/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Look, compare, change, until nothing differs. A look lists the broker's roles and users page by page; what
 * is ours (named gw-…) is kept as a list of names, each with "is it whole": the right client id, role and
 * rights. The table of gateways is then compared with that list, and the differences go out as commands, a
 * batch at a time; an answered batch changes the list, so that a new gateway needs no new look. Anything
 * unexpected (an error, no answer) ends in a new look: there is one road to the right state, and it is walked
 * at every connection anyway.
 *
 * mosquitto's dynamic security plugin (2.0.11), as measured: commands of one message are done in order and
 * answered in one message, to the client that asked; setting a password, disabling and deleting close the
 * user's connection; modifyRole does not. Hence a credential is never changed in place: a rotation is a
 * second user bound to the same client id, and a user that is not whole is deleted and made again. A user's
 * textname says which password it has: the generation and a fingerprint, so that another secret.key is
 * noticed too.
 */
#include "inventory-service/outbox/broker_admin.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/clock.h"
#include "common/daemon/json.h"
#include "common/daemon/log.h"
#include "inventory-service/domain/evidence/gateway.h"
#include "inventory-service/outbox/broker_list.h"
#include "inventory-service/outbox/broker_rights.h"
#include "inventory-service/secret.h"

#define OURS "gw-"
#define PAGE 25  /* roles of 9 rights or users a page: below 32 KiB */
#define BATCH 20 /* commands of at most 1.2 kB: below max_packet_size */
#define ANSWER_LIMIT ((size_t)256 * 1024)
#define ANSWER_MS 5000
#define AGAIN_MS 2000 /* after a failure; doubles up to … */
#define AGAIN_MAX_MS 60000
#define LOOK_MS 3600000  /* somebody may have changed the broker behind our back */
#define COMPARE_MS 10000 /* changes that no door announced */
#define SELF_REPAIRS 3

enum step_kind { STEP_ASK, ROLE_CREATE, ROLE_MODIFY, ROLE_DELETE, USER_CREATE, USER_DELETE, SELF_MODIFY };

struct step {
	enum step_kind kind;
	char name[BROKER_NAME_SIZE];
	char text[BROKER_NAME_SIZE];
	char gw[UPLINK_GATEWAY_SIZE]; /* USER_CREATE */
	int64_t generation;
};

enum phase { AWAY, LOOK_ROLES, LOOK_USERS, COMPARE };

struct broker_admin {
	struct service *service;
	struct mqtt *mqtt;
	enum phase phase;
	struct broker_list roles, users;
	int64_t offset; /* of the page asked for */
	bool self_is_whole;
	int self_repairs;
	int n_strangers; /* users without a client id, as last warned of */
	int n_strangers_seen;

	struct gateway_access *wanted;
	size_t n_wanted, cap_wanted;
	int64_t now_s;
	bool has_expired; /* the table holds a rotation whose day is over */
	int64_t next_expiry_s;
	uint64_t compared_generation; /* of the service's writes, when the table was read */
	int64_t compared_real_ms;
	int64_t looked_real_ms;

	struct step steps[BATCH];
	size_t n_steps;  /* > 0: an answer is awaited */
	uint64_t number; /* of the batch: correlates */
	int64_t asked_real_ms;
	int64_t again_ms, again_at_real_ms; /* > 0: a failure waits */
	bool is_busy;                       /* something was changed since the last "as the table says" */
};

static bool is_ours(const char *name)
{
	return strncmp(name, OURS, strlen(OURS)) == 0;
}

/* ---- commands ---------------------------------------------------------------------------------- */

static void put_one_role(struct json_out *o, const char *role)
{
	json_open_array(o, "roles");
	json_open_object(o, NULL);
	json_put_text(o, "rolename", role);
	json_close_object(o);
	json_close_array(o);
}

/* Which password a user has, without saying it. */
static void make_textname(const char *password, int64_t generation, char out[BROKER_NAME_SIZE])
{
	static const char use[] = "navette broker textname";
	uint8_t print[16];
	char hex[33];

	crypto_generichash(print, sizeof print, (const uint8_t *)password, strlen(password),
			   (const uint8_t *)use, sizeof use - 1);
	hex_encode(print, sizeof print, hex);
	snprintf(out, BROKER_NAME_SIZE, "%lld:%.16s", (long long)generation, hex);
}

static void put_user(struct broker_admin *ba, struct json_out *o, const struct step *s)
{
	char password[SECRET_PASSWORD_SIZE];

	secret_gateway_password(service_secret(ba->service), s->gw, s->generation, password);
	json_put_text(o, "username", s->name);
	json_put_text(o, "password", password);
	json_put_text(o, "clientid", s->gw);
	json_put_text(o, "textname", s->text);
	put_one_role(o, s->gw);
	sodium_memzero(password, sizeof password);
}

static void put_step(struct broker_admin *ba, struct json_out *o, const struct step *s)
{
	static const char *const words[] = {
		"", "createRole", "modifyRole", "deleteRole", "createClient", "deleteClient", "modifyClient"};

	json_put_text(o, "command", words[s->kind]);
	switch (s->kind) {
	case STEP_ASK:
		break;
	case ROLE_CREATE:
	case ROLE_MODIFY:
		json_put_text(o, "rolename", s->name);
		broker_rights_put(o, s->name);
		break;
	case ROLE_DELETE:
		json_put_text(o, "rolename", s->name);
		break;
	case USER_CREATE:
		put_user(ba, o, s);
		break;
	case USER_DELETE:
		json_put_text(o, "username", s->name);
		break;
	case SELF_MODIFY:
		json_put_text(o, "username", s->name);
		json_put_text(o, "clientid", s->name);
		put_one_role(o, BROKER_ADMIN_ROLE);
		break;
	}
}

static void put_default_rights(struct json_out *o)
{
	static const char *const types[] = {"publishClientSend", "publishClientReceive", "subscribe",
					    "unsubscribe"};

	json_open_array(o, "acls");
	for (size_t i = 0; i < 4; i++) {
		json_open_object(o, NULL);
		json_put_text(o, "acltype", types[i]);
		json_put_bool(o, "allow", i == 3); /* to hear less is always allowed */
		json_close_object(o);
	}
	json_close_array(o);
}

static void put_look(struct broker_admin *ba, struct json_out *o)
{
	json_put_text(o, "command", ba->phase == LOOK_ROLES ? "listRoles" : "listClients");
	json_put_bool(o, "verbose", true);
	json_put_i64(o, "count", PAGE);
	json_put_i64(o, "offset", ba->offset);
}

static void fail(struct broker_admin *ba, int64_t real_ms)
{
	ba->n_steps = 0;
	ba->again_ms = ba->again_ms ? 2 * ba->again_ms : AGAIN_MS;
	if (ba->again_ms > AGAIN_MAX_MS)
		ba->again_ms = AGAIN_MAX_MS;
	ba->again_at_real_ms = real_ms + ba->again_ms;
}

/* Sends ba->steps, or the look of the present phase where the first of them is STEP_ASK. */
static void ask(struct broker_admin *ba)
{
	struct json_out o = {0};
	struct mqtt_outgoing out = {.topic = BROKER_ADMIN_COMMANDS, .qos = 1};
	char number[24];

	snprintf(number, sizeof number, "%llu", (unsigned long long)++ba->number);
	json_open_object(&o, NULL);
	json_open_array(&o, "commands");
	for (size_t i = 0; i < ba->n_steps; i++) {
		bool is_default = ba->phase == LOOK_ROLES && ba->offset == 0 && i == 0;

		json_open_object(&o, NULL);
		if (ba->steps[i].kind != STEP_ASK) {
			put_step(ba, &o, &ba->steps[i]);
		} else if (is_default) {
			json_put_text(&o, "command", "setDefaultACLAccess");
			put_default_rights(&o);
		} else {
			put_look(ba, &o);
		}
		json_put_text(&o, "correlationData", number);
		json_close_object(&o);
	}
	json_close_array(&o);
	json_close_object(&o);
	out.payload = o.bytes;
	out.len = o.len;
	ba->asked_real_ms = clock_real_mono_ms();
	if (!mqtt_publish(ba->mqtt, &out))
		fail(ba, ba->asked_real_ms);
	sodium_memzero(o.bytes, o.cap); /* it held passwords */
	json_out_free(&o);
}

/* ---- looking ----------------------------------------------------------------------------------- */

static void ask_page(struct broker_admin *ba, enum phase phase, int64_t offset)
{
	ba->phase = phase;
	ba->offset = offset;
	memset(ba->steps, 0, sizeof ba->steps);
	ba->n_steps = phase == LOOK_ROLES && offset == 0 ? 2 : 1; /* the first look sets the defaults, too */
	ask(ba);
}

static void look(struct broker_admin *ba)
{
	ba->roles.n = ba->users.n = 0;
	ba->self_is_whole = false;
	ba->n_strangers_seen = 0;
	ask_page(ba, LOOK_ROLES, 0);
}

static void take_role(struct broker_admin *ba, struct json_in *in)
{
	struct broker_known k = {0};
	struct json_array acls;

	json_take_text(in, "rolename", k.name, sizeof k.name);
	acls = json_take_array(in, "acls", 1024);
	if (json_end_lax(in) || (!is_ours(k.name) && strcmp(k.name, BROKER_ADMIN_ROLE) != 0))
		return; /* somebody else's */
	k.is_whole = broker_rights_are_whole(k.name, acls);
	broker_list_put(&ba->roles, &k);
}

/* The one role of a user; "" where it has none, several, or another group's. */
static void only_role(struct json_in *user, char out[BROKER_NAME_SIZE])
{
	struct json_array roles = json_take_array(user, "roles", 64),
			  groups = json_maybe_array(user, "groups", 64);
	int n = 0;

	out[0] = '\0';
	while (json_next(&roles)) {
		struct json_in in = json_element_object(&roles);

		json_take_text(&in, "rolename", out, BROKER_NAME_SIZE);
		n += json_end_lax(&in) ? 2 : 1;
	}
	if (n != 1 || json_next(&groups))
		out[0] = '\0';
}

/* The gateway a user name belongs to: what stands before the point. */
static void gateway_of(const char *username, char out[BROKER_NAME_SIZE])
{
	snprintf(out, BROKER_NAME_SIZE, "%.*s", (int)strcspn(username, "."), username);
}

static void take_user(struct broker_admin *ba, struct json_in *in)
{
	const char *self = service_setting(ba->service)->broker_user;
	struct broker_known k = {0};
	char client_id[BROKER_NAME_SIZE] = "", role[BROKER_NAME_SIZE], gw[BROKER_NAME_SIZE];
	bool is_disabled = false;

	json_take_text(in, "username", k.name, sizeof k.name);
	(void)json_maybe_text(in, "clientid", client_id, sizeof client_id);
	(void)json_maybe_text(in, "textname", k.text, sizeof k.text);
	(void)json_maybe_bool(in, "disabled", &is_disabled);
	only_role(in, role);
	if (json_end_lax(in))
		return;
	ba->n_strangers_seen += client_id[0] == '\0' && !is_ours(k.name) && strcmp(k.name, self) != 0;
	if (strcmp(k.name, self) == 0)
		ba->self_is_whole = strcmp(client_id, self) == 0 && strcmp(role, BROKER_ADMIN_ROLE) == 0;
	if (!is_ours(k.name))
		return;
	gateway_of(k.name, gw);
	k.is_whole = !is_disabled && strcmp(client_id, gw) == 0 && strcmp(role, gw) == 0;
	broker_list_put(&ba->users, &k);
}

/* "data" of an answered page. False where it cannot be read. */
static bool take_page(struct broker_admin *ba, struct json_in *data, int64_t *total)
{
	bool is_roles = ba->phase == LOOK_ROLES;
	struct json_array page;

	json_take_i64(data, "totalCount", 0, JSON_MAX_INT, total);
	page = json_take_array(data, is_roles ? "roles" : "clients", PAGE);
	if (json_end_lax(data))
		return false;
	while (json_next(&page)) {
		struct json_in in = json_element_object(&page);

		if (is_roles)
			take_role(ba, &in);
		else
			take_user(ba, &in);
	}
	return true;
}

static void warn_of_strangers(struct broker_admin *ba)
{
	if (ba->n_strangers_seen != ba->n_strangers && ba->n_strangers_seen)
		log_warn("broker: users without a client id: each could take a gateway's name: n=%d",
			 ba->n_strangers_seen);
	ba->n_strangers = ba->n_strangers_seen;
}

/* ---- comparing --------------------------------------------------------------------------------- */

static enum err read_wanted(struct db *db, void *context)
{
	struct broker_admin *ba = context;
	struct query q = gateway_access_list(db, ba->now_s);
	struct gateway_access a;

	ba->n_wanted = 0;
	ba->has_expired = false;
	ba->next_expiry_s = INT64_MAX;
	while (gateway_access_next(&q, &a)) {
		if (ba->n_wanted == ba->cap_wanted) {
			ba->cap_wanted = ba->cap_wanted ? 2 * ba->cap_wanted : 64;
			ba->wanted = xrealloc(ba->wanted, ba->cap_wanted * sizeof *ba->wanted);
		}
		ba->wanted[ba->n_wanted++] = a;
		ba->has_expired |= a.old_until_s && a.old_until_s <= ba->now_s;
		if (a.old_until_s && a.old_until_s < ba->next_expiry_s)
			ba->next_expiry_s = a.old_until_s;
	}
	return db_end(&q);
}

static enum err expire(struct db *db, void *context)
{
	const struct broker_admin *ba = context;
	const struct actor tick = {.channel = "tick"};
	int64_t n;

	return gateway_expire(db, &tick, ba->now_s, &n);
}

static bool load_wanted(struct broker_admin *ba, int64_t real_ms)
{
	ba->compared_generation = service_generation(ba->service);
	ba->compared_real_ms = real_ms;
	if (service_read(ba->service, read_wanted, ba))
		return false;
	if (!ba->has_expired)
		return true;
	/* a full disk does not keep an old credential alive: the list says already that it is over */
	if (service_write(ba->service, "broker", expire, ba))
		log_warn("broker: the end of a rotation could not be stored");
	return true;
}

static struct step *add_step(struct broker_admin *ba, enum step_kind kind, const char *name)
{
	struct step *s;

	if (ba->n_steps == BATCH)
		return NULL;
	s = &ba->steps[ba->n_steps++];
	*s = (struct step){.kind = kind};
	snprintf(s->name, sizeof s->name, "%s", name);
	return s;
}

static void want_role(struct broker_admin *ba, const char *role)
{
	struct broker_known *k = broker_list_find(&ba->roles, role);

	if (k)
		k->is_wanted = true;
	if (!k || !k->is_whole)
		(void)add_step(ba, k ? ROLE_MODIFY : ROLE_CREATE, role);
}

/* True where the broker has that user with that password already. */
static bool has_user(struct broker_admin *ba, const char *gw, int64_t generation, struct step *made)
{
	char password[SECRET_PASSWORD_SIZE];
	struct broker_known *k;

	*made = (struct step){.kind = USER_CREATE, .generation = generation};
	gateway_username(gw, generation, made->name);
	snprintf(made->gw, sizeof made->gw, "%s", gw);
	secret_gateway_password(service_secret(ba->service), gw, generation, password);
	make_textname(password, generation, made->text);
	sodium_memzero(password, sizeof password);
	k = broker_list_find(&ba->users, made->name);
	return k && k->is_whole && strcmp(k->text, made->text) == 0;
}

static void want_user(struct broker_admin *ba, const char *gw, int64_t generation)
{
	struct step made, *s;
	struct broker_known *k;
	bool is_there = has_user(ba, gw, generation, &made);

	k = broker_list_find(&ba->users, made.name);
	if (k)
		k->is_wanted = true;
	if (is_there || (k && !add_step(ba, USER_DELETE, made.name)))
		return;
	if ((s = add_step(ba, USER_CREATE, made.name)))
		*s = made;
}

static void clear_wanted(struct broker_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		l->rows[i].is_wanted = false;
}

static void drop_ghosts(struct broker_admin *ba, const struct broker_list *l, enum step_kind kind)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->rows[i].is_wanted && is_ours(l->rows[i].name))
			(void)add_step(ba, kind, l->rows[i].name);
}

/* The next batch of what differs; none: the broker is as the table says. Steps that do not fit come next
 * time. */
static void plan(struct broker_admin *ba)
{
	ba->n_steps = 0;
	clear_wanted(&ba->roles);
	clear_wanted(&ba->users);
	want_role(ba, BROKER_ADMIN_ROLE);
	for (size_t i = 0; i < ba->n_wanted; i++) {
		const struct gateway_access *a = &ba->wanted[i];

		if (!a->generation)
			continue;
		want_role(ba, a->gw);
		want_user(ba, a->gw, a->generation);
		if (a->old_generation)
			want_user(ba, a->gw, a->old_generation);
	}
	drop_ghosts(ba, &ba->users, USER_DELETE);
	drop_ghosts(ba, &ba->roles, ROLE_DELETE);
	if (ba->n_steps || ba->self_is_whole || ba->self_repairs == SELF_REPAIRS)
		return;
	/* Last and alone: it closes our own connection, and the next one subscribes with the rights it gives.
	 */
	if (++ba->self_repairs == SELF_REPAIRS)
		log_err("broker: the rights of %s cannot be repaired: run broker-config/prepare",
			service_setting(ba->service)->broker_user);
	else
		(void)add_step(ba, SELF_MODIFY, service_setting(ba->service)->broker_user);
}

/* ---- what was reached -------------------------------------------------------------------------- */

/* The generation that the broker holds for a gateway; a revoked one's is 0. */
static int64_t held(struct broker_admin *ba, const struct gateway_access *a)
{
	struct step unused;
	const struct broker_known *role = broker_list_find(&ba->roles, a->gw);

	return a->generation && role && role->is_whole && has_user(ba, a->gw, a->generation, &unused)
		       ? a->generation
		       : 0;
}

static enum err store_held(struct db *db, void *context)
{
	struct broker_admin *ba = context;
	enum err err;

	for (size_t i = 0; i < ba->n_wanted; i++) {
		const struct gateway_access *a = &ba->wanted[i];
		int64_t generation = held(ba, a);

		if (generation != a->provisioned_generation &&
		    (err = gateway_provisioned(db, a->id, generation)))
			return err;
	}
	return OK;
}

static void note_held(struct broker_admin *ba)
{
	bool differs = false;

	for (size_t i = 0; i < ba->n_wanted; i++)
		differs |= held(ba, &ba->wanted[i]) != ba->wanted[i].provisioned_generation;
	if (!differs || service_write(ba->service, "broker", store_held, ba))
		return; /* not stored: compared again within COMPARE_MS */
	for (size_t i = 0; i < ba->n_wanted; i++) {
		struct gateway_access *a = &ba->wanted[i];
		struct change change = {
			.kind = "gateway", .id = a->id, .version = a->version, .fields = "provisioned"};

		if (held(ba, a) == a->provisioned_generation)
			continue;
		a->provisioned_generation = held(ba, a);
		service_announce(ba->service, &change, 0);
	}
}

static void compare(struct broker_admin *ba, int64_t real_ms)
{
	if (!load_wanted(ba, real_ms)) {
		fail(ba, real_ms);
		return;
	}
	plan(ba);
	if (ba->n_steps) {
		ba->is_busy = true;
		ask(ba);
		return;
	}
	note_held(ba);
	ba->again_ms = 0;
	if (ba->is_busy)
		log_info("broker: users and roles are as the table says: users=%zu", ba->users.n);
	ba->is_busy = false;
}

/* ---- answers ----------------------------------------------------------------------------------- */

static void step_done(struct broker_admin *ba, const struct step *s)
{
	struct broker_known k = {.is_whole = true};

	memcpy(k.name, s->name, sizeof k.name);
	memcpy(k.text, s->text, sizeof k.text);
	switch (s->kind) {
	case STEP_ASK:
		break;
	case ROLE_CREATE:
	case ROLE_MODIFY:
		broker_list_put(&ba->roles, &k);
		if (strcmp(s->name, BROKER_ADMIN_ROLE) == 0)
			ba->self_is_whole = false; /* what was refused before is to be subscribed to again */
		break;
	case ROLE_DELETE:
		broker_list_drop(&ba->roles, s->name);
		break;
	case USER_CREATE:
		broker_list_put(&ba->users, &k);
		break;
	case USER_DELETE:
		broker_list_drop(&ba->users, s->name);
		break;
	case SELF_MODIFY:
		ba->self_is_whole = true;
		break;
	}
}

/* The i-th answer. False where it is an error, or not the answer to what was asked. */
static bool take_answer(struct broker_admin *ba, struct json_in *in, size_t i, int64_t *total)
{
	char command[32], error[128] = "";
	struct json_in data;

	json_take_text(in, "command", command, sizeof command);
	(void)json_maybe_text(in, "error", error, sizeof error);
	data = json_maybe_object(in, "data");
	if (json_end_lax(in) || i >= ba->n_steps)
		return false;
	if (error[0]) {
		log_warn("broker: refuses %s %s: %s", command, ba->steps[i].name, error);
		return false;
	}
	if (ba->steps[i].kind != STEP_ASK)
		step_done(ba, &ba->steps[i]);
	return !data.node || take_page(ba, &data, total);
}

static bool is_awaited(const struct broker_admin *ba, const struct json_array *answers)
{
	struct json_in in = json_element_object(answers);
	char number[24] = "", awaited[24];

	(void)json_maybe_text(&in, "correlationData", number, sizeof number);
	(void)json_end_lax(&in);
	snprintf(awaited, sizeof awaited, "%llu", (unsigned long long)ba->number);
	return ba->n_steps > 0 && strcmp(number, awaited) == 0;
}

/* What was repaired has held: it may be repaired again. */
static void note_self(struct broker_admin *ba)
{
	const struct broker_known *role = broker_list_find(&ba->roles, BROKER_ADMIN_ROLE);

	if (ba->self_is_whole && role && role->is_whole)
		ba->self_repairs = 0;
}

static void go_on(struct broker_admin *ba, int64_t total, int64_t real_ms)
{
	bool more = ba->offset + PAGE < total;

	ba->n_steps = 0;
	switch (ba->phase) {
	case AWAY:
		return;
	case LOOK_ROLES:
		ask_page(ba, more ? LOOK_ROLES : LOOK_USERS, more ? ba->offset + PAGE : 0);
		return;
	case LOOK_USERS:
		if (more) {
			ask_page(ba, LOOK_USERS, ba->offset + PAGE);
			return;
		}
		ba->phase = COMPARE;
		ba->looked_real_ms = real_ms;
		warn_of_strangers(ba);
		note_self(ba);
		break;
	case COMPARE:
		break;
	}
	compare(ba, real_ms);
}

static void take_answers(struct broker_admin *ba, struct json_doc *doc)
{
	struct json_in in = json_in(doc);
	struct json_array answers = json_take_array(&in, "responses", BATCH + 1);
	int64_t real_ms = clock_real_mono_ms(), total = 0;
	bool ok = true;
	size_t n = 0;

	while (json_next(&answers)) {
		struct json_in answer;

		if (!is_awaited(ba, &answers))
			return; /* late: the look that followed its time-out has asked anew */
		answer = json_element_object(&answers);
		ok &= take_answer(ba, &answer, n++, &total);
	}
	if (json_end_lax(&in) || n == 0)
		return;
	if (ok && n == ba->n_steps) {
		go_on(ba, total, real_ms);
		return;
	}
	if (ba->phase == COMPARE)
		note_held(ba); /* the others are as they should be */
	fail(ba, real_ms);
}

bool broker_admin_message(struct broker_admin *ba, const struct mqtt_message *msg)
{
	struct json_doc *doc;
	const char *why;

	if (strcmp(msg->topic, BROKER_ADMIN_ANSWERS) != 0)
		return false;
	doc = json_parse(msg->payload, msg->len, ANSWER_LIMIT, &why);
	if (doc)
		take_answers(ba, doc);
	else
		log_warn("broker: an answer cannot be read: %s", why); /* its time-out looks again */
	json_free(doc);
	return true;
}

/* ---- the door's calls -------------------------------------------------------------------------- */

struct broker_admin *broker_admin_open(struct service *s, struct mqtt *mqtt)
{
	struct broker_admin *ba = xcalloc(1, sizeof *ba);

	ba->service = s;
	ba->mqtt = mqtt;
	ba->next_expiry_s = INT64_MAX;
	return ba;
}

void broker_admin_close(struct broker_admin *ba)
{
	if (!ba)
		return;
	broker_list_fini(&ba->roles);
	broker_list_fini(&ba->users);
	free(ba->wanted);
	free(ba);
}

void broker_admin_connected(struct broker_admin *ba)
{
	/* Nothing awaited and nothing known; poll begins the look, with the clock in hand. */
	ba->n_steps = 0;
	ba->again_at_real_ms = 0;
	ba->phase = LOOK_ROLES;
}

void broker_admin_poll(struct broker_admin *ba, int64_t now_ms)
{
	int64_t real_ms = clock_real_mono_ms();

	ba->now_s = now_ms / 1000;
	if (ba->phase == AWAY || !mqtt_is_connected(ba->mqtt))
		return;
	if (ba->n_steps && real_ms - ba->asked_real_ms > ANSWER_MS) {
		log_warn("broker: no answer from its administration: has %s the role " BROKER_ADMIN_ROLE "?",
			 service_setting(ba->service)->broker_user);
		fail(ba, real_ms);
	}
	if (ba->n_steps || real_ms < ba->again_at_real_ms)
		return;
	if (ba->again_at_real_ms || ba->phase != COMPARE || real_ms - ba->looked_real_ms > LOOK_MS) {
		ba->again_at_real_ms = 0;
		look(ba);
		return;
	}
	if (service_generation(ba->service) != ba->compared_generation || ba->now_s >= ba->next_expiry_s ||
	    real_ms - ba->compared_real_ms > COMPARE_MS)
		compare(ba, real_ms);
}
