#include <string.h>

#include "pattern.h"

/*
** string.gsub. Stack: 1 subject, 2 pattern, 3 replacement, 4 maximum number of
** replacements, 5 the state of the work, 6 a paused search. It must be C for
** the reasons in pattern.c.
*/

#define SUBJECT	1
#define PATTERN	2
#define REPLACEMENT	3
#define WORK	5
#define SEARCH	6

/* Results up to this many bytes are built on the C stack. */
#define ROOM	1024

/*
** The state of one gsub. It begins on the C stack and is moved into a userdata
** when it grows, and before anything that may yield. Offsets are offsets in the
** subject.
*/
typedef struct Work {
  lua_Integer done, most;  /* replacements */
  size_t copied;           /* the result covers the subject up to here */
  size_t from, to;         /* the match that is being replaced */
  size_t used, room;       /* bytes of 'text' */
  size_t replaced;         /* bytes of the replacement string processed */
  int changed;             /* the result differs from the subject */
  int replacing;           /* a match is being replaced by a string */
  int kept;                /* the state is in a userdata */
  char text[];
} Work;


/* Moves the state into a userdata with room for 'room' bytes of text. */
static Work *move (lua_State *L, Work *work, size_t room) {
  Work *fresh = lua_newuserdatauv(L, sizeof(Work) + room, 0);
  memcpy(fresh, work, sizeof(Work) + work->used);
  fresh->room = room;
  fresh->kept = 1;
  lua_replace(L, WORK);
  return fresh;
}


/* Moves the state into a userdata, with room for a result about as long as the
   subject, which is the usual length. */
static Work *keep (lua_State *L, Work *work) {
  return work->kept ? work
    : move(L, work, work->used + lua_rawlen(L, SUBJECT) - work->copied + 32);
}


static Work *add (lua_State *L, Work *work, const char *text, size_t length) {
  if (length > work->room - work->used) {
    if (length > (size_t)LUA_MAXINTEGER / 4 - work->used)
      luaL_error(L, "resulting string too large");
    work = move(L, work, work->room * 2 < work->used + length
                         ? work->used + length : work->room * 2);
  }
  memcpy(work->text + work->used, text, length);
  work->used += length;
  return work;
}


/* Replaces the match with the value on top of the stack. If the value is false
   or nil, the match stays. */
static Work *addvalue (lua_State *L, Work *work, const char *subject) {
  size_t length;
  const char *text;
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    return work;  /* the match is copied later with the text after it */
  }
  if (!lua_isstring(L, -1))
    luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  work = add(L, work, subject + work->copied, work->from - work->copied);
  text = lua_tolstring(L, -1, &length);
  work = add(L, work, text, length);
  lua_pop(L, 1);
  work->copied = work->to;
  work->changed = 1;
  return work;
}


static int gsubk (lua_State *L, int status, lua_KContext context);

/* Appends what '%' and 'c' stand for in the replacement string. */
static Work *addescape (Matcher *m, Work *work, char c) {
  lua_State *L = m->L;
  const char *text;
  ptrdiff_t length;
  if (c == '%')
    return add(L, work, "%", 1);
  if (c == '0')
    return add(L, work, m->start, (size_t)(m->s - m->start));
  if (c < '1' || c > '9')
    luaL_error(L, "invalid use of '%c' in replacement string", '%');
  length = clua_capture(m, c - '1', m->start, m->s, &text);
  if (length == POSITION) {
    size_t digits;
    text = lua_tolstring(L, -1, &digits);
    work = add(L, work, text, digits);
    lua_pop(L, 1);
    return work;
  }
  return add(L, work, text, (size_t)length);
}


/* Appends the replacement string. It may be long, so the slice may end while it
   is processed. */
static Work *addstring (Matcher **m, Work *work) {
  lua_State *L = (*m)->L;
  size_t length;
  const char *text = lua_tolstring(L, REPLACEMENT, &length);
  if (!work->replacing) {
    work = add(L, work, (*m)->subject + work->copied,
               work->from - work->copied);
    work->replaced = 0;
    work->replacing = 1;
  }
  while (work->replaced < length) {
    const char *rest = text + work->replaced;
    size_t left = length - work->replaced;
    const char *escape = memchr(rest, '%', left);
    if (escape == NULL) {
      work = add(L, work, rest, left);
      break;
    }
    work = add(L, work, rest, (size_t)(escape - rest));
    work = addescape(*m, work, escape[1]);
    work->replaced += (size_t)(escape - rest) + 2;
    if (--(*m)->steps < 0) {
      (*m)->steps = clua_vm(L)->stride;
      if (clua_isdue(L)) {
        work = keep(L, work);
        *m = clua_keep(*m);
        clua_pause(L, 0, gsubk);
      }
    }
  }
  work->replacing = 0;
  work->copied = work->to;
  work->changed = 1;
  return work;
}


static int calledk (lua_State *L, int status, lua_KContext context);

static Work *call (Matcher *m, Work *work) {
  lua_State *L = m->L;
  work = keep(L, work);
  lua_pushvalue(L, REPLACEMENT);
  lua_callk(L, clua_pushcaptures(m, m->start, m->s), 1, 0, calledk);
  return addvalue(L, work, m->subject);
}


static Work *look (Matcher *m, Work *work) {
  lua_State *L = m->L;
  const char *text;
  ptrdiff_t length;
  int hasmetatable = lua_getmetatable(L, REPLACEMENT);
  if (hasmetatable) {
    lua_pop(L, 1);
    work = keep(L, work);
    clua_pushhelper(L, CLUA_INDEX);  /* a metamethod may yield */
    lua_pushvalue(L, REPLACEMENT);
  }
  length = clua_capture(m, 0, m->start, m->s, &text);
  if (length != POSITION)
    lua_pushlstring(L, text, (size_t)length);
  if (hasmetatable)
    lua_callk(L, 2, 1, 0, calledk);
  else
    lua_rawget(L, REPLACEMENT);
  return addvalue(L, work, m->subject);
}


static Work *replace (Matcher **m, Work *work) {
  lua_State *L = (*m)->L;
  switch (lua_type(L, REPLACEMENT)) {
    case LUA_TFUNCTION:
      return call(*m, work);
    case LUA_TTABLE:
      return look(*m, work);
    default:
      return addstring(m, work);
  }
}


/* Continues with the next match, or with a replacement that was interrupted. */
static int gsub (Matcher *m, Work *work) {
  lua_State *L = m->L;
  while (work->replacing || work->done < work->most) {
    if (!work->replacing) {
      Progress progress = clua_seek(m);
      if (progress == PAUSED) {
        work = keep(L, work);
        m = clua_keep(m);
        clua_pause(L, 0, gsubk);
        continue;
      }
      if (progress == FAILED)
        break;
      work->done++;
      work->from = (size_t)(m->start - m->subject);
      work->to = (size_t)(m->s - m->subject);
    }
    work = replace(&m, work);
    m->start = m->last = m->s;
    if (m->anchored)
      break;
  }
  if (!work->changed)
    lua_pushvalue(L, SUBJECT);
  else {
    work = add(L, work, m->subject + work->copied,
               (size_t)(m->subjectend - m->subject) - work->copied);
    lua_pushlstring(L, work->text, work->used);
  }
  lua_pushinteger(L, work->done);
  return 2;
}


static int gsubk (lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return gsub(lua_touserdata(L, SEARCH), lua_touserdata(L, WORK));
}


/* Continues after the replacement function, or '__index', has yielded. */
static int calledk (lua_State *L, int status, lua_KContext context) {
  Work *work = lua_touserdata(L, WORK);
  size_t length, patternlength;
  const char *subject = lua_tolstring(L, SUBJECT, &length);
  const char *pattern = lua_tolstring(L, PATTERN, &patternlength);
  Matcher m;
  (void)status;
  (void)context;
  clua_prepare(&m, L, subject, length, pattern, patternlength, 1);
  work = addvalue(L, work, m.subject);
  lua_settop(L, WORK);
  m.start = m.last = m.s = m.subject + work->to;
  if (m.anchored)
    work->most = work->done;
  return gsub(&m, work);
}


int clua_gsub (lua_State *L) {
  union {
    Work work;
    char room[sizeof(Work) + ROOM];
  } local;
  Work *work = &local.work;
  Matcher m;
  size_t length, patternlength;
  const char *subject = luaL_checklstring(L, SUBJECT, &length);
  const char *pattern = luaL_checklstring(L, PATTERN, &patternlength);
  int type = lua_type(L, REPLACEMENT);
  memset(work, 0, sizeof(Work));
  work->room = ROOM;
  work->most = luaL_optinteger(L, 4, (lua_Integer)length + 1);
  luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING
                      || type == LUA_TFUNCTION || type == LUA_TTABLE,
                   REPLACEMENT, "string/function/table");
  lua_settop(L, 4);
  lua_pushnil(L);
  clua_prepare(&m, L, subject, length, pattern, patternlength, 1);
  return gsub(&m, work);
}
