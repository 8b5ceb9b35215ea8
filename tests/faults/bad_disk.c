/* Makes reads, writes and syncs of spool files fail with EIO while the file $BAD_DISK is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int bad(int file) {
  const char *sign = getenv("BAD_DISK");
  char link[64], path[4096];
  ssize_t length;
  int kept = errno, found = 0;
  if (sign && !access(sign, F_OK)) {
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, path, sizeof path - 1);
    if (length > 0) {
      path[length] = 0;
      found = strstr(path, "/spool-") != NULL;
    }
  }
  errno = found ? EIO : kept;
  return found;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pread(int file, void *to, size_t count, off_t at) {
  return bad(file) ? -1 : REAL(pread)(file, to, count, at);
}
ssize_t pread64(int file, void *to, size_t count, off64_t at) {
  return bad(file) ? -1 : REAL(pread64)(file, to, count, at);
}
ssize_t pwrite(int file, const void *from, size_t count, off_t at) {
  return bad(file) ? -1 : REAL(pwrite)(file, from, count, at);
}
ssize_t pwrite64(int file, const void *from, size_t count, off64_t at) {
  return bad(file) ? -1 : REAL(pwrite64)(file, from, count, at);
}
ssize_t write(int file, const void *from, size_t count) {
  return bad(file) ? -1 : REAL(write)(file, from, count);
}
ssize_t read(int file, void *to, size_t count) {
  return bad(file) ? -1 : REAL(read)(file, to, count);
}
int fsync(int file) { return bad(file) ? -1 : REAL(fsync)(file); }
int fdatasync(int file) { return bad(file) ? -1 : REAL(fdatasync)(file); }
