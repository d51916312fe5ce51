/* What only the C compiler is told: macros with a value do not reach Swift. */
#include "CLua.h"

#ifndef CLUA_COMMIT
#define CLUA_COMMIT "development"
#endif

const char *clua_commit (void) { return CLUA_COMMIT; }

const char *clua_release (void) { return LUA_RELEASE; }
