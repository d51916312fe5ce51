#pragma once
#include <zlib.h>

/* A macro in zlib.h, which Swift does not see. It passes the version and the size of the structure in this header. */
static inline int czlib_inflate_init(z_stream *stream, int window_bits) {
    return inflateInit2(stream, window_bits);
}

/* A macro in zlib.h, too. Uses zlib's default level, memory and strategy. */
static inline int czlib_deflate_init(z_stream *stream, int window_bits) {
    return deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}
