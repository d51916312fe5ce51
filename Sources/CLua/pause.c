#include "CLua.h"

/*
** Time slices for C code that may run long. No hook fires while C code runs. So
** such code checks from time to time whether a hook is set, which means that
** its slice is over. If so, it calls an empty Lua function; there the hook
** fires and decides, as for any Lua code, whether to yield, to raise or to
** continue. Every caller of 'clua_pause' has a continuation that restores its
** state from the Lua stack. This must be C because the call may raise or yield.
*/

/* The address of each element is the helper's key in the registry. */
static const char helpers[CLUA_HELPERS];


/* Lua calls this with all helpers, in the order of the CLUA_ constants. */
int clua_sethelpers (lua_State *L) {
  int helper;
  lua_settop(L, CLUA_HELPERS);
  for (helper = CLUA_HELPERS - 1; helper >= 0; helper--)
    clua_sethelper(L, helper);
  return 0;
}


/* Pops the value on top of the stack and makes it the helper. */
void clua_sethelper (lua_State *L, int helper) {
  lua_rawsetp(L, LUA_REGISTRYINDEX, &helpers[helper]);
}


void clua_pushhelper (lua_State *L, int helper) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &helpers[helper]);
}


/*
** Returns if the code may continue. Otherwise the thread yields, and Lua calls
** 'k' later. The stack is the same in both cases.
*/
void clua_pause (lua_State *L, lua_KContext context, lua_KFunction k) {
  luaL_checkstack(L, 1, NULL);
  clua_pushhelper(L, CLUA_IDLE);
  lua_callk(L, 0, 0, context, k);
}
