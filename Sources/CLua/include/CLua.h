/*
** The border between Swift and Lua 5.4.
**
** Lua raises errors with longjmp, which must never cross a Swift frame. So
** whatever may raise is in C, and Swift answers with a verdict:
** - door.c       Lua calls Swift through a trampoline; Swift calls Lua through
**                protected calls only.
** - budget.c     the allocator that counts and, while Lua runs, refuses.
** - preempt.c    ends the time slice of running code, and its life after the
**                deadline, from outside: normal running costs nothing.
** - layout.c     a copy of Lua's private structures, for what they alone allow.
** - coroutine.c  Lua's coroutine library, through which slices end unseen.
** - deferred.c   tables that are filled at first touch.
** - pause.c      time slices for C code that may run long:
** - pattern.c    the matcher of search.c (string.find, match, gmatch) and
**                gsub.c, and
** - strings.c    the rest of Lua's string library;
** - tables.c     the table library, and sort.c its longest function;
** - utf8.c       utf8's, and base.c a few others.
** - calls.c      ends a chain of __call.
** - build.c      what the program was built of.
** What is `static inline` here only gives a macro of lua.h a name that Swift
** can see.
*/

#ifndef CLUA_H
#define CLUA_H

#include <stddef.h>
#include <stdint.h>
#include <lua5.4/lua.h>
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>

/* What a Swift function answers instead of a number of results. */
#define CLUA_RAISE	(-1)  /* raise the text on top, with its position */
#define CLUA_THROW	(-2)  /* raise the value on top as it is */
#define CLUA_WAIT	(-3)  /* yield to Swift; it is called again to go on */
#define CLUA_AGAIN	(-4)  /* let others have their turn, then call again */
#define CLUA_ENDED	(-5)  /* the deadline has passed */
#define CLUA_FULL	(-6)  /* raise that there is not enough memory */

/* The numbers under which Swift is called to complete a wait, */
#define CLUA_COMPLETE	(-1)
/* and to go on with work that is not done. */
#define CLUA_CONTINUE	(-2)

/* and to look up the field of a deferred table, at 1, that is named at 2. */
#define CLUA_FIELD	(-3)

/* What it answers then, besides CLUA_RAISE: */
#define CLUA_UNCLEAR	0  /* the table must be filled */
#define CLUA_FOUND	1  /* the field's value is on top */

/* What long work of Swift's is told between two steps. */
#define CLUA_GOON	0
#define CLUA_PAUSE	1  /* the slice is over: return CLUA_AGAIN */
#define CLUA_EXPIRED	2  /* the deadline has passed: answer CLUA_ENDED */
#define CLUA_OVERFULL	3  /* more is held than may be: answer CLUA_FULL */

/* Why an invocation's thread yielded. */
#define CLUA_SCRIPT	0     /* its own code called coroutine.yield */
#define CLUA_PREEMPTED	1     /* its time slice is over */
#define CLUA_WAITING	2     /* a Swift function returned CLUA_WAIT */
#define CLUA_PRESSED	3     /* its VM's garbage is to be collected first */

/* The name of luafunc's own chunks. */
#define CLUA_OWN	"=luafunc"

/* No deadline. */
#define CLUA_NEVER	INT64_MAX

/* Steps of C code between two looks; each takes some nanoseconds. */
#define CLUA_STRIDE	4000

typedef int (*CLuaDispatch) (lua_State *L, int function);

/* The largest block that stays with its VM when Lua frees it, and the bytes of
   all that stay. */
#define CLUA_SMALL	4104
#define CLUA_KEPT	(64 << 10)

typedef struct CLuaBlock {
  struct CLuaBlock *next;
} CLuaBlock;

/*
** One per VM; every thread of the VM finds it in its extra space. Swift owns
** the memory and frees it after the state is closed.
*/
typedef struct CLuaHost {
  void *vm;               /* the Swift object that owns this VM */
  CLuaDispatch dispatch;  /* runs the Swift function of that number */
  size_t used;            /* bytes allocated now, and held outside for it */
  size_t limit;           /* bytes Lua may use */
  size_t kept;            /* bytes of the blocks that are kept, by their size */
  CLuaBlock *blocks[CLUA_SMALL / 16 + 1];
  int running;            /* Lua runs, so an allocation may be refused */
  int array;              /* registry slots of the metatables that mark a */
  int object;             /* JSON array, a JSON object, and a table whose */
  int deferred;           /* text is not read yet */
  lua_State *root;        /* the thread Swift resumed: no script's coroutine */
  lua_State *volatile current;  /* the thread whose code runs */
  int64_t deadline;       /* of what runs, on CLOCK_MONOTONIC, in ns */
  int expired;            /* the run may not go on: its deadline passed, */
  int held;               /* or C kept it from yielding for too long, */
  int exhausted;          /* or it has no more memory */
  int pressed;            /* the memory limit is passed, by a little */
  int collecting;         /* Lua collects all garbage, in one go */
  int refusals;           /* of memory, since an invocation began */
  volatile int ticks;     /* of the timer since Swift last let Lua run, */
  int holds;              /* and how often code met one that cannot yield */
  int64_t cpu;            /* the thread's CPU time at the last tick */
  int64_t stuck;          /* when a tick first found the time used up; or 0 */
  int closing;            /* last words: variables are closed, or a failed */
  volatile int words;     /* run tells its error; ticks that are left for it */
  int reason;             /* why 'root' yielded */
  int stride;             /* steps of C code between two looks at the clock */
  int arguments;          /* of the last value called that is no function, and */
  int calls;              /* how many in a row took one more each */
  int unyielding;         /* nothing may yield to the system: variables are */
                          /* being closed, or C called what runs */
  char label[160];        /* name what runs, if it must end the process */
  char run[64];
} CLuaHost;

/* budget.c */
lua_State *clua_newstate (CLuaHost *host);
void clua_tunememory (void);
void clua_trim (void);
int clua_collectpiece (lua_State *L);
void clua_dropblocks (CLuaHost *host);
void clua_clear (lua_State *L);

const char *clua_commit (void);
const char *clua_release (void);
size_t clua_imagesize (void);
void clua_openendless (lua_State *L);

/* door.c */
void clua_pushhostfunction (lua_State *L, int function);
int clua_field (lua_State *L);
int clua_resume (lua_State *L, lua_State *from, int nargs, int *nresults);
int clua_run (lua_State *L, int nargs);
int clua_tostring (lua_State *L, int index);
int clua_close (lua_State *L, int words);

/* preempt.c */
int clua_startticking (int milliseconds);
int64_t clua_now (void);
void clua_setlabel (lua_State *L, const char *text, size_t length);
void clua_setrun (lua_State *L, const char *text, size_t length);
void clua_begin (lua_State *L);
void clua_end (lua_State *L);
void clua_arm (lua_State *L);
int clua_expire (lua_State *L);
void clua_passhook (lua_State *co, lua_State *L);
int clua_look (lua_State *L);
int clua_isover (const CLuaHost *host);
void clua_press (CLuaHost *host);
void clua_exhaust (CLuaHost *host);
int clua_collect (lua_State *L);
int clua_isfull (const CLuaHost *host);

/* layout.c */
int clua_fits (lua_State *L);
void clua_sethook (lua_State *L, lua_Hook hook);
void clua_awaitreturn (lua_State *L, lua_Hook hook);
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
  CLUA_FALLBACKS,  /* what makes the table functions for metamethods, or
                      these functions */
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
#define CLUA_READS	1  /* what is done to a table */
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
int clua_checkchunk (lua_State *L);
void clua_hidemodules (lua_State *L);

/* deferred.c */
void clua_pushdeferred (lua_State *L, void *key, int source, int array,
                        int hash);
void clua_wrapbase (lua_State *L, int metatable, int expander);

/* The lowest bit of a thread's extra space is coroutine.c's. */
static inline CLuaHost *clua_host (lua_State *L) {
  return (CLuaHost *)(*(uintptr_t *)lua_getextraspace(L) & ~(uintptr_t)1);
}

/* Whether the hook waits for Lua code to run: the slice of C code is over. */
static inline int clua_isdue (lua_State *L) {
  return lua_gethookmask(L) != 0;
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

/* Pops a function; answers the number of its parameters, -1 if any. */
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
