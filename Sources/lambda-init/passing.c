#define _GNU_SOURCE
#include "passing.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

union one_descriptor {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
};

ssize_t lsb_receive(int control_fd, uint8_t *bytes, size_t capacity, int *descriptor) {
    struct iovec part = {.iov_base = bytes, .iov_len = capacity};
    union one_descriptor control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    const ssize_t count = recvmsg(control_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count <= 0) return count;
    /* The kernel has closed those that found no room. */
    if (message.msg_flags & MSG_CTRUNC) lsb_give_up("too many descriptors in one request", 0);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header) return count;
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS
        || header->cmsg_len != CMSG_LEN(sizeof(int)))
        lsb_give_up("unknown control message", 0);
    if (*descriptor >= 0) lsb_give_up("a descriptor came before another was used", 0);
    memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
    return count;
}

int lsb_pass_socket(int carrier) {
    /* Not connected here: a function that listens and never accepts would keep init waiting. */
    const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) return errno;
    uint8_t byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    union one_descriptor control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &made, sizeof made);
    const int error = sendmsg(carrier, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? errno : 0;
    close(made);
    return error;
}
