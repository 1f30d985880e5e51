/* Keeps a number of connections busy with given requests, and measures: one at a time on each, the next as soon as the
 * answer is there. Small, so that the server is what is measured and not the client.
 *
 *     load PORT CONNECTIONS SECONDS FILE [STATUS]
 *
 * FILE holds requests, each behind its length as 32 bits in the machine's order; they are sent in turn, again and again.
 * Prints answers a second, the median and the 99th percentile of their times in microseconds, and the number of answers.
 * Any answer but STATUS, or 200, is an error. A server that closes after each answer is connected to again. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_BYTES = 1 << 25, MOST_TIMES = 1 << 22, MOST_REQUESTS = 1 << 16 };

struct request {
    const char *bytes;
    size_t length;
};

struct connection {
    int descriptor;
    size_t filled;
    const struct request *request;
    uint64_t begin;
    char *answer; /* ANSWER_BYTES, and room for a NUL */
};

static struct request requests[MOST_REQUESTS];
static size_t request_count, next_request;
static uint32_t times[MOST_TIMES];
static size_t answers;
static struct sockaddr_in address;
static int poller;
static char status[8] = " 200 ";

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void open_connection(struct connection *connection) {
    const int one = 1;
    connection->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->descriptor < 0) fail("socket");
    if (connect(connection->descriptor, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->descriptor, &event) != 0) fail("epoll_ctl");
}

/* A request is far smaller than a socket's buffer, so this never waits. */
static void send_next(struct connection *connection) {
    connection->request = &requests[next_request++ % request_count];
    connection->filled = 0;
    connection->begin = now_ns();
    const ssize_t sent = send(
        connection->descriptor, connection->request->bytes, connection->request->length, MSG_NOSIGNAL);
    if (sent != (ssize_t)connection->request->length) fail("send");
}

/* Value of a header, or NULL. The answer ends in a NUL byte, and so does its head while it is looked through. */
static const char *header(char *answer, const char *name) {
    char *end = strstr(answer, "\r\n\r\n");
    *end = 0;
    const char *found = strcasestr(answer, name);
    *end = '\r';
    return found != NULL ? found + strlen(name) : NULL;
}

/* Whether the answer is there whole; `closed` says that nothing more will come. */
static int is_whole(struct connection *connection, int closed) {
    char *body = strstr(connection->answer, "\r\n\r\n");
    if (body == NULL) return 0;
    const char *length = header(connection->answer, "\r\ncontent-length:");
    if (length == NULL) return closed;
    return connection->filled - (size_t)(body + 4 - connection->answer) >= strtoul(length, NULL, 10);
}

static void receive(struct connection *connection) {
    if (connection->filled == ANSWER_BYTES) fail("an answer is too long");
    const ssize_t count = recv(
        connection->descriptor, connection->answer + connection->filled, ANSWER_BYTES - connection->filled, 0);
    if (count < 0) fail("recv");
    connection->filled += (size_t)count;
    connection->answer[connection->filled] = 0;
    if (!is_whole(connection, count == 0)) {
        if (count == 0) fail("the server closed a connection within an answer");
        return;
    }
    if (strncmp(connection->answer + strlen("HTTP/1.1"), status, 5) != 0) {
        fprintf(stderr, "load: %.300s\n", connection->answer);
        exit(1);
    }
    if (answers < MOST_TIMES) times[answers++] = (uint32_t)((now_ns() - connection->begin) / 1000);
    const char *closing = header(connection->answer, "\r\nconnection: close");
    if (count == 0 || closing != NULL) {
        close(connection->descriptor);
        open_connection(connection);
    }
    send_next(connection);
}

static void read_requests(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail(path);
    uint32_t length;
    while (request_count < MOST_REQUESTS && fread(&length, sizeof length, 1, file) == 1) {
        char *bytes = malloc(length);
        if (bytes == NULL || fread(bytes, 1, length, file) != length) fail(path);
        requests[request_count++] = (struct request){.bytes = bytes, .length = length};
    }
    fclose(file);
    if (request_count == 0) fail("no requests");
}

static int by_value(const void *left, const void *right) {
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

int main(int count, char **words) {
    if (count != 5 && count != 6) {
        fprintf(stderr, "usage: load PORT CONNECTIONS SECONDS FILE [STATUS]\n");
        return 2;
    }
    if (count == 6) snprintf(status, sizeof status, " %.3s ", words[5]);
    const int connection_count = atoi(words[2]);
    read_requests(words[4]);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(words[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0 || connection_count < 1) fail("epoll_create1");

    const uint64_t begin = now_ns();
    const uint64_t end = begin + (uint64_t)(atof(words[3]) * 1e9);
    struct connection *connections = calloc((size_t)connection_count, sizeof *connections);
    if (connections == NULL) fail("calloc");
    for (int index = 0; index < connection_count; index++) {
        connections[index].answer = malloc(ANSWER_BYTES + 1);
        if (connections[index].answer == NULL) fail("malloc");
        open_connection(&connections[index]);
        send_next(&connections[index]);
    }
    while (now_ns() < end) {
        struct epoll_event events[64];
        const int ready = epoll_wait(poller, events, 64, 100);
        if (ready < 0 && errno != EINTR) fail("epoll_wait");
        for (int index = 0; index < ready; index++) receive(events[index].data.ptr);
    }
    const double seconds = (double)(now_ns() - begin) / 1e9;
    if (answers == 0) fail("no answer came");
    qsort(times, answers, sizeof *times, by_value);
    printf("%.1f %u %u %zu\n", (double)answers / seconds, times[answers / 2], times[answers * 99 / 100], answers);
    return 0;
}
