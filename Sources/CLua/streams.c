#include "CLua.h"

/*
** Lua's io library, of which a script gets the standard streams, and 'warn':
** what is written there goes to the log. They must be C because they raise
** errors, and call a Swift function that may yield.
*/

/* The first letter of the log's level. */
typedef struct Stream {
  char level;
} Stream;

#define STREAM	"standard stream"


/* Returns the first argument. */
static int written (lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  lua_settop(L, 1);
  return 1;
}


static int warned (lua_State *L, int status, lua_KContext context) {
  (void)L;
  (void)status;
  (void)context;
  return 0;
}


/* Checks that the arguments from 'first' on are texts. */
static void checktexts (lua_State *L, int first) {
  luaL_checkstack(L, LUA_MINSTACK, "too many arguments");
  for (; first <= lua_gettop(L); first++)
    luaL_checklstring(L, first, NULL);
}


/* Writes the arguments after the first one, and 'end', with the Swift function
   in upvalue 1, which takes a level and a text. Ends with 'finish'. */
static int logtexts (lua_State *L, const char *level, const char *end,
                     lua_KFunction finish) {
  int last = lua_gettop(L), i;
  luaL_Buffer text;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushstring(L, level);
  luaL_buffinit(L, &text);
  for (i = 2; i <= last; i++) {
    lua_pushvalue(L, i);
    luaL_addvalue(&text);
  }
  luaL_addstring(&text, end);
  luaL_pushresult(&text);
  lua_callk(L, 2, 0, 0, finish);
  return finish(L, LUA_OK, 0);
}


/* The method 'write' of a stream. Returns the stream, as Lua's does. */
static int write (lua_State *L) {
  Stream *stream = luaL_checkudata(L, 1, STREAM);
  checktexts(L, 2);
  return logtexts(L, stream->level == 'e' ? "error" : "info", "",
                  written);
}


/* Lua's 'warn', whose only control messages turn it on and off. */
static int warn (lua_State *L) {
  luaL_checkstring(L, 1);
  checktexts(L, 2);
  if (lua_gettop(L) == 1 && *lua_tostring(L, 1) == '@')
    return 0;
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  return logtexts(L, "warn", "\n", warned);
}


/* 'io.write'. Upvalue 2 is the output. */
static int writeout (lua_State *L) {
  checktexts(L, 1);
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, 1);
  return write(L);
}


/* Flushing and buffering have no effect: the log takes whole lines. */
static int nothing (lua_State *L) {
  if (lua_isnone(L, 1))
    lua_pushboolean(L, 1);
  lua_settop(L, 1);
  return 1;
}


static int yes (lua_State *L) {
  lua_pushboolean(L, 1);
  return 1;
}


static int unreadable (lua_State *L) {
  luaL_pushfail(L);
  lua_pushliteral(L, "io.stdout and io.stderr lead to the log and can only be"
                     " written");
  return 2;
}


/* 'io.type' knows the standard streams. */
static int type (lua_State *L) {
  luaL_checkany(L, 1);
  if (luaL_testudata(L, 1, STREAM) != NULL)
    lua_pushliteral(L, "file");
  else
    luaL_pushfail(L);
  return 1;
}


/* 'io.output': the output is one of the two standard streams. Upvalue 1 is
   'io.write', which holds it. */
static int output (lua_State *L) {
  if (!lua_isnoneornil(L, 1)) {
    if (luaL_testudata(L, 1, STREAM) == NULL)
      return clua_refuse(L, "io.output of a file", "the output is the log");
    lua_settop(L, 1);
    lua_setupvalue(L, lua_upvalueindex(1), 2);
  }
  lua_getupvalue(L, lua_upvalueindex(1), 2);
  return 1;
}


static int closed (lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return lua_gettop(L);
}


/* 'io.close' closes the file that is given. The output is never closed. */
static int closefile (lua_State *L) {
  if (lua_isnone(L, 1))
    return yes(L);
  lua_settop(L, 1);
  if (lua_type(L, 1) != LUA_TUSERDATA
      || luaL_getmetafield(L, 1, "__index") == LUA_TNIL
      || lua_getfield(L, 1, "close") != LUA_TFUNCTION)
    return luaL_typeerror(L, 1, "file");
  lua_replace(L, 2);
  lua_insert(L, 1);
  lua_callk(L, 1, LUA_MULTRET, 0, closed);
  return closed(L, LUA_OK, 0);
}


static void pushstream (lua_State *L, char level) {
  Stream *stream = lua_newuserdatauv(L, sizeof(Stream), 0);
  stream->level = level;
  luaL_setmetatable(L, STREAM);
}


static void makemetatable (lua_State *L, int function) {
  static const luaL_Reg methods[] = {
    {"flush", nothing}, {"setvbuf", yes}, {"close", yes}, {"seek", unreadable},
    {"read", unreadable}, {NULL, NULL}};
  luaL_newmetatable(L, STREAM);
  luaL_newlib(L, methods);
  lua_pushvalue(L, function);
  lua_pushcclosure(L, write, 1);
  lua_setfield(L, -2, "write");
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}


/* Makes the globals 'io' and 'warn', and pops the Swift function that writes a
   text to the log. */
void clua_openio (lua_State *L) {
  int function = lua_gettop(L);
  makemetatable(L, function);
  lua_newtable(L);
  clua_setrefusals(L, "io");
  pushstream(L, 'i');
  lua_pushvalue(L, function);
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, writeout, 2);
  lua_pushvalue(L, -1);
  lua_setfield(L, -4, "write");
  lua_pushcclosure(L, output, 1);
  lua_setfield(L, -3, "output");
  lua_setfield(L, -2, "stdout");
  pushstream(L, 'e');
  lua_setfield(L, -2, "stderr");
  lua_pushcfunction(L, nothing);
  lua_setfield(L, -2, "flush");
  lua_pushcfunction(L, closefile);
  lua_setfield(L, -2, "close");
  lua_pushcfunction(L, type);
  lua_setfield(L, -2, "type");
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "io");
  lua_pop(L, 1);
  lua_setglobal(L, "io");
  lua_pushvalue(L, function);
  lua_pushcclosure(L, warn, 1);
  lua_setglobal(L, "warn");
  lua_settop(L, function - 1);
}
