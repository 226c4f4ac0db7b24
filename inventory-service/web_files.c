/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A path is compared with a small alphabet before it touches the file system, no part of it may begin with
 * ".", and links are not followed: nothing outside the folder can be named. The folder is opened anew for
 * each file: pages that are built again beside a running service are another folder under the same name.
 */
#include "inventory-service/web_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/daemon/text.h"
#include "inventory-service/http_text.h"

#define PATH_SIZE 256

static const char *type_of(const char *path)
{
	static const char *const types[][2] = {
		{".html", "text/html; charset=utf-8"},
		{".js", "text/javascript; charset=utf-8"},
		{".css", "text/css; charset=utf-8"},
		{".svg", "image/svg+xml"},
		{".json", "application/json"},
		{".webmanifest", "application/manifest+json"},
		{".png", "image/png"},
		{".ico", "image/x-icon"},
		{".wasm", "application/wasm"},
		{".txt", "text/plain; charset=utf-8"},
	};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
		if (strcmp(dot, types[i][0]) == 0)
			return types[i][1];
	return "application/octet-stream";
}

static int open_regular(int dir_fd, const char *path, struct stat *st)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return -1;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	close(fd);
	return -1;
}

/* The twin that is accepted and there, else the file itself. */
static int open_best(int dir_fd, const char *path, const char *accept, struct stat *st, const char **encoding)
{
	static const char *const codings[][2] = {{"br", ".br"}, {"gzip", ".gz"}};
	char twin[PATH_SIZE];

	for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++) {
		int fd;

		if (!http_accepts(accept, codings[i][0]) ||
		    !str_format(twin, sizeof twin, "%s%s", path, codings[i][1]))
			continue;
		fd = open_regular(dir_fd, twin, st);
		if (fd >= 0) {
			*encoding = codings[i][0];
			return fd;
		}
	}
	*encoding = NULL;
	return open_regular(dir_fd, path, st);
}

static int open_dir(const char *dir)
{
	return open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool web_dir_is_there(const char *dir)
{
	int fd = open_dir(dir);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int open_best_in(const char *dir, const char *path, const char *accept, struct stat *st,
			const char **encoding)
{
	int dir_fd = open_dir(dir);
	int fd;

	if (dir_fd < 0)
		return -1;
	fd = open_best(dir_fd, path, accept, st, encoding);
	close(dir_fd);
	return fd;
}

bool web_file_open(const char *dir, const char *path, const char *accept_encoding, struct web_file *out)
{
	bool is_page = !http_path_has_extension(path);
	char name[PATH_SIZE];
	struct stat st;

	if (!is_page && !http_path_is_plain(path))
		return false;
	if (!str_copy(name, sizeof name, is_page ? "index.html" : path + 1))
		return false;
	out->fd = open_best_in(dir, name, accept_encoding, &st, &out->encoding);
	if (out->fd < 0)
		return false;
	out->size = (uint64_t)st.st_size;
	out->content_type = type_of(name);
	out->is_immutable = http_path_is_hashed(name);
	snprintf(out->etag, sizeof out->etag, "\"%llx.%lx-%llx%s\"", (unsigned long long)st.st_mtim.tv_sec,
		 (unsigned long)st.st_mtim.tv_nsec, (unsigned long long)st.st_size,
		 out->encoding ? out->encoding : "");
	return true;
}
