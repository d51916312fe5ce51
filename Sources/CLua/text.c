#include <string.h>

#include "text.h"

/*
** Lua's own luaL_Buffer is for the stack of C, which is another one after a
** yield. Must be C: memory of Lua's is got by what may raise.
*/

Text *clua_begintext (ShortText *text) {
  text->text.used = 0;
  text->text.room = CLUA_ROOM;
  text->text.kept = 0;
  return &text->text;
}


/* Moves the text into a userdata at 'slot' of the stack. */
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


/* Answers where the text is from now on. */
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
