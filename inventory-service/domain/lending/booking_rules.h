/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the house rules say of one thing on one booking (docs/decisions/0007), before any other stay is looked
 * at. Pure. "Elsewhere" is a booking place that is not the thing's home: only then the counter's rules count.
 */
#ifndef NAVETTE_BOOKING_RULES_H
#define NAVETTE_BOOKING_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/domain/lending/stay_rules.h"
#include "inventory-service/domain/stock/opening_rules.h"
#include "inventory-service/err.h"

#define BOOKING_LATE_START_S 900  /* a start so long ago is still "now": the school class is at the door */
#define BOOKING_QUARTER_S 900     /* starts are proposed on the quarter hour, UTC */
#define BOOKING_SEARCH_S 31536000 /* how far an earliest start is looked for */

/* What the Région may change. */
struct lending_policy {
	int64_t fetch_lead_s; /* a way between two places */
	int64_t option_s;     /* a submission holds a thing for so long */
	int64_t grace_s;      /* after due: not yet overdue */
	int64_t recovery_s;   /* an overdue thing is awaited for so long */
};

enum lend_to { LEND_TO_NOBODY, LEND_TO_HUB, LEND_TO_EVERYONE };
enum approval { APPROVAL_NOBODY, APPROVAL_OWNER, APPROVAL_HUB };

/* An item as lending sees it. */
struct thing {
	int64_t item_id, model_id;
	int64_t home_id, owner_id, owner_hub_id; /* hub 0: none */
	enum lend_to lend_to;
	enum approval approver;
	bool never_travels; /* T4 */
	bool is_gone;       /* retired or lost */
	int64_t prepare_s, inspect_s, max_loan_s;
	struct openings counter; /* of its home, and its rules: */
	int64_t notice_s, horizon_s, max_stay_s;
	int64_t quota; /* 0: none */
};

struct booking_terms {
	int64_t place_id, hub_id; /* who asks */
	int64_t starts_s, ends_s;
	int64_t now_s;
};

/* The terms themselves: ERR_TIME, *field is the member at fault. */
enum err booking_terms_check(const struct booking_terms *t, const char **field);
/* OK fills *stay (ends_s is due_at). live_lines: what the booking's place would then hold at this counter. */
enum err booking_check(const struct booking_terms *t, const struct thing *v, bool on_site, int64_t live_lines,
		       struct stay *stay);
/* The new end of a stay that has begun or stands: ERR_TOO_LONG, ERR_CLOSED; *due_s on OK. */
enum err booking_check_end(const struct booking_terms *t, const struct thing *v, int64_t *due_s);
/* The next start worth trying after err: never later than the first that passes. INT64_MAX: none will. */
int64_t booking_next_start(const struct booking_terms *t, const struct thing *v, enum err err);
/* The first quarter of an hour at or after t_s: what is proposed. */
int64_t booking_quarter_s(int64_t t_s);
/* Who must agree; its own place never has to ask. */
enum approval booking_approval(const struct thing *v, int64_t booking_place_id);
/* When a submission made at now_s ends by itself. */
int64_t booking_expiry_s(int64_t now_s, int64_t starts_s, int64_t option_s);
bool loan_is_overdue(const struct lending_policy *p, int64_t due_s, int64_t now_s);

#endif
