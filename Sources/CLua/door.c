#include <string.h>

#include "CLua.h"

/* Levels of the call stack between the script and Swift, at most. */
#define NEAR 8

/*
** Lua calls Swift. Must be C: it raises what the verdict says after the Swift
** frame has returned. While Swift runs, no allocation is refused, so a push
** made from Swift cannot raise.
*/
static int call (lua_State *L, int function);


/*
** The place in the script, for the begin of a message, as 'luaL_where' has it;
** but luafunc's own Lua code is passed over.
*/
static void pushplace (lua_State *L) {
  lua_Debug record;
  int level;
  for (level = 1; level < NEAR && lua_getstack(L, level, &record); level++) {
    lua_getinfo(L, "Sl", &record);
    if (record.currentline > 0 && strcmp(record.source, CLUA_OWN) != 0) {
      lua_pushfstring(L, "%s:%d: ", record.short_src, record.currentline);
      return;
    }
    if (*record.what == 'C')
      break;
  }
  lua_pushliteral(L, "");
}


/* Raises the text on top, with its place. */
static int raise (lua_State *L) {
  pushplace(L);
  lua_insert(L, -2);
  lua_concat(L, 2);
  return lua_error(L);
}


/* Swift has what the wait was for. */
static int complete (lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return call(L, CLUA_COMPLETE);
}


/* Others had their turn, and Swift goes on with its work. */
static int again (lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return call(L, CLUA_CONTINUE);
}


static int call (lua_State *L, int function) {
  CLuaHost *host = clua_host(L);
  int running = host->running;
  int verdict;
  host->running = 0;
  verdict = host->dispatch(L, function);
  host->running = running;
  if (host->used > host->limit)
    clua_press(host);  /* Swift was refused nothing */
  switch (verdict) {
    case CLUA_RAISE:
      return raise(L);
    case CLUA_THROW:
      return lua_error(L);
    case CLUA_WAIT:
      if (host->unyielding || !lua_isyieldable(L)) {
        pushplace(L);
        lua_pushliteral(L, "a function that waits cannot be called here: not"
          " inside a message handler, __close, or what a C function calls");
        lua_concat(L, 2);
        return lua_error(L);
      }
      host->reason = CLUA_WAITING;
      return lua_yieldk(L, 0, 0, complete);
    case CLUA_AGAIN:
      lua_sethook(L, NULL, 0, 0);
      host->reason = CLUA_PREEMPTED;
      return lua_yieldk(L, 0, 0, again);
    case CLUA_ENDED:
      return clua_expire(L);
    case CLUA_FULL:
      lua_pushliteral(L, "not enough memory");
      return lua_error(L);
    default:
      return verdict;
  }
}


/*
** A script reads a field of a deferred table. True if it is found, and pushed.
*/
int clua_field (lua_State *L) {
  CLuaHost *host = clua_host(L);
  int running = host->running;
  int found;
  host->running = 0;
  found = host->dispatch(L, CLUA_FIELD);
  host->running = running;
  if (host->used > host->limit)
    clua_press(host);
  return found == CLUA_RAISE ? raise(L) : found;
}


/* Upvalue 1 is the number of the Swift function. */
static int trampoline (lua_State *L) {
  return call(L, (int)lua_tointeger(L, lua_upvalueindex(1)));
}


void clua_pushhostfunction (lua_State *L, int function) {
  lua_pushinteger(L, function);
  lua_pushcclosure(L, trampoline, 1);
}


/*
** Swift runs Lua. Must be C: what is noted of the run has to change on both
** sides of the very call, with no Swift allocation in between.
*/
int clua_resume (lua_State *L, lua_State *from, int nargs, int *nresults) {
  CLuaHost *host = clua_host(L);
  int status;
  clua_begin(L);
  host->root = L;
  host->reason = CLUA_SCRIPT;
  host->expired = host->held = host->exhausted = host->pressed = 0;
  status = lua_resume(L, from, nargs, nresults);
  clua_end(L);
  host->root = NULL;
  return status;
}


/*
** Swift calls a function of luafunc's own, mostly in the middle of a call from
** Lua. It may call what a script has put in the place of a global function, so
** memory is refused. Must be C: what is noted of that has to change on both
** sides of the very call, with no Swift allocation in between.
*/
int clua_run (lua_State *L, int nargs) {
  CLuaHost *host = clua_host(L);
  int running = host->running;
  int status;
  host->running = host->current != NULL;
  status = lua_pcall(L, nargs, 1, 0);
  host->running = running;
  return status;
}


static int tostring (lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  return 1;
}


/* Ticks that a failed run may take to tell its error: about 10 ms. */
#define LASTWORDS	3

static void begin (CLuaHost *host, int words) {
  host->unyielding++;
  host->closing++;
  host->words = words;
  host->expired = host->exhausted = host->pressed = 0;
}

static void end (CLuaHost *host) {
  host->unyielding--;
  host->closing--;
  host->exhausted = host->pressed = 0;
}


/*
** Pushes the text of the value at 'index', as Lua's 'tostring' makes it; the
** status is LUA_OK or that of the error, which is then pushed instead. Only
** for a run that has failed. Must be C: '__tostring' runs script code, which
** may raise.
*/
int clua_tostring (lua_State *L, int index) {
  CLuaHost *host = clua_host(L);
  int status;
  begin(host, LASTWORDS);
  clua_allowhooks(L);
  lua_sethook(L, NULL, 0, 0);
  index = lua_absindex(L, index);
  lua_pushcfunction(L, tostring);
  lua_pushvalue(L, index);
  clua_begin(L);
  status = lua_pcall(L, 1, 1, 0);
  clua_end(L);
  end(host);
  return status;
}


/*
** Ends a thread that failed or yields, and closes its to-be-closed variables,
** which may take that many ticks; answers how many are left. Must be C: those
** variables run script code. Debian's Lua 5.4.4 calls it lua_resetthread; an
** error in a variable's __close is the thread's last.
*/
int clua_close (lua_State *L, int words) {
  CLuaHost *host = clua_host(L);
  begin(host, words);
  clua_allowhooks(L);
  clua_carrycalls(L, NULL);
  clua_begin(L);
  lua_sethook(L, NULL, 0, 0);
  lua_resetthread(L);
  clua_end(L);
  end(host);
  return host->words;
}
