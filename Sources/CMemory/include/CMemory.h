// Memory in large pieces, on huge pages where the kernel has them to give, and what becomes of the heap.
#ifndef TENURE_CMEMORY_H
#define TENURE_CMEMORY_H

#include <stddef.h>

// Of a huge page on x86-64, and on arm64 with base pages of 4 KiB.
#define CMEMORY_HUGE_PAGE_BYTES (2 << 20)

// Zeroed memory that begins with a huge page. Ends the program when there is none, as an allocation in Swift does.
void *cmemory_map(size_t bytes);

// Gives back what `cmemory_map` returned for `bytes`.
void cmemory_unmap(void *memory, size_t bytes);

// Has the heap map what is at least `bytes` large by itself, so that it goes back to the system when it is freed. Set
// once, the threshold stays: glibc else raises it, up to 32 MiB, whenever something larger is freed.
void cmemory_map_from(int bytes);

// Has the heap grow by huge pages until `cmemory_end_growth`, where the kernel has them to give, and keep what is freed
// at its end.
void cmemory_begin_growth(void);
void cmemory_end_growth(void);

// Has the system take back what lies free in the heap, where that is much. Whoever allocates meanwhile waits.
void cmemory_trim(void);

#endif
