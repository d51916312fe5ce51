#define _GNU_SOURCE
#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "text.h"

/*
** The functions of Lua's string library that may run long, except those with
** patterns. Long results are built in a userdata, over several slices. Its slot
** on the stack follows the arguments. They must be C because they raise errors.
*/

/* Results up to this length are made in one go. */
#define SHORT	(64 << 10)

/* How many bytes are copied between two checks for the end of the slice. */
#define PIECE	(256 << 10)

/* How many bytes are converted one by one between two such checks. */
static size_t piece (lua_State *L) {
  return (size_t)clua_vm(L)->stride * 4;
}


/* rep: 1 text, 2 how often, 3 separator, 4 result -------------------------- */

/*
** Fills the rest of the result by copying the filled part to its own end, which
** doubles that part each time. The result repeats with the length of a text and
** a separator ('used').
*/
static int fill (lua_State *L, int status, lua_KContext filled) {
  Text *result = lua_touserdata(L, 4);
  (void)status;
  while ((size_t)filled < result->room) {
    size_t phase = (size_t)filled % result->used;
    size_t length = (size_t)filled - phase;
    if (length > result->room - (size_t)filled)
      length = result->room - (size_t)filled;
    if (length > PIECE)
      length = PIECE;
    memcpy(result->bytes + filled, result->bytes + phase, length);
    filled += (lua_KContext)length;
    if (clua_isdue(L))
      clua_pause(L, filled, fill);
  }
  lua_pushlstring(L, result->bytes, result->room);
  return 1;
}


static int rep (lua_State *L) {
  size_t length, separatorlength, unit, total;
  const char *text = luaL_checklstring(L, 1, &length);
  lua_Integer count = luaL_checkinteger(L, 2);
  const char *separator = luaL_optlstring(L, 3, "", &separatorlength);
  Text *result;
  if (count <= 0 || length + separatorlength == 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  unit = length + separatorlength;
  if (unit < length || unit > (size_t)LUA_MAXINTEGER / (size_t)count)
    return luaL_error(L, "resulting string too large");
  total = unit * (size_t)count - separatorlength;
  if (total <= SHORT) {
    luaL_Buffer buffer;
    char *to = luaL_buffinitsize(L, &buffer, total);
    size_t filled = count > 1 ? unit : length;
    memcpy(to, text, length);
    memcpy(to + length, separator, filled - length);
    while (filled < total) {
      size_t more = filled < total - filled ? filled : total - filled;
      memcpy(to + filled, to, more);
      filled += more;
    }
    luaL_pushresultsize(&buffer, total);
    return 1;
  }
  lua_settop(L, 3);
  result = lua_newuserdatauv(L, sizeof(Text) + total, 0);
  result->room = total;
  result->used = unit;  /* the period */
  memcpy(result->bytes, text, length);
  if (count > 1)
    memcpy(result->bytes + length, separator, separatorlength);
  return fill(L, LUA_OK, (lua_KContext)(count > 1 ? unit : length));
}


/* lower, upper, reverse: 1 text, 2 result ---------------------------------- */

enum Change {LOWER, UPPER, REVERSE};

static void change (enum Change how, char *to, const char *from, size_t length,
                    size_t at, size_t end) {
  switch (how) {
    case LOWER:
      for (; at < end; at++)
        to[at] = (char)tolower((unsigned char)from[at]);
      break;
    case UPPER:
      for (; at < end; at++)
        to[at] = (char)toupper((unsigned char)from[at]);
      break;
    case REVERSE:
      for (; at < end; at++)
        to[at] = from[length - 1 - at];
      break;
  }
}


/* The context holds the offset and, in its two lowest bits, the change. */
static int changek (lua_State *L, int status, lua_KContext context) {
  enum Change how = (enum Change)(context & 3);
  size_t length, at = (size_t)context >> 2;
  const char *text = lua_tolstring(L, 1, &length);
  char *result = lua_touserdata(L, 2);
  (void)status;
  while (at < length) {
    size_t end = length - at < piece(L) ? length : at + piece(L);
    change(how, result, text, length, at, end);
    at = end;
    if (clua_isdue(L))
      clua_pause(L, (lua_KContext)(at << 2 | how), changek);
  }
  lua_pushlstring(L, result, length);
  return 1;
}


static int changed (lua_State *L, enum Change how) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  if (length <= SHORT) {
    luaL_Buffer buffer;
    char *to = luaL_buffinitsize(L, &buffer, length);
    change(how, to, text, length, 0, length);
    luaL_pushresultsize(&buffer, length);
    return 1;
  }
  lua_settop(L, 1);
  lua_newuserdatauv(L, length, 0);
  return changek(L, LUA_OK, how);
}


static int lower (lua_State *L) { return changed(L, LOWER); }

static int upper (lua_State *L) { return changed(L, UPPER); }

static int reverse (lua_State *L) { return changed(L, REVERSE); }


/* Lua's own functions, behind limits on their arguments -------------------- */

#define OWN	lua_upvalueindex(1)

#define MOSTVALUES	1000          /* arguments of format */
#define MOSTTEXT	(4 << 20)     /* bytes of format's first argument */
#define MOSTQUOTED	(256 << 10)   /* bytes of strings if there is a '%q' */
#define MOSTFORMAT	(64 << 10)    /* bytes of pack's first argument */
#define MOSTFIXED	(8 << 20)     /* sum of the sizes of pack's 'c' items */

/* The characters that may stand between '%' and the letter of a format. */
#define FLAGS	"-+ #0123456789."

/* More than the arguments of any call of format. A context is an offset in the
   format times this, plus the number of an argument. */
#define ARGUMENTS	2048

static int formatk (lua_State *L, int status, lua_KContext context);

/*
** Lets Lua's own 'format' check a part of the format and raise its errors. The
** arguments up to 'argument' belong to earlier parts; a '%p', which accepts any
** value, stands for each.
*/
static void checkpart (lua_State *L, const char *part, size_t length,
                       int argument) {
  luaL_Buffer buffer;
  int top = lua_gettop(L), i;
  lua_pushvalue(L, 1);
  luaL_buffinit(L, &buffer);
  for (i = 2; i <= argument; i++)
    luaL_addlstring(&buffer, "%p", 2);
  luaL_addlstring(&buffer, part, length);
  luaL_pushresult(&buffer);
  lua_replace(L, 1);
  lua_tocfunction(L, OWN)(L);
  lua_settop(L, top + 1);
  lua_replace(L, 1);
}


/*
** Lua's own 'format' calls '__tostring' in a way that does not let it yield. So
** this function converts the arguments of '%s' to strings first, beginning at
** this offset of the format, with the argument after 'argument'. It checks the
** part of the format before each such '%s', so that errors come in the same
** order as from Lua.
*/
static int formattexts (lua_State *L, size_t at, int argument) {
  size_t length, begin = at;
  const char *text = lua_tolstring(L, 1, &length);
  const char *next;
  int done = argument, issimple = 1;
  while ((next = memchr(text + at, '%', length - at)) != NULL) {
    size_t place = (size_t)(next - text);
    at = place + 1 + strspn(next + 1, FLAGS);
    if (at >= length)
      break;
    if (next[1] != '%')
      argument++;
    if (text[at++] == 's' && argument <= lua_gettop(L)
        && lua_type(L, argument) != LUA_TSTRING
        && luaL_getmetafield(L, argument, "__tostring") != LUA_TNIL) {
      lua_KContext context = (lua_KContext)at * ARGUMENTS + argument;
      if (!issimple)
        checkpart(L, text + begin, place - begin, done);
      lua_pushvalue(L, argument);
      lua_callk(L, 1, 1, context, formatk);
      return formatk(L, LUA_OK, context);
    }
    issimple = issimple && (next[1] == 's' || next[1] == '%');
  }
  return lua_tocfunction(L, OWN)(L);
}


/* Continues with the result of '__tostring' on top of the stack. */
static int formatk (lua_State *L, int status, lua_KContext context) {
  int argument = (int)(context % ARGUMENTS);
  (void)status;
  if (!lua_isstring(L, -1))
    return luaL_error(L, "'__tostring' must return a string");
  lua_tostring(L, -1);  /* turns a number into a string */
  lua_replace(L, argument);
  return formattexts(L, (size_t)(context / ARGUMENTS), argument);
}


static int format (lua_State *L) {
  int values = lua_gettop(L) - 1;
  int isplain = 1;
  size_t textlength, length = 0;
  const char *text = luaL_checklstring(L, 1, &textlength);
  int argument;
  if (textlength > MOSTTEXT)
    return luaL_error(L, "format too long (%I bytes; at most %d)",
                      (LUAI_UACINT)textlength, MOSTTEXT);
  if (values > MOSTVALUES)
    return luaL_error(L, "too many values for 'format' (%d; at most %d)",
                      values, MOSTVALUES);
  for (argument = 2; argument <= values + 1; argument++)
    switch (lua_type(L, argument)) {
      case LUA_TSTRING: length += lua_rawlen(L, argument); break;
      case LUA_TTABLE: case LUA_TUSERDATA: isplain = 0; break;
    }
  if (length > MOSTQUOTED && memmem(text, textlength, "%q", 2) != NULL)
    return luaL_error(L, "too long for '%%q' of 'format' (%I bytes; at most %d)",
                      (LUAI_UACINT)length, MOSTQUOTED);
  return isplain ? lua_tocfunction(L, OWN)(L) : formattexts(L, 0, 1);
}


/* Checks that the format does not ask for too much, then calls Lua's own
   function: pack, packsize or unpack. */
static int pack (lua_State *L) {
  size_t length, fixed = 0, i;
  const char *text = luaL_checklstring(L, 1, &length);
  if (length > MOSTFORMAT)
    return luaL_error(L, "format too long (%I bytes; at most %d)",
                      (LUAI_UACINT)length, MOSTFORMAT);
  for (i = 0; i < length; i++)
    if (text[i] == 'c') {
      size_t size = 0;
      while (isdigit((unsigned char)text[i + 1]) && size <= MOSTFIXED)
        size = size * 10 + (size_t)(text[++i] - '0');
      fixed += size;
    }
  if (fixed > MOSTFIXED)
    return luaL_error(L, "the 'c' items of the format are too long (at most %d"
                         " bytes together)", MOSTFIXED);
  return lua_tocfunction(L, OWN)(L);
}


/* Replaces a function of the library on top of the stack with 'f', whose
   upvalue is the original. */
static void wrap (lua_State *L, const char *name, lua_CFunction f) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, f, 1);
  lua_setfield(L, -2, name);
}


int clua_openstring (lua_State *L) {
  static const luaL_Reg functions[] = {
    {"gsub", clua_gsub}, {"lower", lower}, {"rep", rep}, {"reverse", reverse},
    {"upper", upper}, {NULL, NULL}};
  luaopen_string(L);
  luaL_setfuncs(L, functions, 0);
  clua_setsearch(L);
  wrap(L, "format", format);
  wrap(L, "pack", pack);
  wrap(L, "packsize", pack);
  wrap(L, "unpack", pack);
  return 1;
}
