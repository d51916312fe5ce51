#pragma once
#include <zlib.h>

/* A macro in zlib.h, which Swift does not see: it passes the version and size of the header that was compiled. */
static inline int czlib_inflate_init(z_stream *stream, int window_bits) {
    return inflateInit2(stream, window_bits);
}

/* A macro in zlib.h, as above; with the level, memory and strategy that zlib takes by default. */
static inline int czlib_deflate_init(z_stream *stream, int window_bits) {
    return deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}
