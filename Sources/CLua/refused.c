#include <string.h>

#include "CLua.h"

/*
** The functions of Lua's libraries that a script must not call. They exist,
** because a library may look at them when it loads; a call raises an error that
** says what to use instead. They are C because a C function without upvalues
** costs a VM no memory, and because Lua keeps the caller of a C function on the
** stack even for 'return f()', so that the error can name its line.
*/

int clua_refuse (lua_State *L, const char *name, const char *advice) {
  clua_pushplace(L, 1);
  lua_pushfstring(L, "%s is not available in a function: %s", name, advice);
  lua_concat(L, 2);
  return lua_error(L);
}


#define NOFILES		"a function cannot write files; use a blob binding"
#define NOPROGRAMS	"a function cannot start programs"
#define NOINPUT		"there is no standard input; the input is in the" \
			" handler's first argument"
#define USEREQUIRE	"put the file in lib/ and use require"

/* library, name, advice */
#define REFUSALS(X) \
  X(base, dofile, USEREQUIRE) \
  X(base, loadfile, USEREQUIRE) \
  X(debug, debug, CLUA_READSONLY) \
  X(debug, getlocal, CLUA_READSONLY) \
  X(debug, getregistry, CLUA_READSONLY) \
  X(debug, getuservalue, CLUA_READSONLY) \
  X(debug, setlocal, CLUA_READSONLY) \
  X(debug, setuservalue, CLUA_READSONLY) \
  X(debug, upvalueid, CLUA_READSONLY) \
  X(io, input, NOINPUT) \
  X(io, popen, NOPROGRAMS) \
  X(io, read, NOINPUT) \
  X(io, tmpfile, "a function cannot write files; keep the text in a variable") \
  X(os, execute, NOPROGRAMS) \
  X(os, exit, "return from the handler, or raise an error to fail the" \
    " invocation") \
  X(os, remove, NOFILES) \
  X(os, rename, NOFILES) \
  X(os, setlocale, "all functions share one locale") \
  X(os, tmpname, "a function cannot write files; keep the text in a variable") \
  X(package, loadlib, "modules are text files of the app, found by require")

#define DEFINE(library, name, advice) \
  static int library##_##name (lua_State *L) { \
    int isbase = strcmp(#library, "base") == 0; \
    return clua_refuse(L, isbase ? #name : #library "." #name, advice); \
  }
REFUSALS(DEFINE)

#define LIST(library, name, advice) {#library, #name, library##_##name, advice},


static const struct {
  const char *library, *name;
  lua_CFunction function;
  const char *advice;
} refusals[] = {REFUSALS(LIST)};

#define COUNT	(sizeof(refusals) / sizeof(refusals[0]))


/* Sets the refusals of a library in its table, which is on top. */
void clua_setrefusals (lua_State *L, const char *library) {
  size_t i;
  for (i = 0; i < COUNT; i++)
    if (strcmp(refusals[i].library, library) == 0) {
      lua_pushcfunction(L, refusals[i].function);
      lua_setfield(L, -2, refusals[i].name);
    }
}


/* What to do instead of calling a function; NULL if a script may call it. The
   library of a global function is "base". */
const char *clua_advice (const char *library, const char *name) {
  size_t i;
  for (i = 0; i < COUNT; i++)
    if (strcmp(refusals[i].library, library) == 0
        && strcmp(refusals[i].name, name) == 0)
      return refusals[i].advice;
  return NULL;
}
