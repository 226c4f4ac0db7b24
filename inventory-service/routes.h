/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The routes: one table. A new endpoint is one row here, one row in RIGHTS_LIST (rights.h; without it the
 * build fails), and one function `enum err api_<name>(struct call *c)` in api/ (declared by the table itself,
 * api/api.h).
 *
 * Paths stand below /api/v1. "{id}" is a positive integer (call->ids, in order), "{word}" a text of 1 to 79
 * bytes (call->word). "[.csv]" at the end: the same path with .csv appended is served too (call->wants_csv).
 *
 * READ runs on a connection that cannot write. WRITE holds the writer lock and one transaction. A route in
 * PREPARE_LIST has something slow to do first (password hashing): `enum err api_<name>_prepare(struct call
 * *c)` runs before the transaction, without any lock, on the one thread that does such work (http.c).
 */
#ifndef NAVETTE_ROUTES_H
#define NAVETTE_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory-service/err.h"

enum http_method { HTTP_GET, HTTP_POST, HTTP_PATCH, HTTP_PUT, HTTP_DELETE, HTTP_OTHER };
enum route_mode { READ, WRITE };

/* name, method, path, mode */
#define ROUTE_LIST(X)                                                 \
	X(session_open, POST, "/session", WRITE)                      \
	X(session_show, GET, "/session", READ)                        \
	X(session_close, DELETE, "/session", WRITE)                   \
	X(session_password, POST, "/session/password", WRITE)         \
	X(events, GET, "/events", READ)                               \
	X(users_list, GET, "/users", READ)                            \
	X(users_add, POST, "/users", WRITE)                           \
	X(user_show, GET, "/users/{id}", READ)                        \
	X(user_change, PATCH, "/users/{id}", WRITE)                   \
	X(user_disable, POST, "/users/{id}/disable", WRITE)           \
	X(tokens_list, GET, "/tokens", READ)                          \
	X(tokens_add, POST, "/tokens", WRITE)                         \
	X(token_revoke, POST, "/tokens/{id}/revoke", WRITE)           \
	X(hubs_list, GET, "/hubs[.csv]", READ)                        \
	X(hubs_add, POST, "/hubs", WRITE)                             \
	X(hub_show, GET, "/hubs/{id}", READ)                          \
	X(hub_change, PATCH, "/hubs/{id}", WRITE)                     \
	X(places_list, GET, "/places[.csv]", READ)                    \
	X(places_add, POST, "/places", WRITE)                         \
	X(place_show, GET, "/places/{id}", READ)                      \
	X(place_change, PATCH, "/places/{id}", WRITE)                 \
	X(models_list, GET, "/models[.csv]", READ)                    \
	X(models_add, POST, "/models", WRITE)                         \
	X(model_show, GET, "/models/{id}", READ)                      \
	X(model_change, PATCH, "/models/{id}", WRITE)                 \
	X(items_list, GET, "/items[.csv]", READ)                      \
	X(items_add, POST, "/items", WRITE)                           \
	X(item_show, GET, "/items/{id}", READ)                        \
	X(item_change, PATCH, "/items/{id}", WRITE)                   \
	X(item_retire, POST, "/items/{id}/retire", WRITE)             \
	X(item_tag, POST, "/items/{id}/tag", WRITE)                   \
	X(item_meter, POST, "/items/{id}/meter", WRITE)               \
	X(tags_list, GET, "/tags[.csv]", READ)                        \
	X(tags_add, POST, "/tags", WRITE)                             \
	X(tag_show, GET, "/tags/{id}", READ)                          \
	X(tag_change, PATCH, "/tags/{id}", WRITE)                     \
	X(tag_release, POST, "/tags/{id}/release", WRITE)             \
	X(tag_counter_reset, POST, "/tags/{id}/counter-reset", WRITE) \
	X(meters_list, GET, "/meters[.csv]", READ)                    \
	X(meters_add, POST, "/meters", WRITE)                         \
	X(meter_show, GET, "/meters/{id}", READ)                      \
	X(meter_change, PATCH, "/meters/{id}", WRITE)                 \
	X(meter_release, POST, "/meters/{id}/release", WRITE)         \
	X(gateways_list, GET, "/gateways[.csv]", READ)                \
	X(gateways_add, POST, "/gateways", WRITE)                     \
	X(gateway_show, GET, "/gateways/{id}", READ)                  \
	X(gateway_change, PATCH, "/gateways/{id}", WRITE)             \
	X(gateway_revoke, POST, "/gateways/{id}/revoke", WRITE)       \
	X(gateway_rotate, POST, "/gateways/{id}/rotate", WRITE)       \
	X(usage_list, GET, "/usage[.csv]", READ)                      \
	X(attention_list, GET, "/attention[.csv]", READ)              \
	X(bookings_list, GET, "/bookings[.csv]", READ)                \
	X(bookings_add, POST, "/bookings", WRITE)                     \
	X(booking_preview, POST, "/bookings/preview", READ)           \
	X(booking_show, GET, "/bookings/{id}", READ)                  \
	X(booking_change, PATCH, "/bookings/{id}", WRITE)             \
	X(booking_submit, POST, "/bookings/{id}/submit", WRITE)       \
	X(booking_confirm, POST, "/bookings/{id}/confirm", WRITE)     \
	X(booking_reject, POST, "/bookings/{id}/reject", WRITE)       \
	X(booking_cancel, POST, "/bookings/{id}/cancel", WRITE)       \
	X(booking_extend, POST, "/bookings/{id}/extend", WRITE)       \
	X(booking_no_show, POST, "/bookings/{id}/no-show", WRITE)     \
	X(line_hand_over, POST, "/lines/{id}/hand-over", WRITE)       \
	X(line_take_back, POST, "/lines/{id}/take-back", WRITE)       \
	X(line_close, POST, "/lines/{id}/close", WRITE)               \
	X(line_release, POST, "/lines/{id}/release", WRITE)           \
	X(line_undo, POST, "/lines/{id}/undo", WRITE)                 \
	X(line_declare_lost, POST, "/lines/{id}/declare-lost", WRITE) \
	X(item_found, POST, "/items/{id}/found", WRITE)               \
	X(transfers_list, GET, "/transfers[.csv]", READ)              \
	X(transfer_show, GET, "/transfers/{id}", READ)                \
	X(transfer_dispatch, POST, "/transfers/{id}/dispatch", WRITE) \
	X(transfer_receive, POST, "/transfers/{id}/receive", WRITE)   \
	X(transfer_cancel, POST, "/transfers/{id}/cancel", WRITE)     \
	X(blocks_list, GET, "/blocks[.csv]", READ)                    \
	X(blocks_add, POST, "/blocks", WRITE)                         \
	X(block_show, GET, "/blocks/{id}", READ)                      \
	X(block_end, POST, "/blocks/{id}/end", WRITE)                 \
	X(availability, GET, "/availability", READ)                   \
	X(planning, GET, "/planning", READ)                           \
	X(agenda, GET, "/agenda", READ)                               \
	X(openapi_show, GET, "/openapi.json", READ)

#define PREPARE_LIST(X)     \
	X(session_open)     \
	X(session_password) \
	X(users_add)        \
	X(user_change)

enum route {
#define X(name, method, path, mode) ROUTE_##name,
	ROUTE_LIST(X)
#undef X
		N_ROUTES,
};

struct call;

struct route_row {
	const char *name;
	enum http_method method;
	const char *path;
	enum route_mode mode;
	enum err (*handle)(struct call *c);
};

const struct route_row *route_row(enum route route);
typedef enum err route_prepare(struct call *c);
route_prepare *route_prepare_of(enum route route); /* NULL: nothing slow */

struct route_match {
	enum route route; /* N_ROUTES: no row has this path with this method */
	int64_t ids[2];
	char word[80];
	bool wants_csv;
	unsigned allowed; /* bit mask of methods (1u << enum http_method) this path has; 0: no such path */
};

/* path is decoded and begins below "/api/v1". */
struct route_match route_find(enum http_method method, const char *path);

#endif
