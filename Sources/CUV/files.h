#pragma once
#include <sys/epoll.h>
#include <sys/vfs.h>

/* The number in <linux/magic.h> of the file system that a path is on, or 0 if
   it is unknown. It is C because Swift cannot name the struct `statfs`, which
   has the same name as the function. */
static inline unsigned cuv_file_system (const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 ? (unsigned)status.f_type : 0;
}

/* Swift's module of glibc does not declare this function, because it is read
   without _GNU_SOURCE. */
extern int pipe2 (int *, int);
