/* A bootstrap of provided.al2023 that gives each event back without looking at it: the function of the benchmark of large
 * payloads. Static, so that it needs nothing of its sandbox. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define PATH "/2018-06-01/runtime/invocation/"
#define LARGEST (8u << 20)

static char buffer[LARGEST];
static char host[64];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void send_all(int connection, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(connection, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0) fail("send");
        bytes += sent;
        count -= (size_t)sent;
    }
}

/* Reads one answer; gives where its body begins and how long it is. The head ends in a NUL. */
static char *receive(int connection, size_t *length) {
    size_t filled = 0;
    char *end = NULL;
    while (end == NULL) {
        ssize_t got = recv(connection, buffer + filled, sizeof buffer - filled, 0);
        if (got <= 0) fail("recv");
        filled += (size_t)got;
        end = memmem(buffer, filled, "\r\n\r\n", 4);
    }
    *end = '\0';
    const char *field = strcasestr(buffer, "content-length: ");
    *length = field == NULL ? 0 : strtoul(field + 16, NULL, 10);
    char *body = end + 4;
    while (filled < (size_t)(body - buffer) + *length) {
        ssize_t got = recv(connection, buffer + filled, sizeof buffer - filled, 0);
        if (got <= 0) fail("recv");
        filled += (size_t)got;
    }
    return body;
}

static int connect_to_platform(void) {
    const char *address = getenv("AWS_LAMBDA_RUNTIME_API");
    const char *colon = address == NULL ? NULL : strchr(address, ':');
    if (colon == NULL || (size_t)(colon - address) >= sizeof host) exit(1);
    memcpy(host, address, (size_t)(colon - address));
    struct sockaddr_in platform = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(colon + 1))};
    if (inet_pton(AF_INET, host, &platform.sin_addr) != 1) exit(1);
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(connection, (struct sockaddr *)&platform, sizeof platform) != 0) fail("connect");
    return connection;
}

int main(void) {
    int connection = connect_to_platform();
    char head[512];
    for (;;) {
        int count = snprintf(head, sizeof head, "GET " PATH "next HTTP/1.1\r\nHost: %s\r\n\r\n", host);
        send_all(connection, head, (size_t)count);
        size_t length;
        const char *body = receive(connection, &length);
        const char *id = strcasestr(buffer, "lambda-runtime-aws-request-id: ");
        if (id == NULL) exit(1);
        count = snprintf(
            head, sizeof head, "POST " PATH "%.36s/response HTTP/1.1\r\nHost: %s\r\nContent-Length: %zu\r\n\r\n",
            id + strlen("lambda-runtime-aws-request-id: "), host, length);
        send_all(connection, head, (size_t)count);
        send_all(connection, body, length);
        receive(connection, &length);
    }
}
