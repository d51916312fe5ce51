/*
** What only C can tell: macros with a value do not reach Swift, nor do the
** names that the linker defines.
*/
#include <link.h>

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
