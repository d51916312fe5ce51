/* Runs the work with the same liblua5.4.a as luafunc, but without limits. So
   the cost of the limits can be told from the cost of the build. */
#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>
#include <stdio.h>

int main(void) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  int failed = luaL_dostring(L, "return require 'work' ()");
  puts(lua_tostring(L, -1));
  return failed;
}
