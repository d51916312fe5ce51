#include "CLua.h"
#include "text.h"

/*
** The functions of Lua's table library that walk over a range of elements. For
** tables without metamethods the walk is done here, over several slices: each
** loop is its own continuation, and its context is the current index. Tables
** with metamethods are left to Lua code, in which metamethods may yield. (For
** plain tables, lua_geti is faster than lua_rawgeti.) They must be C because
** they raise errors.
*/

/* Whether the metatable on top of the stack has a field of this name. */
static int has (lua_State *L, const char *name) {
  int there;
  lua_pushstring(L, name);
  there = lua_rawget(L, -2) != LUA_TNIL;
  lua_pop(L, 1);
  return there;
}


/*
** Whether these kinds of access to an argument call no metamethods. Raises an
** error if the argument is not a table. Fills a deferred table first.
*/
int clua_isplain (lua_State *L, int index, int does) {
  int plain;
  luaL_checktype(L, index, LUA_TTABLE);
  if (!lua_getmetatable(L, index))
    return 1;
  lua_rawgeti(L, LUA_REGISTRYINDEX, clua_vm(L)->deferred);
  if (lua_rawequal(L, -1, -2)) {
    lua_geti(L, index, 1);
    lua_pop(L, 3);
    return clua_isplain(L, index, does);
  }
  lua_pop(L, 1);
  plain = !((does & CLUA_READS) && has(L, "__index"))
    && !((does & CLUA_WRITES) && has(L, "__newindex"))
    && !((does & CLUA_COUNTS) && has(L, "__len"));
  lua_pop(L, 1);
  return plain;
}


static int called (lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return lua_gettop(L);
}


/* Calls the Lua function of this name for tables with metamethods, with all
   arguments. */
int clua_callfallback (lua_State *L, const char *name) {
  luaL_checkstack(L, 4, NULL);
  clua_pushhelper(L, CLUA_FALLBACKS);
  if (lua_isfunction(L, -1)) {  /* not created yet */
    lua_call(L, 0, 1);
    lua_pushvalue(L, -1);
    clua_sethelper(L, CLUA_FALLBACKS);
  }
  lua_getfield(L, -1, name);
  lua_remove(L, -2);
  lua_insert(L, 1);
  lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, called);
  return lua_gettop(L);
}


/* Elements between two checks; one takes as long as several steps elsewhere. */
#define STEPS(L)	(clua_vm(L)->stride / 8 + 1)

/* Returns if the slice is not over. Otherwise the thread yields, and Lua calls
   'k' with 'context' later. */
static inline void look (lua_State *L, int *steps, lua_Integer context,
                         lua_KFunction k) {
  if (--*steps < 0) {
    *steps = STEPS(L);
    if (clua_isdue(L))
      clua_pause(L, (lua_KContext)context, k);
  }
}


/* insert: 1 table, 2 position, 3 value; moves 'position'...'i' - 1 up ----- */

static int shiftup (lua_State *L, int status, lua_KContext i) {
  lua_Integer position = lua_tointeger(L, 2);
  int steps = STEPS(L);
  (void)status;
  for (; i > position; i--) {
    look(L, &steps, i, shiftup);
    lua_geti(L, 1, i - 1);
    lua_seti(L, 1, i);
  }
  lua_seti(L, 1, position);
  return 0;
}


static int insert (lua_State *L) {
  int count = lua_gettop(L);
  lua_Integer end, position;
  if (!clua_isplain(L, 1, count == 2 ? CLUA_COUNTS | CLUA_WRITES : CLUA_ALL))
    return clua_callfallback(L, "insert");
  end = (lua_Integer)((lua_Unsigned)lua_rawlen(L, 1) + 1);
  if (count == 2) {
    lua_seti(L, 1, end);
    return 0;
  }
  if (count != 3)
    return luaL_error(L, "wrong number of arguments to 'insert'");
  position = luaL_checkinteger(L, 2);
  luaL_argcheck(L, (lua_Unsigned)position - 1 < (lua_Unsigned)end, 2,
                "position out of bounds");
  lua_pushinteger(L, position);
  lua_replace(L, 2);
  return shiftup(L, LUA_OK, end);
}


/* remove: 1 table, 2 length, 3 element; moves 'i' + 1...'length' down ----- */

static int shiftdown (lua_State *L, int status, lua_KContext i) {
  lua_Integer length = lua_tointeger(L, 2);
  int steps = STEPS(L);
  (void)status;
  for (; i < length; i++) {
    look(L, &steps, i, shiftdown);
    lua_geti(L, 1, i + 1);
    lua_seti(L, 1, i);
  }
  lua_pushnil(L);
  lua_seti(L, 1, i);
  return 1;
}


static int removeelement (lua_State *L) {
  lua_Integer length, position;
  int count = lua_gettop(L);
  if (!clua_isplain(L, 1, CLUA_ALL))
    return clua_callfallback(L, "remove");
  length = (lua_Integer)lua_rawlen(L, 1);
  position = luaL_optinteger(L, 2, length);
  if (count > 1 && position != length)
    luaL_argcheck(L, (lua_Unsigned)position - 1 <= (lua_Unsigned)length, 1,
                  "position out of bounds");
  lua_settop(L, 1);
  lua_pushinteger(L, length);
  lua_geti(L, 1, position);
  return shiftdown(L, LUA_OK, position);
}


/* move: 1 source, 2 first, 3 last, 4 new first, 5 target table ------------ */

static int moveup (lua_State *L, int status, lua_KContext i) {
  lua_Integer first = lua_tointeger(L, 2), last = lua_tointeger(L, 3);
  lua_Integer to = lua_tointeger(L, 4);
  int steps = STEPS(L);
  (void)status;
  for (; i <= last - first; i++) {
    look(L, &steps, i, moveup);
    lua_geti(L, 1, first + i);
    lua_seti(L, 5, to + i);
  }
  return 1;
}


static int movedown (lua_State *L, int status, lua_KContext i) {
  lua_Integer first = lua_tointeger(L, 2), to = lua_tointeger(L, 4);
  int steps = STEPS(L);
  (void)status;
  for (; i >= 0; i--) {
    look(L, &steps, i, movedown);
    lua_geti(L, 1, first + i);
    lua_seti(L, 5, to + i);
  }
  return 1;
}


static int move (lua_State *L) {
  lua_Integer first = luaL_checkinteger(L, 2);
  lua_Integer last = luaL_checkinteger(L, 3);
  lua_Integer to = luaL_checkinteger(L, 4);
  int other = lua_isnoneornil(L, 5) ? 1 : 5;
  if (!clua_isplain(L, 1, CLUA_READS) || !clua_isplain(L, other, CLUA_WRITES))
    return clua_callfallback(L, "move");
  if (last >= first) {
    luaL_argcheck(L, first > 0 || last < LUA_MAXINTEGER + first, 3,
                  "too many elements to move");
    luaL_argcheck(L, to <= LUA_MAXINTEGER - (last - first + 1) + 1, 4,
                  "destination wrap around");
  }
  lua_settop(L, 5);
  lua_pushinteger(L, first);
  lua_replace(L, 2);
  lua_pushinteger(L, last);
  lua_replace(L, 3);
  lua_pushinteger(L, to);
  lua_replace(L, 4);
  if (other == 1) {
    lua_pushvalue(L, 1);
    lua_replace(L, 5);
  }
  if (last < first)
    return 1;
  if (to > last || to <= first || !lua_rawequal(L, 1, 5))
    return moveup(L, LUA_OK, 0);
  return movedown(L, LUA_OK, last - first);
}


/* concat: 1 table, 2 separator, 3 first, 4 last, 5 text ------------------- */

static int joink (lua_State *L, int status, lua_KContext i);

static int join (lua_State *L, Text *text, lua_Integer i) {
  lua_Integer last = lua_tointeger(L, 4);
  size_t separatorlength, length;
  const char *separator = lua_tolstring(L, 2, &separatorlength);
  const char *element;
  int steps = STEPS(L);
  for (; i <= last; i++) {
    if (--steps < 0) {
      steps = STEPS(L);
      if (clua_isdue(L)) {
        text = clua_keeptext(L, text, 5);
        clua_pause(L, i, joink);
      }
    }
    lua_geti(L, 1, i);
    if (!lua_isstring(L, -1))
      return luaL_error(L, "invalid value (%s) at index %I in table for"
                           " 'concat'", luaL_typename(L, -1), (LUAI_UACINT)i);
    element = lua_tolstring(L, -1, &length);
    text = clua_addtext(L, text, 5, element, length);
    steps -= (int)(length >> 8 & 0xffff);
    lua_pop(L, 1);
    if (i == last)
      break;  /* 'last' may be the largest integer */
    text = clua_addtext(L, text, 5, separator, separatorlength);
  }
  lua_pushlstring(L, text->bytes, text->used);
  return 1;
}


static int joink (lua_State *L, int status, lua_KContext i) {
  (void)status;
  return join(L, lua_touserdata(L, 5), i);
}


static int concat (lua_State *L) {
  ShortText text;
  lua_Integer first, last;
  if (!clua_isplain(L, 1, CLUA_READS | CLUA_COUNTS))
    return clua_callfallback(L, "concat");
  last = (lua_Integer)lua_rawlen(L, 1);
  luaL_optstring(L, 2, "");
  first = luaL_optinteger(L, 3, 1);
  last = luaL_optinteger(L, 4, last);
  lua_settop(L, 3);
  if (lua_isnil(L, 2)) {
    lua_pushliteral(L, "");
    lua_replace(L, 2);
  }
  lua_pushinteger(L, last);
  lua_pushnil(L);
  return join(L, clua_begintext(&text), first);
}


/* unpack ----------------------------------------------------------------- */

static int unpack (lua_State *L) {
  lua_Integer first = luaL_optinteger(L, 2, 1), last;
  lua_Unsigned count;
  int plain = !lua_istable(L, 1) || clua_isplain(L, 1, CLUA_READS | CLUA_COUNTS);
  if (!plain && lua_isnoneornil(L, 3))
    return clua_callfallback(L, "unpack");
  last = luaL_opt(L, luaL_checkinteger, 3, luaL_len(L, 1));
  if (first > last)
    return 0;
  count = (lua_Unsigned)last - (lua_Unsigned)first;
  if (count >= LUAI_MAXSTACK || !lua_checkstack(L, (int)++count))
    return luaL_error(L, "too many results to unpack");
  if (!plain)
    return clua_callfallback(L, "unpack");
  for (; first < last; first++)
    lua_geti(L, 1, first);
  lua_geti(L, 1, last);
  return (int)count;
}


int clua_opentable (lua_State *L) {
  static const luaL_Reg functions[] = {
    {"concat", concat}, {"insert", insert}, {"move", move},
    {"remove", removeelement}, {"sort", clua_sort}, {"unpack", unpack},
    {NULL, NULL}};
  luaopen_table(L);
  luaL_setfuncs(L, functions, 0);
  return 1;
}
