#pragma once
#include <sys/epoll.h>
#include <sys/vfs.h>

/* Which file system a path is on, as a number of <linux/magic.h>; 0 where that
   cannot be told. Swift cannot name the struct, which is called like the
   function. */
static inline unsigned cuv_file_system (const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 ? (unsigned)status.f_type : 0;
}

/* Swift's module of glibc is read without _GNU_SOURCE, so it does not declare
   this one. */
extern int pipe2 (int *, int);
