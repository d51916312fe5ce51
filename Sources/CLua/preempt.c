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
** A count hook that is always set makes Lua check for it before every
** instruction, which halves its speed. So the hook is set only when it is
** needed, as lua.c does for Ctrl-C: a timer on the thread's CPU clock sends a
** signal, and the signal handler sets the hook on the Lua thread that runs. An
** idle thread uses no CPU time, so it gets no signal.
**
** All of this must be C: the handler may call only functions that are safe in a
** signal handler, and the hook raises errors and yields.
*/

/* This signal is ignored by default, and nothing else here uses it, so a stray
   one does no harm. */
#define TICK	SIGURG

/* The VM that runs on this thread; NULL while no Lua code runs. */
static __thread CLuaVM *volatile runningvm = NULL;

/*
** How many ticks a run may spend in Lua code that cannot yield because a C
** function called it: about 50 ms of CPU time. A tick counts only if the hook
** fires after it, so ticks during a garbage collection or in C code do not.
*/
#define MOSTHOLDS	12

/*
** How long native code may run after its time limit, in nanoseconds of CPU
** time. It is not wall-clock time, because a process that was suspended, or did
** not get the CPU, is not stuck.
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
** Whether the running code has used up its time. Code that closes variables has
** no deadline but a number of ticks, shared by all such code of an invocation.
*/
int clua_isover (const CLuaVM *vm) {
  if (vm->closing)
    return vm->words <= 0;
  return vm->deadline != CLUA_NEVER && clua_now() >= vm->deadline;
}


/* The hook of a thread that must end. */
static void refuse (lua_State *L, lua_Debug *ar) {
  (void)ar;
  clua_expire(L);
}


/*
** Raises an error that a script can neither handle nor catch for long. Its
** value is Lua's own memory message, for which Lua calls no message handler. If
** 'pcall' catches it, the hook, which stays set for every instruction in all
** calls of the thread, raises it again. Swift reports the real reason.
*/
int clua_expire (lua_State *L) {
  CLuaVM *vm = clua_vm(L);
  vm->expired = 1;
  vm->words = 0;
  if (lua_gethook(L) != refuse)
    lua_sethook(L, refuse, LUA_MASKCOUNT, 1);
  lua_pushliteral(L, "not enough memory");
  return lua_error(L);
}


/* Runs a full garbage collection. Returns whether that freed enough memory. */
int clua_collect (lua_State *L) {
  CLuaVM *vm = clua_vm(L);
  vm->collecting = 1;
  lua_gc(L, LUA_GCCOLLECT);
  vm->collecting = 0;
  return !clua_isfull(vm);
}


static void hook (lua_State *L, lua_Debug *ar);

/*
** Removes the hook that ends the slice. With line coverage, all hooks of the VM
** ask for lines too, and this part stays.
*/
void clua_disarm (lua_State *L) {
  if (clua_linemask(L))
    clua_awaitlines(L, hook);
  else
    lua_sethook(L, NULL, 0, 0);
}


static void counthold (lua_State *L) {
  CLuaVM *vm = clua_vm(L);
  if (++vm->holds > MOSTHOLDS) {
    vm->held = 1;
    clua_expire(L);
  }
}


/*
** Handles the end of a slice in code that cannot yield. The code continues, and
** the hook is set to fire at returns, so that the slice ends as soon as a call
** returns to code that can yield. Without this, a script that spends most of
** its time in short calls that cannot yield would rarely be interrupted.
*/
static void hold (lua_State *L) {
  counthold(L);
  clua_awaitreturn(L, hook);
}


/*
** Collects garbage when more than the memory limit is in use. If the code can
** yield, Swift collects it in pieces, with other work in between; otherwise it
** is collected here at once. The run may then continue only if an eighth of the
** limit is free, since it would otherwise be back here immediately.
*/
static int relieve (lua_State *L, CLuaVM *vm) {
  vm->pressed = 0;
  if (vm->used <= vm->limit)
    return 1;
  if (vm->closing)
    return 0;
  if (!vm->unyielding && lua_isyieldable(L)) {
    vm->reason = CLUA_PRESSED;
    lua_yield(L, 0);
    return 1;
  }
  if (!clua_collect(L))
    return 0;
  hold(L);
  return 1;
}


/* A return hook cannot yield, so it only sets the hook for the next
   instruction, which can. */
static void hook (lua_State *L, lua_Debug *ar) {
  CLuaVM *vm = clua_vm(L);
  if (ar->event != LUA_HOOKCOUNT) {
    if (ar->event == LUA_HOOKLINE)
      clua_markline(L, ar);
    else if (!vm->unyielding && lua_isyieldable(L)) {
      clua_forgetyield(L);
      clua_arm(L);
    }
    return;
  }
  vm->stuck = 0;
  vm->collecting = 0;
  if (vm->expired || vm->exhausted || clua_isover(vm))
    clua_expire(L);  /* does not return */
  clua_disarm(L);
  if (vm->pressed) {
    if (!relieve(L, vm)) {
      vm->exhausted = 1;
      clua_expire(L);
    }
  }
  else if (!vm->unyielding && lua_isyieldable(L)) {
    vm->reason = CLUA_PREEMPTED;
    lua_yield(L, 0);
  }
  else
    hold(L);
}


/*
** Tells long-running Swift code between two steps whether to stop, as no hook
** can interrupt it. It must be C because a signal may change these fields at
** any moment.
*/
int clua_look (lua_State *L) {
  CLuaVM *vm = clua_vm(L);
  if ((vm->current != NULL && vm->expired) || clua_isover(vm))
    return CLUA_EXPIRED;
  if (vm->used > vm->limit)
    return CLUA_OVERFULL;
  if (vm->current != NULL && vm->ticks > 0 && !vm->unyielding
      && lua_isyieldable(L))
    return CLUA_PAUSE;
  return CLUA_GOON;
}


/*
** Lua compares two strings piece by piece, from NUL to NUL, with one call of
** strcoll for each piece. No hook fires in between, and comparing 100 MB of
** NULs takes a second. So the linker replaces strcoll with the function below
** (Package.swift: --wrap), which does what the hook would do, except that it
** cannot yield. It must be C because it raises errors.
*/
int __real_strcoll (const char *a, const char *b);
int __wrap_strcoll (const char *a, const char *b);

static __thread int comparisons = 0;
static __thread int counted = 0;  /* the tick that was counted last */

int __wrap_strcoll (const char *a, const char *b) {
  CLuaVM *vm = runningvm;
  if (--comparisons < 0) {
    comparisons = CLUA_STRIDE;
    if (vm != NULL && vm->running && clua_isdue(vm->current)) {
      if (vm->expired || vm->exhausted || clua_isover(vm))
        clua_expire(vm->current);
      if (vm->ticks != counted) {
        counted = vm->ticks;
        counthold(vm->current);
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


/* Moves a pending hook from 'co', which has just stopped, to L, which resumed
   it. */
void clua_passhook (lua_State *co, lua_State *L) {
  int mask = lua_gethookmask(co);
  if (!clua_endsslice(mask))
    return;
  clua_disarm(co);
  if (mask & LUA_MASKCOUNT)
    clua_arm(L);
  else if (!clua_isdue(L))
    clua_awaitreturn(L, hook);
}


/* Makes the hook collect garbage. The allocator calls this. */
void clua_press (CLuaVM *vm) {
  if (!vm->pressed && vm->current != NULL) {
    vm->pressed = 1;
    clua_arm(vm->current);
  }
}


/* Makes the run fail for lack of memory. 'pcall' cannot prevent that. */
void clua_exhaust (CLuaVM *vm) {
  if (vm->current != NULL) {
    vm->exhausted = 1;
    clua_arm(vm->current);
  }
}


/* Whether so little memory is free that the run must not continue. */
int clua_isfull (const CLuaVM *vm) {
  return vm->used > vm->limit - vm->limit / 8;
}


/*
** Native code that does not end, and that no hook can interrupt, blocks the
** whole event loop. So the process ends once such code has run for too long
** after its deadline. The host restarts a handler that exits with code 200 at
** once, and does not count the exit as a crash.
*/
static size_t append (char *line, size_t length, const char *text) {
  size_t added = strlen(text);
  memcpy(line + length, text, added);
  return length + added;
}


static void endstuck (const CLuaVM *vm) {
  char line[512];  /* large enough, as label and run are bounded */
  size_t length = append(line, 0, vm->label);
  length = append(line, length, " ");
  length = append(line, length, vm->run);
  length = append(line, length, ": a native call kept running after its"
    " time limit; luafunc exits with code 200 so that the host restarts it\n");
  if (write(STDERR_FILENO, line, length) < 0) { /* it cannot be reported */ }
  _exit(200);
}


/* Whether native code has run for too long after its time, and the reason is
   not a garbage collection. */
static int isstuck (CLuaVM *vm) {
  if (!clua_isover(vm) || vm->collecting)
    vm->stuck = 0;
  else if (vm->stuck == 0)
    vm->stuck = vm->cpu;
  else
    return vm->cpu - vm->stuck > STUCKLIMIT;
  return 0;
}


static void tick (int number) {
  int saved = errno;
  CLuaVM *vm = runningvm;
  (void)number;
  if (vm != NULL && vm->current != NULL) {
    vm->cpu = cputime();
    vm->ticks++;
    if (vm->closing)
      vm->words--;
    clua_arm(vm->current);
    if (isstuck(vm))
      endstuck(vm);
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
  CLuaVM *vm = clua_vm(L);
  copy(vm->label, sizeof(vm->label), text, length);
}


void clua_setrun (lua_State *L, const char *text, size_t length) {
  CLuaVM *vm = clua_vm(L);
  copy(vm->run, sizeof(vm->run), text, length);
}


/*
** Starts a timer for the calling thread, which runs until the process ends.
** Returns 0, or the value of errno.
*/
int clua_startticking (int milliseconds) {
  static _Thread_local int isticking = 0;  /* one timer is enough */
  struct sigaction action;
  struct sigevent event;
  struct itimerspec period;
  sigset_t signals;
  timer_t timer;
  if (isticking)
    return 0;
  memset(&action, 0, sizeof(action));
  action.sa_handler = tick;
  action.sa_flags = SA_RESTART;
  if (sigaction(TICK, &action, NULL) != 0)
    return errno;
  sigemptyset(&signals);
  sigaddset(&signals, TICK);
  pthread_sigmask(SIG_UNBLOCK, &signals, NULL);  /* libdispatch blocks it */
  memset(&event, 0, sizeof(event));
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = TICK;
  event._sigev_un._tid = (int)syscall(SYS_gettid);
  if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) != 0)
    return errno;
  period.it_interval.tv_sec = 0;
  period.it_interval.tv_nsec = (long)milliseconds * 1000000;
  period.it_value = period.it_interval;
  if (timer_settime(timer, 0, &period, NULL) != 0)
    return errno;
  isticking = 1;
  return 0;
}


/* Marks the beginning of a run of Lua code on this thread, up to 'clua_end'. */
void clua_begin (lua_State *L) {
  CLuaVM *vm = clua_vm(L);
  vm->current = L;
  vm->running = 1;
  vm->ticks = 0;
  vm->holds = 0;
  vm->stuck = 0;
  runningvm = vm;
}


void clua_end (lua_State *L) {
  CLuaVM *vm = clua_vm(L);
  runningvm = NULL;
  vm->running = 0;
  vm->current = NULL;
}
