#include <limits.h>
#include <string.h>

#include "CLua.h"

/*
** table.sort: the quicksort of Lua's ltablib.c as a state machine whose steps
** are what happens between two comparisons. A comparison may yield, and a sort
** may take several slices. Stack: 1 table, 2 comparator or nil, 3 the state if
** it was moved there, and above it the two or three values being compared.
** It must be C because it raises errors, and to be as fast as Lua's own.
*/

#define TABLE	1
#define COMPARATOR	2
#define STATE	3

/* Ranges shorter than this always use the middle element as the pivot. */
#define SHORT	100u

typedef struct Range {
  unsigned int lo, up;
  unsigned int random;  /* if not 0, picks the pivot: a split was very uneven */
} Range;

typedef struct Sort {
  enum {ENDS, LOW, HIGH, RIGHT, LEFT} next;  /* the next comparison */
  Range now;
  unsigned int pivot, i, j;
  int steps;   /* until the next check for the end of the slice */
  int simple;  /* no comparator, and only numbers or only short strings */
  int kept;    /* the state is in a userdata */
  int left;    /* number of ranges in 'later', which are sorted afterwards */
  int most;    /* room in 'later' */
  Range later[];
} Sort;

#define MOSTLATER	32  /* enough: the smaller part is always sorted first */

typedef union LocalSort {
  Sort sort;
  char room[sizeof(Sort) + MOSTLATER * sizeof(Range)];
} LocalSort;

/* The stack positions of the two values to compare: is the first one less? */
static const signed char operands[][2] = {
  [ENDS] = {-1, -2}, [LOW] = {-2, -1}, [HIGH] = {-1, -2}, [RIGHT] = {-1, -2},
  [LEFT] = {-3, -1}};


static Sort *keep (lua_State *L, Sort *s) {
  Sort *kept;
  if (s->kept)
    return s;
  kept = lua_newuserdatauv(L, sizeof(Sort) + (size_t)s->most * sizeof(Range), 0);
  memcpy(kept, s, sizeof(Sort) + (size_t)s->left * sizeof(Range));
  kept->kept = 1;
  lua_replace(L, STATE);
  return kept;
}


static void get (lua_State *L, unsigned int i) { lua_geti(L, TABLE, i); }


/* Sets t[i] to the value on top of the stack and t[j] to the one below it. */
static void set (lua_State *L, unsigned int i, unsigned int j) {
  lua_seti(L, TABLE, i);
  lua_seti(L, TABLE, j);
}


/* Begins with the next range of at least two elements: gets its two ends for
   the first comparison. Returns 0 if no range is left. */
static int begin (lua_State *L, Sort *s) {
  while (s->now.lo >= s->now.up) {
    if (s->left == 0)
      return 0;
    s->now = s->later[--s->left];
  }
  get(L, s->now.lo);
  get(L, s->now.up);
  s->next = ENDS;
  return 1;
}


static int finish (lua_State *L, Sort *s) {
  s->now.up = s->now.lo;
  return begin(L, s);
}


static unsigned int choose (const Range *r) {
  unsigned int quarter = (r->up - r->lo) / 4;
  if (r->up - r->lo < SHORT || r->random == 0)
    return (r->lo + r->up) / 2;
  return r->random % (quarter * 2) + (r->lo + quarter);
}


/* Swaps the pivot with the last element but one, and begins to partition the
   elements between the ends. */
static int split (lua_State *L, Sort *s) {
  if (s->now.up - s->now.lo == 2)
    return finish(L, s);
  get(L, s->pivot);
  lua_pushvalue(L, -1);
  get(L, s->now.up - 1);
  set(L, s->pivot, s->now.up - 1);
  s->i = s->now.lo;
  s->j = s->now.up - 1;
  get(L, ++s->i);
  s->next = RIGHT;
  return 1;
}


/* The pivot is in its place, 'i'. Continues with the smaller part and keeps the
   larger part for later. */
static int divide (lua_State *L, Sort *s) {
  Range small = s->now, large = s->now;
  if (s->i - s->now.lo < s->now.up - s->i) {
    small.up = s->i - 1;
    large.lo = s->i + 1;
  }
  else {
    small.lo = s->i + 1;
    large.up = s->i - 1;
  }
  if ((large.up - large.lo) / 128 > small.up - small.lo + 1)
    large.random = (unsigned int)clua_now() | 1;
  s->later[s->left++] = large;
  s->now = small;
  return begin(L, s);
}


static void refuse (lua_State *L) {
  luaL_error(L, "invalid order function for sorting");
}


/*
** Acts on the result of a comparison and pushes the values of the next one.
** Returns 0 when everything is sorted.
*/
static int advance (lua_State *L, Sort *s, int less) {
  switch (s->next) {
    case ENDS:
      if (less)
        set(L, s->now.lo, s->now.up);
      else
        lua_pop(L, 2);
      if (s->now.up - s->now.lo == 1)
        return finish(L, s);
      s->pivot = choose(&s->now);
      get(L, s->pivot);
      get(L, s->now.lo);
      s->next = LOW;
      return 1;
    case LOW:
      if (less) {
        set(L, s->pivot, s->now.lo);
        return split(L, s);
      }
      lua_pop(L, 1);
      get(L, s->now.up);
      s->next = HIGH;
      return 1;
    case HIGH:
      if (less)
        set(L, s->pivot, s->now.up);
      else
        lua_pop(L, 2);
      return split(L, s);
    case RIGHT:  /* from the left, skip elements less than the pivot */
      while (less) {
        if (s->i == s->now.up - 1)
          refuse(L);
        lua_pop(L, 1);
        get(L, ++s->i);
        if (!s->simple || --s->steps < 0)
          return 1;
        less = lua_compare(L, -1, -2, LUA_OPLT);
      }
      get(L, --s->j);
      s->next = LEFT;
      return 1;
    default:  /* LEFT: from the right, skip greater elements */
      while (less) {
        if (s->j < s->i)
          refuse(L);
        lua_pop(L, 1);
        get(L, --s->j);
        if (!s->simple || --s->steps < 0)
          return 1;
        less = lua_compare(L, -3, -1, LUA_OPLT);
      }
      if (s->j < s->i) {
        lua_pop(L, 1);
        set(L, s->now.up - 1, s->i);
        return divide(L, s);
      }
      set(L, s->i, s->j);
      get(L, ++s->i);
      s->next = RIGHT;
      return 1;
  }
}


/*
** Whether all elements are numbers, or all are short strings. Such elements can
** be compared quickly and without looking for metamethods.
*/
#define MOSTLOOKED	1000000u
#define SHORTTEXT	200

static int issimple (lua_State *L, unsigned int length) {
  int type;
  unsigned int i;
  if (length > MOSTLOOKED)
    return 0;
  get(L, 1);
  type = lua_type(L, -1);
  lua_pop(L, 1);
  if (type != LUA_TNUMBER && type != LUA_TSTRING)
    return 0;
  for (i = 1; i <= length; i++) {
    int simple = lua_geti(L, TABLE, i) == type
      && (type == LUA_TNUMBER || lua_rawlen(L, -1) <= SHORTTEXT);
    lua_pop(L, 1);
    if (!simple)
      return 0;
  }
  return 1;
}


static int sort (lua_State *L, Sort *s);

static int comparedk (lua_State *L, int status, lua_KContext context) {
  Sort *s = lua_touserdata(L, STATE);
  int less = lua_toboolean(L, -1);
  (void)status;
  (void)context;
  lua_pop(L, 1);
  return advance(L, s, less) ? sort(L, s) : 0;
}


static int pausedk (lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return sort(L, lua_touserdata(L, STATE));
}


/* Whether lua_compare calls no metamethod for these values: it compares them
   itself or raises an error. */
static int israw (lua_State *L, Sort *s, int a, int b) {
  int type = lua_type(L, a);
  if (type == LUA_TNUMBER && lua_type(L, b) == LUA_TNUMBER)
    return 1;
  if (type == LUA_TSTRING && lua_type(L, b) == LUA_TSTRING) {
    size_t first = lua_rawlen(L, a), second = lua_rawlen(L, b);
    size_t length = first < second ? first : second;
    s->steps -= length < INT_MAX / 2 ? (int)(length >> 4) : INT_MAX / 2;
    return 1;
  }
  if (luaL_getmetafield(L, a, "__lt") == LUA_TNIL
      && luaL_getmetafield(L, b, "__lt") == LUA_TNIL)
    return 1;
  lua_pop(L, 1);
  return 0;
}


static int sort (lua_State *L, Sort *s) {
  int hascomparator = !lua_isnil(L, COMPARATOR);
  int less;
  do {
    int a = operands[s->next][0], b = operands[s->next][1];
    if (--s->steps < 0) {
      s->steps = clua_vm(L)->stride;
      if (clua_isdue(L)) {
        s = keep(L, s);
        clua_pause(L, 0, pausedk);
      }
    }
    if (s->simple || (!hascomparator && israw(L, s, a, b))) {
      less = lua_compare(L, a, b, LUA_OPLT);
      continue;
    }
    s = keep(L, s);
    if (hascomparator)
      lua_pushvalue(L, COMPARATOR);
    else
      clua_pushhelper(L, CLUA_LESS);
    lua_pushvalue(L, a - 1);
    lua_pushvalue(L, b - 2);
    lua_callk(L, 2, 1, 0, comparedk);
    less = lua_toboolean(L, -1);
    lua_pop(L, 1);
  } while (advance(L, s, less));
  return 0;
}


static int sortto (lua_State *L, lua_Unsigned length) {
  LocalSort local;
  Sort *s = &local.sort;
  if (length < 2)
    return 0;
  luaL_argcheck(L, length < INT_MAX, 1, "array too big");
  if (!lua_isnoneornil(L, COMPARATOR))
    luaL_checktype(L, COMPARATOR, LUA_TFUNCTION);
  lua_settop(L, COMPARATOR);
  lua_pushnil(L);  /* the slot for the state */
  s->simple = lua_isnil(L, COMPARATOR) && issimple(L, (unsigned int)length);
  s->now.lo = 1;
  s->now.up = (unsigned int)length;
  s->now.random = 0;
  s->kept = s->left = 0;
  s->steps = clua_vm(L)->stride;
  for (s->most = 1; length > 1; length /= 2)
    s->most++;
  begin(L, s);
  return sort(L, s);
}


int clua_sort (lua_State *L) {
  if (!clua_isplain(L, TABLE, CLUA_ALL))
    return clua_callfallback(L, "sort");
  return sortto(L, lua_rawlen(L, TABLE));
}


/* Sorts the list that the fallback for tables with metamethods has copied. The
   list may have holes, so argument 3 is its length. */
int clua_sortlist (lua_State *L) {
  return sortto(L, (lua_Unsigned)lua_tointeger(L, 3));
}
