#include "CLua.h"

/*
** A deferred table holds the source of its members, such as a JSON text. It is
** filled in place when a script first needs its contents. Reading one member
** that is not a table does not fill it. A script cannot notice the difference:
** every other access, by metamethods or by the raw base functions, fills the
** table first.
**
** All functions here are C because they access tables that a script chose, and
** so they may raise errors. Upvalue 1 is the metatable of deferred tables, 2
** the Swift function that expands a table, 3 the wrapped base function, if any.
*/

#define METATABLE	lua_upvalueindex(1)
#define EXPANDER	lua_upvalueindex(2)
#define BASE		lua_upvalueindex(3)


static int isdeferred (lua_State *L, int table) {
  int deferred = 0;
  if (lua_istable(L, table) && lua_getmetatable(L, table)) {
    deferred = lua_rawequal(L, -1, METATABLE);
    lua_pop(L, 1);
  }
  return deferred;
}


/*
** Expands the table if it is deferred, which may take several slices, and then
** calls 'k' with the same stack.
*/
static int expandthen (lua_State *L, int table, lua_KFunction k) {
  if (isdeferred(L, table)) {
    lua_pushvalue(L, EXPANDER);
    lua_pushvalue(L, table);
    lua_callk(L, 1, 0, 0, k);
  }
  return k(L, LUA_OK, 0);
}


/* All continuations here have the same parameters; most use only the first. */
#define CONTINUATION(name) \
  static int name (lua_State *L, int status, lua_KContext context)

#define UNUSED	((void)status, (void)context)


CONTINUATION(base) {
  UNUSED;
  return lua_tocfunction(L, BASE)(L);
}


static int wrapped (lua_State *L) { return expandthen(L, 1, base); }


/*
** JSON arrays and objects are marked by shared metatables. Scripts must not see
** these, as they could add a __gc or an __index to a metatable that many tables
** share.
*/
static int ismarked (lua_State *L) {
  CLuaVM *vm = clua_vm(L);
  int marked = 0;
  if (lua_istable(L, 1) && lua_getmetatable(L, 1)) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, vm->array);
    lua_rawgeti(L, LUA_REGISTRYINDEX, vm->object);
    marked = lua_rawequal(L, -3, -2) || lua_rawequal(L, -3, -1);
    lua_pop(L, 3);
  }
  return marked;
}


CONTINUATION(metatable) {
  if (ismarked(L)) {
    lua_pushnil(L);
    return 1;
  }
  return base(L, status, context);
}


static int wrappedgetmetatable (lua_State *L) {
  return expandthen(L, 1, metatable);
}


/*
** Sets a metatable after removing a JSON mark. 'check' has refused '__gc':
** finalizers run with hooks off, so nothing could stop one that loops.
*/
CONTINUATION(setchecked) {
  if (ismarked(L)) {
    lua_pushnil(L);
    lua_setmetatable(L, 1);
  }
  return base(L, status, context);
}


CONTINUATION(check) {
  UNUSED;
  if (lua_istable(L, 2)) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL)
      return luaL_error(L, "__gc is not available in a metatable: a finalizer"
                           " could not be stopped; use a to-be-closed variable"
                           " ('local x <close> = ...') instead");
    lua_pop(L, 1);
  }
  return expandthen(L, 1, setchecked);
}


static int wrappedsetmetatable (lua_State *L) {
  return expandthen(L, 2, check);
}


/*
** Reads a field of the filled table. The access is not raw, because filling may
** have given the table a metatable of its own.
*/
CONTINUATION(get) {
  UNUSED;
  lua_settop(L, 2);
  lua_gettable(L, 1);
  return 1;
}


CONTINUATION(set) {
  UNUSED;
  lua_settop(L, 3);
  lua_rawset(L, 1);
  return 0;
}


CONTINUATION(length) {
  UNUSED;
  lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
  return 1;
}


CONTINUATION(walk) {
  UNUSED;
  lua_pushvalue(L, BASE);  /* next */
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}


/* Looks up the one field first; usually the table need not be filled. */
static int index (lua_State *L) {
  return clua_field(L) ? 1 : expandthen(L, 1, get);
}


static int newindex (lua_State *L) { return expandthen(L, 1, set); }
static int len (lua_State *L) { return expandthen(L, 1, length); }
static int pairs (lua_State *L) { return expandthen(L, 1, walk); }


/*
** Pushes a deferred table with room for 'array' elements and 'hash' fields. It
** will be filled from the value at 'source'. Swift calls this, so no allocation
** is refused.
*/
void clua_pushdeferred (lua_State *L, void *key, int source, int array,
                        int hash) {
  source = lua_absindex(L, source);
  lua_createtable(L, array, hash);
  lua_pushvalue(L, source);
  lua_rawsetp(L, -2, key);
  lua_rawgeti(L, LUA_REGISTRYINDEX, clua_vm(L)->deferred);
  lua_setmetatable(L, -2);
}


static void setwrapped (lua_State *L, int metatable, int expander,
                        const char *name, lua_CFunction f) {
  lua_pushvalue(L, metatable);
  lua_pushvalue(L, expander);
  lua_getglobal(L, name);
  lua_pushcclosure(L, f, 3);
  lua_setglobal(L, name);
}


static void setmetamethod (lua_State *L, int metatable, int expander,
                           const char *name, lua_CFunction f) {
  lua_pushvalue(L, metatable);
  lua_pushvalue(L, expander);
  lua_getglobal(L, "next");
  lua_pushcclosure(L, f, 3);
  lua_setfield(L, metatable, name);
}


/*
** Fills the metatable of deferred tables and replaces the base functions with
** wrapped ones. Swift calls this once for a new state.
*/
void clua_wrapbase (lua_State *L, int metatable, int expander) {
  static const char *const names[] = {
    "next", "rawget", "rawset", "rawlen", NULL};
  const char *const *name;
  setmetamethod(L, metatable, expander, "__index", index);
  setmetamethod(L, metatable, expander, "__newindex", newindex);
  setmetamethod(L, metatable, expander, "__len", len);
  setmetamethod(L, metatable, expander, "__pairs", pairs);
  for (name = names; *name != NULL; name++)
    setwrapped(L, metatable, expander, *name, wrapped);
  setwrapped(L, metatable, expander, "getmetatable", wrappedgetmetatable);
  setwrapped(L, metatable, expander, "setmetatable", wrappedsetmetatable);
}
