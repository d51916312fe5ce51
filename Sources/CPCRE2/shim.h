#pragma once
/* pcre2.h requires this definition. Eight bits, because texts are UTF-8. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
