/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/lend_tick.h"

#include "common/daemon/log.h"
#include "inventory-service/domain/lending/booking.h"

struct tick {
	struct service *service;
	int64_t now_s;
	int64_t booking_id; /* 0: nothing to do */
	struct change change;
	int64_t event_id;
};

static struct lending lending_of(const struct tick *t, struct db *db)
{
	static const struct actor nobody = {.channel = "tick"};

	return (struct lending){
		.db = db, .who = &nobody, .now_s = t->now_s, .policy = &service_setting(t->service)->lending};
}

static enum err look(struct db *db, void *context)
{
	struct tick *t = context;
	struct lending l = lending_of(t, db);

	return booking_next_expired(&l, &t->booking_id);
}

static enum err expire(struct db *db, void *context)
{
	struct tick *t = context;
	struct lending l = lending_of(t, db);
	enum err err = booking_expire_one(&l, &t->booking_id);

	if (err || !t->booking_id)
		return err;
	t->change = (struct change){.kind = "booking", .id = t->booking_id, .fields = "state"};
	return service_record(db, t->now_s, &t->change, &t->event_id);
}

void lend_tick(struct service *s, int64_t now_s)
{
	struct tick t = {.service = s, .now_s = now_s};

	if (service_read(s, look, &t))
		return;
	while (t.booking_id) {
		if (service_write_apart(s, "tick", expire, &t)) {
			log_warn("tick: a submission that is over could not be ended: the next tick tries "
				 "again");
			return;
		}
		if (t.booking_id)
			service_announce(s, &t.change, t.event_id);
	}
}
