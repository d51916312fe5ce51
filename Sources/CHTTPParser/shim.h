#pragma once
#include <http_parser.h>

/* Bit fields have no address, and their import is not guaranteed. */
static inline int chttpparser_status(const http_parser *parser) { return parser->status_code; }
static inline int chttpparser_errno(const http_parser *parser) { return parser->http_errno; }
static inline int chttpparser_is_connect(const http_parser *parser) {
    return parser->type == HTTP_REQUEST && parser->method == HTTP_CONNECT;
}
static inline const char *chttpparser_method(const http_parser *parser) {
    return http_method_str((enum http_method)parser->method);
}
/* Else it takes what follows a request to upgrade for another protocol. */
static inline void chttpparser_ignore_upgrade(http_parser *parser) { parser->upgrade = 0; }
