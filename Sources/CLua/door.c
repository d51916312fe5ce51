#include "CLua.h"

/*
** Lua calls Swift. Must be C: it raises what the verdict says after the Swift
** frame has returned. While Swift runs, no allocation is refused, so a push
** made from Swift cannot raise.
** Upvalue 1 is the number of the Swift function.
*/
static int trampoline (lua_State *L) {
  CLuaHost *host = clua_host(L);
  int function = (int)lua_tointeger(L, lua_upvalueindex(1));
  int running = host->running;
  int verdict;
  host->running = 0;
  verdict = host->dispatch(L, function);
  host->running = running;
  switch (verdict) {
    case CLUA_RAISE:
      luaL_where(L, 1);
      lua_insert(L, -2);
      lua_concat(L, 2);
      return lua_error(L);
    case CLUA_THROW:
      return lua_error(L);
    default:
      return verdict;
  }
}


void clua_pushhostfunction (lua_State *L, int function) {
  lua_pushinteger(L, function);
  lua_pushcclosure(L, trampoline, 1);
}


/*
** Swift runs Lua. Must be C: 'running' has to change on both sides of the
** very call, with no Swift allocation in between.
*/
int clua_resume (lua_State *L, lua_State *from, int nargs, int *nresults) {
  CLuaHost *host = clua_host(L);
  int status;
  host->running = 1;
  status = lua_resume(L, from, nargs, nresults);
  host->running = 0;
  return status;
}


static int tostring (lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  return 1;
}


/*
** Pushes the text of the value at 'index', as Lua's 'tostring' makes it; the
** status is LUA_OK or that of the error, which is then pushed instead. Must
** be C: '__tostring' runs script code, which may raise.
*/
int clua_tostring (lua_State *L, int index) {
  CLuaHost *host = clua_host(L);
  int status;
  index = lua_absindex(L, index);
  lua_pushcfunction(L, tostring);
  lua_pushvalue(L, index);
  host->running = 1;
  status = lua_pcall(L, 1, 1, 0);
  host->running = 0;
  return status;
}


/*
** Ends a thread that failed or yields, and closes its to-be-closed variables.
** Must be C: those run script code. Debian's Lua 5.4.4 calls it
** lua_resetthread; an error in a variable's __close is the thread's last.
*/
void clua_close (lua_State *L) {
  CLuaHost *host = clua_host(L);
  host->running = 1;
  lua_resetthread(L);
  host->running = 0;
}
