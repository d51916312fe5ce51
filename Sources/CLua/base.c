#include <ctype.h>
#include <string.h>

#include "CLua.h"

/*
** Replacements for functions of Lua's base and os libraries that read long
** texts or run script code, the package library, and the rule for globals. They
** must be C because they raise errors.
*/

/* The longest format of os.date, in bytes. */
#define MOSTDATE	4096


static int checktext (lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  if (!lua_isstring(L, -1))
    return luaL_error(L, "'__tostring' must return a string");
  lua_tostring(L, -1);  /* turns a number into a string */
  return 1;
}


/* Lua's 'tostring', except that '__tostring' may yield. */
static int tostring (lua_State *L) {
  luaL_checkany(L, 1);
  if (luaL_getmetafield(L, 1, "__tostring") == LUA_TNIL) {
    luaL_tolstring(L, 1, NULL);
    return 1;
  }
  lua_pushvalue(L, 1);
  lua_callk(L, 1, 1, 0, checktext);
  return checktext(L, LUA_OK, 0);
}


/* Lua's 'os.date', which is upvalue 1, with a limit on the format. */
static int date (lua_State *L) {
  if (lua_type(L, 1) == LUA_TSTRING && lua_rawlen(L, 1) > MOSTDATE)
    return luaL_error(L, "format of a date too long (at most %d bytes)",
                      MOSTDATE);
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}


/*
** The longest text that 'load' compiles, in bytes, and the most jumps in it.
** Nothing can interrupt Lua's compiler, and for each jump it walks the list of
** all pending jumps of the same kind. So the keywords that make jumps are
** counted before the text is compiled.
*/
#define MOSTCHUNK	(1 << 20)
#define MOSTJUMPS	4000

static size_t countjumps (const char *text, size_t length) {
  static const char *const words[] = {
    "and", "break", "elseif", "goto", "or", NULL};
  const char *end = text + length;
  size_t jumps = 0;
  while (text < end) {
    const char *begin = text;
    const char *const *word;
    while (text < end && (isalnum((unsigned char)*text) || *text == '_'))
      text++;
    for (word = words; *word != NULL && text > begin; word++)
      if ((size_t)(text - begin) == strlen(*word)
          && memcmp(begin, *word, (size_t)(text - begin)) == 0)
        jumps++;
    if (text == begin) {
      if (text[0] == ':' && text[1] == ':') {
        jumps++;
        text++;
      }
      text++;
    }
  }
  return jumps;
}


/* Pushes the reason why a text must not be compiled, or nil if it may be. */
int clua_checkchunk (lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  if (length > MOSTCHUNK)
    lua_pushfstring(L, "text too long for load (%I bytes; at most %d); keep"
                       " data as JSON", (LUAI_UACINT)length, MOSTCHUNK);
  else if (length > MOSTJUMPS && countjumps(text, length) > MOSTJUMPS)
    lua_pushfstring(L, "text too complex for load (more than %d of 'and',"
                       " 'or', 'elseif', 'break', 'goto' and '::'); put it into"
                       " files, and use require", MOSTJUMPS);
  else
    lua_pushnil(L);
  return 1;
}


/*
** For each line of a traceback, Lua searches every field of every loaded module
** for the name of the function. A script's modules may be large. So this
** function replaces Lua's table of loaded modules with copies of Lua's own
** libraries, and only those are searched. Those of which a script has little
** are left out, because each VM has these copies.
*/
void clua_hidemodules (lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_newtable(L);
  lua_pushnil(L);
  while (lua_next(L, -3)) {
    const char *name = lua_tostring(L, -2);
    if (strcmp(name, "io") != 0 && strcmp(name, "debug") != 0
        && strcmp(name, "package") != 0) {
      lua_pushvalue(L, -2);
      lua_newtable(L);
      lua_pushnil(L);
      while (lua_next(L, -4)) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        if (lua_isfunction(L, -1))
          lua_rawset(L, -4);
        else
          lua_pop(L, 2);
      }
      lua_rawset(L, -5);
    }
    lua_pop(L, 1);
  }
  lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_pop(L, 1);
}


/* Lua's 'type', except that it does not create the name's string on each call:
   the upvalues are the names of all types. */
static int type (lua_State *L) {
  int kind = lua_type(L, 1);
  luaL_argcheck(L, kind != LUA_TNONE, 1, "value expected");
  lua_pushvalue(L, lua_upvalueindex(kind + 1));
  return 1;
}


/* Refuses a first argument that is no table and has no such metamethod. Lua's
   own functions do not, so its error would come later, from the loop. */
static void checktraversed (lua_State *L, const char *metamethod) {
  if (lua_istable(L, 1))
    return;
  if (luaL_getmetafield(L, 1, metamethod) == LUA_TNIL)
    luaL_typeerror(L, 1, "table");
  lua_pop(L, 1);
}


static int nextelement (lua_State *L) {
  lua_Integer i = (lua_Integer)((lua_Unsigned)luaL_checkinteger(L, 2) + 1u);
  lua_pushinteger(L, i);
  return lua_geti(L, 1, i) == LUA_TNIL ? 1 : 2;
}


/* Lua's 'ipairs', except that it checks its argument. */
static int ipairs (lua_State *L) {
  checktraversed(L, "__index");
  lua_pushcfunction(L, nextelement);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  return 3;
}


/*
** Lua's 'pairs', except that it checks its argument, and skips the search for '__pairs' in a JSON array,
** whose metatable never has one. Upvalue 1 is Lua's 'next', 2 its 'pairs'.
*/
static int pairs (lua_State *L) {
  checktraversed(L, "__pairs");
  if (lua_getmetatable(L, 1)) {
    int marked;
    lua_rawgeti(L, LUA_REGISTRYINDEX, clua_vm(L)->array);
    marked = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    if (!marked)
      return lua_tocfunction(L, lua_upvalueindex(2))(L);
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}


/*
** Lua's 'collectgarbage', which only measures. luafunc collects garbage in
** pieces and at its own times, so the options that control Lua's collector are
** accepted and have no effect. 'step' says that the cycle is complete, for
** which some programs wait.
*/
static int collectgarbage (lua_State *L) {
  enum {COUNT, STEP, ISRUNNING, PAUSE, STEPMUL, GENERATIONAL, INCREMENTAL};
  static const char *const options[] = {
    "count", "step", "isrunning", "setpause", "setstepmul", "generational",
    "incremental", "collect", "stop", "restart", NULL};
  switch (luaL_checkoption(L, 1, "collect", options)) {
    case COUNT:
      lua_pushnumber(L, (lua_Number)lua_gc(L, LUA_GCCOUNT)
                          + (lua_Number)lua_gc(L, LUA_GCCOUNTB) / 1024);
      break;
    case STEP: case ISRUNNING: lua_pushboolean(L, 1); break;
    case PAUSE: lua_pushinteger(L, 200); break;
    case STEPMUL: lua_pushinteger(L, 100); break;
    case GENERATIONAL: case INCREMENTAL:
      lua_pushliteral(L, "incremental");
      break;
    default: lua_pushinteger(L, 0);
  }
  return 1;
}


/* Lua's list of loaded modules, which 'require' reads, and what programs read
   beside it. The paths have no effect. */
int clua_openpackage (lua_State *L) {
  static const char *const texts[][2] = {
    {"path", "<function>/?.lua;<function>/?/init.lua;lib/?.lua;lib/?/init.lua;"
             "lua_modules/share/lua/5.4/?.lua;"
             "lua_modules/share/lua/5.4/?/init.lua"},
    {"cpath", ""}, {"config", "/\n;\n?\n!\n-\n"}};
  size_t i;
  lua_newtable(L);
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_setfield(L, -2, "loaded");
  lua_newtable(L);
  lua_setfield(L, -2, "preload");
  for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    lua_pushstring(L, texts[i][1]);
    lua_setfield(L, -2, texts[i][0]);
  }
  clua_setrefusals(L, "package");
  return 1;
}


/*
** The '__newindex' of the globals: refuses a new one. The modules in
** 'lua_modules' come from elsewhere and may set globals at any time, so the
** source of the function that assigns decides.
*/
static int newglobal (lua_State *L) {
  static const char modules[] = "@lua_modules/";
  lua_Debug record;
  const char *name;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 3);
  if (lua_getstack(L, 1, &record) && lua_getinfo(L, "S", &record)
      && strncmp(record.source, modules, sizeof(modules) - 1) == 0) {
    lua_rawset(L, 1);
    return 0;
  }
  name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2)
                                       : luaL_typename(L, 2);
  clua_pushplace(L, 0);
  lua_pushfstring(L, "assignment to undeclared global '%s': write 'local %s ="
    " ...', or declare it at the top level of the script", name, name);
  lua_concat(L, 2);
  return lua_error(L);
}


/* Makes a new global an error. A metatable that a script has set stays, and so
   does its own '__newindex'. */
int clua_sealglobals (lua_State *L) {
  lua_pushglobaltable(L);
  if (!lua_getmetatable(L, -1)) {
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setmetatable(L, -3);
  }
  lua_pushliteral(L, "__newindex");
  if (lua_rawget(L, -2) == LUA_TNIL) {
    lua_pushliteral(L, "__newindex");
    lua_pushcfunction(L, newglobal);
    lua_rawset(L, -4);
  }
  return 0;
}


int clua_openbase (lua_State *L) {
  int kind;
  luaopen_base(L);
  for (kind = LUA_TNIL; kind < LUA_NUMTYPES; kind++)
    lua_pushstring(L, lua_typename(L, kind));
  lua_pushcclosure(L, type, LUA_NUMTYPES);
  lua_setfield(L, -2, "type");
  lua_getfield(L, -1, "next");
  lua_getfield(L, -2, "pairs");
  lua_pushcclosure(L, pairs, 2);
  lua_setfield(L, -2, "pairs");
  lua_pushcfunction(L, ipairs);
  lua_setfield(L, -2, "ipairs");
  lua_pushcfunction(L, tostring);
  lua_setfield(L, -2, "tostring");
  lua_pushcfunction(L, collectgarbage);
  lua_setfield(L, -2, "collectgarbage");
  clua_setrefusals(L, "base");
  return 1;
}


int clua_openos (lua_State *L) {
  luaopen_os(L);
  lua_getfield(L, -1, "date");
  lua_pushcclosure(L, date, 1);
  lua_setfield(L, -2, "date");
  clua_setrefusals(L, "os");
  return 1;
}
