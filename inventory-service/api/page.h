/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One page of a list, as JSON or as CSV (contract http.md §1):
 *
 *   if ((err = page_begin(c, &p, titles)) || (err = call_query_end(c))) return err;
 *   q = hub_list(c->db, p.after_id, p.limit + 1);
 *   while (hub_next(&q, &v) && page_takes(&p, v.id)) put(&p, &v);
 *   return page_end(&p, db_end(&q));
 *
 * One row more than the limit is asked for: whether it is there says whether there is a next page.
 */
#ifndef NAVETTE_PAGE_H
#define NAVETTE_PAGE_H

#include "inventory-service/api/csv.h"
#include "inventory-service/call.h"

#define PAGE_MAX 500
#define PAGE_MAX_CSV 10000

struct page {
	struct call *call;
	int64_t after_id;
	int64_t limit;
	int64_t n;
	int64_t last_id;
	bool has_more;
	bool limit_given;
	struct csv csv; /* of a .csv only */
};

/* Reads limit and cursor, opens the list. titles: the columns of the CSV, ended by NULL. */
enum err page_begin(struct call *c, struct page *p, const char *const *titles);
/* May this row be written? False: the page is full. */
bool page_takes(struct page *p, int64_t id);
/* Closes the list, or returns err. A CSV that nobody limited is whole or refused. */
enum err page_end(struct page *p, enum err err);

#endif
