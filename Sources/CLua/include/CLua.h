/*
** The border between Swift and Lua 5.4.
**
** Lua raises errors with longjmp, which must never cross a Swift frame. So
** whatever may raise is in C, and Swift answers with a verdict:
** - door.c      Lua calls Swift through a trampoline; Swift calls Lua through
**               protected calls only.
** - budget.c    the allocator that counts and, while Lua runs, refuses.
** - deferred.c  tables that are filled at first touch.
** What is `static inline` here only gives a macro of lua.h a name that Swift
** can see.
*/

#ifndef CLUA_H
#define CLUA_H

#include <stdint.h>
#include <lua5.4/lua.h>
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>

/* What a Swift function answers instead of a number of results. */
#define CLUA_RAISE	(-1)  /* raise the text on top, with its position */
#define CLUA_THROW	(-2)  /* raise the value on top as it is */

typedef int (*CLuaDispatch) (lua_State *L, int function);

/*
** One per VM; every thread of the VM finds it in its extra space. Swift owns
** the memory and frees it after the state is closed.
*/
typedef struct CLuaHost {
  void *vm;               /* the Swift object that owns this VM */
  CLuaDispatch dispatch;  /* runs the Swift function of that number */
  size_t used;            /* bytes allocated now */
  size_t limit;           /* bytes Lua may use */
  int running;            /* Lua runs, so an allocation may be refused */
  int array;              /* registry slots of the metatables that mark a */
  int object;             /* JSON array, a JSON object, and a table whose */
  int deferred;           /* text is not read yet */
} CLuaHost;

/* budget.c */
lua_State *clua_newstate (CLuaHost *host);

/* door.c */
void clua_pushhostfunction (lua_State *L, int function);
int clua_resume (lua_State *L, lua_State *from, int nargs, int *nresults);
int clua_tostring (lua_State *L, int index);
void clua_close (lua_State *L);

/* deferred.c */
void clua_wrapbase (lua_State *L, int metatable, int expander);

static inline CLuaHost *clua_host (lua_State *L) {
  return *(CLuaHost **)lua_getextraspace(L);
}

static inline int clua_registry (void) { return LUA_REGISTRYINDEX; }

static inline void clua_pop (lua_State *L, int n) { lua_settop(L, -n - 1); }

static inline void clua_newtable (lua_State *L, int array, int hash) {
  lua_createtable(L, array, hash);
}

static inline void clua_pushcfunction (lua_State *L, lua_CFunction f) {
  lua_pushcclosure(L, f, 0);
}

static inline void clua_insert (lua_State *L, int index) {
  lua_rotate(L, index, 1);
}

static inline void clua_replace (lua_State *L, int index) {
  lua_copy(L, -1, index);
  clua_pop(L, 1);
}

static inline int clua_pcall (lua_State *L, int nargs, int nresults) {
  return lua_pcallk(L, nargs, nresults, 0, 0, NULL);
}

static inline int clua_load (lua_State *L, const char *text, size_t length,
                             const char *name, const char *mode) {
  return luaL_loadbufferx(L, text, length, name, mode);
}

#endif
