/*
** A matcher for Lua's patterns that can pause anywhere and continue later, so
** that no pattern blocks a thread for longer than a slice.
*/

#ifndef CLUA_PATTERN_H
#define CLUA_PATTERN_H

#include "CLua.h"

/* Lua's own limits. */
#define MAXCAPTURES	32
#define MAXCHOICES	199  /* more is "too complex" */

/* Each character may be compared with a whole set of the pattern, without a
   check for the end of the slice, so a pattern must not be longer than this. */
#define MAXPATTERN	(1 << 20)

#define UNFINISHED	(-1)  /* special values of a capture's length */
#define POSITION	(-2)

typedef struct Capture {
  const char *start;
  ptrdiff_t length;
} Capture;

/* An alternative to try if the rest of the pattern does not match. */
typedef struct Choice {
  const char *s, *p, *ep;  /* place in the subject; the item, and its end */
  ptrdiff_t count;         /* how many characters the item may still consume,
                              or the number of a capture */
  enum {OPENED, CLOSED, OPTION, MOST, LEAST} kind;
} Choice;

typedef enum Progress {FAILED, MATCHED, PAUSED} Progress;

/*
** One search. It has no pointers into itself, so it can be moved into a
** userdata when it pauses. Its pointers into strings stay valid, as Lua does
** not move strings.
*/
typedef struct Matcher {
  lua_State *L;
  const char *subject, *subjectend;
  const char *pattern, *patternend;
  const char *firstend;  /* see 'notefirst' */
  const char *start;     /* where the attempt begins */
  const char *last;      /* end of the last match; no other may end there */
  int anchored;
  int steps;             /* until the next check for the slice's end */
  enum {FRESH, MATCHING, COUNTING, BALANCING} at;
  /* The members from here on belong to the current attempt. */
  int captures, choices;
  const char *s, *p, *ep;  /* where it is; after a match, 's' is the end */
  ptrdiff_t count;
  Capture capture[MAXCAPTURES];
  Choice choice[MAXCHOICES];  /* last, as only the used part is moved */
} Matcher;

void clua_prepare (Matcher *m, lua_State *L, const char *subject, size_t length,
                   const char *pattern, size_t patternlength, int anchors);
Progress clua_seek (Matcher *m);
Matcher *clua_keep (Matcher *m);
int clua_pushcaptures (Matcher *m, const char *start, const char *end);
ptrdiff_t clua_capture (Matcher *m, int number, const char *start,
                        const char *end, const char **text);

#endif
