#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "CLua.h"

/*
** Decides whether Lua may allocate more than its limit. A refusal makes Lua
** collect all garbage at once, which takes long if many objects are alive. So
** the allocator first grants a small reserve and sets the hook, which has the
** garbage collected in pieces (preempt.c). If the reserve is used up too, the
** allocator refuses. Lua then usually collects everything and asks once more;
** a second refusal raises a memory error. A script may catch a few such errors:
** a runaway recursion, for instance, frees its memory once its error is caught.
** After MERCY of them the run fails in a way that 'pcall' cannot catch, because
** every further error would cost another full collection.
*/
#define MERCY	8

static int grants (CLuaVM *vm, size_t more) {
  size_t reserve = vm->limit / 16;
  clua_press(vm);
  if (more <= reserve && vm->used <= vm->limit + reserve - more)
    return 1;
  if (more > vm->limit || (vm->collecting && ++vm->refusals > MERCY))
    clua_exhaust(vm);
  vm->collecting = !vm->collecting;
  return 0;
}


/*
** Small blocks that Lua frees stay with their VM, in one list per size, and are
** reused for the next allocation of that size. An invocation allocates many
** such blocks and frees them at its end. The sizes are those of glibc's chunks,
** so rounding up wastes no memory.
*/
static unsigned sizeclass (size_t size) {
  return (unsigned)((size + 7) >> 4);
}


static size_t roundup (size_t size) {
  return ((size + 7) & ~(size_t)15) + 8;
}


static void *take (CLuaVM *vm, size_t size) {
  if (size <= CLUA_SMALL) {
    CLuaBlock **list = &vm->blocks[sizeclass(size)];
    CLuaBlock *block = *list;
    if (block) {
      *list = block->next;
      vm->kept -= roundup(size);
      return block;
    }
    return malloc(roundup(size));
  }
  return malloc(size);
}


static void giveback (CLuaVM *vm, void *ptr, size_t size) {
  if (size <= CLUA_SMALL && vm->kept < CLUA_KEPT) {
    CLuaBlock *block = ptr;
    CLuaBlock **list = &vm->blocks[sizeclass(size)];
    block->next = *list;
    *list = block;
    vm->kept += roundup(size);
  }
  else
    free(ptr);
}


/* Frees the blocks that the VM keeps for reuse. */
void clua_dropblocks (CLuaVM *vm) {
  unsigned i;
  for (i = 0; i <= CLUA_SMALL / 16; i++) {
    while (vm->blocks[i]) {
      CLuaBlock *block = vm->blocks[i];
      vm->blocks[i] = block->next;
      free(block);
    }
  }
  vm->kept = 0;
}


static void *resize (CLuaVM *vm, void *ptr, size_t old, size_t size) {
  void *fresh;
  if (old > CLUA_SMALL && size > CLUA_SMALL)
    return realloc(ptr, size);
  if (old <= CLUA_SMALL && size <= CLUA_SMALL &&
      sizeclass(old) == sizeclass(size))
    return ptr;
  fresh = take(vm, size);
  if (fresh) {
    memcpy(fresh, ptr, old < size ? old : size);
    giveback(vm, ptr, old);
  }
  return fresh;
}


/*
** Lua's allocator, which counts memory and enforces the limit. It must be C
** because Lua calls it for every allocation, even while it raises an error,
** when no Swift frame may be on the stack. If 'ptr' is NULL, 'osize' is a type
** tag and not a size.
*/
static void *budget (void *ud, void *ptr, size_t osize, size_t nsize) {
  CLuaVM *vm = ud;
  size_t old = ptr ? osize : 0;
  void *fresh;
  if (nsize == 0) {
    if (ptr) {
      giveback(vm, ptr, old);
      vm->used -= old;
    }
    return NULL;
  }
  /* Lua never asks for 2^63 bytes or more, so the sum does not overflow. */
  if (nsize > old && vm->running &&
      vm->used + (nsize - old) > vm->limit && !grants(vm, nsize - old))
    return NULL;
  fresh = ptr ? resize(vm, ptr, old, nsize) : take(vm, nsize);
  vm->collecting = 0;
  if (fresh)
    vm->used += nsize - old;
  return fresh;
}


/* Creates a state. It must be C because 'budget' is not visible to Swift. */
lua_State *clua_newstate (CLuaVM *vm) {
  lua_State *L = lua_newstate(budget, vm);
  if (L) {
    *(CLuaVM **)lua_getextraspace(L) = vm;  /* inherited by new threads */
    if (!clua_fits(L))
      abort();  /* an untested build of Lua */
  }
  return L;
}


/*
** Makes glibc return the memory of a greedy script to the system. Blocks of
** KEPT bytes or more get a mapping of their own, and a heap with more than KEPT
** free bytes at its end is trimmed. By default, glibc would raise both
** thresholds to the size of the largest block that was freed. A thread's heap
** starts with room for a few VMs (BEGIN) and keeps that room, because it would
** otherwise grow page by page, with one system call for each. These functions
** must be C because Swift's module of glibc has no mallopt and malloc_trim.
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
** Runs one step of the garbage collector and returns 1 at the end of a cycle. A
** step marks or sweeps about 50,000 objects, which takes less than a slice,
** except for the phases that Lua runs as a whole.
** When Lua begins to sweep, it skips dead objects until it finds a live one.
** The table created here is the newest object and alive, so Lua finds it at
** once. This function must be C because lua_gc is variadic.
*/
int clua_collectpiece (lua_State *L) {
  int isend;
  lua_createtable(L, 0, 0);
  isend = lua_gc(L, LUA_GCSTEP, 0);
  lua_pop(L, 1);
  return isend;
}


/*
** Removes all references from the stack and the registry, so that the collector
** can free a state's objects in pieces; lua_close would free them all at once.
** It must be C because it walks a table while it clears the table's fields.
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
