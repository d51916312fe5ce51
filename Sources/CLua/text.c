#include <string.h>

#include "text.h"

/*
** Lua's luaL_Buffer lives on the C stack, which does not survive a yield; this
** one does. It must be C because allocating Lua's memory may raise an error.
*/

Text *clua_begintext (ShortText *text) {
  text->text.used = 0;
  text->text.room = CLUA_ROOM;
  text->text.kept = 0;
  return &text->text;
}


/* Moves the text into a userdata, which it puts at 'slot' of the stack. */
static Text *move (lua_State *L, Text *text, int slot, size_t room) {
  Text *fresh = lua_newuserdatauv(L, sizeof(Text) + room, 0);
  memcpy(fresh, text, sizeof(Text) + text->used);
  fresh->room = room;
  fresh->kept = 1;
  lua_replace(L, slot);
  return fresh;
}


Text *clua_keeptext (lua_State *L, Text *text, int slot) {
  return text->kept ? text : move(L, text, slot, text->room);
}


/* Appends bytes. Returns the address of the text, which may have moved. */
Text *clua_addtext (lua_State *L, Text *text, int slot, const char *bytes,
                    size_t length) {
  if (length > text->room - text->used) {
    size_t most = (size_t)LUA_MAXINTEGER / 4;
    if (length > most - text->used)
      luaL_error(L, "resulting string too large");
    move(L, text, slot, text->room * 2 < text->used + length
                        ? text->used + length : text->room * 2);
    text = lua_touserdata(L, slot);
  }
  memcpy(text->bytes + text->used, bytes, length);
  text->used += length;
  return text;
}
