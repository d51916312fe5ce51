#include "CLua.h"

/*
** A table that is called may have a '__call' that is a table, and so on. Lua
** 5.4.4 follows such a chain to its end, at each step moves all arguments, and
** no hook runs meanwhile: a table that is its own '__call' takes minutes. So the
** linker puts this function in the place of Lua's own that looks metamethods
** up (Package.swift: --wrap), and it counts. Must be C: it takes the place of C.
*/

#if LUA_VERSION_RELEASE_NUM != 50404
#error "calls.c knows the events of Lua 5.4.4"
#endif

#define CALL	23  /* TM_CALL in ltm.h */

/* As many as Lua follows for '__index'. */
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


/* Each step of a chain leaves one argument more than the one before. */
const void *__wrap_luaT_gettmbyobj (lua_State *L, const void *object,
                                    int event) {
  if (event == CALL) {
    CLuaHost *host = clua_host(L);
    int arguments = lua_gettop(L);
    if (arguments != host->arguments + 1)
      host->calls = 0;
    else if (++host->calls > MOSTCALLS) {
      host->calls = 0;
      refuse(L);
    }
    host->arguments = arguments;
  }
  return __real_luaT_gettmbyobj(L, object, event);
}
