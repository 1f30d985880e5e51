#pragma once
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

/* Swift cannot import the CMSG_ macros. Sends one descriptor and no data to the datagram socket at `address`: the form
 * in which journald takes entries that no datagram holds. Returns 0 or an errno. */
static inline int lsb_send_descriptor(int socket_fd, const struct sockaddr_un *_Nonnull address, int passed_fd) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_name = (void *)address,
        .msg_namelen = sizeof *address,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    memset(&control, 0, sizeof control);
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(part), &passed_fd, sizeof(int));
    return sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0 ? errno : 0;
}

/* GNU extensions, which the module that Swift makes of the C library is built without; values of <linux/fcntl.h> and
 * <linux/memfd.h>. */
extern int memfd_create(const char *_Nonnull name, unsigned int flags);
enum {
    LSB_ADD_SEALS = 1033,
    LSB_GET_SEALS = 1034,
    LSB_ALL_SEALS = 0x0001 | 0x0002 | 0x0004 | 0x0008,
    LSB_CLOEXEC_SEALABLE = 0x0001 | 0x0002
};

/* An empty file in memory. Returns a descriptor, or -1 with errno. */
static inline int lsb_memory_file(void) { return memfd_create("journal-entry", LSB_CLOEXEC_SEALABLE); }

/* fcntl is variadic. Journald trusts the memory of an unprivileged sender only when nobody can change it any more. */
static inline int lsb_seal(int memory_fd) { return fcntl(memory_fd, LSB_ADD_SEALS, LSB_ALL_SEALS) < 0 ? errno : 0; }

/* fcntl is variadic. Sets close-on-exec and non-blocking. Returns 0 or an errno. */
static inline int lsb_adopt(int fd) {
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return errno;
    return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? errno : 0;
}

/* The counterpart of lsb_send_descriptor, for tests. Returns the descriptor, or a negative errno. */
static inline int lsb_receive_descriptor(int socket_fd) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_control = &control, .msg_controllen = sizeof control};
    if (recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC) < 0) return -errno;
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    if (part == NULL || part->cmsg_type != SCM_RIGHTS) return -ENOMSG;
    int received;
    memcpy(&received, CMSG_DATA(part), sizeof received);
    return received;
}

/* fcntl is variadic. For tests: the seals of a memory file, or -1. */
static inline int lsb_seals(int memory_fd) { return fcntl(memory_fd, LSB_GET_SEALS); }
