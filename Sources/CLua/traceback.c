#include <limits.h>
#include <string.h>

#include "CLua.h"

/*
** The call stack as a script sees it: luafunc's own Lua code, and what that
** calls, does not exist in it, so these calls are not counted as levels. It must be C because it uses
** Lua's debug interface, and raises errors.
*/

/* How many of the innermost calls are searched for luafunc's own. Further out
   all calls are counted, so that a level costs the same at any depth. */
#define NEAR	200

/* How many of the innermost and of the outermost calls a traceback shows. */
#define INNERMOST	10
#define OUTERMOST	11


/* Whether a function is luafunc's own Lua code. Most of that code was compiled
   without debug information. */
int clua_isown (const lua_Debug *record) {
  return strcmp(record->source, CLUA_OWN) == 0
    || strcmp(record->source, "=?") == 0;
}


/*
** Whether the call at level 'at' is inside luafunc: of its own Lua code, or of a
** C function that this code has called. The record has the call's source.
*/
int clua_isinside (lua_State *L, int at, lua_Debug *record) {
  lua_Debug caller;
  if (clua_isown(record))
    return 1;
  /* The innermost call may be of a message handler, which nobody has called. */
  if (*record->what != 'C' || (at == 0 && lua_status(L) == LUA_OK)
      || !lua_getstack(L, at + 1, &caller))
    return 0;
  lua_getinfo(L, "S", &caller);
  return clua_isown(&caller);
}


/* Finds the call at a level as the script counts it. Returns its level as Lua
   counts it, or -1 if the stack is not that deep. */
int clua_findlevel (lua_State *L, lua_Integer level, lua_Debug *record) {
  int at;
  if (level < 0)
    return -1;
  for (at = 0; at < INT_MAX && lua_getstack(L, at, record); at++) {
    lua_getinfo(L, "S", record);
    if (clua_isinside(L, at, record))
      continue;
    if (level == 0)
      return at;
    level--;
    if (at >= NEAR && level > 0) {
      if (level > INT_MAX - 1 - at)
        return -1;
      at += (int)level;
      level = 0;
    }
  }
  return -1;
}


/* The thread that a function of the debug library looks at, with room for what
   is moved from there, and the number of the argument after it. */
lua_State *clua_target (lua_State *L, int *first) {
  lua_State *other = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
  *first = lua_isthread(L, 1) ? 2 : 1;
  if (!lua_checkstack(other, 3))
    luaL_error(L, "stack overflow");
  return other;
}


/* traceback --------------------------------------------------------------- */

/* The number of calls on the stack. Found by bisection, because each look at a
   level walks to it from the innermost call. */
static int depth (lua_State *L) {
  lua_Debug record;
  int low = 1, high = 1;
  while (lua_getstack(L, high, &record)) {
    low = high;
    high *= 2;
  }
  while (low < high) {
    int middle = (low + high) / 2;
    if (lua_getstack(L, middle, &record))
      low = middle + 1;
    else
      high = middle;
  }
  return high;
}


/* Pushes the name of the function on top, for example 'string.rep', if it is
   one of a library, and pops the function. Otherwise returns 0. */
static int pushlibraryname (lua_State *L) {
  int function = lua_gettop(L);
  luaL_checkstack(L, 6, NULL);
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  for (lua_pushnil(L); lua_next(L, function + 1); lua_pop(L, 1)) {
    if (!lua_istable(L, -1) || lua_type(L, -2) != LUA_TSTRING)
      continue;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
      if (lua_type(L, -2) != LUA_TSTRING || !lua_rawequal(L, -1, function))
        continue;
      if (strcmp(lua_tostring(L, -4), LUA_GNAME) == 0)
        lua_pushvalue(L, -2);
      else
        lua_pushfstring(L, "%s.%s", lua_tostring(L, -4), lua_tostring(L, -2));
      lua_replace(L, function);
      lua_settop(L, function);
      return 1;
    }
  }
  lua_settop(L, function - 1);
  return 0;
}


/* Adds what is known about a call's function, as Lua's traceback does. */
static void addname (lua_State *L, lua_State *other, lua_Debug *record) {
  if (*record->what == 'C') {
    lua_getinfo(other, "f", record);
    lua_xmove(other, L, 1);
    if (pushlibraryname(L)) {
      lua_pushfstring(L, "function '%s'", lua_tostring(L, -1));
      lua_remove(L, -2);
      return;
    }
  }
  if (*record->namewhat != '\0')
    lua_pushfstring(L, "%s '%s'", record->namewhat, record->name);
  else if (*record->what == 'm')
    lua_pushliteral(L, "main chunk");
  else if (*record->what != 'C')
    lua_pushfstring(L, "function <%s:%d>", record->short_src,
                    record->linedefined);
  else
    lua_pushliteral(L, "?");
}


int clua_traceback (lua_State *L) {
  int first, at, count, left;
  lua_Debug record;
  luaL_Buffer text;
  lua_State *other = clua_target(L, &first);
  const char *message = lua_tostring(L, first);
  lua_Integer level;
  if (message == NULL && !lua_isnoneornil(L, first)) {
    lua_pushvalue(L, first);  /* an error value that is not a text */
    return 1;
  }
  level = luaL_optinteger(L, first + 1, other == L);
  at = clua_findlevel(other, level, &record);
  count = at < 0 ? 0 : depth(other);
  left = count - 1 - at > INNERMOST + OUTERMOST ? INNERMOST : -1;
  luaL_buffinit(L, &text);
  if (message != NULL) {
    lua_pushvalue(L, first);
    luaL_addvalue(&text);
    luaL_addchar(&text, '\n');
  }
  luaL_addstring(&text, "stack traceback:");
  for (; at >= 0 && lua_getstack(other, at, &record); at++) {
    if (left-- == 0) {
      int skipped = count - at - OUTERMOST;
      lua_pushfstring(L, "\n\t...\t(skipping %d levels)", skipped);
      luaL_addvalue(&text);
      at += skipped - 1;
      continue;
    }
    lua_getinfo(other, "Slnt", &record);
    if (clua_isinside(other, at, &record))
      continue;
    if (record.currentline > 0)
      lua_pushfstring(L, "\n\t%s:%d: in ", record.short_src,
                      record.currentline);
    else
      lua_pushfstring(L, "\n\t%s: in ", record.short_src);
    luaL_addvalue(&text);
    addname(L, other, &record);
    luaL_addvalue(&text);
    if (record.istailcall)
      luaL_addstring(&text, "\n\t(...tail calls...)");
  }
  luaL_pushresult(&text);
  return 1;
}
