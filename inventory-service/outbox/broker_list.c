/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/outbox/broker_list.h"

#include <stdlib.h>
#include <string.h>

#include "common/daemon/text.h"

static size_t place_of(const struct broker_list *l, const char *name)
{
	size_t from = 0, until = l->n;

	while (from < until) {
		size_t mid = from + (until - from) / 2;

		if (strcmp(l->rows[mid].name, name) < 0)
			from = mid + 1;
		else
			until = mid;
	}
	return from;
}

struct broker_known *broker_list_find(struct broker_list *l, const char *name)
{
	size_t i = place_of(l, name);

	return i < l->n && strcmp(l->rows[i].name, name) == 0 ? &l->rows[i] : NULL;
}

void broker_list_put(struct broker_list *l, const struct broker_known *k)
{
	struct broker_known *old = broker_list_find(l, k->name);
	size_t i;

	if (old) {
		*old = *k;
		return;
	}
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->rows = xrealloc(l->rows, l->cap * sizeof *l->rows);
	}
	i = place_of(l, k->name);
	memmove(l->rows + i + 1, l->rows + i, (l->n - i) * sizeof *l->rows);
	l->rows[i] = *k;
	l->n++;
}

void broker_list_drop(struct broker_list *l, const char *name)
{
	struct broker_known *k = broker_list_find(l, name);
	size_t i;

	if (!k)
		return;
	i = (size_t)(k - l->rows);
	memmove(k, k + 1, (l->n - i - 1) * sizeof *k);
	l->n--;
}

void broker_list_fini(struct broker_list *l)
{
	free(l->rows);
	*l = (struct broker_list){0};
}
