// Writes a history of user-days to standard output, as line protocol in order of time, faster than anybody reads it:
// history COMPANIES USERS DAYS ACTIVE_DAYS FIRST_DAY_MILLISECONDS
//
// Each user is active on so many of the days on average, with one event a day. Companies have users by Zipf's law,
// as those of `tenure bench`; within a day the users come in no order.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { bufferSize = 1 << 20, longestLine = 256 };

static char buffer[bufferSize];
static size_t used;

static void flush(void) {
    for (size_t done = 0; done < used;) {
        ssize_t count = write(STDOUT_FILENO, buffer + done, used - done);
        if (count < 0) {
            perror("history: write");
            exit(1);
        }
        done += (size_t)count;
    }
    used = 0;
}

static void text(const char *words) {
    size_t length = strlen(words);
    memcpy(buffer + used, words, length);
    used += length;
}

static void number(uint64_t value) {
    char digits[20];
    int count = 0;
    do digits[count++] = (char)('0' + value % 10);
    while (value /= 10);
    while (count > 0) buffer[used++] = digits[--count];
}

// SplitMix64, as in `tenure bench`.
static uint64_t next(uint64_t *state) {
    uint64_t word = *state += 0x9E3779B97F4A7C15;
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
    return word ^ (word >> 31);
}

// A UUID of version 4 (RFC 9562), which the log keeps in 16 bytes.
static void uuid(uint64_t high, uint64_t low) {
    high = (high & ~0xF000ull) | 0x4000;
    low = (low & ~(0xC0ull << 56)) | (0x80ull << 56);
    for (int place = 0; place < 32; place++) {
        if (place == 8 || place == 12 || place == 16 || place == 20) buffer[used++] = '-';
        uint64_t word = place < 16 ? high : low;
        buffer[used++] = "0123456789abcdef"[word >> (60 - 4 * (place % 16)) & 15];
    }
}

// For each user the company.
static uint32_t *employ(uint64_t companies, uint64_t users) {
    uint32_t *employer = malloc(users * sizeof *employer);
    double sum = 0, share = 0;
    for (uint64_t rank = 1; rank <= companies; rank++) sum += 1 / (double)rank;
    uint64_t user = 0;
    for (uint64_t rank = 1; rank <= companies && employer != NULL; rank++) {
        share += 1 / (double)rank / sum;
        uint64_t end = rank == companies ? users : (uint64_t)(share * (double)users);
        while (user < end) employer[user++] = (uint32_t)(rank - 1);
    }
    return employer;
}

static uint64_t greatestCommonDivisor(uint64_t a, uint64_t b) { return b == 0 ? a : greatestCommonDivisor(b, a % b); }

int main(int count, char **words) {
    if (count != 6) {
        fprintf(stderr, "usage: history COMPANIES USERS DAYS ACTIVE_DAYS FIRST_DAY_MILLISECONDS\n");
        return 2;
    }
    const uint64_t companies = strtoull(words[1], NULL, 10), users = strtoull(words[2], NULL, 10);
    const uint64_t days = strtoull(words[3], NULL, 10), activeDays = strtoull(words[4], NULL, 10);
    const uint64_t firstDay = strtoull(words[5], NULL, 10);
    const uint64_t millisecondsPerDay = 86400000;
    static const char *tasks[] = {"report.exported", "invoice.sent", "app.opened", "contact.added", "search.run"};

    uint32_t *employer = employ(companies, users);
    if (employer == NULL) {
        perror("history");
        return 1;
    }
    // Steps of a golden section that share no divisor with the users visit each of them once, far from the last.
    uint64_t step = (uint64_t)(0.618033988749895 * (double)users) | 1;
    while (greatestCommonDivisor(step, users) != 1) step += 2;

    uint64_t random = 1;
    for (uint64_t day = 0; day < days; day++) {
        uint64_t user = next(&random) % users;
        for (uint64_t visit = 0; visit < users; visit++) {
            user = (user + step) % users;
            uint64_t choice = next(&random);
            if (choice % days >= activeDays) continue;
            if (used > bufferSize - longestLine) flush();
            text(tasks[(choice >> 32) % 5]);
            text(",company=c");
            number(employer[user]);
            text(" user=\"u");
            number(user);
            text("\",amount=12.5,id=\"");
            uint64_t high = next(&random);
            uuid(high, next(&random));
            text("\" ");
            number(firstDay + day * millisecondsPerDay + visit * millisecondsPerDay / users);
            text("000000\n");
        }
    }
    flush();
    free(employer);
    return 0;
}
