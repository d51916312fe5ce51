#include <signal.h>
#include <string.h>

#include "CLua.h"

/*
** A copy of the structures of lstate.h, through which CLua uses a few private
** fields of Lua:
** - to set a hook without visiting all pending calls, as lua_sethook does: with
**   200,000 calls that takes longer than a slice;
** - to enforce the limit on nested C calls while a coroutine is closed, which
**   lua_resetthread of 5.4.4 does not do;
** - to enable hooks again after a hook has raised an error;
** - to set a hook that fires at a return, and then at the next instruction;
** - to set a hook that fires at each line, without visiting all pending calls.
** The copy matches Lua 5.4.4 only. The compiler checks the version, and
** 'clua_fits' checks each field before the first state is used.
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
      volatile sig_atomic_t trap;  /* check for hooks at the next instruction */
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

/* Bits of 'callstatus': the function is C; the call's last hook yielded. */
#define ISC	(1 << 1)
#define HOOKYIELD	(1 << 6)

/*
** How many of the innermost calls get their trap set. A call further out
** notices the hook when the calls inside it have returned, or, if an error
** ended those, at the next tick.
*/
#define NEAREST	64


/*
** Sets a count hook of 1, like lua_sethook, but in bounded time. It is as safe
** in a signal handler as lua_sethook is.
*/
void clua_sethook (lua_State *L, lua_Hook hook) {
  Thread *thread = (Thread *)L;
  Call *call = thread->ci;
  int left;
  thread->hook = hook;
  thread->basehookcount = thread->hookcount = 1;
  thread->hookmask = LUA_MASKCOUNT | clua_linemask(L);
  for (left = NEAREST; call != NULL && left > 0; left--) {
    if (!(call->callstatus & ISC))
      call->u.l.trap = 1;
    call = call->previous;
  }
}


/* Sets a hook that fires when a call returns. */
void clua_awaitreturn (lua_State *L, lua_Hook hook) {
  Thread *thread = (Thread *)L;
  thread->hook = hook;
  thread->hookmask = LUA_MASKRET | clua_linemask(L);
}


/*
** Sets a hook that fires at each new line, but only in calls that begin while
** it, or another hook for lines, is set. So it need not visit the pending ones.
*/
void clua_awaitlines (lua_State *L, lua_Hook hook) {
  Thread *thread = (Thread *)L;
  thread->hook = hook;
  thread->hookmask = LUA_MASKLINE;
}


/*
** A call that yielded in a hook skips its next hook, because it resumes at the
** same instruction. The caller of the function that returns now has moved on,
** so its mark is cleared.
*/
void clua_forgetyield (lua_State *L) {
  Call *caller = ((Thread *)L)->ci->previous;
  if (caller != NULL)
    caller->callstatus &= (unsigned short)~HOOKYIELD;
}


/* Enables hooks again: an error raised in a hook leaves them off. */
void clua_allowhooks (lua_State *L) { ((Thread *)L)->allowhook = 1; }


/*
** Copies the number of nested C calls from 'from' to 'co', which is about to be
** closed, so that Lua's limit counts them. 'from' is NULL if Swift closes 'co'.
*/
void clua_carrycalls (lua_State *co, lua_State *from) {
  Thread *thread = (Thread *)co;
  thread->nCcalls = from ? ((Thread *)from)->nCcalls & 0xffff : 0;
}


/* The check -------------------------------------------------------------- */

static void never (lua_State *L, lua_Debug *ar) { (void)L; (void)ar; }


/* Checks the fields. The chunk in 'clua_fits' calls it with the number of
   nested C calls before the chunk ran. */
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
** Whether the copied structures match the Lua library that the program is
** linked with. Leaves the stack unchanged.
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
