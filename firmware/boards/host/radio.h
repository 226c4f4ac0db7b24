/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The air, as Bluetooth controllers hear it: each listener is the socket of one controller (H4 framing), any
 * number of hosts may connect to it, and each of them gets every report once it has enabled scanning. A host
 * that reads too slowly loses reports, as a radio would; nothing here waits for one.
 *
 * Answered with Command Complete: Reset, Set Event Mask, LE Set Event Mask, LE Set Scan Parameters, LE Set
 * Scan Enable; any other command gets "unknown command" (0x01). Bytes that are no command end the connection.
 */
#ifndef NAVETTE_HOST_RADIO_H
#define NAVETTE_HOST_RADIO_H

#include <stdbool.h>
#include <stdint.h>

#define RADIO_MAX_LISTENERS 16
#define RADIO_MAX_CLIENTS 64
#define RADIO_ALL_LISTENERS UINT32_MAX

struct radio;

struct radio_report {
	uint8_t address[6]; /* display order */
	int8_t rssi_dbm;
	uint32_t listeners; /* bit i: listener i hears it */
	bool is_certain;    /* no simulated loss */
	const uint8_t *ad;
	uint8_t ad_len; /* <= 31 */
};

/* loss: of a million reports so many are lost, for each host apart, in a sequence that seed fixes. Ends the
 * program where memory is out; radio_close frees. */
struct radio *radio_open(uint32_t loss_per_million, uint64_t seed);
/* "unix:PATH" (a dead socket there is replaced) or "tcp:HOST:PORT". False: logged why. */
bool radio_listen(struct radio *r, const char *spec);
/* Accepts, answers, sends what waits; sleeps up to timeout_ms of real time where there is nothing to do. */
void radio_poll(struct radio *r, int timeout_ms);
/* Whether any host scans on one of these listeners. */
bool radio_is_heard(const struct radio *r, uint32_t listeners);
void radio_send(struct radio *r, const struct radio_report *report);
/* Reports dropped because a host was slow. */
uint64_t radio_n_dropped(const struct radio *r);
/* Sends what waits (for 2 s at most), hangs up, removes its unix sockets. NULL is fine. */
void radio_close(struct radio *r);

#endif
