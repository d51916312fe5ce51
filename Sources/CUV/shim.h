#pragma once
#include <sys/prctl.h>
#include <sys/socket.h>
#include <uv.h>

/* Swift's module of glibc is read without _GNU_SOURCE, so it does not declare
   this one. */
extern int accept4 (int, struct sockaddr *__restrict, socklen_t *__restrict, int);

/* The next caller of a listening socket, as a descriptor that neither blocks
   nor reaches a child process; -1 with errno. */
static inline int cuv_accept (int listener) {
  return accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* Names the calling thread. prctl takes what follows as it comes, and Swift
   calls no such functions. */
static inline void cuv_namethread (const char *name) { prctl(PR_SET_NAME, name); }
