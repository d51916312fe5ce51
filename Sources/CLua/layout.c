#include <signal.h>
#include <string.h>

#include "CLua.h"

/*
** The few private fields of Lua that clua needs, by a copy of the structures
** of lstate.h:
** - to set a hook without a walk over all calls, as lua_sethook makes it: at
**   200,000 calls the walk takes longer than a slice;
** - to let the limit on nested C calls hold in a coroutine that is closed,
**   which lua_resetthread of 5.4.4 does not see to;
** - to let hooks run again where an error was raised in one;
** - to be called at a return, and then at the very next instruction.
** The copy is good for Lua 5.4.4 alone. The compiler checks the release, and
** 'clua_fits' tries each field before the first state is used.
*/

#if LUA_VERSION_RELEASE_NUM != 50404
#error "layout.c mirrors the structures of Lua 5.4.4"
#endif

typedef struct Call {
  void *func, *top;
  struct Call *previous, *next;
  union {
    struct {
      const void *savedpc;
      volatile sig_atomic_t trap;  /* look at the hook at the next instruction */
      int nextraargs;
    } l;
    struct {
      lua_KFunction k;
      ptrdiff_t old_errfunc;
      lua_KContext ctx;
    } c;
  } u;
  int u2;
  short nresults;
  unsigned short callstatus;
} Call;

typedef struct Thread {
  void *nextobject;
  unsigned char tt, marked, status, allowhook;
  unsigned short nci;
  void *top, *global;
  Call *ci;
  void *stack_last, *stack, *openupval, *tbclist, *gclist, *twups, *errorJmp;
  Call base_ci;
  volatile lua_Hook hook;
  ptrdiff_t errfunc;
  unsigned int nCcalls;
  int oldpc, basehookcount, hookcount;
  volatile sig_atomic_t hookmask;
} Thread;

/* Bits of 'callstatus': a call of a C function; its last hook yielded. */
#define ISC	(1 << 1)
#define HOOKYIELD	(1 << 6)

/*
** So many calls are told of a hook at once. One further down notices it when
** the calls above have returned; if an error took them away, at the next tick.
*/
#define NEAREST	64


/*
** What lua_sethook does for a count of 1, but in a bounded time. Safe in a
** signal handler, under the conditions of lua_sethook.
*/
void clua_sethook (lua_State *L, lua_Hook hook) {
  Thread *thread = (Thread *)L;
  Call *call = thread->ci;
  int left;
  thread->hook = hook;
  thread->basehookcount = thread->hookcount = 1;
  thread->hookmask = LUA_MASKCOUNT;
  for (left = NEAREST; call != NULL && left > 0; left--) {
    if (!(call->callstatus & ISC))
      call->u.l.trap = 1;
    call = call->previous;
  }
}


/* The hook is to fire when a call returns. */
void clua_awaitreturn (lua_State *L, lua_Hook hook) {
  Thread *thread = (Thread *)L;
  thread->hook = hook;
  thread->hookmask = LUA_MASKRET;
}


/*
** A call that yielded from a hook skips the next hook, in case it is still at
** the same instruction. The caller of what returns now is not.
*/
void clua_forgetyield (lua_State *L) {
  Call *caller = ((Thread *)L)->ci->previous;
  if (caller != NULL)
    caller->callstatus &= (unsigned short)~HOOKYIELD;
}


/* An error that was raised in a hook has left the thread without hooks. */
void clua_allowhooks (lua_State *L) { ((Thread *)L)->allowhook = 1; }


/*
** The C calls that are under way count in 'co', too, which is about to be
** closed. 'from' is NULL where no Lua code closes it.
*/
void clua_carrycalls (lua_State *co, lua_State *from) {
  Thread *thread = (Thread *)co;
  thread->nCcalls = from ? ((Thread *)from)->nCcalls & 0xffff : 0;
}


/* The check -------------------------------------------------------------- */

static void never (lua_State *L, lua_Debug *ar) { (void)L; (void)ar; }


/* Called by the chunk below, with the count of C calls before. */
static int look (lua_State *L) {
  Thread *thread = (Thread *)L;
  lua_Debug own, caller;
  Call *call = thread->ci;
  int fits = lua_getstack(L, 0, &own) && lua_getstack(L, 1, &caller)
    && (void *)call == (void *)own.i_ci && (call->callstatus & ISC)
    && (void *)call->previous == (void *)caller.i_ci
    && !(call->previous->callstatus & ISC)
    && call->previous->u.l.trap == 0
    && call->previous->previous == &thread->base_ci
    && thread->base_ci.previous == NULL
    && thread->hook == NULL && thread->hookmask == 0
    && thread->allowhook == 1 && thread->status == LUA_OK
    && (thread->nCcalls & 0xffff) == (unsigned int)lua_tointeger(L, 1) + 1;
  if (fits) {
    lua_sethook(L, never, LUA_MASKCOUNT, 1000000);
    fits = thread->hook == never && thread->hookmask == LUA_MASKCOUNT
      && thread->basehookcount == 1000000 && thread->hookcount == 1000000
      && call->previous->u.l.trap == 1;
    lua_sethook(L, NULL, 0, 0);
  }
  lua_pushboolean(L, fits);
  return 1;
}


/*
** Whether the copy fits the library that the program was linked with. The
** stack is left as it was.
*/
int clua_fits (lua_State *L) {
  static const char chunk[] = "local look, calls = ... local r = look(calls) return r";
  int fits;
  if (strstr(lua_ident, "Lua 5.4.4 ") == NULL
      || luaL_loadbufferx(L, chunk, sizeof(chunk) - 1, CLUA_OWN, "t") != LUA_OK)
    return 0;
  lua_pushcfunction(L, look);
  lua_pushinteger(L, ((Thread *)L)->nCcalls & 0xffff);
  fits = lua_pcall(L, 2, 1, 0) == LUA_OK && lua_toboolean(L, -1);
  lua_pop(L, 1);
  return fits;
}
