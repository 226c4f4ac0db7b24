/* SPDX-License-Identifier: EUPL-1.2 */
/* The world as text, one fact a line: for reading, for comparing two runs, and for the committed checksum. */
#include "common/daemon/text.h"
#include "inventory-service/demo/world.h"

static const char *time_text(int64_t t_s, char out[21])
{
	rfc3339_format(t_s, out);
	return out;
}

static void print_places(const struct demo_world *w, FILE *out)
{
	for (int i = 0; i < DEMO_HUBS; i++)
		fprintf(out, "hub %d|%s\n", i, demo_hubs[i].name);
	for (int i = 0; i < DEMO_PLACES; i++) {
		fprintf(out, "place %d|hub %d|parent %d", i, w->places[i].hub, w->places[i].parent);
		for (int c = 0; c < DEMO_COLUMNS; c++)
			fprintf(out, "|%s", w->places[i].columns[c]);
		fputc('\n', out);
	}
	for (int i = 0; i < DEMO_GATEWAYS; i++)
		fprintf(out, "gateway %d|place %d|%s\n", i, w->gateways[i].place, w->gateways[i].name);
	for (int i = 0; i < DEMO_USERS; i++)
		fprintf(out, "user %s|%s|%s %d\n", demo_users[i].email, demo_users[i].role,
			demo_users[i].scope, demo_users[i].scope_index);
}

static void print_model(int i, FILE *out)
{
	const struct demo_model *m = &demo_models[i];

	fprintf(out, "model %d|%s|%s|%s|%s|requires %s|advises %s", i, m->name, m->family, m->transport_class,
		m->policy, m->requires, m->advises);
	fprintf(out, "|power %lld %lld %lld|delays %lld %lld", (long long)m->off_mw, (long long)m->idle_mw,
		(long long)m->active_mw, (long long)m->on_delay_s, (long long)m->off_delay_s);
	fprintf(out, "|prepare %lld|inspect %lld|loan %lld|value %lld", (long long)m->prepare_s,
		(long long)m->inspect_s, (long long)m->max_loan_s, (long long)m->value_cents);
	fprintf(out, "|out %s|in %s|%s\n", m->checklist_out, m->checklist_in, m->notes);
}

static void print_things(const struct demo_world *w, FILE *out)
{
	char t[21], address[18], key[33];

	for (int i = 0; i < DEMO_MODELS; i++)
		print_model(i, out);
	for (int i = 0; i < DEMO_ITEMS; i++) {
		const struct demo_item *v = &w->items[i];

		fprintf(out, "item %d|model %d|%s|%s|owner %d|home %d|%s|%s|%lld|%s|%08x\n", i, v->model,
			v->inventory_no, v->serial, v->owner, v->home, v->lend_to, v->approver,
			(long long)v->cost_cents, time_text(v->in_service_s, t), v->code_bits);
	}
	for (int i = 0; i < DEMO_DEVICES; i++) {
		const struct demo_device *d = &w->devices[i];

		address_format(d->address, address);
		hex_encode(d->key, sizeof d->key, key);
		fprintf(out, "%s %d|%s|item %d|gateway %d|epoch %lld|",
			d->source == DEMO_TAG ? "tag" : "meter", i, d->name, d->item, d->gateway,
			(long long)d->counter_epoch);
		if (d->source == DEMO_TAG)
			fprintf(out, "%s|%s\n", address, key);
		else
			fprintf(out, "unit %d\n", d->unit);
	}
}

void demo_world_print(const struct demo_world *w, FILE *out)
{
	char from[21], until[21];

	fprintf(out, "world %llu|%04d-%02d-%02d\n", (unsigned long long)w->seed, w->last_day.year,
		w->last_day.month, w->last_day.day);
	print_places(w, out);
	print_things(w, out);
	for (int i = 0; i < w->n_uses; i++)
		fprintf(out, "use %s|%s|%s\n", w->devices[w->uses[i].device].name,
			time_text(w->uses[i].start_s, from), time_text(w->uses[i].until_s, until));
}
