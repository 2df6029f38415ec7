// What no store that syncs each batch can go below: the bytes of the events written to a plain file, and put into
// LMDB, an entry an event under its number. In C, since a call from Python costs more than a put.
//
// floors file|lmdb LINES PATH BATCH: the events of the file LINES, BATCH to a sync, into PATH, which is not there yet.
// Prints seconds by the clock and seconds of this process's processor time.

#include <err.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct lines {
    char *bytes;
    size_t byte_count;
    size_t batch;
};

static struct lines read_lines(const char *path, size_t batch) {
    int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) err(1, "%s", path);
    struct lines lines = {malloc((size_t)status.st_size), (size_t)status.st_size, batch};
    if (lines.bytes == NULL) err(1, "malloc");
    for (size_t offset = 0; offset < lines.byte_count;) {
        ssize_t count = read(file, lines.bytes + offset, lines.byte_count - offset);
        if (count <= 0) err(1, "%s", path);
        offset += (size_t)count;
    }
    close(file);
    return lines;
}

static size_t line_end(const struct lines *lines, size_t offset) {
    const char *newline = memchr(lines->bytes + offset, '\n', lines->byte_count - offset);
    if (newline == NULL) errx(1, "the last line has no end");
    return (size_t)(newline + 1 - lines->bytes);
}

static void write_file(const struct lines *lines, const char *path) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (file < 0) err(1, "%s", path);
    for (size_t offset = 0; offset < lines->byte_count;) {
        size_t end = offset;
        for (size_t line = 0; line < lines->batch && end < lines->byte_count; line++) end = line_end(lines, end);
        while (offset < end) {
            ssize_t count = write(file, lines->bytes + offset, end - offset);
            if (count < 0) err(1, "write");
            offset += (size_t)count;
        }
        if (fdatasync(file) != 0) err(1, "fdatasync");
    }
    close(file);
}

static void check(int code) {
    if (code != MDB_SUCCESS) errx(1, "LMDB: %s", mdb_strerror(code));
}

static void put_into_lmdb(const struct lines *lines, const char *path) {
    MDB_env *environment;
    MDB_dbi table;
    check(mdb_env_create(&environment));
    // Keys, page headers and free pages take less than the events themselves.
    check(mdb_env_set_mapsize(environment, ((lines->byte_count * 4) | 0xFFFF) + 1 + (16 << 20)));
    check(mdb_env_open(environment, path, MDB_NOSUBDIR, 0600));
    uint64_t number = 0;
    for (size_t offset = 0; offset < lines->byte_count;) {
        MDB_txn *transaction;
        check(mdb_txn_begin(environment, NULL, 0, &transaction));
        check(mdb_dbi_open(transaction, NULL, MDB_INTEGERKEY, &table));
        for (size_t line = 0; line < lines->batch && offset < lines->byte_count; line++) {
            size_t end = line_end(lines, offset);
            MDB_val key = {sizeof number, &number}, value = {end - offset, lines->bytes + offset};
            check(mdb_put(transaction, table, &key, &value, MDB_APPEND));
            number++;
            offset = end;
        }
        // Syncs, since the environment is open without MDB_NOSYNC.
        check(mdb_txn_commit(transaction));
    }
    mdb_env_close(environment);
}

static double clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double processor_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

int main(int count, char **arguments) {
    if (count != 5) errx(2, "usage: floors file|lmdb LINES PATH BATCH");
    struct lines lines = read_lines(arguments[2], (size_t)strtoul(arguments[4], NULL, 10));
    if (lines.batch == 0) errx(2, "a batch of %s events", arguments[4]);
    double clock_before = clock_seconds(), processor_before = processor_seconds();
    (strcmp(arguments[1], "file") == 0 ? write_file : put_into_lmdb)(&lines, arguments[3]);
    printf("%.6f %.6f\n", clock_seconds() - clock_before, processor_seconds() - processor_before);
    return 0;
}
