/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_daemon */
/* Any bytes as a configuration file: refused with file and line, or every value is within its bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/daemon/conf.h"
#include "common/daemon/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char text[16];
static int64_t number;
static bool flag;

static const struct conf_row rows[] = {
	{"a", "text", CONF_TEXT, text, sizeof text, 0, 0, "x", "A text."},
	{"a", "number", CONF_INT, &number, 0, -3, 70, "7", "A number."},
	{"b", "flag", CONF_BOOL, &flag, 0, 0, 0, "no", "A flag."},
	{"m *", "unit", CONF_INT, NULL, 0, 1, 9, "1", "A number."},
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

static const char *on_named(void *context, const char *word, const char *name, const char *key,
			    const char *value)
{
	int64_t unit;

	(void)context;
	if (key == NULL)
		return NULL;
	check(word[0] != '\0' && name[0] != '\0' && utf8_valid(value, strlen(value)));
	if (strcmp(word, "m") == 0)
		check(strcmp(key, "unit") == 0 && int64_parse(value, &unit) && unit >= 1 && unit <= 9);
	return strcmp(word, "s") == 0 || strcmp(word, "m") == 0 ? NULL : "no such word";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct conf_table table = {rows, sizeof rows / sizeof rows[0], on_named, NULL};
	static int fd = -1;
	static char path[32];
	char why[128] = "";

	if (fd < 0) {
		fd = memfd_create("conf", MFD_CLOEXEC);
		check(fd >= 0 && str_format(path, sizeof path, "/proc/self/fd/%d", fd));
	}
	check(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	if (!conf_load(&table, path, why, sizeof why))
		check(why[0] != '\0');
	else
		check(number >= -3 && number <= 70 && utf8_valid(text, strlen(text)));
	return 0;
}
