#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>

#include "CLua.h"

/*
** A count hook that is always set makes Lua trap on every instruction: twice
** as slow. So the hook is set from outside, as lua.c does for Ctrl-C: a timer
** on the thread's CPU clock sends a signal, whose handler sets the hook on
** the thread that runs. A thread that is idle gets no signal.
**
** All of this must be C: the handler may call nothing but what is safe in a
** signal, and the hook raises and yields.
*/

/* Ignored by default and by everybody else, so a stray one does no harm. */
#define TICK	SIGURG

/* What runs on this thread; NULL while no Lua code does. */
static __thread CLuaHost *volatile runninghost = NULL;

/*
** How long code that C called, and that therefore cannot yield, may hold the
** thread. The ticks tell that it ran, and did not just lie in the run queue.
*/
#define HOLDLIMIT	INT64_C(1000000000)
#define HOLDTICKS	100

/* How long native code may outlive its deadline. */
#define STUCKMARGIN	INT64_C(2000000000)


int64_t clua_now (void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}


static int ispast (const CLuaHost *host, int64_t margin) {
  return host->deadline != CLUA_NEVER && clua_now() - margin >= host->deadline;
}


/*
** Raises what no message handler sees and what 'pcall' cannot hold: Lua takes
** its own memory message for an error of that kind, and the hook stays set to
** fire on every instruction. Swift gives the failure its true name.
*/
int clua_expire (lua_State *L) {
  clua_host(L)->expired = 1;
  clua_arm(L);
  lua_pushliteral(L, "not enough memory");
  return lua_error(L);
}


static void hook (lua_State *L, lua_Debug *ar) {
  CLuaHost *host = clua_host(L);
  (void)ar;
  if (host->expired || ispast(host, 0)) {
    clua_expire(L);
    return;  /* not reached */
  }
  lua_sethook(L, NULL, 0, 0);
  if (!host->unyielding && lua_isyieldable(L)) {
    host->reason = CLUA_PREEMPTED;
    lua_yield(L, 0);
  }
  else if (host->ticks > HOLDTICKS && clua_now() - host->begun > HOLDLIMIT) {
    host->held = 1;
    clua_expire(L);
  }
}


/*
** What long work of Swift's asks between two steps, as no hook can stop it.
** Must be C: a tick may come at any moment of it.
*/
int clua_look (lua_State *L) {
  CLuaHost *host = clua_host(L);
  if (host->expired || ispast(host, 0))
    return CLUA_EXPIRED;
  if (host->used > host->limit)
    return CLUA_OVERFULL;
  if (host->current != NULL && host->ticks > 0 && !host->unyielding
      && lua_isyieldable(L))
    return CLUA_PAUSE;
  return CLUA_GOON;
}


/* Makes the hook fire at the next instruction. Safe in a signal handler. */
void clua_arm (lua_State *L) {
  lua_sethook(L, hook, LUA_MASKCOUNT, 1);
}


/*
** Native code that no hook can reach (a pathological pattern) and that has
** outlived its deadline stops the whole loop, so the process ends. The host
** starts it again at once and does not count it (exit code 200).
*/
static size_t append (char *line, size_t length, const char *text) {
  size_t added = strlen(text);
  memcpy(line + length, text, added);
  return length + added;
}


static void endstuck (const CLuaHost *host) {
  char line[512];  /* label and run are bounded, so it all fits */
  size_t length = append(line, 0, host->label);
  length = append(line, length, " ");
  length = append(line, length, host->run);
  length = append(line, length, ": a native call did not end with its time"
    " limit; the process ends with code 200, so that the host starts it"
    " again\n");
  if (write(STDERR_FILENO, line, length) < 0) { /* nobody is left to tell */ }
  _exit(200);
}


static void tick (int number) {
  int saved = errno;
  CLuaHost *host = runninghost;
  (void)number;
  if (host != NULL && host->current != NULL) {
    lua_State *L = host->current;
    host->ticks++;
    /* To arm walks all calls of the thread, which may be 200,000: done at every
       tick, nothing else would run. Once more now and then, as what is
       interrupted may be about to take the mark of a call back. */
    if (lua_gethook(L) != hook || lua_gethookmask(L) != LUA_MASKCOUNT
        || (host->ticks & (host->ticks - 1)) == 0)
      clua_arm(L);
    if (ispast(host, STUCKMARGIN))
      endstuck(host);
  }
  errno = saved;
}


static void copy (char *to, size_t size, const char *text, size_t length) {
  if (length >= size)
    length = size - 1;
  memcpy(to, text, length);
  to[length] = '\0';
}


void clua_setlabel (lua_State *L, const char *text, size_t length) {
  CLuaHost *host = clua_host(L);
  copy(host->label, sizeof(host->label), text, length);
}


void clua_setrun (lua_State *L, const char *text, size_t length) {
  CLuaHost *host = clua_host(L);
  copy(host->run, sizeof(host->run), text, length);
}


/*
** Starts the calling thread's timer; it lives as long as the thread's process.
** Answers 0, or the number of an error.
*/
int clua_startticking (int milliseconds) {
  struct sigaction action;
  struct sigevent event;
  struct itimerspec period;
  sigset_t signals;
  timer_t timer;
  memset(&action, 0, sizeof(action));
  action.sa_handler = tick;
  action.sa_flags = SA_RESTART;
  if (sigaction(TICK, &action, NULL) != 0)
    return errno;
  sigemptyset(&signals);
  sigaddset(&signals, TICK);
  pthread_sigmask(SIG_UNBLOCK, &signals, NULL);  /* libdispatch's block all */
  memset(&event, 0, sizeof(event));
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = TICK;
  event._sigev_un._tid = (int)syscall(SYS_gettid);
  if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) != 0)
    return errno;
  period.it_interval.tv_sec = 0;
  period.it_interval.tv_nsec = (long)milliseconds * 1000000;
  period.it_value = period.it_interval;
  return timer_settime(timer, 0, &period, NULL) == 0 ? 0 : errno;
}


/* From here to 'clua_end', Lua code of L's VM runs on this thread. */
void clua_begin (lua_State *L) {
  CLuaHost *host = clua_host(L);
  host->current = L;
  host->running = 1;
  host->ticks = 0;
  host->begun = clua_now();
  runninghost = host;
}


void clua_end (lua_State *L) {
  CLuaHost *host = clua_host(L);
  runninghost = NULL;
  host->running = 0;
  host->current = NULL;
}
