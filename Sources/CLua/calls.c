#include "CLua.h"

/*
** The '__call' of a table may itself be a table with a '__call', and so on. Lua
** 5.4.4 follows such a chain to its end, moves all arguments at each step, and
** runs no hook in between. So a call of a table that is its own '__call' takes
** minutes. To limit the chain, the linker replaces Lua's function that looks up
** metamethods with the one below (Package.swift: --wrap), which counts the
** steps. It must be C because it replaces a C function.
*/

#if LUA_VERSION_RELEASE_NUM != 50404
#error "calls.c knows the events of Lua 5.4.4"
#endif

#define CALL	23  /* TM_CALL in ltm.h */

/* The longest chain of '__call'. Lua has the same limit for '__index'. */
#define MOSTCALLS	2000

const void *__real_luaT_gettmbyobj (lua_State *L, const void *object, int event);
const void *__wrap_luaT_gettmbyobj (lua_State *L, const void *object, int event);


static void refuse (lua_State *L) {
  lua_Debug record;
  if (lua_getstack(L, 0, &record) && lua_getinfo(L, "Sl", &record)
      && record.currentline > 0)
    lua_pushfstring(L, "%s:%d: ", record.short_src, record.currentline);
  else
    lua_pushliteral(L, "");
  lua_pushliteral(L, "'__call' chain too long; possible loop");
  lua_concat(L, 2);
  lua_error(L);
}


/* Each step of a chain adds one argument, so a lookup that finds exactly one
   more argument than the last lookup continues the chain. */
const void *__wrap_luaT_gettmbyobj (lua_State *L, const void *object,
                                    int event) {
  if (event == CALL) {
    CLuaVM *vm = clua_vm(L);
    int arguments = lua_gettop(L);
    if (arguments != vm->arguments + 1)
      vm->calls = 0;
    else if (++vm->calls > MOSTCALLS) {
      vm->calls = 0;
      refuse(L);
    }
    vm->arguments = arguments;
  }
  return __real_luaT_gettmbyobj(L, object, event);
}
