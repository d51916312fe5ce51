#define _GNU_SOURCE
#include <string.h>

#include "pattern.h"

/*
** string.find, match and gmatch. A search that pauses is kept on top of the
** stack. This must be C for the reasons in pattern.c.
*/

/* Converts a position, which may count from the end, to an offset from 0. */
static size_t offset (lua_Integer position, size_t length) {
  if (position > 0)
    return (size_t)position - 1;
  if (position == 0 || position < -(lua_Integer)length)
    return 0;
  return length + (size_t)position;
}


/* plain ----------------------------------------------------------------- */

#define SMALL	4096       /* the longest subject searched in one go */
#define WINDOW	(256 << 10)

/* Searches a small subject, for which the setup of memmem would take longer
   than the search. */
static const char *findsmall (const char *s, size_t length, const char *text,
                              size_t textlength) {
  const char *last = s + (length - textlength);
  while (s <= last) {
    s = memchr(s, *text, (size_t)(last - s) + 1);
    if (s == NULL)
      return NULL;
    if (memcmp(s + 1, text + 1, textlength - 1) == 0)
      return s;
    s++;
  }
  return NULL;
}


static int plaink (lua_State *L, int status, lua_KContext from);

/*
** Searches for a plain text, window by window. Two windows overlap by the
** length of the text less one byte, so that no occurrence is missed.
*/
static int plain (lua_State *L, const char *s, size_t length, const char *text,
                  size_t textlength, size_t from) {
  const char *found = NULL;
  size_t window = textlength < WINDOW / 2 ? WINDOW : 2 * textlength;
  if (textlength == 0)
    found = s + from;
  else if (length - from <= SMALL) {
    if (textlength <= length - from)
      found = findsmall(s + from, length - from, text, textlength);
  }
  else {
    while (length - from >= textlength) {
      size_t part = length - from < window ? length - from : window;
      found = memmem(s + from, part, text, textlength);
      if (found != NULL || part == length - from)
        break;
      from += part - textlength + 1;
      if (clua_isdue(L))
        clua_pause(L, (lua_KContext)from, plaink);
    }
  }
  if (found == NULL) {
    luaL_pushfail(L);
    return 1;
  }
  lua_pushinteger(L, found - s + 1);
  lua_pushinteger(L, found - s + (lua_Integer)textlength);
  return 2;
}


static int plaink (lua_State *L, int status, lua_KContext from) {
  size_t length, textlength;
  const char *s = lua_tolstring(L, 1, &length);
  const char *text = lua_tolstring(L, 2, &textlength);
  (void)status;
  return plain(L, s, length, text, textlength, (size_t)from);
}


static int hasspecials (const char *pattern, size_t length) {
  const char *end = pattern + length;
  while (pattern < end) {
    if (strpbrk(pattern, "^$*+?.([%-") != NULL)
      return 1;
    pattern += strlen(pattern) + 1;  /* skip to after a NUL */
  }
  return 0;
}


/* find and match -------------------------------------------------------- */

static int searchk (lua_State *L, int status, lua_KContext isfind);

static int search (Matcher *m, int isfind) {
  lua_State *L = m->L;
  Progress progress;
  while ((progress = clua_seek(m)) == PAUSED) {
    m = clua_keep(m);
    clua_pause(L, isfind, searchk);
  }
  if (progress == FAILED) {
    luaL_pushfail(L);
    return 1;
  }
  if (!isfind)
    return clua_pushcaptures(m, m->start, m->s);
  lua_pushinteger(L, m->start - m->subject + 1);
  lua_pushinteger(L, m->s - m->subject);
  return clua_pushcaptures(m, NULL, NULL) + 2;
}


static int searchk (lua_State *L, int status, lua_KContext isfind) {
  (void)status;
  return search(lua_touserdata(L, -1), (int)isfind);
}


static int begin (lua_State *L, int isfind) {
  size_t length, patternlength;
  const char *subject = luaL_checklstring(L, 1, &length);
  const char *pattern;
  size_t from;
  Matcher m;
  pattern = luaL_checklstring(L, 2, &patternlength);
  from = offset(luaL_optinteger(L, 3, 1), length);
  if (from > length) {
    luaL_pushfail(L);
    return 1;
  }
  if (isfind && (lua_toboolean(L, 4) || !hasspecials(pattern, patternlength)))
    return plain(L, subject, length, pattern, patternlength, from);
  clua_prepare(&m, L, subject, length, pattern, patternlength, 1);
  m.start += from;
  return search(&m, isfind);
}


static int find (lua_State *L) { return begin(L, 1); }

static int match (lua_State *L) { return begin(L, 0); }


/* gmatch ---------------------------------------------------------------- */

/* The members of a matcher that are kept between two matches. */
typedef struct Walk {
  char matcher[offsetof(Matcher, captures)];
} Walk;

#define WALK	lua_upvalueindex(3)

static int nextk (lua_State *L, int status, lua_KContext context);

static int walk (Matcher *m) {
  lua_State *L = m->L;
  const char *start;
  Progress progress;
  while ((progress = clua_seek(m)) == PAUSED) {
    m = clua_keep(m);
    clua_pause(L, 0, nextk);
  }
  if (progress == FAILED)
    return 0;
  start = m->start;
  m->start = m->last = m->s;
  memcpy(lua_touserdata(L, WALK), m, sizeof(Walk));
  return clua_pushcaptures(m, start, m->s);
}


static int nextk (lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return walk(lua_touserdata(L, -1));
}


static int next (lua_State *L) {
  Matcher m;
  memcpy(&m, lua_touserdata(L, WALK), sizeof(Walk));
  m.L = L;  /* another coroutine may call now */
  if (m.start > m.subjectend)
    return 0;
  return walk(&m);
}


static int gmatch (lua_State *L) {
  size_t length, patternlength, from;
  const char *subject = luaL_checklstring(L, 1, &length);
  const char *pattern = luaL_checklstring(L, 2, &patternlength);
  Matcher m;
  from = offset(luaL_optinteger(L, 3, 1), length);
  lua_settop(L, 2);
  clua_prepare(&m, L, subject, length, pattern, patternlength, 0);
  m.start += from > length ? length + 1 : from;
  memcpy(lua_newuserdatauv(L, sizeof(Walk), 0), &m, sizeof(Walk));
  lua_pushcclosure(L, next, 3);
  return 1;
}


void clua_setsearch (lua_State *L) {
  static const luaL_Reg functions[] = {
    {"find", find}, {"gmatch", gmatch}, {"match", match}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
