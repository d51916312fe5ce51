#include "text.h"

/*
** The functions of Lua's utf8 library that may walk over a long string,
** rewritten to take several slices. Each loop is its own continuation, and its
** context is the current position. They must be C because they raise errors.
*/

/* Characters between two checks for the end of the slice. */
#define STEPS(L)	clua_vm(L)->stride

#define MOSTUTF	0x7FFFFFFFu  /* six bytes */
#define MOSTUNICODE	0x10FFFFu

#define iscontinuation(c)	(((c) & 0xC0) == 0x80)


/* Encodes a code point at the end of eight bytes. Returns how many it takes. */
static int encode (char *bytes, lua_Unsigned code) {
  int count = 1;
  lua_Unsigned first = 0x3F;  /* most that fits into the first byte */
  if (code < 0x80) {
    bytes[7] = (char)code;
    return 1;
  }
  do {
    bytes[8 - count++] = (char)(0x80 | (code & 0x3F));
    code >>= 6;
    first >>= 1;
  } while (code > first);
  bytes[8 - count] = (char)((~first << 1) | code);
  return count;
}


/* char: 1 the slot for the text, 2... code points. */
static int encodek (lua_State *L, int status, lua_KContext i);

static int encodefrom (lua_State *L, Text *text, int i) {
  int count = lua_gettop(L), steps = STEPS(L);
  for (; i <= count; i++) {
    char bytes[8];
    lua_Unsigned code;
    int length;
    if (--steps < 0) {
      steps = STEPS(L);
      if (clua_isdue(L)) {
        text = clua_keeptext(L, text, 1);
        clua_pause(L, i, encodek);
      }
    }
    code = (lua_Unsigned)lua_tointeger(L, i);
    length = encode(bytes, code);
    text = clua_addtext(L, text, 1, bytes + 8 - length, (size_t)length);
  }
  lua_pushlstring(L, text->bytes, text->used);
  return 1;
}


static int encodek (lua_State *L, int status, lua_KContext i) {
  (void)status;
  return encodefrom(L, lua_touserdata(L, 1), (int)i);
}


static int character (lua_State *L) {
  ShortText text;
  int i, count = lua_gettop(L);
  for (i = 1; i <= count; i++) {
    lua_Unsigned code = (lua_Unsigned)luaL_checkinteger(L, i);
    luaL_argcheck(L, code <= MOSTUTF, i, "value out of range");
  }
  luaL_checkstack(L, 2, NULL);
  lua_pushnil(L);
  lua_insert(L, 1);
  return encodefrom(L, clua_begintext(&text), 2);
}


/* Returns the end of the character at 's', or NULL if it is not valid. */
static const char *decode (const char *s, int strict) {
  static const lua_Unsigned least[] = {
    ~(lua_Unsigned)0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000};
  unsigned int c = (unsigned char)s[0];
  lua_Unsigned code = 0;
  int count = 0;
  if (c < 0x80)
    return s + 1;
  for (; c & 0x40; c <<= 1) {
    unsigned int next = (unsigned char)s[++count];
    if (!iscontinuation(next))
      return NULL;
    code = code << 6 | (next & 0x3F);
  }
  code |= (lua_Unsigned)(c & 0x7F) << (count * 5);
  if (count > 5 || code > MOSTUTF || code < least[count])
    return NULL;
  if (strict && (code > MOSTUNICODE || (0xD800 <= code && code <= 0xDFFF)))
    return NULL;
  return s + count + 1;
}


/* Converts a position that may count from the end; 0 if it is before the
   beginning. */
static lua_Integer fromend (lua_Integer position, size_t length) {
  if (position >= 0)
    return position;
  if (0u - (size_t)position > length)
    return 0;
  return (lua_Integer)length + position + 1;
}


/* len: 1 text, 2 offset of the last byte, 3 whether lax, 4 count ----------- */

static int lengthk (lua_State *L, int status, lua_KContext at) {
  const char *text = lua_tostring(L, 1);
  lua_Integer last = lua_tointeger(L, 2), count = lua_tointeger(L, 4);
  int strict = !lua_toboolean(L, 3), steps = STEPS(L);
  (void)status;
  while (at <= last) {
    const char *end;
    if (--steps < 0) {
      steps = STEPS(L);
      if (clua_isdue(L)) {
        lua_pushinteger(L, count);
        lua_replace(L, 4);
        clua_pause(L, at, lengthk);
      }
    }
    end = decode(text + at, strict);
    if (end == NULL) {
      luaL_pushfail(L);
      lua_pushinteger(L, at + 1);
      return 2;
    }
    at = end - text;
    count++;
  }
  lua_pushinteger(L, count);
  return 1;
}


static int length (lua_State *L) {
  size_t size;
  lua_Integer first, last;
  luaL_checklstring(L, 1, &size);
  first = fromend(luaL_optinteger(L, 2, 1), size);
  last = fromend(luaL_optinteger(L, 3, -1), size);
  luaL_argcheck(L, 1 <= first && --first <= (lua_Integer)size, 2,
                "initial position out of bounds");
  luaL_argcheck(L, --last < (lua_Integer)size, 3,
                "final position out of bounds");
  lua_settop(L, 4);
  lua_replace(L, 3);
  lua_pushinteger(L, last);
  lua_replace(L, 2);
  lua_pushinteger(L, 0);
  return lengthk(L, LUA_OK, (lua_KContext)first);
}


/* offset: 1 text, 2 characters to move, backwards if negative -------------- */

static int offsetk (lua_State *L, int status, lua_KContext at) {
  size_t size;
  const char *text = lua_tolstring(L, 1, &size);
  lua_Integer left = lua_tointeger(L, 2), end = (lua_Integer)size;
  int steps = STEPS(L);
  (void)status;
  while (left != 0) {
    /* Here a step is one byte. */
    if (left < 0) {
      if (at <= 0)
        break;
      if (--at == 0 || !iscontinuation(text[at]))
        left++;
    }
    else {
      if (at >= end)
        break;
      if (!iscontinuation(text[++at]))
        left--;
    }
    if (--steps < 0) {
      steps = STEPS(L);
      if (clua_isdue(L)) {
        lua_pushinteger(L, left);
        lua_replace(L, 2);
        clua_pause(L, at, offsetk);
      }
    }
  }
  if (left == 0)
    lua_pushinteger(L, at + 1);
  else
    luaL_pushfail(L);
  return 1;
}


static int offset (lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  lua_Integer count = luaL_checkinteger(L, 2);
  lua_Integer at = count >= 0 ? 1 : (lua_Integer)size + 1;
  at = fromend(luaL_optinteger(L, 3, at), size);
  luaL_argcheck(L, 1 <= at && --at <= (lua_Integer)size, 3,
                "position out of bounds");
  if (count == 0) {  /* find the beginning of the character at 'at' */
    count = -1;
    at++;
  }
  else if (iscontinuation(text[at]))
    return luaL_error(L, "initial position is a continuation byte");
  else if (count > 0)
    count--;  /* 'at' is the first one */
  lua_settop(L, 1);
  lua_pushinteger(L, count);
  return offsetk(L, LUA_OK, (lua_KContext)at);
}


int clua_openutf8 (lua_State *L) {
  static const luaL_Reg functions[] = {
    {"char", character}, {"len", length}, {"offset", offset}, {NULL, NULL}};
  luaopen_utf8(L);
  luaL_setfuncs(L, functions, 0);
  return 1;
}
