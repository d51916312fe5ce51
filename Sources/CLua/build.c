/*
** Facts about the build that only C can read: Swift sees neither string macros
** nor the symbols that the linker defines.
*/
#include <link.h>
#include <stdlib.h>

#include "CLua.h"

#ifndef CLUA_COMMIT
#define CLUA_COMMIT "development"
#endif

const char *clua_commit (void) { return CLUA_COMMIT; }

/* The ELF header of the running program; the linker defines this symbol. */
extern const ElfW(Ehdr) __ehdr_start __attribute__ ((visibility ("hidden")));

/* The size of the executable without anything appended to it: linkers put the
   table of sections at the end of the file. */
size_t clua_imagesize (void) {
  return __ehdr_start.e_shoff + (size_t) __ehdr_start.e_shnum * __ehdr_start.e_shentsize;
}

const char *clua_release (void) { return LUA_RELEASE; }


/*
** Native code that never ends, for the tests of how luafunc handles it: no real
** library has such a function. It becomes the global 'endless' only if the
** process was started with LUAFUNC_ENDLESS_CALL, which no script can set. It
** must be C, since it stands for native code that Lua calls.
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
