// Stands between a program and libc (LD_PRELOAD) and makes the disk misbehave, for tests only.
//
// What counts is every call that changes a file or directory below FAULT_ROOT. The FAULT_AT-th of them, counted
// from 1 since the program began, meets FAULT_KIND:
//
//   fail         the call is not made; it returns an error, errno = FAULT_ERRNO
//   late         the call is made and all the same returns that error, as when a disk loses its own answer
//   short        a write is made by half and says so; any other call is made as it is
//   kill-before  SIGKILL instead of the call
//   kill-after   SIGKILL when the call has returned
//
// With FAULT_FOREVER, `fail` and `late` meet every later call as well. What was met is appended to FAULT_REPORT, a
// line a call: its number, name and path.
//
// With FAULT_RECORD every call, and all that is written to sockets, is appended to that file: writes and sockets
// before they happen, syncs and names after they have, so that what the record says is never better than the disk.
// Little-endian: operation (1 byte), length of path, length of second path, length of data (3 × u32), offset
// (u64), then these bytes. Tests/Faults/recording.py reads it.
//
// File descriptors are looked up in /proc for each call: slow, and right after any rename or dup.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { NONE, FAIL, LATE, SHORT, KILL_BEFORE, KILL_AFTER };

static struct {
    char root[PATH_MAX];
    size_t root_length;
    enum kind kind;
    long at;
    int code;
    int forever;
    int report;
    int record;
} plan = {.report = -1, .record = -1};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long count;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

// Straight to the kernel: what the shim itself writes must not come back to it.
static void put(int descriptor, const void *bytes, size_t length) {
    const char *next = bytes;
    while (length > 0) {
        long written = syscall(SYS_write, descriptor, next, length);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) abort();
        next += written;
        length -= (size_t)written;
    }
}

static int open_for_append(const char *variable) {
    const char *path = getenv(variable);
    if (!path) return -1;
    long opened = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (opened < 0) abort();
    return (int)opened;
}

__attribute__((constructor)) static void read_plan(void) {
    static const char *const names[] = {"", "fail", "late", "short", "kill-before", "kill-after"};
    const char *root = getenv("FAULT_ROOT"), *kind = getenv("FAULT_KIND");
    if (!root || strlen(root) >= sizeof plan.root) return;
    strcpy(plan.root, root);
    plan.root_length = strlen(root);
    for (int index = FAIL; kind && index <= KILL_AFTER; index++)
        if (!strcmp(kind, names[index])) plan.kind = (enum kind)index;
    plan.at = getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : 0;
    plan.code = getenv("FAULT_ERRNO") ? atoi(getenv("FAULT_ERRNO")) : EIO;
    plan.forever = getenv("FAULT_FOREVER") != NULL;
    plan.report = open_for_append("FAULT_REPORT");
    plan.record = open_for_append("FAULT_RECORD");
}

static int is_ours(const char *path) {
    return plan.root_length > 0 && !strncmp(path, plan.root, plan.root_length) &&
           (path[plan.root_length] == '/' || path[plan.root_length] == 0);
}

// The path of an open file below the root; false for every other descriptor.
static int find(int descriptor, char path[PATH_MAX]) {
    if (plan.root_length == 0) return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    int before = errno;
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    errno = before;
    if (length < 0) return 0;
    path[length] = 0;
    return is_ours(path);
}

// A path as it was given, made absolute.
static int absolute(int directory, const char *given, char path[PATH_MAX]) {
    if (plan.root_length == 0) return 0;
    if (given[0] == '/') {
        if (strlen(given) >= PATH_MAX) return 0;
        strcpy(path, given);
    } else {
        char folder[PATH_MAX];
        if (directory == AT_FDCWD) {
            if (!getcwd(folder, sizeof folder)) return 0;
        } else if (!find(directory, folder)) {
            return 0;
        }
        size_t length = strlen(folder);
        if (length + 1 + strlen(given) >= PATH_MAX) return 0;
        memcpy(path, folder, length);
        path[length] = '/';
        strcpy(path + length + 1, given);
    }
    return is_ours(path);
}

static void record(char operation, const char *path, const char *second, off_t offset, const struct iovec *parts,
                   int part_count) {
    if (plan.record < 0) return;
    uint32_t lengths[3] = {(uint32_t)strlen(path), second ? (uint32_t)strlen(second) : 0, 0};
    for (int index = 0; index < part_count; index++) lengths[2] += (uint32_t)parts[index].iov_len;
    uint64_t place = (uint64_t)offset;
    pthread_mutex_lock(&mutex);
    put(plan.record, &operation, 1);
    put(plan.record, lengths, sizeof lengths);
    put(plan.record, &place, sizeof place);
    put(plan.record, path, lengths[0]);
    if (second) put(plan.record, second, lengths[1]);
    for (int index = 0; index < part_count; index++) put(plan.record, parts[index].iov_base, parts[index].iov_len);
    pthread_mutex_unlock(&mutex);
}

// Counts a call and says what it meets.
static enum kind meet(const char *name, const char *path) {
    if (plan.kind == NONE) return NONE;
    pthread_mutex_lock(&mutex);
    long number = ++count;
    pthread_mutex_unlock(&mutex);
    int is_met = number == plan.at || (plan.forever && plan.kind <= LATE && number > plan.at);
    if (!is_met) return NONE;
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%ld %s %s\n", number, name, path);
    if (plan.report >= 0) put(plan.report, line, (size_t)length);
    if (plan.kind == KILL_BEFORE) raise(SIGKILL);
    return plan.kind;
}

// The result of a call that was made, or not, as `kind` has it.
#define CALL(met, made)                                             \
    ({                                                              \
        enum kind kind_ = (met);                                    \
        __typeof__(made) result_ = -1;                              \
        if (kind_ != FAIL) result_ = (made);                        \
        if (kind_ == KILL_AFTER) raise(SIGKILL);                    \
        if (kind_ == FAIL || (kind_ == LATE && result_ >= 0)) {     \
            errno = plan.code;                                      \
            result_ = -1;                                           \
        }                                                           \
        result_;                                                    \
    })

static int is_synchronous(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags >= 0 && (flags & O_DSYNC);
}

static int is_socket(int descriptor) {
    struct stat status;
    int before = errno;
    int found = plan.record >= 0 && fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
    errno = before;
    return found;
}

// Writes.

// Whether a write by half is asked for, and how much that is. Only the first part of many is written then.
static size_t halved(enum kind kind, size_t length) { return kind == SHORT ? length / 2 : length; }

static ssize_t write_at(const char *name, int descriptor, const struct iovec *parts, int part_count, off_t offset) {
    char path[PATH_MAX];
    if (!find(descriptor, path)) {
        if (offset < 0 && is_socket(descriptor)) record('A', "", NULL, 0, parts, part_count);
        return offset < 0 ? REAL(writev)(descriptor, parts, part_count)
                          : REAL(pwritev)(descriptor, parts, part_count, offset);
    }
    enum kind kind = meet(name, path);
    off_t place = offset >= 0 ? offset : lseek(descriptor, 0, SEEK_CUR);
    struct iovec first = {parts[0].iov_base, halved(kind, parts[0].iov_len)};
    if (kind == SHORT) {
        parts = &first;
        part_count = 1;
    }
    if (kind != FAIL) record('W', path, NULL, place, parts, part_count);
    ssize_t result = CALL(kind, offset < 0 ? REAL(writev)(descriptor, parts, part_count)
                                           : REAL(pwritev)(descriptor, parts, part_count, offset));
    if (result > 0 && is_synchronous(descriptor)) {
        // As long as what was written: only that is durable now.
        char length[24];
        snprintf(length, sizeof length, "%zd", result);
        record('D', path, length, place, NULL, 0);
    }
    return result;
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    struct iovec part = {(void *)bytes, length};
    return write_at("write", descriptor, &part, 1, -1);
}

ssize_t writev(int descriptor, const struct iovec *parts, int part_count) {
    return write_at("writev", descriptor, parts, part_count, -1);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    struct iovec part = {(void *)bytes, length};
    return write_at("pwrite", descriptor, &part, 1, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off_t offset) {
    return pwrite(descriptor, bytes, length, offset);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int part_count, off_t offset) {
    return write_at("pwritev", descriptor, parts, part_count, offset);
}

ssize_t pwritev64(int descriptor, const struct iovec *parts, int part_count, off_t offset) {
    return pwritev(descriptor, parts, part_count, offset);
}

int ftruncate(int descriptor, off_t length) {
    char path[PATH_MAX];
    if (!find(descriptor, path)) return REAL(ftruncate)(descriptor, length);
    enum kind kind = meet("ftruncate", path);
    if (kind != FAIL) record('T', path, NULL, length, NULL, 0);
    return CALL(kind, REAL(ftruncate)(descriptor, length));
}

int ftruncate64(int descriptor, off_t length) { return ftruncate(descriptor, length); }

// Syncs.

int fsync(int descriptor) {
    char path[PATH_MAX];
    if (!find(descriptor, path)) return REAL(fsync)(descriptor);
    int result = CALL(meet("fsync", path), REAL(fsync)(descriptor));
    if (result == 0) record('S', path, NULL, 0, NULL, 0);
    return result;
}

int fdatasync(int descriptor) {
    char path[PATH_MAX];
    if (!find(descriptor, path)) return REAL(fdatasync)(descriptor);
    int result = CALL(meet("fdatasync", path), REAL(fdatasync)(descriptor));
    if (result == 0) record('S', path, NULL, 0, NULL, 0);
    return result;
}

// Names.

static int open_file(int directory, const char *given, int flags, mode_t mode) {
    char path[PATH_MAX];
    if (!(flags & (O_CREAT | O_TRUNC)) || !absolute(directory, given, path))
        return REAL(openat)(directory, given, flags, mode);
    int is_new = access(path, F_OK) != 0;
    enum kind kind = is_new || (flags & O_TRUNC) ? meet("open", path) : NONE;
    if (!is_new && kind != FAIL && (flags & O_TRUNC)) record('T', path, NULL, 0, NULL, 0);
    int opened = CALL(kind, REAL(openat)(directory, given, flags, mode));
    if (opened >= 0 && is_new) record('C', path, NULL, 0, NULL, 0);
    return opened;
}

static mode_t mode_of(int flags, va_list arguments) { return flags & O_CREAT ? va_arg(arguments, mode_t) : 0; }

#define OPEN(name)                                          \
    int name(const char *path, int flags, ...) {            \
        va_list arguments;                                  \
        va_start(arguments, flags);                         \
        mode_t mode = mode_of(flags, arguments);            \
        va_end(arguments);                                  \
        return open_file(AT_FDCWD, path, flags, mode);      \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                             \
    int name(int directory, const char *path, int flags, ...) {  \
        va_list arguments;                                       \
        va_start(arguments, flags);                              \
        mode_t mode = mode_of(flags, arguments);                 \
        va_end(arguments);                                       \
        return open_file(directory, path, flags, mode);          \
    }
OPENAT(openat)
OPENAT(openat64)

int mkdir(const char *given, mode_t mode) {
    char path[PATH_MAX];
    if (!absolute(AT_FDCWD, given, path)) return REAL(mkdir)(given, mode);
    int result = CALL(meet("mkdir", path), REAL(mkdir)(given, mode));
    if (result == 0) record('M', path, NULL, 0, NULL, 0);
    return result;
}

int rename(const char *from, const char *to) {
    char path[PATH_MAX], second[PATH_MAX];
    if (!absolute(AT_FDCWD, from, path) || !absolute(AT_FDCWD, to, second)) return REAL(rename)(from, to);
    int result = CALL(meet("rename", path), REAL(rename)(from, to));
    if (result == 0) record('R', path, second, 0, NULL, 0);
    return result;
}

int unlink(const char *given) {
    char path[PATH_MAX];
    if (!absolute(AT_FDCWD, given, path)) return REAL(unlink)(given);
    int result = CALL(meet("unlink", path), REAL(unlink)(given));
    if (result == 0) record('U', path, NULL, 0, NULL, 0);
    return result;
}

int rmdir(const char *given) {
    char path[PATH_MAX];
    if (!absolute(AT_FDCWD, given, path)) return REAL(rmdir)(given);
    int result = CALL(meet("rmdir", path), REAL(rmdir)(given));
    if (result == 0) record('U', path, NULL, 0, NULL, 0);
    return result;
}

// Sockets: noted, never disturbed.

ssize_t send(int descriptor, const void *bytes, size_t length, int flags) {
    struct iovec part = {(void *)bytes, length};
    if (is_socket(descriptor)) record('A', "", NULL, 0, &part, 1);
    return REAL(send)(descriptor, bytes, length, flags);
}

ssize_t sendto(int descriptor, const void *bytes, size_t length, int flags, const struct sockaddr *to, socklen_t size) {
    struct iovec part = {(void *)bytes, length};
    if (is_socket(descriptor)) record('A', "", NULL, 0, &part, 1);
    return REAL(sendto)(descriptor, bytes, length, flags, to, size);
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
    if (is_socket(descriptor)) record('A', "", NULL, 0, message->msg_iov, (int)message->msg_iovlen);
    return REAL(sendmsg)(descriptor, message, flags);
}
