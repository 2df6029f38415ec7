// XXH3 (libxxhash, header only, inlined) as plain functions that Swift can import.
//
// One hash family serves all: 64 bits for tables and fingerprints, 128 bits for checksums, the
// header chain and the state digest. XXH3's output is frozen by its specification since 0.8.0, so
// it may stand in files.
#ifndef TENURE_CHASH_H
#define TENURE_CHASH_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "CHashWide.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static inline uint64_t chash_64(const void *bytes, size_t count, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, count, seed);
}

typedef struct {
    uint64_t low;
    uint64_t high;
} chash_128_t;

// From so many bytes on the wider steps are worth a call: pieces of checkpoints and blocks of the log are megabytes.
enum { CHASH_LEAST_WIDE_BYTES = 4096 };

static inline chash_128_t chash_128(const void *bytes, size_t count, uint64_t seed) {
#if defined(__x86_64__)
    if (count >= CHASH_LEAST_WIDE_BYTES && chash_is_wide) {
        chash_128_t wide;
        chash_128_wide(bytes, count, seed, &wide.low, &wide.high);
        return wide;
    }
#endif
    XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, count, seed);
    chash_128_t result = {hash.low64, hash.high64};
    return result;
}

// Names are short. memcmp reads 32 bytes of each, which half of the time lie in two lines of the processor's cache, of which
// nobody asked for the second ahead.
static inline bool chash_same(const void *left, const void *right, size_t count) {
    const char *a = left, *b = right;
    uint64_t x, y;
    if (count < sizeof x) {
        for (size_t index = 0; index < count; index++) {
            if (a[index] != b[index]) return false;
        }
        return true;
    }
    const size_t last = count - sizeof x;
    for (size_t offset = 0; offset < last; offset += sizeof x) {
        memcpy(&x, a + offset, sizeof x);
        memcpy(&y, b + offset, sizeof y);
        if (x != y) return false;
    }
    memcpy(&x, a + last, sizeof x);
    memcpy(&y, b + last, sizeof y);
    return x == y;
}

// Asks the processor for a line that will be read and written soon; a hint, whatever the address.
static inline void chash_prefetch(const void *address) { __builtin_prefetch(address, 1); }

#endif
