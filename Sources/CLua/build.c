/*
** What only C can tell: macros with a value do not reach Swift, nor do the
** names that the linker defines.
*/
#include <link.h>
#include <stdlib.h>

#include "CLua.h"

#ifndef CLUA_COMMIT
#define CLUA_COMMIT "development"
#endif

const char *clua_commit (void) { return CLUA_COMMIT; }

/* The header of the program that runs, where the linker has put it. */
extern const ElfW(Ehdr) __ehdr_start __attribute__ ((visibility ("hidden")));

/* Linkers end a file with the table of its sections. */
size_t clua_imagesize (void) {
  return __ehdr_start.e_shoff + (size_t) __ehdr_start.e_shnum * __ehdr_start.e_shentsize;
}

const char *clua_release (void) { return LUA_RELEASE; }


/*
** Native code that never ends. No library has a function like this, so that
** what luafunc does about it can be tried only with one of its own: a global
** of that name, where the process was started with the variable, which no
** script can set. Must be C: nothing else is native code that Lua calls.
*/
static int endless (lua_State *L) {
  volatile int forever = 1;
  (void)L;
  while (forever) { /* nothing */ }
  return 0;
}

void clua_openendless (lua_State *L) {
  if (getenv("LUAFUNC_ENDLESS_CALL") != NULL)
    lua_register(L, "endless", endless);
}
