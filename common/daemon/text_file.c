/* SPDX-License-Identifier: EUPL-1.2 */
/* Small files, whole. A failed fsync is a failed write: trying again would only hear a lie (fsyncgate). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/daemon/text.h"

static ssize_t read_some(int fd, char *out, size_t len)
{
	ssize_t n;

	do
		n = read(fd, out, len);
	while (n < 0 && errno == EINTR);
	return n;
}

bool file_read(const char *path, char *out, size_t size, size_t *len)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t at = 0;
	ssize_t n = 1;
	int error = 0;

	if (fd < 0)
		return false;
	while (at < size && n > 0) {
		n = read_some(fd, out + at, size - at);
		at += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		error = errno;
	else if (at >= size)
		error = EFBIG;
	close(fd);
	if (error != 0) {
		errno = error;
		return false;
	}
	out[at] = '\0';
	*len = at;
	return true;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return true;
}

static bool sync_folder_of(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	const size_t len = slash != NULL ? (size_t)(slash - path) : 0;
	bool ok;
	int fd;

	if (len >= sizeof folder) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(folder, path, len);
	folder[len] = '\0';
	if (len == 0)
		memcpy(folder, slash != NULL ? "/" : ".", 2);
	if ((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return false;
	ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

static bool write_new(const char *path, const void *bytes, size_t len, unsigned mode)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
	bool ok;

	if (fd < 0)
		return false;
	/* a leftover of an earlier crash keeps its mode otherwise */
	ok = fchmod(fd, (mode_t)mode) == 0 && write_all(fd, bytes, len) && fsync(fd) == 0;
	return (close(fd) == 0) & ok;
}

bool file_write_durable(const char *path, const void *bytes, size_t len, unsigned mode)
{
	char temporary[PATH_MAX];

	if (!str_format(temporary, sizeof temporary, "%s.tmp", path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (write_new(temporary, bytes, len, mode) && rename(temporary, path) == 0)
		return sync_folder_of(path);
	const int error = errno;
	unlink(temporary);
	errno = error;
	return false;
}
