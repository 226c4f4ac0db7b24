/* SPDX-License-Identifier: EUPL-1.2 */
/* What the broker was last seen to hold: users, or roles, sorted by name. Zeroed is empty. */
#ifndef NAVETTE_BROKER_LIST_H
#define NAVETTE_BROKER_LIST_H

#include <stdbool.h>
#include <stddef.h>

#define BROKER_NAME_SIZE 65

struct broker_known {
	char name[BROKER_NAME_SIZE];
	char text[BROKER_NAME_SIZE]; /* a user's textname: which password it has */
	bool is_whole;               /* client id, role and rights are what its name asks for */
	bool is_wanted;              /* the table of gateways names it; set while comparing */
};

struct broker_list {
	struct broker_known *rows;
	size_t n, cap;
};

/* NULL where there is none; valid until the next put or drop. */
struct broker_known *broker_list_find(struct broker_list *l, const char *name);
/* Adds it, or replaces the one of that name. */
void broker_list_put(struct broker_list *l, const struct broker_known *k);
void broker_list_drop(struct broker_list *l, const char *name);
void broker_list_fini(struct broker_list *l);

#endif
