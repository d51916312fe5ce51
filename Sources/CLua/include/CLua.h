/*
** The border between Swift and Lua 5.4.
**
** Lua raises errors with longjmp, which must never cross a Swift frame. So all
** code that may raise is C. A Swift function returns a verdict, and C raises
** the error or yields after the Swift frame has returned.
** - door.c       calls from Lua to Swift, through a trampoline, and protected
**                calls from Swift to Lua.
** - budget.c     the allocator, which enforces the memory limit while Lua runs.
** - preempt.c    the timer that ends slices and enforces deadlines;
**                uninterrupted code pays nothing for it.
** - layout.c     a copy of Lua's private structures, for what Lua's API lacks.
** - coroutine.c  the coroutine library; slices may end inside coroutines.
** - deferred.c   tables that are filled when they are first used.
** - pause.c      time slices for C code that may run long.
** - pattern.c    the pattern matcher that search.c (string.find, match, gmatch)
**                and gsub.c use.
** - strings.c    the other long-running functions of the string library.
** - tables.c     the table library; sort.c is table.sort.
** - utf8.c       the utf8 library; base.c a few functions of the base library.
** - traceback.c  the call stack as a script sees it.
** - debug.c      the part of the debug library that a script gets.
** - lines.c      the lines that have run, for the coverage of tests.
** - streams.c    io.stdout and io.stderr, which lead to the log.
** - refused.c    functions that a script must not call, with what to do instead.
** - text.c       a growing string that survives a yield.
** - calls.c      a limit on chains of __call.
** - build.c      facts about the build.
** The `static inline` functions here only give macros of lua.h a name that
** Swift can see.
*/

#ifndef CLUA_H
#define CLUA_H

#include <stddef.h>
#include <stdint.h>
#include <lua5.4/lua.h>
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>

/* The verdicts that a Swift function returns instead of a number of results. */
#define CLUA_RAISE	(-1)  /* raise the text on top, with file and line */
#define CLUA_THROW	(-2)  /* raise the value on top as it is */
#define CLUA_WAIT	(-3)  /* yield to Swift; call again when the wait is over */
#define CLUA_AGAIN	(-4)  /* end the slice, then call again */
#define CLUA_ENDED	(-5)  /* the deadline has passed */
#define CLUA_FULL	(-6)  /* raise "not enough memory" */

/* The function number with which Swift is called to complete a wait, */
#define CLUA_COMPLETE	(-1)
/* to continue work that returned CLUA_AGAIN, */
#define CLUA_CONTINUE	(-2)

/* and to look up a field: index 1 is the deferred table, index 2 the key. */
#define CLUA_FIELD	(-3)

/* What that lookup returns, besides CLUA_RAISE: */
#define CLUA_UNCLEAR	0  /* the table must be filled */
#define CLUA_FOUND	1  /* the field's value is on top */

/* What 'clua_look' tells long-running Swift code between two steps. */
#define CLUA_GOON	0
#define CLUA_PAUSE	1  /* the slice is over: return CLUA_AGAIN */
#define CLUA_EXPIRED	2  /* the deadline has passed: return CLUA_ENDED */
#define CLUA_OVERFULL	3  /* the memory limit is exceeded: return CLUA_FULL */

/* Why an invocation's thread yielded. */
#define CLUA_SCRIPT	0     /* its own code called coroutine.yield */
#define CLUA_PREEMPTED	1     /* its time slice is over */
#define CLUA_WAITING	2     /* a Swift function returned CLUA_WAIT */
#define CLUA_PRESSED	3     /* garbage must be collected first */

/* The chunk name of luafunc's own Lua code. */
#define CLUA_OWN	"=luafunc"

/* No deadline. */
#define CLUA_NEVER	INT64_MAX

/* Steps of C code between two checks for the end of the slice; a step takes a
   few nanoseconds. */
#define CLUA_STRIDE	4000

typedef int (*CLuaDispatch) (lua_State *L, int function);

/* The largest block that a VM keeps for reuse when Lua frees it, and the most
   bytes that it keeps in all. */
#define CLUA_SMALL	4104
#define CLUA_KEPT	(64 << 10)

typedef struct CLuaBlock {
  struct CLuaBlock *next;
} CLuaBlock;

/* A file whose lines are recorded. Threads share it: a byte is only ever set. */
typedef struct CLuaFile {
  const char *name;       /* of its chunks */
  unsigned char *ran;     /* 1 for each line that has run, from line 0 on */
  int count;              /* of the lines */
} CLuaFile;

/*
** The state that C and Swift share, one per VM. Every Lua thread of the VM has
** a pointer to it in its extra space. Swift owns the memory and frees it after
** the Lua state is closed.
*/
typedef struct CLuaVM {
  void *vm;               /* the Swift object that owns this VM */
  CLuaDispatch dispatch;  /* calls the Swift function with a given number */
  size_t used;            /* bytes allocated, in Lua and in Swift for this VM */
  size_t limit;           /* bytes Lua may use */
  size_t kept;            /* bytes in 'blocks': free blocks, a list per size */
  CLuaBlock *blocks[CLUA_SMALL / 16 + 1];
  int running;            /* Lua code runs, so the memory limit is enforced */
  int array;              /* registry references of the metatables that mark */
  int object;             /* JSON arrays, JSON objects, */
  int deferred;           /* and deferred tables */
  lua_State *root;        /* the thread that Swift resumed */
  lua_State *volatile current;  /* the Lua thread that runs now */
  int64_t deadline;       /* of the run, on CLOCK_MONOTONIC, in ns */
  int expired;            /* the run must end; the reason is its deadline, */
  int held;               /* or that it could not yield for too long, */
  int exhausted;          /* or that it has no more memory */
  int pressed;            /* the run is using the reserve beyond its limit */
  int collecting;         /* Lua runs a full collection */
  int refusals;           /* of memory, since the invocation began */
  volatile int ticks;     /* ticks of the timer since Swift called Lua */
  int holds;              /* how often the hook found code unable to yield */
  int64_t cpu;            /* the thread's CPU time at the last tick */
  int64_t stuck;          /* 'cpu' when a tick first found time over; or 0 */
  int closing;            /* variables are being closed, or a failed run's */
  volatile int words;     /* message is made; the ticks left for that */
  int reason;             /* why 'root' yielded */
  int stride;             /* steps of C code between two checks */
  int arguments;          /* of the last '__call' lookup, */
  int calls;              /* and the length of the chain so far (calls.c) */
  int unyielding;         /* system yields are off: variables are being */
                          /* closed, or a C function called the running code */
  char label[160];        /* describe the run in the message that 'endstuck' */
  char run[64];           /* prints before it ends the process */
  CLuaFile *files;        /* sorted by name; NULL without line coverage */
  int filecount;
  int lastfile;           /* the file whose line ran last */
} CLuaVM;

/* budget.c */
lua_State *clua_newstate (CLuaVM *vm);
void clua_tunememory (void);
void clua_trim (void);
int clua_collectpiece (lua_State *L);
void clua_dropblocks (CLuaVM *vm);
void clua_clear (lua_State *L);

const char *clua_commit (void);
const char *clua_release (void);
size_t clua_imagesize (void);
void clua_openendless (lua_State *L);

/* door.c */
void clua_pushplace (lua_State *L, int past);
void clua_pushhostfunction (lua_State *L, int function);
int clua_wrapown (lua_State *L);
int clua_fail (lua_State *L);
int clua_field (lua_State *L);
int clua_resume (lua_State *L, lua_State *from, int nargs, int *nresults);
int clua_run (lua_State *L, int nargs);
void clua_pushtostring (lua_State *L);
int clua_tell (lua_State *L, int index);
int clua_close (lua_State *L, int words);

/* preempt.c */
int clua_startticking (int milliseconds);
int64_t clua_now (void);
void clua_setlabel (lua_State *L, const char *text, size_t length);
void clua_setrun (lua_State *L, const char *text, size_t length);
void clua_begin (lua_State *L);
void clua_end (lua_State *L);
void clua_arm (lua_State *L);
void clua_disarm (lua_State *L);
int clua_expire (lua_State *L);
void clua_passhook (lua_State *co, lua_State *L);
int clua_look (lua_State *L);
int clua_isover (const CLuaVM *vm);
void clua_press (CLuaVM *vm);
void clua_exhaust (CLuaVM *vm);
int clua_collect (lua_State *L);
int clua_isfull (const CLuaVM *vm);

/* layout.c */
int clua_fits (lua_State *L);
void clua_sethook (lua_State *L, lua_Hook hook);
void clua_awaitreturn (lua_State *L, lua_Hook hook);
void clua_awaitlines (lua_State *L, lua_Hook hook);
void clua_forgetyield (lua_State *L);
void clua_allowhooks (lua_State *L);
void clua_carrycalls (lua_State *co, lua_State *from);

/* coroutine.c */
int clua_opencoroutine (lua_State *L);
lua_State *clua_newroot (lua_State *L);

/* pause.c */
enum {
  CLUA_IDLE,   /* function () end */
  CLUA_INDEX,  /* function (t, k) return t[k] end */
  CLUA_LESS,   /* function (a, b) return a < b end */
  CLUA_FALLBACKS,  /* the table functions for tables with metamethods, or a
                      function that creates them */
  CLUA_HELPERS
};
int clua_sethelpers (lua_State *L);
void clua_sethelper (lua_State *L, int helper);
void clua_pushhelper (lua_State *L, int helper);
void clua_pause (lua_State *L, lua_KContext context, lua_KFunction k);

/* strings.c, search.c, gsub.c */
int clua_openstring (lua_State *L);
void clua_setsearch (lua_State *L);
int clua_gsub (lua_State *L);

/* tables.c, sort.c */
#define CLUA_READS	1  /* the kinds of access to a table */
#define CLUA_WRITES	2
#define CLUA_COUNTS	4
#define CLUA_ALL	7
int clua_isplain (lua_State *L, int index, int does);
int clua_callfallback (lua_State *L, const char *name);
int clua_sort (lua_State *L);
int clua_sortlist (lua_State *L);
int clua_opentable (lua_State *L);

/* utf8.c, base.c */
int clua_openutf8 (lua_State *L);
int clua_openbase (lua_State *L);
int clua_openos (lua_State *L);
int clua_openpackage (lua_State *L);
int clua_checkchunk (lua_State *L);
void clua_hidemodules (lua_State *L);
int clua_sealglobals (lua_State *L);

/* lines.c */
void clua_recordlines (lua_State *L, CLuaFile *files, int count);
void clua_markline (lua_State *L, lua_Debug *ar);

/* traceback.c, debug.c, streams.c, refused.c */
#define CLUA_READSONLY \
  "only debug.traceback and debug.getinfo can look at running code"
int clua_isown (const lua_Debug *record);
int clua_isinside (lua_State *L, int at, lua_Debug *record);
int clua_findlevel (lua_State *L, lua_Integer level, lua_Debug *record);
lua_State *clua_target (lua_State *L, int *first);
int clua_traceback (lua_State *L);
int clua_opendebug (lua_State *L);
void clua_openio (lua_State *L);
int clua_refuse (lua_State *L, const char *name, const char *advice);
void clua_setrefusals (lua_State *L, const char *library);
const char *clua_advice (const char *library, const char *name);

/* deferred.c */
void clua_pushdeferred (lua_State *L, void *key, int source, int array,
                        int hash);
void clua_wrapbase (lua_State *L, int metatable, int expander);

/* The lowest bit of the extra space is the mark of a resting coroutine. */
static inline CLuaVM *clua_vm (lua_State *L) {
  return (CLuaVM *)(*(uintptr_t *)lua_getextraspace(L) & ~(uintptr_t)1);
}

/* Whether a hook ends slices, and does not only record lines. */
static inline int clua_endsslice (int mask) {
  return (mask & (LUA_MASKCOUNT | LUA_MASKRET)) != 0;
}

/* Whether such a hook is set, so that the slice of the running C code is over. */
static inline int clua_isdue (lua_State *L) {
  return clua_endsslice(lua_gethookmask(L));
}

/* What is added to the mask of every hook of a VM whose lines are recorded. */
static inline int clua_linemask (lua_State *L) {
  return clua_vm(L)->files != NULL ? LUA_MASKLINE : 0;
}

static inline int clua_registry (void) { return LUA_REGISTRYINDEX; }

static inline void clua_pop (lua_State *L, int n) { lua_settop(L, -n - 1); }

static inline void clua_newtable (lua_State *L, int array, int hash) {
  lua_createtable(L, array, hash);
}

static inline void clua_pushcfunction (lua_State *L, lua_CFunction f) {
  lua_pushcclosure(L, f, 0);
}

static inline void clua_insert (lua_State *L, int index) {
  lua_rotate(L, index, 1);
}

static inline void clua_replace (lua_State *L, int index) {
  lua_copy(L, -1, index);
  clua_pop(L, 1);
}

/* Pops a function and returns the number of its parameters, or -1 if it takes
   any number. */
static inline int clua_parameters (lua_State *L) {
  lua_Debug record;
  lua_getinfo(L, ">u", &record);
  return record.isvararg ? -1 : record.nparams;
}

static inline int clua_pcall (lua_State *L, int nargs, int nresults) {
  return lua_pcallk(L, nargs, nresults, 0, 0, NULL);
}

static inline int clua_load (lua_State *L, const char *text, size_t length,
                             const char *name, const char *mode) {
  return luaL_loadbufferx(L, text, length, name, mode);
}

#endif
