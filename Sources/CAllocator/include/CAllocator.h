// glibc's allocator settings, which Swift's Glibc module leaves out (malloc.h).
#ifndef TENURE_CALLOCATOR_H
#define TENURE_CALLOCATOR_H

#include <malloc.h>

// Maps what is at least `bytes` large by itself, so that it goes back to the system when it is freed. Set once, the
// threshold stays: glibc else raises it, up to 32 MiB, whenever something larger is freed.
static inline void callocator_map_from(int bytes) {
    mallopt(M_MMAP_THRESHOLD, bytes);
    mallopt(M_TRIM_THRESHOLD, bytes);
}

#endif
