/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A bounded list. Messages are counted and refused when full; events are not: a connection that comes and
 * goes while nobody takes leaves at most two of them between two messages, because "lost" takes back a
 * "connected" that nobody has seen.
 */
#include "common/daemon/mqtt_queue.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/text.h"

struct mqtt_node {
	struct mqtt_message msg;
	struct mqtt_node *next, *before;
};

bool mqtt_queue_has_room(const struct mqtt_queue *q, size_t len)
{
	return q->n_messages < q->max_messages && len <= q->max_bytes && q->n_bytes <= q->max_bytes - len;
}

static void detach(struct mqtt_queue *q, struct mqtt_node *node)
{
	if (node->before != NULL)
		node->before->next = node->next;
	else
		q->first = node->next;
	if (node->next != NULL)
		node->next->before = node->before;
	else
		q->last = node->before;
	if (node->msg.event == MQTT_MESSAGE) {
		q->n_messages--;
		q->n_bytes -= node->msg.len;
	}
}

void mqtt_queue_put(struct mqtt_queue *q, const struct mqtt_message *msg)
{
	struct mqtt_node *node = q->last;

	if (msg->event == MQTT_LOST && node != NULL && node->msg.event == MQTT_CONNECTED) {
		detach(q, node);
		free(node);
		return;
	}
	node = xcalloc(1, sizeof *node);
	node->msg = *msg;
	node->before = q->last;
	if (q->last != NULL)
		q->last->next = node;
	else
		q->first = node;
	q->last = node;
	if (msg->event == MQTT_MESSAGE) {
		q->n_messages++;
		q->n_bytes += msg->len;
	}
}

bool mqtt_queue_take(struct mqtt_queue *q, struct mqtt_message *out)
{
	struct mqtt_node *node = q->first;

	if (node == NULL)
		return false;
	detach(q, node);
	*out = node->msg;
	free(node);
	return true;
}

void mqtt_queue_clear(struct mqtt_queue *q)
{
	struct mqtt_message msg;

	while (mqtt_queue_take(q, &msg))
		mqtt_message_free(&msg);
}

/* --- addresses --- */

static const struct scheme {
	const char *ours, *theirs;
	bool is_tls, has_path;
} schemes[] = {
	{"mqtt://", "tcp://", false, false},
	{"mqtts://", "ssl://", true, false},
	{"ws://", "ws://", false, true},
	{"wss://", "wss://", true, true},
};

static const struct scheme *scheme_of(const char *url)
{
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (strncmp(url, schemes[i].ours, strlen(schemes[i].ours)) == 0)
			return &schemes[i];
	return NULL;
}

/* By name or by number; "127.0.0.1.example.org" is neither. */
static bool is_loopback(const char *host)
{
	struct in_addr v4;

	if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

/* Splits "host:port/path" behind the scheme; false where that is not its shape. */
static bool split(const char *rest, char *host, size_t host_size, const char **path)
{
	const size_t host_len = rest[0] == '[' ? strcspn(rest, "]") + 1 : strcspn(rest, ":/");
	const char *at = rest + host_len;
	int64_t port = 1;
	char digits[8];
	size_t len;

	if (host_len == 0 || host_len > strlen(rest) || host_len >= host_size)
		return false;
	memcpy(host, rest, host_len);
	host[host_len] = '\0';
	if (*at == ':') {
		len = strcspn(++at, "/");
		if (len == 0 || len >= sizeof digits)
			return false;
		memcpy(digits, at, len);
		digits[len] = '\0';
		if (!int64_parse(digits, &port))
			return false;
		at += len;
	}
	*path = at;
	return port >= 1 && port <= 65535 && (*at == '\0' || *at == '/');
}

const char *mqtt_url_check(const char *url, char *out, size_t size, bool *is_tls)
{
	const struct scheme *s = scheme_of(url);
	const char *rest, *path;
	char host[256];

	if (s == NULL)
		return "the broker's address begins with mqtt://, mqtts://, ws:// or wss://";
	rest = url + strlen(s->ours);
	if (strpbrk(rest, "@ \t\r\n") != NULL)
		return "the broker's address holds neither names, passwords nor spaces";
	if (!split(rest, host, sizeof host, &path))
		return "the broker's address is not scheme://host:port";
	if (*path != '\0' && !s->has_path)
		return "the broker's address has a path: only ws:// and wss:// have one";
	if (!s->is_tls && !is_loopback(host))
		return "without TLS the broker is on this machine only: use mqtts:// or wss://";
	if (!str_format(out, size, "%s%s", s->theirs, rest))
		return "the broker's address is too long";
	*is_tls = s->is_tls;
	return NULL;
}
