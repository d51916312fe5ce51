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

/* Lets getaddrinfo ask /etc/hosts and the name servers, and nothing else: what
   nsswitch.conf may name besides is a shared library, which a static program
   cannot load. glibc's own, so not in Swift's module of it. */
extern int __nss_configure_lookup (const char *, const char *);

static inline void cuv_lookinfilesanddns (void) {
  __nss_configure_lookup("hosts", "files dns");
}
