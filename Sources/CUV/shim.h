#pragma once
#include <sys/prctl.h>
#include <sys/socket.h>
#include <uv.h>

/* Swift's module of glibc does not declare this function, because it is read
   without _GNU_SOURCE. */
extern int accept4 (int, struct sockaddr *__restrict, socklen_t *__restrict, int);

/* Accepts the next connection of a listening socket. The descriptor is
   non-blocking and close-on-exec. Returns -1 with errno set if that fails. */
static inline int cuv_accept (int listener) {
  return accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* Names the calling thread. It is C because prctl is variadic, and Swift cannot
   call variadic functions. */
static inline void cuv_namethread (const char *name) { prctl(PR_SET_NAME, name); }

/* Makes getaddrinfo ask only /etc/hosts and the name servers. nsswitch.conf may
   name other sources, but each is a shared library, which a static program
   cannot load. It is C because Swift's module of glibc does not declare the
   function. */
extern int __nss_configure_lookup (const char *, const char *);

static inline void cuv_lookinfilesanddns (void) {
  __nss_configure_lookup("hosts", "files dns");
}
