#pragma once
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The argument of openat2, as <linux/openat2.h> declares it. That header is
   missing where the kernel's headers are older than 5.6. */
typedef struct cfiles_how {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
} cfiles_how;

#define CFILES_OPENAT2 437
#define CFILES_NO_SYMLINKS 0x04
#define CFILES_BENEATH 0x08

/* Opens a file beneath a folder for reading. The path must contain no link.
   Returns -1 with errno set if that fails: ELOOP for a link, and ENOSYS before
   Linux 5.6. It is C because syscall is variadic, and Swift cannot call
   variadic functions. */
static inline int cfiles_openbeneath (int folder, const char *path) {
  cfiles_how how = {O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0,
                    CFILES_BENEATH | CFILES_NO_SYMLINKS};
  return (int)syscall(CFILES_OPENAT2, folder, path, &how, sizeof how);
}

/* O_PATH, which Swift's module of glibc lacks, because it is read without
   _GNU_SOURCE. */
enum { CFILES_PATH = __O_PATH };
