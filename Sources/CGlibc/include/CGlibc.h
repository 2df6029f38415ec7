// What Swift's Glibc module leaves out of glibc.
#ifndef TENURE_CGLIBC_H
#define TENURE_CGLIBC_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>

// Has these bytes of a file on their way to the disk when it returns, and nothing else: no metadata, no journal.
static inline int cglibc_write_out(int descriptor, off64_t offset, off64_t count) {
    return sync_file_range(
        descriptor, offset, count,
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

#endif
