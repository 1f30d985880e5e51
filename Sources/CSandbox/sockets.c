/* Packets with descriptors, the event loop's calls, and processes by their descriptor. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lsb.h"

/* waitid's P_PIDFD, which older headers do not name. */
enum { WAIT_BY_PIDFD = 3 };

static int give_up(int descriptor) {
    const int error = errno;
    close(descriptor);
    return -error;
}

static int pair(int type, int *first, int *second) {
    int both[2];
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, both)) return -errno;
    *first = both[0];
    *second = both[1];
    return 0;
}

int lsb_seqpacket_pair(int *first, int *second) { return pair(SOCK_SEQPACKET, first, second); }
int lsb_stream_pair(int *first, int *second) { return pair(SOCK_STREAM, first, second); }

int lsb_log_pipe(int *read_end, int *write_end) {
    int both[2];
    if (pipe2(both, O_CLOEXEC)) return -errno;
    /* The reader is an event loop. The write end blocks: a function that floods its log waits for it. */
    if (fcntl(both[0], F_SETFL, O_NONBLOCK)) {
        close(both[1]);
        return give_up(both[0]);
    }
    *read_end = both[0];
    *write_end = both[1];
    return 0;
}

static int unix_name(const char *path, struct sockaddr_un *name) {
    memset(name, 0, sizeof *name);
    name->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof name->sun_path) return -ENAMETOOLONG;
    strcpy(name->sun_path, path);
    return 0;
}

int lsb_listen_seqpacket(const char *path, mode_t mode, gid_t group) {
    struct sockaddr_un name;
    const int named = unix_name(path, &name);
    if (named) return named;
    const int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return -errno;
    /* A socket left by an earlier process answers nobody. Anything else of that name is not ours to remove. */
    struct stat found;
    if (lstat(path, &found) == 0 && S_ISSOCK(found.st_mode)) unlink(path);
    const mode_t before = umask(0777);
    const int bound = bind(listener, (const struct sockaddr *)&name, sizeof name);
    umask(before);
    if (bound || chown(path, (uid_t)-1, group) || chmod(path, mode) || listen(listener, 16)) return give_up(listener);
    return listener;
}

int lsb_connect_seqpacket(const char *path) {
    struct sockaddr_un name;
    const int named = unix_name(path, &name);
    if (named) return named;
    const int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connection < 0) return -errno;
    if (connect(connection, (const struct sockaddr *)&name, sizeof name)) return give_up(connection);
    return connection;
}

int lsb_peer(int socket, uint32_t *uid, uint32_t *gid) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length)) return -errno;
    *uid = peer.uid;
    *gid = peer.gid;
    return 0;
}

int lsb_accept(int socket) {
    const int accepted = accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return accepted < 0 ? -errno : accepted;
}

int lsb_local_port(int socket) {
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    if (getsockname(socket, (struct sockaddr *)&name, &length)) return -errno;
    return ntohs(name.sin_port);
}

union descriptor_space {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int) * LSB_DESCRIPTOR_LIMIT)];
};

ssize_t lsb_send(int socket, const uint8_t *bytes, size_t count, const int *descriptors, size_t descriptor_count) {
    if (descriptor_count > LSB_DESCRIPTOR_LIMIT) return -EINVAL;
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union descriptor_space control;
    if (descriptor_count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptor_count);
        struct cmsghdr *const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * descriptor_count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * descriptor_count);
    }
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

/* Takes at most LSB_DESCRIPTOR_LIMIT; the kernel closes what does not fit into the space it was given. */
static size_t take_descriptors(struct msghdr *message, int *descriptors) {
    size_t taken = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < count && taken < LSB_DESCRIPTOR_LIMIT; index++, taken++)
            memcpy(&descriptors[taken], CMSG_DATA(header) + index * sizeof(int), sizeof(int));
    }
    return taken;
}

ssize_t lsb_receive(int socket, uint8_t *bytes, size_t capacity, int *descriptors, size_t *descriptor_count) {
    struct iovec part = {.iov_base = bytes, .iov_len = capacity};
    union descriptor_space control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got;
    do got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    *descriptor_count = 0;
    if (got < 0) return -errno;
    const size_t taken = take_descriptors(&message, descriptors);
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        for (size_t index = 0; index < taken; index++) close(descriptors[index]);
        return -EMSGSIZE;
    }
    *descriptor_count = taken;
    return got;
}

int lsb_connect_loopback(int socket, uint16_t port) {
    const struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(socket, (const struct sockaddr *)&name, sizeof name) == 0 || errno == EINPROGRESS) return 0;
    return -errno;
}

int lsb_pidfd_kill(int pidfd) { return syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) ? -errno : 0; }

int lsb_pidfd_reap(int pidfd) {
    siginfo_t ended;
    memset(&ended, 0, sizeof ended);
    if (waitid((idtype_t)WAIT_BY_PIDFD, (id_t)pidfd, &ended, WEXITED | WNOHANG)) return -errno;
    return ended.si_pid == 0 ? -EAGAIN : 0;
}

int lsb_epoll_create(void) {
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    return epoll < 0 ? -errno : epoll;
}

int lsb_epoll_add(int epoll, int descriptor, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data = {.u64 = token}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) ? -errno : 0;
}

int lsb_epoll_remove(int epoll, int descriptor) {
    return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL) ? -errno : 0;
}

int lsb_epoll_wait(int epoll, uint64_t *tokens, int capacity, int timeout_ms) {
    struct epoll_event events[32];
    if (capacity > 32) capacity = 32;
    const int count = epoll_wait(epoll, events, capacity, timeout_ms);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int index = 0; index < count; index++) tokens[index] = events[index].data.u64;
    return count;
}

int lsb_wake_create(void) {
    const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

void lsb_wake(int descriptor) {
    const uint64_t one = 1;
    (void)!write(descriptor, &one, sizeof one); /* fails only where it is awake 2^64 - 2 times over */
}

void lsb_wake_clear(int descriptor) {
    uint64_t count;
    (void)!read(descriptor, &count, sizeof count); /* fails only where nobody woke it */
}

int lsb_signals(void) {
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &watched, NULL)) return -errno;
    const int descriptor = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

int lsb_next_signal(int descriptor) {
    struct signalfd_siginfo next;
    const ssize_t got = read(descriptor, &next, sizeof next);
    if (got < 0) return -errno;
    return got == sizeof next ? (int)next.ssi_signo : -EIO;
}

uint64_t lsb_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
