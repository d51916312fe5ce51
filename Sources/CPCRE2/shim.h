#pragma once
/* Texts are UTF-8. The header asks for it before anything. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
