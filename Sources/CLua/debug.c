#include <limits.h>
#include <string.h>

#include "CLua.h"

/*
** The part of Lua's debug library that a script gets. To it luafunc's own Lua
** functions look like C functions. It must be C because it uses Lua's debug
** interface, and raises errors.
*/

/* getinfo ----------------------------------------------------------------- */

static void setinteger (lua_State *L, const char *name, int value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, name);
}

static void setstring (lua_State *L, const char *name, const char *value) {
  lua_pushstring(L, value);
  lua_setfield(L, -2, name);
}

static void setboolean (lua_State *L, const char *name, int value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, name);
}


/* Makes the record of one of luafunc's own functions that of a C function. */
static void disguise (lua_Debug *record) {
  record->source = "=[C]";
  record->srclen = strlen(record->source);
  strcpy(record->short_src, "[C]");
  record->what = "C";
  record->currentline = record->linedefined = record->lastlinedefined = -1;
  record->nups = record->nparams = 0;
  record->isvararg = 1;
}


/*
** Pushes the function at 'index', or, if that is 0, the one of the call in the
** record. Only what allocates nothing may be asked of the other thread: it has
** no protected call, so an error for lack of memory there would end the process.
*/
static void pushfunction (lua_State *L, lua_State *other, int index,
                          lua_Debug *record) {
  if (index != 0)
    lua_pushvalue(L, index);
  else {
    lua_getinfo(other, "f", record);
    lua_xmove(other, L, 1);
  }
}


/*
** Lua's 'debug.getinfo'. The function of a call is shown only if it is the
** script's: a call of C may be one of luafunc's inside.
*/
static int getinfo (lua_State *L) {
  lua_Debug record;
  int first, isscript;
  lua_State *other = clua_target(L, &first);
  int isfunction = lua_isfunction(L, first);
  const char *options = luaL_optstring(L, first + 1, "flnSrtu");
  luaL_argcheck(L, options[strspn(options, "SlnrutLf")] == '\0', first + 1,
                "invalid option");
  if (isfunction) {
    lua_pushvalue(L, first);
    lua_getinfo(L, ">Slnrtu", &record);
  }
  else {
    lua_Integer level = luaL_checkinteger(L, first);
    if (clua_findlevel(other, level, &record) < 0) {
      luaL_pushfail(L);
      return 1;
    }
    lua_getinfo(other, "Slnrtu", &record);
  }
  isscript = *record.what != 'C' && !clua_isown(&record);
  if (!isscript && *record.what != 'C')
    disguise(&record);
  lua_newtable(L);
  if (strchr(options, 'S')) {
    lua_pushlstring(L, record.source, record.srclen);
    lua_setfield(L, -2, "source");
    setstring(L, "short_src", record.short_src);
    setinteger(L, "linedefined", record.linedefined);
    setinteger(L, "lastlinedefined", record.lastlinedefined);
    setstring(L, "what", record.what);
  }
  if (strchr(options, 'l'))
    setinteger(L, "currentline", record.currentline);
  if (strchr(options, 'u')) {
    setinteger(L, "nups", record.nups);
    setinteger(L, "nparams", record.nparams);
    setboolean(L, "isvararg", record.isvararg);
  }
  if (strchr(options, 'n')) {
    setstring(L, "name", record.name);
    setstring(L, "namewhat", record.namewhat);
  }
  if (strchr(options, 'r')) {
    setinteger(L, "ftransfer", 0);
    setinteger(L, "ntransfer", 0);
  }
  if (strchr(options, 't'))
    setboolean(L, "istailcall", record.istailcall);
  if (strchr(options, 'L') && isscript) {
    pushfunction(L, other, isfunction ? first : 0, &record);
    lua_getinfo(L, ">L", &record);
    lua_setfield(L, -2, "activelines");
  }
  if (strchr(options, 'f') && (isscript || isfunction)) {
    pushfunction(L, other, isfunction ? first : 0, &record);
    lua_setfield(L, -2, "func");
  }
  return 1;
}


/* Upvalues ---------------------------------------------------------------- */

/*
** Of a function's upvalues a script reaches '_ENV' alone, because libraries
** that also run on Lua 5.1 make 'setfenv' and 'getfenv' with these functions.
** Pushes the value, and returns the name, of the upvalue whose function and
** number are the arguments from 1 on; NULL if there is no such upvalue.
*/
static const char *pushupvalue (lua_State *L, int *number) {
  lua_Debug record;
  lua_Integer n = luaL_checkinteger(L, 2);
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_pushvalue(L, 1);
  lua_getinfo(L, ">S", &record);
  if (*record.what == 'C' || clua_isown(&record) || n < 1 || n > UCHAR_MAX)
    return NULL;
  *number = (int)n;
  return lua_getupvalue(L, 1, *number);
}


static int getupvalue (lua_State *L) {
  int number;
  const char *name = pushupvalue(L, &number);
  if (name == NULL)
    return 0;
  if (strcmp(name, "_ENV") != 0)
    lua_pushnil(L);
  lua_pushstring(L, name);
  lua_insert(L, -2);
  return 2;
}


static int setupvalue (lua_State *L) {
  int number;
  const char *name;
  luaL_checkany(L, 3);
  name = pushupvalue(L, &number);
  if (name == NULL)
    return 0;
  if (strcmp(name, "_ENV") != 0)
    return clua_refuse(L, "debug.setupvalue of anything but _ENV",
                       CLUA_READSONLY);
  lua_pushvalue(L, 3);
  lua_setupvalue(L, 1, number);
  lua_pushstring(L, name);
  return 1;
}


/* Gives the function an '_ENV' of its own. The third and fourth argument do not
   matter: libraries pass a new function's '_ENV' there, and set it afterwards. */
static int upvaluejoin (lua_State *L) {
  int number;
  const char *name = pushupvalue(L, &number);
  luaL_argcheck(L, name != NULL, 2, "invalid upvalue index");
  if (strcmp(name, "_ENV") != 0)
    return clua_refuse(L, "debug.upvaluejoin of anything but _ENV",
                       CLUA_READSONLY);
  if (luaL_loadstring(L, "") != LUA_OK)
    return lua_error(L);
  lua_upvaluejoin(L, 1, number, -1, 1);
  return 0;
}


/* The rest ---------------------------------------------------------------- */

static int metaset (lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  lua_settop(L, 1);
  return 1;
}


/*
** Does what 'setmetatable', which is upvalue 1, does, so that luafunc's
** metatables stay protected. Libraries also take the metatable of strings away
** for a while; that has no effect.
*/
static int setmeta (lua_State *L) {
  if (lua_type(L, 1) == LUA_TSTRING && !lua_toboolean(L, 2)) {
    lua_settop(L, 1);
    return 1;
  }
  if (!lua_istable(L, 1))
    return clua_refuse(L, "debug.setmetatable of anything but a table",
                       "all code of the function would be affected");
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_callk(L, 2, 1, 0, metaset);
  return metaset(L, LUA_OK, 0);
}


/* There never is a hook: a script cannot set one, and luafunc's are hidden. */
static int gethook (lua_State *L) {
  luaL_pushfail(L);
  lua_pushliteral(L, "");
  lua_pushinteger(L, 0);
  return 3;
}


static int sethook (lua_State *L) {
  int first;
  clua_target(L, &first);
  if (lua_isnoneornil(L, first))
    return 0;  /* no hook, as before */
  return clua_refuse(L, "debug.sethook", CLUA_READSONLY);
}


/* 'getmetatable' and 'setmetatable' are the global ones, as they are now. */
int clua_opendebug (lua_State *L) {
  static const luaL_Reg functions[] = {
    {"getinfo", getinfo}, {"traceback", clua_traceback}, {"gethook", gethook},
    {"sethook", sethook}, {"getupvalue", getupvalue},
    {"setupvalue", setupvalue}, {"upvaluejoin", upvaluejoin}, {NULL, NULL}};
  luaL_newlib(L, functions);
  lua_getglobal(L, "getmetatable");
  lua_setfield(L, -2, "getmetatable");
  lua_getglobal(L, "setmetatable");
  lua_pushcclosure(L, setmeta, 1);
  lua_setfield(L, -2, "setmetatable");
  clua_setrefusals(L, "debug");
  return 1;
}
