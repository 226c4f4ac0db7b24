/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * navette-meter-sim: energy meters of the Eastron SDM120 kind on Modbus TCP, as many as the configuration
 * names, each a unit of one port. A real libmodbus server: the gateway's client talks to a peer it does not
 * share code with.
 *
 * Registers (function 4, float32, high word first): 0 voltage, 6 current, 12 power, 18 apparent power, 30
 * power factor, 70 frequency, 72 imported energy and 342 total energy (kWh). What a meter draws is a function
 * of the virtual clock (meter_cycle.h). With --truth each span of use is appended to a file once it has
 * ended: "name,start,end" in Unix seconds, the open ones at the stop.
 *
 * One thread, one poll loop: requests are answered from memory, nothing waits.
 */
#include <errno.h>
#include <getopt.h>
#include <modbus.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/daemon/clock.h"
#include "common/daemon/conf.h"
#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "tests/sim/meter_cycle.h"

#define MAX_METERS 200
#define MAX_PORTS 32
#define MAX_CLIENTS 64
#define N_REGISTERS 0x160
#define MAINS_V 230.0

struct meter {
	char name[65];
	int64_t port;
	int64_t unit;         /* 1 … 247 */
	int64_t threshold_mw; /* in use from there on, for the truth */
	int64_t energy_wh;    /* of the register at start_s */
	struct meter_cycle cycle;
	int64_t told_until_s; /* spans up to here are in the truth */
};

struct port {
	int64_t number;
	modbus_t *modbus;
	int listener;
};

struct client {
	int fd;
	struct port *port;
};

static struct meter meters[MAX_METERS];
static int n_meters;
static struct port ports[MAX_PORTS];
static int n_ports;
static struct client clients[MAX_CLIENTS];
static int n_clients;
static struct clock_setting clock_setting;
static int64_t start_s;
static FILE *truth;
static volatile sig_atomic_t stopping;

/* Configuration
 * ------------------------------------------------------------------------------------------------ */

static struct meter *meter_named(const char *name)
{
	for (int i = 0; i < n_meters; i++)
		if (!strcmp(meters[i].name, name))
			return &meters[i];
	if (n_meters == MAX_METERS || !str_copy(meters[n_meters].name, sizeof meters[n_meters].name, name))
		return NULL;
	meters[n_meters] = (struct meter){.port = 5020, .unit = 1, .threshold_mw = 30000};
	if (!str_copy(meters[n_meters].name, sizeof meters[n_meters].name, name))
		return NULL;
	return &meters[n_meters++];
}

static const char *take_number(const char *value, int64_t min, int64_t max, int64_t *out)
{
	int64_t v;

	if (!int64_parse(value, &v) || v < min || v > max)
		return "a whole number within its limits is expected";
	*out = v;
	return NULL;
}

static const char *take_meter_key(void *context, const char *word, const char *name, const char *key,
				  const char *value)
{
	struct meter *m;

	(void)context;
	if (strcmp(word, "meter") != 0)
		return "no such section";
	if (!(m = meter_named(name)))
		return "too many meters, or a name that is too long";
	if (!key) /* its section begins */
		return NULL;
	if (!strcmp(key, "port"))
		return take_number(value, 1, 65535, &m->port);
	if (!strcmp(key, "unit"))
		return take_number(value, 1, 247, &m->unit);
	if (!strcmp(key, "threshold_mw"))
		return take_number(value, 1, 100000000, &m->threshold_mw);
	if (!strcmp(key, "energy_wh"))
		return take_number(value, 0, INT64_C(1000000000), &m->energy_wh);
	if (!strcmp(key, "cycle"))
		return meter_cycle_parse(&m->cycle, value)
			       ? NULL
			       : "watts x seconds are expected, as in 120x900 4x300";
	return "no such key";
}

static const struct conf_row rows[] = {
	{"clock", "origin_ms", CONF_INT, &clock_setting.origin_ms, 0, 0, INT64_MAX, "0",
	 "Real Unix time the virtual clock starts from; 0: real time."},
	{"clock", "rate", CONF_INT, &clock_setting.rate, 0, 1, 100000, "1", "Virtual seconds in a real one."},
	{"clock", "offset_ms", CONF_INT, &clock_setting.offset_ms, 0, INT64_MIN, INT64_MAX, "0",
	 "Added to the time of day."},
	{"sim", "start_s", CONF_INT, &start_s, 0, 0, INT64_MAX, "0",
	 "Unix time the cycles begin at; 0: when the program starts."},
};

static void load(const char *path)
{
	const struct conf_table table = {
		.rows = rows, .n_rows = sizeof rows / sizeof rows[0], .named = take_meter_key};
	char why[512];

	if (!conf_load(&table, path, why, sizeof why))
		fatal("meter-sim: %s", why);
	if (!n_meters)
		fatal("meter-sim: %s: no [meter NAME] section", path);
	clock_set(&clock_setting);
	for (int i = 0; i < n_meters; i++) {
		if (!meters[i].cycle.n_steps)
			fatal("meter-sim: %s: [meter %s] has no cycle", path, meters[i].name);
		meters[i].cycle.start_s = start_s ? start_s : clock_now_s();
		meters[i].told_until_s = clock_now_s();
	}
}

/* Registers
 * ---------------------------------------------------------------------------------------------------- */

static void put_float(uint16_t *registers, int address, double value)
{
	float f = (float)value;
	uint32_t bits;

	memcpy(&bits, &f, sizeof bits);
	registers[address] = (uint16_t)(bits >> 16);
	registers[address + 1] = (uint16_t)bits;
}

static void fill(const struct meter *m, int64_t now_ms, uint16_t *registers)
{
	double watts = (double)meter_cycle_power_mw(&m->cycle, now_ms) / 1e3;
	double kwh = (double)m->energy_wh / 1e3 + (double)meter_cycle_energy_mws(&m->cycle, now_ms) / 3.6e9;

	memset(registers, 0, N_REGISTERS * sizeof *registers);
	put_float(registers, 0, MAINS_V);
	put_float(registers, 6, watts / MAINS_V);
	put_float(registers, 12, watts);
	put_float(registers, 18, watts);
	put_float(registers, 30, 1);
	put_float(registers, 70, 50);
	put_float(registers, 72, kwh);
	put_float(registers, 342, kwh);
}

static const struct meter *meter_at(int64_t port, int64_t unit)
{
	for (int i = 0; i < n_meters; i++)
		if (meters[i].port == port && meters[i].unit == unit)
			return &meters[i];
	return NULL;
}

/* Modbus
 * ------------------------------------------------------------------------------------------------------- */

static void open_port(int64_t number)
{
	struct port *p = &ports[n_ports];

	for (int i = 0; i < n_ports; i++)
		if (ports[i].number == number)
			return;
	if (n_ports == MAX_PORTS)
		fatal("meter-sim: more than %d ports", MAX_PORTS);
	p->number = number;
	if (!(p->modbus = modbus_new_tcp("127.0.0.1", (int)number)))
		fatal("meter-sim: out of memory");
	if ((p->listener = modbus_tcp_listen(p->modbus, 8)) < 0)
		fatal("meter-sim: cannot listen on 127.0.0.1:%d: %s", (int)number, strerror(errno));
	/* half a request must not stop the others' answers for long */
	(void)modbus_set_indication_timeout(p->modbus, 0, 200000);
	n_ports++;
}

static void accept_client(struct port *p)
{
	int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (n_clients == MAX_CLIENTS)
		close(fd);
	else
		clients[n_clients++] = (struct client){fd, p};
}

/* False: the connection is over. */
static bool answer(struct client *c)
{
	uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
	static uint16_t registers[N_REGISTERS];
	modbus_mapping_t mapping = {.nb_input_registers = N_REGISTERS, .tab_input_registers = registers};
	const struct meter *m;
	int len;

	modbus_set_socket(c->port->modbus, c->fd);
	len = modbus_receive(c->port->modbus, request);
	if (len <= 0)
		return len == 0;
	m = meter_at(c->port->number, request[6]);
	if (!m)
		return modbus_reply_exception(c->port->modbus, request, MODBUS_EXCEPTION_GATEWAY_TARGET) >= 0;
	fill(m, clock_now_ms(), registers);
	return modbus_reply(c->port->modbus, request, len, &mapping) >= 0;
}

static void serve_once(int wait_ms)
{
	struct pollfd fds[MAX_PORTS + MAX_CLIENTS];
	int n = 0, polled = n_clients;

	for (int i = 0; i < n_ports; i++)
		fds[n++] = (struct pollfd){.fd = ports[i].listener, .events = POLLIN};
	for (int i = 0; i < n_clients; i++)
		fds[n++] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
	if (poll(fds, (nfds_t)n, wait_ms) <= 0)
		return;
	for (int i = polled - 1; i >= 0; i--) {
		if (!fds[n_ports + i].revents || answer(&clients[i]))
			continue;
		close(clients[i].fd);
		clients[i] = clients[--n_clients];
	}
	for (int i = 0; i < n_ports; i++)
		if (fds[i].revents & POLLIN)
			accept_client(&ports[i]);
}

/* Truth
 * -------------------------------------------------------------------------------------------------------- */

static void tell(struct meter *m, int64_t now_s, bool closing)
{
	int64_t from_s, until_s;

	while (meter_cycle_next_use(&m->cycle, m->threshold_mw, m->told_until_s, &from_s, &until_s)) {
		if (from_s < m->told_until_s)
			from_s = m->told_until_s;
		if (closing && until_s > now_s)
			until_s = now_s;
		if (until_s > now_s || from_s >= until_s)
			return;
		fprintf(truth, "%s,%lld,%lld\n", m->name, (long long)from_s, (long long)until_s);
		m->told_until_s = until_s;
	}
}

static void tell_all(bool closing)
{
	if (!truth)
		return;
	for (int i = 0; i < n_meters; i++)
		tell(&meters[i], clock_now_s(), closing);
	fflush(truth);
}

/* Command line
 * ------------------------------------------------------------------------------------------------- */

static void on_signal(int signal_number)
{
	(void)signal_number;
	stopping = 1;
}

static void usage(FILE *out)
{
	fprintf(out,
		"usage: navette-meter-sim -c FILE [--truth FILE] [-n] [-v]\n"
		"Simulated SDM120 energy meters on Modbus TCP. FILE: [clock], [sim], and for each meter\n"
		"  [meter NAME]\n  port = 5020\n  unit = 1\n  threshold_mw = 30000\n  cycle = 120x900 4x300 "
		"0x60\n"
		"  -c FILE       configuration\n  -n            check it and exit\n"
		"  --truth FILE  append \"name,start,end\" for each span of use\n"
		"  --example     print the [clock] and [sim] sections with their meaning\n");
}

static void run(void)
{
	struct sigaction act = {.sa_handler = on_signal};

	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	act.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &act, NULL);
	for (int i = 0; i < n_meters; i++)
		open_port(meters[i].port);
	log_info("meter-sim: ready meters=%d ports=%d", n_meters, n_ports);
	while (!stopping) {
		serve_once(200);
		tell_all(false);
	}
	tell_all(true);
	for (int i = 0; i < n_clients; i++)
		close(clients[i].fd);
	for (int i = 0; i < n_ports; i++) {
		close(ports[i].listener);
		modbus_free(ports[i].modbus);
	}
	if (truth)
		fclose(truth);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"truth", required_argument, NULL, 't'},
						{"example", no_argument, NULL, 'e'},
						{"version", no_argument, NULL, 'V'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	const struct conf_table table = {.rows = rows, .n_rows = sizeof rows / sizeof rows[0]};
	const char *conf = NULL, *truth_path = NULL;
	bool check_only = false;

	for (int c; (c = getopt_long(argc, argv, "c:nvh", options, NULL)) != -1;) {
		switch (c) {
		case 'c':
			conf = optarg;
			break;
		case 'n':
			check_only = true;
			break;
		case 'v':
			log_verbose(true);
			break;
		case 't':
			truth_path = optarg;
			break;
		case 'e':
			conf_print_example(&table, stdout);
			return 0;
		case 'V':
			printf("navette-meter-sim %s\n", NAVETTE_VERSION);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (!conf || optind != argc) {
		usage(stderr);
		return 2;
	}
	load(conf);
	if (check_only)
		return 0;
	if (truth_path && !(truth = fopen(truth_path, "ae")))
		fatal("meter-sim: cannot write %s: %s", truth_path, strerror(errno));
	run();
	return 0;
}
