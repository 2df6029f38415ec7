#define _GNU_SOURCE
#include "CMappedFiles.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Set before there is a handler to read them.
static const char *line_beginning;
static const char *line_ending;
static int fault_exit_code;

// From here on all is called while a signal is handled: only what signal-safety(7) lists, no memory but this.

static atomic_flag is_ending = ATOMIC_FLAG_INIT;
// Of /proc/self/maps: addresses and numbers take less than 100 bytes before the path.
static char map_line[PATH_MAX + 128];
static char told[PATH_MAX + 1024];

static const char *take_hexadecimal(const char *at, uint64_t *number) {
    *number = 0;
    for (;; at++) {
        const char digit = *at;
        if (digit >= '0' && digit <= '9') *number = *number << 4 | (uint64_t)(digit - '0');
        else if (digit >= 'a' && digit <= 'f') *number = *number << 4 | (uint64_t)(digit - 'a' + 10);
        else return at;
    }
}

// The path in `map_line`, when that is of a file that is mapped where `address` is: "start-end rwxp offset 08:02 123  /path".
static const char *path_of(uint64_t address, uint64_t *byte) {
    uint64_t start, end, offset;
    const char *at = take_hexadecimal(map_line, &start);
    if (*at != '-') return NULL;
    at = take_hexadecimal(at + 1, &end);
    if (address < start || address >= end) return NULL;
    const char *const path = strchr(at, '/');
    if (*at != ' ' || path == NULL) return NULL;
    // Behind " rwxp ".
    take_hexadecimal(at + strlen(" rwxp "), &offset);
    *byte = address - start + offset;
    return path;
}

// Which mapped file, and which byte of it; null when there is none.
static const char *mapped_file(uint64_t address, uint64_t *byte) {
    static char piece[4096];
    const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (maps < 0) return NULL;
    const char *path = NULL;
    size_t length = 0;
    ssize_t count;
    while (path == NULL && (count = read(maps, piece, sizeof piece)) > 0) {
        for (ssize_t index = 0; path == NULL && index < count; index++) {
            if (piece[index] != '\n') {
                if (length + 1 < sizeof map_line) map_line[length++] = piece[index];
                continue;
            }
            map_line[length] = 0;
            length = 0;
            path = path_of(address, byte);
        }
    }
    close(maps);
    return path;
}

static size_t append(size_t length, const char *text) {
    size_t count = strlen(text);
    if (count > sizeof told - length) count = sizeof told - length;
    memcpy(told + length, text, count);
    return length + count;
}

static size_t append_number(size_t length, uint64_t number) {
    // 20 digits at most.
    char digits[21];
    char *first = digits + sizeof digits - 1;
    *first = 0;
    do *--first = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    return append(length, first);
}

static void on_fault(int number, siginfo_t *info, void *context) {
    (void)context;
    // Another thread has met the same, and ends the program.
    while (atomic_flag_test_and_set(&is_ending)) pause();
    uint64_t byte;
    const char *const path = info->si_code > 0 ? mapped_file((uint64_t)(uintptr_t)info->si_addr, &byte) : NULL;
    if (path == NULL) {
        // It is none of ours: what would have happened without us happens when this returns.
        signal(number, SIG_DFL);
        raise(number);
        return;
    }
    size_t length = append(0, line_beginning);
    length = append(length, path);
    length = append(length, ", byte ");
    length = append_number(length, byte);
    length = append(length, line_ending);
    length = append(length, "\n");
    // There is nobody left to tell when this fails.
    const ssize_t written = write(STDERR_FILENO, told, length);
    (void)written;
    _exit(fault_exit_code);
}

void cmapped_end_on_faults(const char *beginning, const char *ending, int exit_code) {
    line_beginning = strdup(beginning);
    line_ending = strdup(ending);
    if (line_beginning == NULL || line_ending == NULL) return;
    fault_exit_code = exit_code;
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}
