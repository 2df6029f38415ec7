#define _GNU_SOURCE
#include "CMemory.h"

#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// One arena for all threads. glibc gives each thread its own, in heaps that it makes accessible by a system call for
// each few KiB: of a restart that makes 100,000 companies, a tenth. Before any thread, since one that has allocated
// keeps its arena.
__attribute__((constructor)) static void use_one_arena(void) { mallopt(M_ARENA_MAX, 1); }

// What glibc has when nothing is set; see mallopt(3).
enum { DEFAULT_BYTES = 128 << 10 };

// What may lie free at the heap's end.
static int kept_bytes = DEFAULT_BYTES;

void cmemory_map_from(int bytes) {
    kept_bytes = bytes;
    mallopt(M_MMAP_THRESHOLD, bytes);
    mallopt(M_TRIM_THRESHOLD, bytes);
}

// 100,000 companies take 0.3 GiB. Of what is not touched there are only addresses, as a rule; see `cmemory_map`.
enum { GROWTH_BYTES = 1 << 30 };

// There is one heap, and a test program starts several daemons at once: the first of them begins, the last ends.
static pthread_mutex_t growth_lock = PTHREAD_MUTEX_INITIALIZER;
static int growth_count;
// What grows on huge pages.
static char *growth_start;
static char *growth_end;

static size_t rounded_up(size_t number, size_t multiple) { return (number + multiple - 1) / multiple * multiple; }

static void begin_growth(void) {
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    // Nothing is free at the end then, so that the next allocation has the heap grow.
    malloc_trim(0);
    char *const end = sbrk(0);
    mallopt(M_TOP_PAD, GROWTH_BYTES);
    void *volatile first = malloc(DEFAULT_BYTES);
    // Where the system does not give that many addresses, the heap grows as it always does.
    mallopt(M_TOP_PAD, DEFAULT_BYTES);
    char *const huge = end + (rounded_up((uintptr_t)end, CMEMORY_HUGE_PAGE_BYTES) - (uintptr_t)end);
    char *const grown = sbrk(0);
    if (grown > huge) {
        madvise(huge, grown - huge, MADV_HUGEPAGE);
        growth_start = huge;
        growth_end = grown;
    }
    free(first);
}

static void end_growth(void) {
    mallopt(M_TRIM_THRESHOLD, kept_bytes);
    // The huge pages stay, but the kernel makes none of holes that are given back.
    if (growth_end > growth_start) madvise(growth_start, growth_end - growth_start, MADV_NOHUGEPAGE);
    growth_start = growth_end = NULL;
}

void cmemory_begin_growth(void) {
    pthread_mutex_lock(&growth_lock);
    if (growth_count++ == 0) begin_growth();
    pthread_mutex_unlock(&growth_lock);
}

void cmemory_end_growth(void) {
    pthread_mutex_lock(&growth_lock);
    if (--growth_count == 0) end_growth();
    pthread_mutex_unlock(&growth_lock);
}

// An eighth of a machine of 1 GiB, and of what is in use, else it would be done for little again and again.
enum { LEAST_TRIMMED_BYTES = 128 << 20, TRIMMED_SHARE = 8 };

// What lay free when that was least since the last trim: of it nothing is left to give back.
static _Atomic size_t trimmed_bytes;

void cmemory_trim(void) {
    const struct mallinfo2 heap = mallinfo2();
    if (heap.fordblks < trimmed_bytes) trimmed_bytes = heap.fordblks;
    if (heap.fordblks < trimmed_bytes + LEAST_TRIMMED_BYTES || heap.fordblks < heap.uordblks / TRIMMED_SHARE) return;
    malloc_trim(0);
    trimmed_bytes = mallinfo2().fordblks;
}

static char *mapped_anew(size_t bytes) {
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void *cmemory_map(size_t bytes) {
    const size_t huge = CMEMORY_HUGE_PAGE_BYTES;
    const size_t mapped = rounded_up(bytes, (size_t)sysconf(_SC_PAGESIZE));
    // Old kernels do not align what they map, so a huge page more is asked for, and what stands out given back.
    char *start = mapped_anew(mapped + huge);
    if (start == MAP_FAILED) {
        // Where the system counts addresses (vm.overcommit_memory=2), those that the heap keeps may be what is missing.
        malloc_trim(0);
        start = mapped_anew(mapped + huge);
    }
    if (start == MAP_FAILED) {
        fprintf(
            stderr,
            "out of memory: the system does not give %zu bytes more; allow this program more (under systemd MemoryMax=) or "
            "take a larger machine. Nothing that was acknowledged is lost.\n",
            bytes);
        abort();
    }
    const size_t before = rounded_up((uintptr_t)start, huge) - (uintptr_t)start;
    if (before > 0) munmap(start, before);
    munmap(start + before + mapped, huge - before);
    // Where the kernel has none this fails, and the memory is what it else would be.
    madvise(start + before, mapped, MADV_HUGEPAGE);
    return start + before;
}

void cmemory_unmap(void *memory, size_t bytes) {
    munmap(memory, rounded_up(bytes, (size_t)sysconf(_SC_PAGESIZE)));
}
