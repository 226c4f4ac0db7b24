/* SPDX-License-Identifier: EUPL-1.2 */
/* What a place may say about itself, and who may be whose branch. Pure. */
#ifndef NAVETTE_PLACE_RULES_H
#define NAVETTE_PLACE_RULES_H

#include <stdbool.h>
#include <stdint.h>

/* A commune's code: five signs, "50502", "2A004" (Corsica), "97411"; or "" where unknown. */
bool place_insee_valid(const char *insee);

struct place_family {
	int64_t place_id;          /* 0: about to be created */
	int64_t parent_id;         /* wished; not 0 */
	int64_t parents_parent_id; /* 0: none */
	bool has_branches;
};

/* Depth 1: a branch has no branches, and nobody is their own. */
bool place_may_be_branch(const struct place_family *f);

#endif
