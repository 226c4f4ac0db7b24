/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/stock/place_rules.h"

#include <stddef.h>
#include <string.h>

static bool is_digit(char sign)
{
	return sign >= '0' && sign <= '9';
}

/* The national schema's ^([013-9]\d|2[AB1-9])\d{3}$ */
bool place_insee_valid(const char *insee)
{
	if (!insee[0])
		return true;
	if (strlen(insee) != 5)
		return false;
	for (size_t i = 2; i < 5; i++)
		if (!is_digit(insee[i]))
			return false;
	if (insee[0] == '2')
		return insee[1] == 'A' || insee[1] == 'B' || (insee[1] >= '1' && insee[1] <= '9');
	return is_digit(insee[0]) && is_digit(insee[1]);
}

bool place_may_be_branch(const struct place_family *f)
{
	return f->parent_id != f->place_id && f->parents_parent_id == 0 && !f->has_branches;
}
