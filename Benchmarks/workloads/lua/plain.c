/* The same liblua5.4.a that is in luafunc, with no limit at all: tells what the limits cost from what the build costs. */
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
