/* SPDX-License-Identifier: EUPL-1.2 */
/* The rights table itself: one row for each route of routes.h. What the rules mean: rights.h. */
#ifndef NAVETTE_RIGHTS_LIST_H
#define NAVETTE_RIGHTS_LIST_H

#include "inventory-service/domain/people/actor.h"

#define R(role) (1u << ROLE_##role)
#define RIGHTS_DEVICES (R(TECHNICIAN) | R(COORDINATOR))
#define RIGHTS_STOCK R(MANAGER)
#define RIGHTS_DESK_SEES (R(ANIMATOR) | R(TECHNICIAN) | R(AUDITOR)) /* what each may do: api/lend.h */

/* route, rule, roles (what covers them is meant too) */
#define RIGHTS_LIST(X)                                                \
	X(session_open, ANYONE, 0)                                    \
	X(session_show, SIGNED_IN, 0)                                 \
	X(session_close, SIGNED_IN, 0)                                \
	X(session_password, SIGNED_IN, 0)                             \
	X(events, SIGNED_IN, 0)                                       \
	X(users_list, REGION, R(REGION_OFFICER))                      \
	X(users_add, REGION, R(REGION_OFFICER))                       \
	X(user_show, REGION, R(REGION_OFFICER))                       \
	X(user_change, REGION, R(REGION_OFFICER))                     \
	X(user_disable, REGION, R(REGION_OFFICER))                    \
	X(tokens_list, SIGNED_IN, 0)                                  \
	X(tokens_add, SIGNED_IN, 0)                                   \
	X(token_revoke, SIGNED_IN, 0)                                 \
	X(hubs_list, SIGNED_IN, 0)                                    \
	X(hubs_add, REGION, R(REGION_OFFICER))                        \
	X(hub_show, SIGNED_IN, 0)                                     \
	X(hub_change, REGION, R(REGION_OFFICER))                      \
	X(places_list, SIGNED_IN, 0)                                  \
	X(places_add, REGION, R(REGION_OFFICER))                      \
	X(place_show, SIGNED_IN, 0)                                   \
	X(place_change, PLACE, RIGHTS_STOCK)                          \
	X(models_list, SIGNED_IN, 0)                                  \
	X(models_add, REGION, R(REGION_OFFICER))                      \
	X(model_show, SIGNED_IN, 0)                                   \
	X(model_change, REGION, R(REGION_OFFICER))                    \
	X(items_list, SIGNED_IN, 0)                                   \
	X(items_add, PLACE, RIGHTS_STOCK)                             \
	X(item_show, SIGNED_IN, 0)                                    \
	X(item_change, PLACE, RIGHTS_STOCK)                           \
	X(item_retire, PLACE, RIGHTS_STOCK)                           \
	X(item_tag, PLACE, RIGHTS_DEVICES)                            \
	X(item_meter, PLACE, RIGHTS_DEVICES)                          \
	X(tags_list, SOMEWHERE, RIGHTS_DEVICES)                       \
	X(tags_add, SOMEWHERE, RIGHTS_DEVICES)                        \
	X(tag_show, SOMEWHERE, RIGHTS_DEVICES)                        \
	X(tag_change, SOMEWHERE, RIGHTS_DEVICES)                      \
	X(tag_release, SOMEWHERE, RIGHTS_DEVICES)                     \
	X(tag_counter_reset, SOMEWHERE, RIGHTS_DEVICES)               \
	X(meters_list, SOMEWHERE, RIGHTS_DEVICES)                     \
	X(meters_add, SOMEWHERE, RIGHTS_DEVICES)                      \
	X(meter_show, SOMEWHERE, RIGHTS_DEVICES)                      \
	X(meter_change, SOMEWHERE, RIGHTS_DEVICES)                    \
	X(meter_release, SOMEWHERE, RIGHTS_DEVICES)                   \
	X(gateways_list, SOMEWHERE, RIGHTS_DEVICES)                   \
	X(gateways_add, PLACE, RIGHTS_DEVICES)                        \
	X(gateway_show, HIDDEN, RIGHTS_DEVICES)                       \
	X(gateway_change, HIDDEN, RIGHTS_DEVICES)                     \
	X(gateway_revoke, HIDDEN, RIGHTS_DEVICES)                     \
	X(gateway_rotate, HIDDEN, RIGHTS_DEVICES)                     \
	X(usage_list, SIGNED_IN, 0)                                   \
	X(attention_list, SOMEWHERE, (RIGHTS_DEVICES | RIGHTS_STOCK)) \
	X(bookings_list, SOMEWHERE, RIGHTS_DESK_SEES)                 \
	X(bookings_add, PLACE, R(ANIMATOR))                           \
	X(booking_preview, PLACE, R(ANIMATOR))                        \
	X(booking_show, HIDDEN, RIGHTS_DESK_SEES)                     \
	X(booking_change, HIDDEN, RIGHTS_DESK_SEES)                   \
	X(booking_submit, HIDDEN, RIGHTS_DESK_SEES)                   \
	X(booking_confirm, HIDDEN, RIGHTS_DESK_SEES)                  \
	X(booking_reject, HIDDEN, RIGHTS_DESK_SEES)                   \
	X(booking_cancel, HIDDEN, RIGHTS_DESK_SEES)                   \
	X(booking_extend, HIDDEN, RIGHTS_DESK_SEES)                   \
	X(booking_no_show, HIDDEN, RIGHTS_DESK_SEES)                  \
	X(line_hand_over, HIDDEN, RIGHTS_DESK_SEES)                   \
	X(line_take_back, HIDDEN, RIGHTS_DESK_SEES)                   \
	X(line_close, HIDDEN, RIGHTS_DESK_SEES)                       \
	X(line_release, HIDDEN, RIGHTS_DESK_SEES)                     \
	X(line_undo, HIDDEN, RIGHTS_DESK_SEES)                        \
	X(line_declare_lost, HIDDEN, RIGHTS_DESK_SEES)                \
	X(item_found, PLACE, (R(ANIMATOR) | R(TECHNICIAN)))           \
	X(transfers_list, SOMEWHERE, RIGHTS_DESK_SEES)                \
	X(transfer_show, HIDDEN, RIGHTS_DESK_SEES)                    \
	X(transfer_dispatch, HIDDEN, R(ANIMATOR))                     \
	X(transfer_receive, HIDDEN, R(ANIMATOR))                      \
	X(transfer_cancel, HIDDEN, R(ANIMATOR))                       \
	X(blocks_list, SIGNED_IN, 0)                                  \
	X(blocks_add, PLACE, (R(MANAGER) | R(TECHNICIAN)))            \
	X(block_show, SIGNED_IN, 0)                                   \
	X(block_end, PLACE, (R(MANAGER) | R(TECHNICIAN)))             \
	X(availability, SIGNED_IN, 0)                                 \
	X(planning, SIGNED_IN, 0)                                     \
	X(agenda, PLACE, R(ANIMATOR))                                 \
	X(openapi_show, ANYONE, 0)

#endif
