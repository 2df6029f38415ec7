#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

// Counts every block of memory that the process asks for, on all its threads and in all its libraries. A program that
// links this has its `malloc` and its like in place of the C library's; each call is handed on.

#include <stdint.h>

/// Begins to count, from 0. One count at a time.
void allocation_counter_start(void);

/// Ends it and returns how many blocks were asked for meanwhile.
uint64_t allocation_counter_stop(void);

/// Who asked for a block: return addresses, the caller of `malloc` first. The first some thousands of a count are kept;
/// 0 for the others.
int allocation_counter_stack(uint64_t index, void *const **addresses);

/// The function that a return address is in, as the linker calls it, and the file that it was loaded from; NULL for
/// what is not known. Returns where in the file the call is, as addr2line(1) takes it.
uintptr_t allocation_counter_name(const void *address, const char **function, const char **file);

#endif
