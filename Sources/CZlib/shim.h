// zlib as Debian and the Swift images ship it (zlib1g-dev).
#pragma once
#include <zlib.h>

// `inflateInit2` is a macro, which Swift cannot call. 32 above the window bits asks for gzip or zlib framing,
// whichever the first bytes are.
static inline int czlib_inflate_init(z_stream *stream) { return inflateInit2(stream, 32 + MAX_WBITS); }
