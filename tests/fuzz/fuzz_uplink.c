/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_daemon */
/*
 * Any bytes as a batch, an acknowledgement, a status and an enrolment file. A batch that is read holds its
 * own promises, and encoded again it is read to the same number of reports.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/enrolment.h"
#include "common/daemon/text.h"
#include "common/daemon/uplink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct uplink_batch batch, again;

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_report(const struct uplink_report *r)
{
	check(r->mono_ms >= 0 || r->kind == UPLINK_BAD);
	if (r->kind == UPLINK_METER)
		check(r->u.meter.name[0] != '\0' && r->u.meter.active_s >= 0 &&
		      r->u.meter.counter_epoch >= 0);
	if (r->kind == UPLINK_BAD)
		check(strncmp(r->u.bad.code, "report.", 7) == 0 && r->u.bad.raw[0] != '\0');
}

static void encode_again(void)
{
	struct json_out reports = {0}, o = {0};
	const char *code = NULL;
	size_t n = 0;

	for (size_t i = 0; i < batch.n_reports; i++) {
		const struct uplink_report *r = &batch.reports[i];

		/* a raw text may be cut */
		if (r->kind != UPLINK_BLE && r->kind != UPLINK_METER)
			continue;
		uplink_put_report(&reports, r);
		n++;
	}
	uplink_encode_batch(&o, &batch, n > 0 ? reports.bytes : "");
	if (uplink_decode_batch(o.bytes, o.len, &again, &code)) {
		check(again.n_reports == n && again.seq == batch.seq);
		for (size_t i = 0; i < n; i++)
			check(again.reports[i].kind != UPLINK_BAD);
	} else {
		check(strcmp(code, "batch.too_large") == 0); /* escapes may be longer than what was sent */
	}
	json_out_free(&reports);
	json_out_free(&o);
}

static void read_batch(const char *bytes, size_t size)
{
	const char *code = NULL;

	if (!uplink_decode_batch(bytes, size, &batch, &code)) {
		check(code != NULL && strncmp(code, "batch.", 6) == 0);
		return;
	}
	check(batch.n_reports <= UPLINK_MAX_REPORTS && batch.seq >= 1 && batch.oldest <= batch.seq);
	check(uplink_epoch_valid(batch.epoch) && size <= UPLINK_MAX_BYTES);
	for (size_t i = 0; i < batch.n_reports; i++)
		check_report(&batch.reports[i]);
	encode_again();
}

static void read_small(const char *bytes, size_t size)
{
	struct uplink_ack ack;
	struct uplink_status status;
	struct enrolment enrolment;

	if (uplink_decode_ack(bytes, size, &ack))
		check(uplink_epoch_valid(ack.epoch) && ack.seq >= 0 && ack.n_refused <= 16);
	if (uplink_decode_status(bytes, size, &status))
		check(utf8_valid(status.version, strlen(status.version)));
	if (enrolment_decode(bytes, size, &enrolment, NULL))
		check(uplink_gateway_valid(enrolment.gateway));
}

static void read_topic(const char *bytes, size_t size)
{
	char topic[80], back[80], gateway[UPLINK_GATEWAY_SIZE];
	const char *leaf;

	if (size >= sizeof topic)
		return;
	memcpy(topic, bytes, size);
	topic[size] = '\0';
	if (!uplink_topic_parse(topic, gateway, &leaf))
		return;
	check(uplink_topic_make(gateway, leaf, back, sizeof back) && strcmp(back, topic) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_batch((const char *)data, size);
	read_small((const char *)data, size);
	read_topic((const char *)data, size);
	return 0;
}
