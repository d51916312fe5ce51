#include <malloc.h>
#include <stdlib.h>

#include "CLua.h"

/*
** Must be C: Lua calls it for every allocation, also in the middle of an
** error, where no Swift frame may be.
** 'osize' is a type tag, not a size, when 'ptr' is NULL.
*/
static void *budget (void *ud, void *ptr, size_t osize, size_t nsize) {
  CLuaHost *host = ud;
  size_t old = ptr ? osize : 0;
  void *fresh;
  if (nsize == 0) {
    free(ptr);
    host->used -= old;
    return NULL;
  }
  if (nsize > old && host->running &&
      (nsize - old > host->limit || host->used > host->limit - (nsize - old)))
    return NULL;  /* Lua collects all garbage, asks once more, then raises */
  fresh = realloc(ptr, nsize);
  if (fresh)
    host->used += nsize - old;
  return fresh;
}


/* Must be C: 'budget' has no Swift counterpart to name. */
lua_State *clua_newstate (CLuaHost *host) {
  lua_State *L = lua_newstate(budget, host);
  if (L)
    *(CLuaHost **)lua_getextraspace(L) = host;  /* new threads copy it */
  return L;
}


/*
** What a greedy script had goes back to the system: blocks of this size are
** mapped each for itself, and a heap's free end is cut at this size. Left
** alone, glibc raises both to the largest block it has seen. A thread's heap
** begins with room for a few VMs, which it also keeps: it grows by single
** pages, with a system call for each. Must be C: mallopt and malloc_trim are
** glibc's own and not in Swift's module of it.
*/
#define KEPT	(1 << 20)
#define BEGIN	(512 << 10)

void clua_tunememory (void) {
  mallopt(M_MMAP_THRESHOLD, KEPT);
  mallopt(M_TRIM_THRESHOLD, KEPT);
  mallopt(M_TOP_PAD, BEGIN);
}


void clua_trim (void) { malloc_trim(0); }
