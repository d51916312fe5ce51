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


static int callown (lua_State *L);

/* Whether the C function of the record is 'callown', behind which the script's
   own call is. */
static int isbridge (lua_State *L, lua_Debug *record) {
  int is;
  lua_getinfo(L, "f", record);
  is = lua_tocfunction(L, -1) == callown;
  lua_pop(L, 1);
  return is;
}


/*
** Pushes the file and line of the script, to begin a message with. It differs
** from 'luaL_where' in that it skips luafunc's own Lua code, and calls of C
** such as 'pcall' if 'past' is true.
*/
void clua_pushplace (lua_State *L, int past) {
  lua_Debug record;
  int level;
  for (level = 1; level < NEAR && lua_getstack(L, level, &record); level++) {
    lua_getinfo(L, "Sl", &record);
    if (record.currentline > 0 && strcmp(record.source, CLUA_OWN) != 0) {
      lua_pushfstring(L, "%s:%d: ", record.short_src, record.currentline);
      return;
    }
    if (*record.what == 'C' && !past && !isbridge(L, &record))
      break;
  }
  lua_pushliteral(L, "");
}


/* Raises the text on top of the stack, with the script's file and line. */
static int raise (lua_State *L) {
  clua_pushplace(L, 0);
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
        clua_pushplace(L, 0);
        lua_pushliteral(L, "a function that waits cannot be called inside a"
          " message handler, a __close, or a function called from C");
        lua_concat(L, 2);
        return lua_error(L);
      }
      vm->reason = CLUA_WAITING;
      return lua_yieldk(L, 0, 0, complete);
    case CLUA_AGAIN:
      clua_disarm(L);
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


static int results (lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return lua_gettop(L);
}


/*
** Calls one of luafunc's own Lua functions. It must be C: a Lua function that
** is called with 'return f()' replaces the script's own call, so that its error
** could not name the script's line. Upvalue 1 is the Lua function. A method has
** the text of a right call as upvalue 2. Upvalue 3 is the number of a Swift
** function that may have the result at once.
*/
static int callown (lua_State *L) {
  int isfast;
  int fast = (int)lua_tointegerx(L, lua_upvalueindex(3), &isfast);
  int count = isfast ? call(L, fast) : 0;
  if (count > 0)
    return count;
  if (!lua_istable(L, 1) && lua_isstring(L, lua_upvalueindex(2))) {
    lua_pushfstring(L, "call it with a colon: %s",
                    lua_tostring(L, lua_upvalueindex(2)));
    return raise(L);
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, results);
  return lua_gettop(L);
}


/*
** Makes a C function of one of luafunc's own Lua functions; for a method also
** of the text of a right call, and of a Swift function if there is one. luafunc's
** own Lua code calls this.
*/
int clua_wrapown (lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 3);
  if (lua_iscfunction(L, 3)) {
    lua_getupvalue(L, 3, 1);
    lua_replace(L, 3);
  }
  while (lua_isnil(L, -1))
    lua_pop(L, 1);
  lua_pushcclosure(L, callown, lua_gettop(L));
  return 1;
}


/* Raises a text with the script's file and line. It is for luafunc's own Lua
   code, which need not know how many calls away the script is. */
int clua_fail (lua_State *L) {
  luaL_checktype(L, 1, LUA_TSTRING);
  lua_settop(L, 1);
  return raise(L);
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


/* Pushes Lua's 'tostring' for 'clua_tell'. */
void clua_pushtostring (lua_State *L) { lua_pushcfunction(L, tostring); }


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
** Replaces the function on top of the stack by its result for the value at
** 'index', which counts from the bottom, and returns LUA_OK. If that fails, the
** error takes its place, and its status is returned. It is only for a run that
** has failed: the function makes the text of the error value. It must be C
** because '__tostring' runs script code, which may raise an error.
*/
int clua_tell (lua_State *L, int index) {
  CLuaVM *vm = clua_vm(L);
  int status;
  begin(vm, LASTWORDS);
  clua_allowhooks(L);
  clua_disarm(L);
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
  clua_disarm(L);
  lua_resetthread(L);
  clua_end(L);
  end(vm);
  return vm->words;
}
