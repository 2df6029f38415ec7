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

// Has the system take back what lies free in the heap, where that is much. Whoever allocates meanwhile waits.
void cmemory_trim(void);

#endif
