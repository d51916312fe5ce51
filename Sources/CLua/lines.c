#include <string.h>

#include "CLua.h"

/*
** Records which lines have run. A hook for lines makes Lua check for it before
** every instruction, so only tests with coverage set it. Lua has one hook per
** thread, so preempt.c shares its hook with the lines: every mask that it sets
** in such a VM contains LUA_MASKLINE. It must be C because the hook may run at
** any instruction, and in a thread that has no memory left.
*/

/* Returns the number of the file with this name, or -1. */
static int find (const CLuaVM *vm, const char *name) {
  int low = 0, high = vm->filecount;
  while (low < high) {
    int middle = (low + high) / 2;
    int order = strcmp(vm->files[middle].name, name);
    if (order == 0)
      return middle;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return -1;
}


/* Marks the line in which the hook has fired. It allocates nothing. */
void clua_markline (lua_State *L, lua_Debug *ar) {
  CLuaVM *vm = clua_vm(L);
  CLuaFile *file;
  lua_getinfo(L, "S", ar);
  if (*ar->source != '@')
    return;
  if (strcmp(vm->files[vm->lastfile].name, ar->source) != 0) {
    int found = find(vm, ar->source);
    if (found < 0)
      return;
    vm->lastfile = found;
  }
  file = &vm->files[vm->lastfile];
  if (ar->currentline > 0 && ar->currentline < file->count)
    __atomic_store_n(&file->ran[ar->currentline], 1, __ATOMIC_RELAXED);
}


/* Records the lines of these files, of which there is at least one, in all
   threads that are created from now on. */
void clua_recordlines (lua_State *L, CLuaFile *files, int count) {
  CLuaVM *vm = clua_vm(L);
  vm->files = files;
  vm->filecount = count;
  clua_disarm(L);
}
