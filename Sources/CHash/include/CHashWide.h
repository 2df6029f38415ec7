// XXH3 of much, in wider steps where the processor has them.
#ifndef TENURE_CHASH_WIDE_H
#define TENURE_CHASH_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)

// Whether the processor can run `chash_128_wide`.
extern bool chash_is_wide;

void chash_128_wide(const void *bytes, size_t count, uint64_t seed, uint64_t *low, uint64_t *high);

#endif

#endif
