/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/api/people.h"

#include "inventory-service/domain/people/password_rules.h"
#include "inventory-service/password.h"

void people_put_role(struct json_out *o, const struct grant_of_role *g)
{
	json_open_object(o, NULL);
	json_put_text(o, "role", actor_role_text(g->role));
	json_put_text(o, "scope", actor_scope_text(g->scope));
	if (g->scope_id)
		json_put_i64(o, "scope_id", g->scope_id);
	else
		json_put_null(o, "scope_id");
	json_close_object(o);
}

void people_put_roles(struct json_out *o, const struct grant_of_role *rows, int n)
{
	json_open_array(o, "roles");
	for (int i = 0; i < n; i++)
		people_put_role(o, &rows[i]);
	json_close_array(o);
}

enum err people_take_role(struct call *c, struct json_in *in, struct grant_of_role *out)
{
	struct grant_of_role g = {.role = ROLE_NONE, .scope = SCOPE_PLACE};
	char role[20] = "", scope[12] = "";

	json_take_text(in, "role", role, sizeof role);
	json_take_text(in, "scope", scope, sizeof scope);
	json_maybe_i64(in, "scope_id", 1, JSON_MAX_INT, &g.scope_id);
	if (in->fault)
		return call_body_end(c, in);
	if (!actor_role_parse(role, &g.role))
		return call_refuse(c, ERR_RANGE, "role", "Ce rôle n'existe pas.");
	if (!actor_scope_parse(scope, &g.scope))
		return call_refuse(c, ERR_RANGE, "scope", "La portée est place, hub ou region.");
	if ((g.scope == SCOPE_REGION) != (g.scope_id == 0))
		return call_refuse(c, ERR_RANGE, "scope_id",
				   "Donnez l'identifiant du lieu ou du pôle ; aucun pour la région.");
	*out = g;
	return OK;
}

enum err people_hash_password(struct call *c, const char *password, const char *email)
{
	enum password_fault fault = password_judge(password, email);

	if (fault)
		return call_refuse(c, fault == PASSWORD_SHORT ? ERR_LENGTH : ERR_RANGE, "password",
				   password_fault_text(fault));
	return password_hash(password, c->prepared_hash) ? OK : ERR_BUSY;
}
