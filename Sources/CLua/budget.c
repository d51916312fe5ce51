#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "CLua.h"

/*
** More than the limit is wanted. To refuse makes Lua collect all garbage at
** once, which takes long where much is alive. So a little more is granted, and
** the hook is set, which sees to the garbage in pieces (preempt.c). Where even
** that is not enough, Lua mostly collects, and asks once more. If that does
** not help, it raises an error. A run may catch a few of these, as a recursion
** that ran away has nothing more once it is caught; then it fails, and no
** 'pcall' saves it: each next one would be another whole collection.
*/
#define MERCY	8

static int grants (CLuaHost *host, size_t more) {
  size_t reserve = host->limit / 16;
  clua_press(host);
  if (more <= reserve && host->used <= host->limit + reserve - more)
    return 1;
  if (more > host->limit || (host->collecting && ++host->refusals > MERCY))
    clua_exhaust(host);
  host->collecting = !host->collecting;
  return 0;
}


/*
** Small blocks that Lua frees stay with their VM, in a list for each size, for
** the next of that size: an invocation makes many that die with it. The sizes
** are those of glibc's chunks, so that nothing is lost by rounding up.
*/
static unsigned sizeclass (size_t size) {
  return (unsigned)((size + 7) >> 4);
}


static size_t roundup (size_t size) {
  return ((size + 7) & ~(size_t)15) + 8;
}


static void *take (CLuaHost *host, size_t size) {
  if (size <= CLUA_SMALL) {
    CLuaBlock **list = &host->blocks[sizeclass(size)];
    CLuaBlock *block = *list;
    if (block) {
      *list = block->next;
      host->kept -= roundup(size);
      return block;
    }
    return malloc(roundup(size));
  }
  return malloc(size);
}


static void giveback (CLuaHost *host, void *ptr, size_t size) {
  if (size <= CLUA_SMALL && host->kept < CLUA_KEPT) {
    CLuaBlock *block = ptr;
    CLuaBlock **list = &host->blocks[sizeclass(size)];
    block->next = *list;
    *list = block;
    host->kept += roundup(size);
  }
  else
    free(ptr);
}


/* Frees the blocks that are kept. */
void clua_dropblocks (CLuaHost *host) {
  unsigned i;
  for (i = 0; i <= CLUA_SMALL / 16; i++) {
    while (host->blocks[i]) {
      CLuaBlock *block = host->blocks[i];
      host->blocks[i] = block->next;
      free(block);
    }
  }
  host->kept = 0;
}


static void *resize (CLuaHost *host, void *ptr, size_t old, size_t size) {
  void *fresh;
  if (old > CLUA_SMALL && size > CLUA_SMALL)
    return realloc(ptr, size);
  if (old <= CLUA_SMALL && size <= CLUA_SMALL &&
      sizeclass(old) == sizeclass(size))
    return ptr;
  fresh = take(host, size);
  if (fresh) {
    memcpy(fresh, ptr, old < size ? old : size);
    giveback(host, ptr, old);
  }
  return fresh;
}


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
    if (ptr) {
      giveback(host, ptr, old);
      host->used -= old;
    }
    return NULL;
  }
  /* Lua asks for less than 2^63 bytes, so the sum is not too large. */
  if (nsize > old && host->running &&
      host->used + (nsize - old) > host->limit && !grants(host, nsize - old))
    return NULL;
  fresh = ptr ? resize(host, ptr, old, nsize) : take(host, nsize);
  host->collecting = 0;
  if (fresh)
    host->used += nsize - old;
  return fresh;
}


/* Must be C: 'budget' has no Swift counterpart to name. */
lua_State *clua_newstate (CLuaHost *host) {
  lua_State *L = lua_newstate(budget, host);
  if (L) {
    *(CLuaHost **)lua_getextraspace(L) = host;  /* new threads copy it */
    if (!clua_fits(L))
      abort();  /* a build that no test has seen */
  }
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


/*
** One of the pieces in which all garbage is collected: the marking or sweeping
** of 50,000 values or objects, which takes less than a slice, but for what Lua
** does in one go. True at the end of a cycle.
** When Lua begins to sweep, it goes on to the first object that is alive. The
** table that is made here is the newest of all objects, so this is no stretch.
** Must be C: lua_gc takes a varying number of arguments.
*/
int clua_collectpiece (lua_State *L) {
  int isend;
  lua_createtable(L, 0, 0);
  isend = lua_gc(L, LUA_GCSTEP, 0);
  lua_pop(L, 1);
  return isend;
}


/*
** Takes away all that keeps what a state holds, so that it can be collected
** in pieces: lua_close frees all in one go. Must be C: a table is walked
** while its fields are set.
*/
void clua_clear (lua_State *L) {
  lua_settop(L, 0);
  lua_pushnil(L);
  while (lua_next(L, LUA_REGISTRYINDEX)) {
    lua_pop(L, 1);
    if (lua_isinteger(L, -1) && lua_tointeger(L, -1) == LUA_RIDX_MAINTHREAD)
      continue;
    lua_pushvalue(L, -1);
    lua_pushnil(L);
    lua_rawset(L, LUA_REGISTRYINDEX);
  }
}
