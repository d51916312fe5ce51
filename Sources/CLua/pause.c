#include "CLua.h"

/*
** Time slices for C code that may run long. No hook fires while C code runs, so
** such code asks from time to time whether a hook is set, which means that its
** slice is over, and then calls a Lua function that does nothing. There the
** hook decides as it does everywhere: it yields, raises or lets go on. All that
** calls 'clua_pause' has a continuation, which goes on from the stack.
** Must be C: it calls what may raise or yield.
*/

/* The addresses are keys in the registry. */
static const char helpers[CLUA_HELPERS];


/* Takes its arguments as helpers, in the order of the CLUA_ constants. */
int clua_sethelpers (lua_State *L) {
  int helper;
  lua_settop(L, CLUA_HELPERS);
  for (helper = CLUA_HELPERS - 1; helper >= 0; helper--)
    clua_sethelper(L, helper);
  return 0;
}


/* Makes the value on top the helper, and pops it. */
void clua_sethelper (lua_State *L, int helper) {
  lua_rawsetp(L, LUA_REGISTRYINDEX, &helpers[helper]);
}


void clua_pushhelper (lua_State *L, int helper) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &helpers[helper]);
}


/*
** Returns if the slice goes on; else 'k' is called later. The stack is the
** same either way.
*/
void clua_pause (lua_State *L, lua_KContext context, lua_KFunction k) {
  luaL_checkstack(L, 1, NULL);
  clua_pushhelper(L, CLUA_IDLE);
  lua_callk(L, 0, 0, context, k);
}
