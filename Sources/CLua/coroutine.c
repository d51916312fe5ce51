#include "CLua.h"

/*
** Lua's coroutine library (lcorolib.c) with one addition: an invocation may
** yield to Swift while one of its coroutines runs, because its slice is over or
** because it waits. Such a system yield passes up through 'resume' and 'wrap'
** to Swift, and later the coroutine continues where it was. A script cannot see
** a system yield: to it, the coroutine never stopped running.
**
** To scripts, the thread of the invocation is the main thread.
*/

#define RAISED	(-1)  /* the error is on top of the resuming stack */
#define SYSTEM	(-2)  /* a system yield, to be passed on */


/* A coroutine suspended by a system yield is marked as resting, and scripts see
   it as running. A thread that Swift resumes is always marked: a script can get
   a reference to its own thread, but must not resume or close it. */
static uintptr_t *slot (lua_State *co) { return lua_getextraspace(co); }
static int isresting (lua_State *co) { return (int)(*slot(co) & 1); }
static void rest (lua_State *co) { *slot(co) |= 1; }
static void wake (lua_State *co) { *slot(co) &= ~(uintptr_t)1; }


static lua_State *getco (lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co, 1, "thread");
  return co;
}


/*
** Runs 'co' until it yields to the script, ends, fails or yields to the system.
** Moves the results, or the error, to L. While L cannot yield, system yields
** are disabled, because they could not pass through L.
*/
static int run (lua_State *L, lua_State *co, int nargs) {
  CLuaVM *vm = clua_vm(L);
  int unyielding = !lua_isyieldable(L);
  int status, nresults;
  vm->reason = CLUA_SCRIPT;
  vm->current = co;
  vm->unyielding += unyielding;
  status = lua_resume(co, L, nargs, &nresults);
  vm->unyielding -= unyielding;
  vm->current = L;
  if (vm->expired) {
    /* The hook raised an error, which leaves hooks off in 'co'. Nothing could
       interrupt code in 'co' any more, so it must never be resumed. */
    rest(co);
    return clua_expire(L);
  }
  if (status == LUA_YIELD && vm->reason != CLUA_SCRIPT) {
    rest(co);
    return SYSTEM;
  }
  clua_passhook(co, L);
  if (status == LUA_OK || status == LUA_YIELD) {
    if (!lua_checkstack(L, nresults + 1)) {
      lua_pop(co, nresults);
      lua_pushliteral(L, "too many results to resume");
      return RAISED;
    }
    lua_xmove(co, L, nresults);
    return nresults;
  }
  lua_xmove(co, L, 1);
  return RAISED;
}


static int start (lua_State *L, lua_State *co, int nargs) {
  if (isresting(co)) {
    lua_pushliteral(L, "cannot resume non-suspended coroutine");
    return RAISED;
  }
  if (!lua_checkstack(co, nargs)) {
    lua_pushliteral(L, "too many arguments to resume");
    return RAISED;
  }
  lua_xmove(L, co, nargs);
  return run(L, co, nargs);
}


/* resume ---------------------------------------------------------------- */

static int resumek (lua_State *L, int status, lua_KContext context);

static int endresume (lua_State *L, int result) {
  if (result == SYSTEM)
    return lua_yieldk(L, 0, 0, resumek);
  lua_pushboolean(L, result >= 0);
  if (result < 0)
    result = 1;
  lua_insert(L, -(result + 1));
  return result + 1;
}


static int resumek (lua_State *L, int status, lua_KContext context) {
  lua_State *co = getco(L);
  (void)status;
  (void)context;
  wake(co);
  return endresume(L, run(L, co, 0));
}


static int resume (lua_State *L) {
  lua_State *co = getco(L);
  return endresume(L, start(L, co, lua_gettop(L) - 1));
}


/* wrap ------------------------------------------------------------------ */

static int wrapk (lua_State *L, int status, lua_KContext context);

/* Closes the to-be-closed variables of a coroutine. If that fails, the error is
   on top of the coroutine's own stack. */
static int closeco (lua_State *L, lua_State *co) {
  CLuaVM *vm = clua_vm(L);
  int status;
  vm->unyielding++;
  vm->current = co;
  clua_carrycalls(co, L);
  status = lua_resetthread(co);
  vm->current = L;
  vm->unyielding--;
  if (vm->expired)
    return clua_expire(L);
  clua_passhook(co, L);
  return status;
}


static int endwrap (lua_State *L, lua_State *co, int result) {
  if (result == SYSTEM)
    return lua_yieldk(L, 0, 0, wrapk);
  if (result < 0) {
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD) {
      lua_xmove(L, co, 1);  /* closing needs the error there */
      status = closeco(L, co);
      lua_xmove(co, L, 1);
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
      luaL_where(L, 1);
      lua_insert(L, -2);
      lua_concat(L, 2);
    }
    return lua_error(L);
  }
  return result;
}


static int wrapk (lua_State *L, int status, lua_KContext context) {
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  (void)status;
  (void)context;
  wake(co);
  return endwrap(L, co, run(L, co, 0));
}


static int wrapped (lua_State *L) {
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  return endwrap(L, co, start(L, co, lua_gettop(L)));
}


static int create (lua_State *L) {
  lua_State *co;
  luaL_checktype(L, 1, LUA_TFUNCTION);
  co = lua_newthread(L);
  wake(co);  /* the extra space is a copy of the main thread's */
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  return 1;
}


static int wrap (lua_State *L) {
  create(L);
  lua_pushcclosure(L, wrapped, 1);
  return 1;
}


/* Creates a thread for Swift to resume. It must be C because the mark is in the
   thread's extra space. */
lua_State *clua_newroot (lua_State *L) {
  lua_State *root = lua_newthread(L);
  rest(root);
  return root;
}


/* The rest -------------------------------------------------------------- */

static int yield (lua_State *L) {
  CLuaVM *vm = clua_vm(L);
  if (L == vm->root)
    return luaL_error(L, "attempt to yield from outside a coroutine");
  vm->reason = CLUA_SCRIPT;
  return lua_yield(L, lua_gettop(L));
}


enum Status { RUNNING, DEAD, SUSPENDED, NORMAL };

static const char *const statusnames[] = {
  "running", "dead", "suspended", "normal"};

static enum Status costatus (lua_State *L, lua_State *co) {
  lua_Debug record;
  if (L == co)
    return RUNNING;
  if (isresting(co))
    return NORMAL;
  switch (lua_status(co)) {
    case LUA_YIELD:
      return SUSPENDED;
    case LUA_OK:
      if (lua_getstack(co, 0, &record))
        return NORMAL;
      return lua_gettop(co) == 0 ? DEAD : SUSPENDED;
    default:
      return DEAD;
  }
}


static int status (lua_State *L) {
  lua_pushstring(L, statusnames[costatus(L, getco(L))]);
  return 1;
}


static int isyieldable (lua_State *L) {
  lua_State *co = lua_isnone(L, 1) ? L : getco(L);
  lua_pushboolean(L, co != clua_vm(L)->root && lua_isyieldable(co));
  return 1;
}


static int running (lua_State *L) {
  lua_pushthread(L);
  lua_pushboolean(L, L == clua_vm(L)->root);
  return 2;
}


static int closefunction (lua_State *L) {
  lua_State *co = getco(L);
  enum Status now = costatus(L, co);
  if (now != DEAD && now != SUSPENDED)
    return luaL_error(L, "cannot close a %s coroutine", statusnames[now]);
  if (closeco(L, co) == LUA_OK) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushboolean(L, 0);
  lua_xmove(co, L, 1);
  return 2;
}


int clua_opencoroutine (lua_State *L) {
  static const luaL_Reg functions[] = {
    {"create", create}, {"resume", resume}, {"running", running},
    {"status", status}, {"wrap", wrap}, {"yield", yield},
    {"isyieldable", isyieldable}, {"close", closefunction}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
