/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/api/page.h"

enum err page_begin(struct call *c, struct page *p, const char *const *titles)
{
	int64_t most = c->wants_csv ? PAGE_MAX_CSV : PAGE_MAX;
	enum err err;

	*p = (struct page){.call = c};
	if ((err = call_query_i64(c, "limit", 1, most, 0, &p->limit)) ||
	    (err = call_query_i64(c, "cursor", 0, INT64_MAX, 0, &p->after_id)))
		return err;
	p->limit_given = p->limit != 0;
	if (!p->limit_given)
		p->limit = c->wants_csv ? PAGE_MAX_CSV : 50;
	if (c->wants_csv) {
		c->content_type = CSV_CONTENT_TYPE;
		csv_begin(&p->csv, &c->out, titles);
		return OK;
	}
	json_open_object(&c->out, NULL);
	json_open_array(&c->out, "items");
	return OK;
}

bool page_takes(struct page *p, int64_t id)
{
	if (p->n == p->limit) {
		p->has_more = true;
		return false;
	}
	p->n++;
	p->last_id = id;
	return true;
}

enum err page_end(struct page *p, enum err err)
{
	if (err)
		return err;
	if (!p->call->wants_csv)
		call_page_end(p->call, p->has_more ? p->last_id : 0);
	else if (p->has_more && !p->limit_given)
		return call_refuse(p->call, ERR_RANGE, "limit",
				   "Plus de 10 000 lignes : ajoutez un filtre, ou demandez des pages avec "
				   "limit et cursor.");
	return OK;
}
