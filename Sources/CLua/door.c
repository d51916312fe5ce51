#include <string.h>

#include "CLua.h"

/* How many levels of the call stack are searched for the script's line. */
#define NEAR 8

/*
** Calls a Swift function from Lua. It must be C because it raises the error
** that the verdict asks for, after the Swift frame has returned. While Swift
** runs, no allocation is refused, so a push from Swift cannot raise an error.
*/
static int call (lua_State *L, int function);


/*
** Pushes the file and line of the script, to begin a message with. It differs
** from 'luaL_where' in that it skips luafunc's own Lua code.
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


/* Raises the text on top of the stack, with the script's file and line. */
static int raise (lua_State *L) {
  pushplace(L);
  lua_insert(L, -2);
  lua_concat(L, 2);
  return lua_error(L);
}


/* The wait is over, and Swift has its result. */
static int complete (lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return call(L, CLUA_COMPLETE);
}


/* The thread has a new slice, and Swift continues its work. */
static int again (lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return call(L, CLUA_CONTINUE);
}


static int call (lua_State *L, int function) {
  CLuaVM *vm = clua_vm(L);
  int running = vm->running;
  int verdict;
  vm->running = 0;
  verdict = vm->dispatch(L, function);
  vm->running = running;
  if (vm->used > vm->limit)
    clua_press(vm);  /* Swift may exceed the limit */
  switch (verdict) {
    case CLUA_RAISE:
      return raise(L);
    case CLUA_THROW:
      return lua_error(L);
    case CLUA_WAIT:
      if (vm->unyielding || !lua_isyieldable(L)) {
        pushplace(L);
        lua_pushliteral(L, "a function that waits cannot be called inside a"
          " message handler, a __close, or a function called from C");
        lua_concat(L, 2);
        return lua_error(L);
      }
      vm->reason = CLUA_WAITING;
      return lua_yieldk(L, 0, 0, complete);
    case CLUA_AGAIN:
      lua_sethook(L, NULL, 0, 0);
      vm->reason = CLUA_PREEMPTED;
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
** Looks up a field of a deferred table for a script. Pushes its value and
** returns 1 if the field is found without filling the table.
*/
int clua_field (lua_State *L) {
  CLuaVM *vm = clua_vm(L);
  int running = vm->running;
  int found;
  vm->running = 0;
  found = vm->dispatch(L, CLUA_FIELD);
  vm->running = running;
  if (vm->used > vm->limit)
    clua_press(vm);
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
** Resumes a Lua thread from Swift. It must be C: the fields that describe the
** run must change right before and right after the call, and no Swift code may
** allocate in between.
*/
int clua_resume (lua_State *L, lua_State *from, int nargs, int *nresults) {
  CLuaVM *vm = clua_vm(L);
  int status;
  clua_begin(L);
  vm->root = L;
  vm->reason = CLUA_SCRIPT;
  vm->expired = vm->held = vm->exhausted = vm->pressed = 0;
  status = lua_resume(L, from, nargs, nresults);
  clua_end(L);
  vm->root = NULL;
  return status;
}


/*
** Calls one of luafunc's own Lua functions from Swift, usually while Swift was
** itself called by Lua. The function may call a global that a script has
** replaced, so the memory limit is enforced during the call. It must be C for
** the same reason as 'clua_resume'.
*/
int clua_run (lua_State *L, int nargs) {
  CLuaVM *vm = clua_vm(L);
  int running = vm->running;
  int status;
  vm->running = vm->current != NULL;
  status = lua_pcall(L, nargs, 1, 0);
  vm->running = running;
  return status;
}


static int tostring (lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  return 1;
}


/* How many ticks a failed run may use to make its error message: about 10 ms of
   CPU time. */
#define LASTWORDS	3

static void begin (CLuaVM *vm, int words) {
  vm->unyielding++;
  vm->closing++;
  vm->words = words;
  vm->expired = vm->exhausted = vm->pressed = 0;
}

static void end (CLuaVM *vm) {
  vm->unyielding--;
  vm->closing--;
  vm->exhausted = vm->pressed = 0;
}


/*
** Pushes the text of the value at 'index', as Lua's 'tostring' makes it, and
** returns LUA_OK. If that fails, it pushes the error and returns its status. It
** is only for a run that has failed. It must be C because '__tostring' runs
** script code, which may raise an error.
*/
int clua_tostring (lua_State *L, int index) {
  CLuaVM *vm = clua_vm(L);
  int status;
  begin(vm, LASTWORDS);
  clua_allowhooks(L);
  lua_sethook(L, NULL, 0, 0);
  index = lua_absindex(L, index);
  lua_pushcfunction(L, tostring);
  lua_pushvalue(L, index);
  clua_begin(L);
  status = lua_pcall(L, 1, 1, 0);
  clua_end(L);
  end(vm);
  return status;
}


/*
** Ends a thread that failed or is suspended, and closes its to-be-closed
** variables, which may use 'words' ticks. Returns how many ticks are left. It
** must be C because closing variables runs script code. Lua 5.4.4 names this
** lua_resetthread. An error in a __close replaces the thread's error.
*/
int clua_close (lua_State *L, int words) {
  CLuaVM *vm = clua_vm(L);
  begin(vm, words);
  clua_allowhooks(L);
  clua_carrycalls(L, NULL);
  clua_begin(L);
  lua_sethook(L, NULL, 0, 0);
  lua_resetthread(L);
  clua_end(L);
  end(vm);
  return vm->words;
}
