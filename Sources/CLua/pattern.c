#include <ctype.h>
#include <string.h>

#include "pattern.h"

/*
** A pattern matcher with the results, limits and messages of Lua 5.4's
** lstrlib.c. Lua's matcher calls itself wherever it may have to backtrack. This
** one records a choice instead, so an unfinished match is a few variables and a
** list. It must be C because it raises errors and reads the bytes of Lua's
** strings in place.
*/

#define ESCAPE	'%'
#define byteof(p)	((int)(unsigned char)*(p))


/* The bit of a character class in libc's table, or 0 if the letter names no
   class. */
static int bitof (int class) {
  switch (class | 0x20) {  /* in lower case */
    case 'a': return _ISalpha;
    case 'c': return _IScntrl;
    case 'd': return _ISdigit;
    case 'g': return _ISgraph;
    case 'l': return _ISlower;
    case 'p': return _ISpunct;
    case 's': return _ISspace;
    case 'u': return _ISupper;
    case 'w': return _ISalnum;
    case 'x': return _ISxdigit;
    default: return 0;
  }
}


static inline int hasbit (int c, int bit) {
  return ((*__ctype_b_loc())[c] & bit) != 0;
}


static int ofclass (int c, int class) {
  int bit = isalpha(class) ? bitof(class) : 0;
  if (bit != 0)
    return hasbit(c, bit) == (islower(class) != 0);
  if ((class | 0x20) == 'z')  /* an old class that the manual omits */
    return (c == 0) == (class == 'z');
  return class == c;
}


/* Whether the set contains 'c'. 'p' is at its '[' and 'last' at its ']'. */
static int ofset (int c, const char *p, const char *last) {
  int is = 1;
  if (p[1] == '^') {
    is = 0;
    p++;
  }
  while (++p < last) {
    if (*p == ESCAPE) {
      p++;
      if (ofclass(c, byteof(p)))
        return is;
    }
    else if (p[1] == '-' && p + 2 < last) {
      p += 2;
      if (byteof(p - 2) <= c && c <= byteof(p))
        return is;
    }
    else if (byteof(p) == c)
      return is;
  }
  return !is;
}


/* Whether the pattern item from 'p' to 'ep' matches the character at 's'. */
static inline int takes (const Matcher *m, const char *s, const char *p,
                         const char *ep) {
  if (s >= m->subjectend)
    return 0;
  switch (*p) {
    case '.': return 1;
    case ESCAPE: return ofclass(byteof(s), byteof(p + 1));
    case '[': return ofset(byteof(s), p, ep - 1);
    default: return *p == *s;
  }
}


/* The end of the pattern item that begins at 'p'; NULL if it is malformed. */
static inline const char *endof (const char *p, const char *patternend) {
  switch (*p++) {
    case ESCAPE:
      return p == patternend ? NULL : p + 1;
    case '[':
      if (*p == '^')
        p++;
      do {  /* a ']' right after '[' is literal */
        if (p == patternend)
          return NULL;
        if (*p++ == ESCAPE && p < patternend)
          p++;
      } while (*p != ']');
      return p + 1;
    default:
      return p;
  }
}


static inline const char *itemend (Matcher *m, const char *p) {
  const char *end = endof(p, m->patternend);
  if (end == NULL)
    luaL_error(m->L, *p == '[' ? "malformed pattern (missing ']')"
                               : "malformed pattern (ends with '%%')");
  return end;
}


/* Records a choice to come back to. Lua's limit on the depth of backtracking is
   the limit on the number of choices. */
static inline Choice *choose (Matcher *m, int kind, const char *s) {
  Choice *choice;
  if (m->choices == MAXCHOICES)
    luaL_error(m->L, "pattern too complex");
  choice = &m->choice[m->choices++];
  choice->kind = kind;
  choice->s = s;
  return choice;
}


static void opencapture (Matcher *m, const char *s, ptrdiff_t length) {
  if (m->captures >= MAXCAPTURES)
    luaL_error(m->L, "too many captures");
  m->capture[m->captures].start = s;
  m->capture[m->captures].length = length;
  m->captures++;
  choose(m, OPENED, s);
}


static void closecapture (Matcher *m, const char *s) {
  int number = m->captures;
  while (--number >= 0 && m->capture[number].length != UNFINISHED) /* next */;
  if (number < 0)
    luaL_error(m->L, "invalid pattern capture");
  m->capture[number].length = s - m->capture[number].start;
  choose(m, CLOSED, s)->count = number;
}


/* The end of the text at 's' if that repeats a capture, else NULL. */
static const char *repeated (Matcher *m, const char *s, int digit) {
  int number = digit - '1';
  size_t length;
  if (number < 0 || number >= m->captures
      || m->capture[number].length == UNFINISHED)
    luaL_error(m->L, "invalid capture index %%%d", number + 1);
  length = (size_t)m->capture[number].length;
  if ((size_t)(m->subjectend - s) >= length
      && memcmp(m->capture[number].start, s, length) == 0)
    return s + length;
  return NULL;
}


static int atfrontier (Matcher *m, const char *s, const char *p,
                       const char *last) {
  int before = s == m->subject ? 0 : byteof(s - 1);
  return !ofset(before, p, last) && ofset(byteof(s), p, last);
}


/*
** How many of the 'most' characters from 's' on match the item, up to the first
** that does not. The kind of the item is decided once, outside of the loops.
*/
static ptrdiff_t run (const char *s, ptrdiff_t most, const char *p,
                      const char *ep) {
  ptrdiff_t n = 0;
  switch (*p) {
    case '.':
      return most;
    case ESCAPE: {
      int class = byteof(p + 1);
      int bit = isalpha(class) ? bitof(class) : 0;
      int wanted = islower(class) != 0;
      if (bit != 0)
        while (n < most && hasbit(byteof(s + n), bit) == wanted)
          n++;
      else
        while (n < most && ofclass(byteof(s + n), class))
          n++;
      return n;
    }
    case '[':
      while (n < most && ofset(byteof(s + n), p, ep - 1))
        n++;
      return n;
    default:
      while (n < most && s[n] == *p)
        n++;
      return n;
  }
}


/* If the slice is over, records where the attempt is and returns 1. Otherwise
   the attempt gets new steps. */
static int pauses (Matcher *m, int at, const char *s, const char *p,
                   const char *ep, ptrdiff_t count) {
  m->steps = clua_vm(m->L)->stride;
  if (!clua_isdue(m->L))
    return 0;
  m->at = at;
  m->s = s;
  m->p = p;
  m->ep = ep;
  m->count = count;
  return 1;
}


/*
** Begins an attempt to match at m->start, or continues a paused attempt. A step
** is one character tested, or eight characters of a set in the pattern.
*/
static Progress attempt (Matcher *m) {
  int steps = m->steps;  /* until the next check */
  const char *s = m->s, *p = m->p, *ep = m->ep;
  const char *last;
  ptrdiff_t count = m->count;
  Choice *choice;
  switch (m->at) {
    case MATCHING: goto match;
    case COUNTING: goto count;
    case BALANCING: goto balance;
    default:
      s = m->start;
      p = m->pattern;
      m->captures = m->choices = 0;
  }
 match:
  if (--steps < 0) {
    if (pauses(m, MATCHING, s, p, NULL, 0))
      return PAUSED;
    steps = m->steps;
  }
  if (p == m->patternend) {
    m->steps = steps;
    m->s = s;
    m->at = FRESH;
    return MATCHED;
  }
  switch (*p) {
    case '(':
      if (p[1] == ')') {
        opencapture(m, s, POSITION);
        p += 2;
      }
      else {
        opencapture(m, s, UNFINISHED);
        p++;
      }
      goto match;
    case ')':
      closecapture(m, s);
      p++;
      goto match;
    case '$':
      if (p + 1 != m->patternend)
        break;
      if (s != m->subjectend)
        goto fail;
      p++;
      goto match;
    case ESCAPE:
      switch (p[1]) {
        case 'b':
          if (p + 2 >= m->patternend - 1)
            luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
          if (*s != p[2])
            goto fail;
          count = 1;
          s++;
          goto balance;
        case 'f':
          p += 2;
          if (*p != '[')
            luaL_error(m->L, "missing '[' after '%%f' in pattern");
          ep = itemend(m, p);
          if (!atfrontier(m, s, p, ep - 1))
            goto fail;
          steps -= (int)((ep - p) >> 3);
          p = ep;
          goto match;
        case '0': case '1': case '2': case '3': case '4':
        case '5': case '6': case '7': case '8': case '9':
          last = s;
          s = repeated(m, s, byteof(p + 1));
          if (s == NULL)
            goto fail;
          steps -= (int)((s - last) >> 10);
          p += 2;
          goto match;
        default:
          break;
      }
      break;
    default:
      break;
  }
  ep = itemend(m, p);
  steps -= (int)((ep - p) >> 3);
  if (!takes(m, s, p, ep)) {
    if (*ep != '*' && *ep != '?' && *ep != '-')
      goto fail;
    p = ep + 1;  /* zero repetitions match */
    goto match;
  }
  switch (*ep) {
    case '?':
      choose(m, OPTION, s)->ep = ep;
      s++;
      p = ep + 1;
      goto match;
    case '-':
      choice = choose(m, LEAST, s);
      choice->p = p;
      choice->ep = ep;
      p = ep + 1;
      goto match;
    case '+':
    case '*':
      count = 1;
      break;
    default:
      s++;
      p = ep;
      goto match;
  }
 count:
  for (;;) {
    ptrdiff_t cost = 1 + ((ep - p) >> 3);
    ptrdiff_t most = m->subjectend - (s + count);
    ptrdiff_t taken;
    if (*p != '.' && most > steps / cost)
      most = steps > 0 ? steps / cost + 1 : 1;
    taken = run(s + count, most, p, ep);
    count += taken;
    if (*p != '.')
      steps -= (int)(taken * cost);
    if (taken < most || s + count >= m->subjectend)
      break;
    if (pauses(m, COUNTING, s, p, ep, count))
      return PAUSED;
    steps = m->steps;
  }
  /* '+' needs at least one character, so the first one is never given back. */
  if (*ep == '+') {
    s++;
    count--;
  }
  if (ep + 1 == m->patternend && m->choices < MAXCHOICES) {
    s += count;
    p = ep + 1;
    goto match;
  }
  choice = choose(m, MOST, s);
  choice->p = p;
  choice->ep = ep;
  choice->count = count;
  s += count;
  p = ep + 1;
  goto match;
 balance:  /* 'count' openings before 's' are not closed yet */
  last = m->subjectend - s > steps ? s + (steps > 0 ? steps : 1) : m->subjectend;
  steps -= (int)(last - s);
  for (; s < last; s++) {
    if (*s == p[3]) {
      if (--count == 0) {
        s++;
        p += 4;
        goto match;
      }
    }
    else if (*s == p[2])
      count++;
  }
  if (s < m->subjectend) {
    if (pauses(m, BALANCING, s, p, NULL, count))
      return PAUSED;
    steps = m->steps;
    goto balance;
  }
 fail:
  for (;;) {
    if (m->choices == 0) {
      m->steps = steps;
      m->at = FRESH;
      return FAILED;
    }
    choice = &m->choice[m->choices - 1];
    switch (choice->kind) {
      case OPENED:
        m->captures--;
        break;
      case CLOSED:
        m->capture[choice->count].length = UNFINISHED;
        break;
      case OPTION:
        s = choice->s;
        p = choice->ep + 1;
        m->choices--;
        goto match;
      case MOST:
        if (--choice->count >= 0) {
          s = choice->s + choice->count;
          p = choice->ep + 1;
          goto match;
        }
        break;
      case LEAST:
        steps -= (int)((choice->ep - choice->p) >> 3);
        if (takes(m, choice->s, choice->p, choice->ep)) {
          s = ++choice->s;
          p = choice->ep + 1;
          goto match;
        }
        break;
    }
    m->choices--;
  }
}


/*
** Records the end of the pattern's first item if that item always consumes a
** character. A match can then only begin where the item matches, so most
** positions need no attempt.
*/
static void notefirst (Matcher *m) {
  const char *p = m->pattern, *end;
  m->firstend = NULL;
  if (m->anchored || p == m->patternend || *p == '(' || *p == ')' || *p == '.')
    return;
  if (*p == '$' && p + 1 == m->patternend)
    return;
  if (*p == ESCAPE && (p[1] == 'b' || p[1] == 'f' || isdigit(byteof(p + 1))))
    return;
  end = endof(p, m->patternend);
  if (end != NULL && *end != '*' && *end != '?' && *end != '-')
    m->firstend = end;
}


/* Moves m->start to the next character that the first item matches. */
static Progress skip (Matcher *m) {
  const char *p = m->pattern, *ep = m->firstend;
  int cost = 1 + (int)((ep - p) >> 3);
  const char *s = m->start;
  if (*p != ESCAPE && *p != '[') {
    s = memchr(s, *p, (size_t)(m->subjectend - s));
    if (s == NULL)
      return FAILED;
  }
  else
    while (!takes(m, s, p, ep)) {
      if (s++ >= m->subjectend)
        return FAILED;
      m->steps -= cost;
      if (m->steps < 0 && pauses(m, FRESH, NULL, NULL, NULL, 0)) {
        m->start = s;
        m->captures = m->choices = 0;
        return PAUSED;
      }
    }
  m->start = s;
  return MATCHED;
}


/*
** Prepares a search of 'subject' for 'pattern', from the beginning. 'anchors'
** says whether a '^' at the beginning of the pattern is an anchor. Both strings
** must stay alive during the search.
*/
void clua_prepare (Matcher *m, lua_State *L, const char *subject, size_t length,
                   const char *pattern, size_t patternlength, int anchors) {
  m->L = L;
  m->subject = m->start = subject;
  m->subjectend = subject + length;
  m->pattern = pattern;
  m->patternend = pattern + patternlength;
  m->last = NULL;
  m->anchored = anchors && *pattern == '^';
  if (m->anchored)
    m->pattern++;
  if (patternlength > MAXPATTERN)
    luaL_error(L, "pattern too long (%I bytes; at most %d)",
               (LUAI_UACINT)patternlength, MAXPATTERN);
  notefirst(m);
  m->at = FRESH;
  m->steps = clua_vm(L)->stride;
}


/*
** Searches for the next match, from m->start on. A match that is found extends
** from m->start to m->s.
*/
Progress clua_seek (Matcher *m) {
  for (;;) {
    Progress progress;
    if (m->at == FRESH && m->firstend != NULL) {
      progress = skip(m);
      if (progress != MATCHED)
        return progress;
    }
    progress = attempt(m);
    if (progress == PAUSED || (progress == MATCHED && m->s != m->last))
      return progress;
    if (m->anchored || m->start >= m->subjectend)
      return FAILED;
    m->start++;
  }
}


/*
** Moves a search into a userdata on top of the stack, unless it is there
** already. A search that pauses continues on another C stack, so it must not
** stay on this one.
*/
Matcher *clua_keep (Matcher *m) {
  lua_State *L = m->L;
  Matcher *kept = lua_touserdata(L, -1);
  if (kept == m)
    return m;
  luaL_checkstack(L, 1, NULL);
  kept = lua_newuserdatauv(L, sizeof(Matcher), 0);
  memcpy(kept, m, offsetof(Matcher, choice)
                  + (size_t)m->choices * sizeof(Choice));
  return kept;
}


/*
** Sets 'text' to the text of a capture and returns its length. For a position
** capture it returns POSITION and pushes the position. If the pattern has no
** captures, the whole match counts as the first.
*/
ptrdiff_t clua_capture (Matcher *m, int number, const char *start,
                        const char *end, const char **text) {
  const Capture *capture = &m->capture[number];
  if (number >= m->captures) {
    if (number != 0)
      luaL_error(m->L, "invalid capture index %%%d", number + 1);
    *text = start;
    return end - start;
  }
  *text = capture->start;
  if (capture->length == UNFINISHED)
    luaL_error(m->L, "unfinished capture");
  if (capture->length == POSITION)
    lua_pushinteger(m->L, capture->start - m->subject + 1);
  return capture->length;
}


/* Pushes all captures and returns their number. If the pattern has none and
   'start' is not NULL, pushes the whole match. */
int clua_pushcaptures (Matcher *m, const char *start, const char *end) {
  int number, count = m->captures == 0 && start != NULL ? 1 : m->captures;
  luaL_checkstack(m->L, count, "too many captures");
  for (number = 0; number < count; number++) {
    const char *text;
    ptrdiff_t length = clua_capture(m, number, start, end, &text);
    if (length != POSITION)
      lua_pushlstring(m->L, text, (size_t)length);
  }
  return count;
}
