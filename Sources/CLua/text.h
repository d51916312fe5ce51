/*
** A growing string that can be kept while its thread yields.
*/

#ifndef CLUA_TEXT_H
#define CLUA_TEXT_H

#include "CLua.h"

/* It begins on the C stack, and is moved into a userdata if it grows, or before
   a yield. */
typedef struct Text {
  size_t used, room;
  int kept;
  char bytes[];
} Text;

#define CLUA_ROOM	1024

typedef union ShortText {
  Text text;
  char room[sizeof(Text) + CLUA_ROOM];
} ShortText;

Text *clua_begintext (ShortText *text);
Text *clua_keeptext (lua_State *L, Text *text, int slot);
Text *clua_addtext (lua_State *L, Text *text, int slot, const char *bytes,
                    size_t length);

#endif
