// zlib as Debian and the Swift images ship it (zlib1g-dev); `tenure import` reads gzip files with it.
#pragma once
#include <zlib.h>

// `inflateInit2` is a macro, which Swift cannot call. 16 above the window bits asks for gzip framing.
static inline int czlib_inflate_init_gzip(z_stream *stream) { return inflateInit2(stream, 16 + MAX_WBITS); }
