// Sends Segment batches to the daemon as fast as it answers, at a cost that is small beside the daemon's, and prints
// what came of it: `events seconds p50_us p99_us`, where a time is that of one request.
//
//   load PORT KEY CONNECTIONS REQUESTS EVENTS
//
// Each connection sends REQUESTS requests one behind the other; with EVENTS 1 a request is one call of /v1/track,
// otherwise a batch. An event is as segment-analytics-python writes it, some 370 bytes, with an id of its own, of one of
// 1,000 companies with 20 users each. Ids are patched into a body that is written once.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { COMPANIES = 1000, USERS = 20, TASKS = 12, ID = 36 };

static int port, requests, events;
static const char *key;
static double *times;

static void fail(const char *doing) {
    perror(doing);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

// A random id, as uuid4 makes them. Written by hand: printf would cost more than the daemon's part.
static void write_id(char *at, uint64_t *state) {
    static const char digits[] = "0123456789abcdef";
    uint64_t bits = 0;
    for (int i = 0; i < ID; i++) {
        if (i % 16 == 0) {
            uint64_t z = *state += 0x9e3779b97f4a7c15;
            z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
            z = (z ^ z >> 27) * 0x94d049bb133111eb;
            bits = z ^ z >> 31;
        }
        at[i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-' : digits[bits & 15];
        bits >>= 4;
    }
}

struct body {
    char *text;
    size_t length;
    char **ids;
};

static struct body make_body(int connection) {
    struct body body = {malloc(512 + 512 * (size_t)events), 0, malloc(sizeof(char *) * events)};
    char stamp[40];
    time_t seconds = time(NULL);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S.123+00:00", gmtime(&seconds));
    char *at = body.text;
    if (events > 1) at += sprintf(at, "{\"batch\": [");
    for (int i = 0; i < events; i++) {
        uint32_t spread = (uint32_t)(connection * 7919 + i) * 2654435761u;
        int company = spread % COMPANIES;
        if (i > 0) at += sprintf(at, ", ");
        at += sprintf(
            at,
            "{\"integrations\": {}, \"anonymousId\": null, \"properties\": {\"amount\": 12.5, \"currency\": \"USD\"}, "
            "\"timestamp\": \"%s\", \"context\": {\"groupId\": \"company-%04d\", \"library\": {\"name\": "
            "\"analytics-python\", \"version\": \"2.4.0\"}}, \"userId\": \"user-%05d\", \"type\": \"track\", "
            "\"event\": \"task.%d\", \"messageId\": \"",
            stamp, company, company * USERS + (spread >> 16) % USERS, (spread >> 8) % TASKS);
        body.ids[i] = at;
        at += ID;
        at += sprintf(at, "\"}");
    }
    if (events > 1) at += sprintf(at, "], \"sentAt\": \"%s\"}", stamp);
    body.length = at - body.text;
    return body;
}

static void send_all(int socket, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0) fail("send");
        bytes += sent;
        count -= sent;
    }
}

static void *run(void *argument) {
    int connection = (int)(intptr_t)argument;
    struct body body = make_body(connection);
    uint64_t state = (uint64_t)time(NULL) << 32 ^ (uint64_t)getpid() << 16 ^ (uint64_t)connection;
    int server = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(server, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    char head[256], reply[1024];
    int head_length = sprintf(
        head,
        "POST /v1/%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n\r\n",
        events > 1 ? "batch" : "track", key, body.length);
    for (int request = 0; request < requests; request++) {
        for (int i = 0; i < events; i++) write_id(body.ids[i], &state);
        double start = now();
        send_all(server, head, head_length);
        send_all(server, body.text, body.length);
        ssize_t got = 0;
        while (got < (ssize_t)sizeof reply - 1) {
            ssize_t more = recv(server, reply + got, sizeof reply - 1 - got, 0);
            if (more <= 0) fail("recv");
            got += more;
            reply[got] = 0;
            if (strstr(reply, "}\n")) break;
        }
        if (!strstr(reply, " 200 ") || strstr(reply, "errors")) {
            fprintf(stderr, "load: unexpected reply: %s\n", reply);
            exit(1);
        }
        times[(size_t)connection * requests + request] = now() - start;
    }
    close(server);
    return NULL;
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int count, char **arguments) {
    if (count != 6 || strlen(arguments[2]) > 64) {
        fprintf(stderr, "usage: load PORT KEY CONNECTIONS REQUESTS EVENTS\n");
        return 2;
    }
    port = atoi(arguments[1]);
    key = arguments[2];
    int connections = atoi(arguments[3]);
    requests = atoi(arguments[4]);
    events = atoi(arguments[5]);
    size_t total = (size_t)connections * requests;
    times = malloc(sizeof(double) * total);
    pthread_t threads[connections];
    double start = now();
    for (int i = 0; i < connections; i++) pthread_create(&threads[i], NULL, run, (void *)(intptr_t)i);
    for (int i = 0; i < connections; i++) pthread_join(threads[i], NULL);
    double seconds = now() - start;
    qsort(times, total, sizeof(double), ascending);
    printf("%zu %.3f %.0f %.0f\n", total * events, seconds, times[total / 2] * 1e6, times[total * 99 / 100] * 1e6);
    return 0;
}
