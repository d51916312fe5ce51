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
** How often code that C called, and that therefore cannot yield, may meet the
** hook: at each tick once, so after about 50 ms of CPU time. What it does not
** meet does not count: ticks while Lua collects, or while C code runs.
*/
#define MOSTHOLDS	12

/*
** How long native code may outlive its time. CPU time, because a process that
** was frozen, or got no turn, has not been stuck.
*/
#define STUCKLIMIT	INT64_C(2000000000)


int64_t clua_now (void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}


static int64_t cputime (void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}


/*
** Whether what runs has used up its time. What closes variables has a number
** of ticks, which all such code of one invocation shares.
*/
int clua_isover (const CLuaHost *host) {
  if (host->closing)
    return host->words <= 0;
  return host->deadline != CLUA_NEVER && clua_now() >= host->deadline;
}


/* The hook of a thread that may not go on. */
static void refuse (lua_State *L, lua_Debug *ar) {
  (void)ar;
  clua_expire(L);
}


/*
** Raises what no message handler sees and what 'pcall' cannot hold: Lua takes
** its own memory message for an error of that kind, and the hook stays set to
** fire on every instruction, in all calls of the thread. Swift gives the
** failure its true name.
*/
int clua_expire (lua_State *L) {
  CLuaHost *host = clua_host(L);
  host->expired = 1;
  host->words = 0;
  if (lua_gethook(L) != refuse)
    lua_sethook(L, refuse, LUA_MASKCOUNT, 1);
  lua_pushliteral(L, "not enough memory");
  return lua_error(L);
}


/* Collects all garbage in one go; whether enough is free then. */
int clua_collect (lua_State *L) {
  CLuaHost *host = clua_host(L);
  host->collecting = 1;
  lua_gc(L, LUA_GCCOLLECT);
  host->collecting = 0;
  return !clua_isfull(host);
}


static void hook (lua_State *L, lua_Debug *ar);

static void counthold (lua_State *L) {
  CLuaHost *host = clua_host(L);
  if (++host->holds > MOSTHOLDS) {
    host->held = 1;
    clua_expire(L);
  }
}


/*
** The slice is over and the code cannot yield. It may go on for a while, and
** the first call that returns to where it can yield ends the turn: a script
** that is most of the time in short calls of this kind would hardly ever be
** hit by a tick outside of them.
*/
static void hold (lua_State *L) {
  counthold(L);
  clua_awaitreturn(L, hook);
}


/*
** More than the memory limit is in use. What is garbage is collected; by Swift
** in pieces, with other work between, unless the code cannot yield. Then the
** run goes on if an eighth of the limit is free: else it would be back here
** at once.
*/
static int relieve (lua_State *L, CLuaHost *host) {
  host->pressed = 0;
  if (host->used <= host->limit)
    return 1;
  if (host->closing)
    return 0;
  if (!host->unyielding && lua_isyieldable(L)) {
    host->reason = CLUA_PRESSED;
    lua_yield(L, 0);
    return 1;
  }
  if (!clua_collect(L))
    return 0;
  hold(L);
  return 1;
}


/* Returning from a call cannot yield; the next instruction can. */
static void hook (lua_State *L, lua_Debug *ar) {
  CLuaHost *host = clua_host(L);
  if (ar->event != LUA_HOOKCOUNT) {
    if (!host->unyielding && lua_isyieldable(L)) {
      clua_forgetyield(L);
      clua_arm(L);
    }
    return;
  }
  host->stuck = 0;
  host->collecting = 0;
  if (host->expired || host->exhausted || clua_isover(host))
    clua_expire(L);  /* does not return */
  lua_sethook(L, NULL, 0, 0);
  if (host->pressed) {
    if (!relieve(L, host)) {
      host->exhausted = 1;
      clua_expire(L);
    }
  }
  else if (!host->unyielding && lua_isyieldable(L)) {
    host->reason = CLUA_PREEMPTED;
    lua_yield(L, 0);
  }
  else
    hold(L);
}


/*
** What long work of Swift's asks between two steps, as no hook can stop it.
** Must be C: a tick may come at any moment of it.
*/
int clua_look (lua_State *L) {
  CLuaHost *host = clua_host(L);
  if ((host->current != NULL && host->expired) || clua_isover(host))
    return CLUA_EXPIRED;
  if (host->used > host->limit)
    return CLUA_OVERFULL;
  if (host->current != NULL && host->ticks > 0 && !host->unyielding
      && lua_isyieldable(L))
    return CLUA_PAUSE;
  return CLUA_GOON;
}


/*
** Lua compares two texts from zero to zero, each piece by a call of strcoll, and
** no hook runs meanwhile: of texts of zeros, 100 MB take a second. So the linker
** puts this function in the place of strcoll (Package.swift: --wrap), and what
** is due for the hook is done here, but for a yield. Must be C: it raises.
*/
int __real_strcoll (const char *a, const char *b);
int __wrap_strcoll (const char *a, const char *b);

static __thread int comparisons = 0;
static __thread int counted = 0;  /* the tick that was counted last */

int __wrap_strcoll (const char *a, const char *b) {
  CLuaHost *host = runninghost;
  if (--comparisons < 0) {
    comparisons = CLUA_STRIDE;
    if (host != NULL && host->running && clua_isdue(host->current)) {
      if (host->expired || host->exhausted || clua_isover(host))
        clua_expire(host->current);
      if (host->ticks != counted) {
        counted = host->ticks;
        counthold(host->current);
      }
    }
  }
  return __real_strcoll(a, b);
}


/* Makes the hook fire at the next instruction. Safe in a signal handler. */
void clua_arm (lua_State *L) {
  if (lua_gethook(L) != refuse)
    clua_sethook(L, hook);
}


/* What the hook of 'co' was to do becomes L's, which ran it. */
void clua_passhook (lua_State *co, lua_State *L) {
  int mask = lua_gethookmask(co);
  if (mask == 0)
    return;
  lua_sethook(co, NULL, 0, 0);
  if (mask == LUA_MASKCOUNT)
    clua_arm(L);
  else if (lua_gethookmask(L) == 0)
    clua_awaitreturn(L, hook);
}


/* The hook is to see to the memory. Called by the allocator. */
void clua_press (CLuaHost *host) {
  if (!host->pressed && host->current != NULL) {
    host->pressed = 1;
    clua_arm(host->current);
  }
}


/* The run has failed for want of memory, whatever its code does about it. */
void clua_exhaust (CLuaHost *host) {
  if (host->current != NULL) {
    host->exhausted = 1;
    clua_arm(host->current);
  }
}


/* Whether so little is free that the run may not go on. */
int clua_isfull (const CLuaHost *host) {
  return host->used > host->limit - host->limit / 8;
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


/* Whether native code has outlived its time, and no collection is why. */
static int isstuck (CLuaHost *host) {
  if (!clua_isover(host) || host->collecting)
    host->stuck = 0;
  else if (host->stuck == 0)
    host->stuck = host->cpu;
  else
    return host->cpu - host->stuck > STUCKLIMIT;
  return 0;
}


static void tick (int number) {
  int saved = errno;
  CLuaHost *host = runninghost;
  (void)number;
  if (host != NULL && host->current != NULL) {
    host->cpu = cputime();
    host->ticks++;
    if (host->closing)
      host->words--;
    clua_arm(host->current);
    if (isstuck(host))
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
  host->holds = 0;
  host->stuck = 0;
  runninghost = host;
}


void clua_end (lua_State *L) {
  CLuaHost *host = clua_host(L);
  runninghost = NULL;
  host->running = 0;
  host->current = NULL;
}
