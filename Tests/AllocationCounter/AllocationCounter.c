// For `dladdr`.
#define _GNU_SOURCE

#include "AllocationCounter.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

// glibc's own names for its functions: nothing has to be looked up while the process starts.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

enum {
    // Enough to lead from Swift's allocator to a function that a reader knows.
    greatest_depth = 24,
    kept_stacks = 4096,
};

struct stack {
    void *addresses[greatest_depth];
    /// Which of them is the caller of `malloc`.
    int first;
    int end;
};

static struct stack stacks[kept_stacks];
static atomic_bool is_counting;
static atomic_uint_fast64_t count;
/// The unwinder may ask for memory itself.
static _Thread_local bool is_unwinding;

static void note(void *caller) {
    if (!atomic_load_explicit(&is_counting, memory_order_relaxed) || is_unwinding) return;
    uint64_t index = atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
    if (index >= kept_stacks) return;
    struct stack *stack = &stacks[index];
    is_unwinding = true;
    stack->end = backtrace(stack->addresses, greatest_depth);
    is_unwinding = false;
    stack->first = 0;
    while (stack->first < stack->end && stack->addresses[stack->first] != caller) stack->first++;
}

void allocation_counter_start(void) {
    // The first call of all loads the unwinder.
    void *address;
    backtrace(&address, 1);
    atomic_store(&count, 0);
    atomic_store(&is_counting, true);
}

uint64_t allocation_counter_stop(void) {
    atomic_store(&is_counting, false);
    return atomic_load(&count);
}

int allocation_counter_stack(uint64_t index, void *const **addresses) {
    if (index >= kept_stacks || index >= atomic_load(&count)) return 0;
    *addresses = stacks[index].addresses + stacks[index].first;
    return stacks[index].end - stacks[index].first;
}

uintptr_t allocation_counter_name(const void *address, const char **function, const char **file) {
    // The call stands before the address to which it returns, which may be another function's first.
    const char *call = (const char *)address - 1;
    Dl_info info;
    if (dladdr(call, &info) == 0) {
        *function = *file = NULL;
        return (uintptr_t)call;
    }
    *function = info.dli_sname;
    *file = info.dli_fname;
    return (uintptr_t)(call - (const char *)info.dli_fbase);
}

// In place of the C library's. `free` stays as it is: the blocks are glibc's.

void *malloc(size_t size) {
    note(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t members, size_t size) {
    note(__builtin_return_address(0));
    return __libc_calloc(members, size);
}

void *realloc(void *block, size_t size) {
    note(__builtin_return_address(0));
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    note(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
    note(__builtin_return_address(0));
    void *made = __libc_memalign(alignment, size);
    if (made == NULL) return ENOMEM;
    *block = made;
    return 0;
}
