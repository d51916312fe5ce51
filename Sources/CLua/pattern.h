/*
** Lua's patterns on a matcher that can stop anywhere and go on later, so that
** no pattern holds a thread for longer than a slice.
*/

#ifndef CLUA_PATTERN_H
#define CLUA_PATTERN_H

#include "CLua.h"

/* Lua's own limits, and the texts that go with them. */
#define MAXCAPTURES	32
#define MAXCHOICES	199  /* more is "too complex" */

/* A set in a pattern is read for each character, without a look between. */
#define MAXPATTERN	(1 << 20)

#define UNFINISHED	(-1)  /* lengths of captures that are none */
#define POSITION	(-2)

typedef struct Capture {
  const char *start;
  ptrdiff_t length;
} Capture;

/* What to try when all that follows in the pattern has failed. */
typedef struct Choice {
  const char *s, *p, *ep;  /* subject, the item of the pattern, and its end */
  ptrdiff_t count;         /* of characters that the item may still take, or
                              the number of a capture */
  enum {OPENED, CLOSED, OPTION, MOST, LEAST} kind;
} Choice;

typedef enum Progress {FAILED, MATCHED, PAUSED} Progress;

/*
** One search. It has no pointers into itself, so that a search that pauses can
** be moved into memory of Lua's own: strings stay where they are.
*/
typedef struct Matcher {
  lua_State *L;
  const char *subject, *subjectend;
  const char *pattern, *patternend;
  const char *firstend;  /* see 'notefirst' */
  const char *start;     /* where the attempt begins */
  const char *last;      /* where the match before ended; none may end there */
  int anchored;
  int steps;             /* until the next look at the clock */
  enum {FRESH, MATCHING, COUNTING, BALANCING} at;
  /* From here on it is of an attempt. */
  int captures, choices;
  const char *s, *p, *ep;  /* where the attempt is; 's' is a match's end */
  ptrdiff_t count;
  Capture capture[MAXCAPTURES];
  Choice choice[MAXCHOICES];  /* last: not all of it is moved */
} Matcher;

void clua_prepare (Matcher *m, lua_State *L, const char *subject, size_t length,
                   const char *pattern, size_t patternlength, int anchors);
Progress clua_seek (Matcher *m);
Matcher *clua_keep (Matcher *m);
int clua_pushcaptures (Matcher *m, const char *start, const char *end);
ptrdiff_t clua_capture (Matcher *m, int number, const char *start,
                        const char *end, const char **text);

#endif
