/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_gateway PkgConfig::MODBUS */
/* What a meter answers. The input is the peer's bytes on a socket, read by libmodbus as the gateway sets it
 * up, and then as two bare words: a value that comes out is finite and plausible. */
#include <modbus.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/modbus_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct modbus_quantity power = {
	.address = 12, .scale = 1, .milli = 1000, .min = -30000, .max = 30000};

static void judge(const uint16_t words[2])
{
	struct modbus_quantity q = power;
	int64_t mw = 0;

	for (int i = 0; i < 2; i++) {
		q.is_lsw_first = i == 1;
		if (modbus_decode(&q, words, &mw) && (mw < -30000000 || mw > 30000000))
			abort();
	}
}

static void over_a_socket(const uint8_t *data, size_t size)
{
	modbus_t *m = modbus_new_tcp_pi("127.0.0.1", "1502");
	uint16_t words[125] = {0};
	int fds[2];

	if (m == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		abort();
	if (write(fds[1], data, size) == (ssize_t)size && shutdown(fds[1], SHUT_WR) == 0) {
		modbus_set_response_timeout(m, 0, 1000);
		modbus_set_byte_timeout(m, 0, 1000);
		modbus_set_slave(m, 1);
		modbus_set_socket(m, fds[0]);
		if (modbus_read_input_registers(m, 12, 2, words) == 2)
			judge(words);
	}
	close(fds[0]);
	close(fds[1]);
	modbus_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint16_t words[2];

	if (size > 512)
		return 0;
	if (size >= 4) {
		memcpy(words, data, 4);
		judge(words);
	}
	over_a_socket(data, size);
	return 0;
}
