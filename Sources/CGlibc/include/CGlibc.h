// What Swift's Glibc module leaves out of glibc.
#ifndef TENURE_CGLIBC_H
#define TENURE_CGLIBC_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <malloc.h>

// Maps what is at least `bytes` large by itself, so that it goes back to the system when it is freed. Set once, the
// threshold stays: glibc else raises it, up to 32 MiB, whenever something larger is freed.
static inline void cglibc_map_from(int bytes) {
    mallopt(M_MMAP_THRESHOLD, bytes);
    mallopt(M_TRIM_THRESHOLD, bytes);
}

// Has these bytes of a file on their way to the disk when it returns, and nothing else: no metadata, no journal.
static inline int cglibc_write_out(int descriptor, off64_t offset, off64_t count) {
    return sync_file_range(
        descriptor, offset, count,
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

#endif
