#include "CHashWide.h"

#if defined(__x86_64__)

#include <immintrin.h>

// The same XXH3 in steps of 32 bytes, for processors that have them: a program for all of x86-64 takes 16.
#define XXH_INLINE_ALL
#define XXH_VECTOR XXH_AVX2
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#include <xxhash.h>

void chash_128_wide(const void *bytes, size_t count, uint64_t seed, uint64_t *low, uint64_t *high) {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, count, seed);
    *low = hash.low64;
    *high = hash.high64;
}
#pragma clang attribute pop

bool chash_is_wide = false;

__attribute__((constructor)) static void look_for_avx2(void) {
    __builtin_cpu_init();
    chash_is_wide = __builtin_cpu_supports("avx2");
}

#endif
