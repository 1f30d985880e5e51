/*
 * Child only, between clone and exec. No allocation, no stdio, no locks, no formatting: everything was laid out by the
 * parent. The undefined symbols of this object are held to a list by SandboxSystemTests.
 */
#define _GNU_SOURCE
#include "child.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    /* Where init expects its descriptors. */
    CONTROL_FD = 3,
    FRAMES_FD = 4,
    SETUP_FD = 5,
    INIT_FD = 6,
    FIRST_FREE_FD = 7,
    /* Above all of these, so that putting one in its place never closes another that is still needed. */
    APART_FD = 64,

    INIT_UID = 994,
    INIT_GID = 989,

    RUNTIME_PORT = 9001,
    TRACE_PORT = 2000,
    RUNTIME_ADDRESS = 0xA9FE6401,  /* 169.254.100.1 */
    SERVICES_ADDRESS = 0xA9FE6402, /* 169.254.100.2 */
    LISTEN_BACKLOG = 128,

    EXIT_SETUP_FAILED = 125,
    /* Bytes of POSIX message queues and of locked memory that a function may have. */
    MEMLOCK_BYTES = 65536,
};

/* Init starts the runtime under another uid and kills it; nothing else of root is left to it. */
static const uint32_t INIT_CAPABILITIES =
    1u << CAP_KILL | 1u << CAP_SETGID | 1u << CAP_SETUID | 1u << CAP_SETPCAP;

static int setup_fd = -1;

static _Noreturn void fail(enum lsb_step step) {
    const struct lsb_report report = {.step = step, .error = errno};
    (void)!write(setup_fd, &report, sizeof report); /* nobody left to tell if this fails */
    _exit(EXIT_SETUP_FAILED);
}

/* Handlers are gone by CLONE_CLEAR_SIGHAND. What is ignored stays so, and init sees to it for its own children. */
static int unblock_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL);
}

static int attach(int tree, const char *path) {
    return move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
}

struct option {
    const char *key;
    const char *value;
};

/* A new instance of a filesystem, nosuid and nodev, at `path`. */
static int mount_new(const char *type, const struct option *options, size_t count, const char *path) {
    const int context = fsopen(type, FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    for (size_t index = 0; index < count; index++)
        if (fsconfig(context, FSCONFIG_SET_STRING, options[index].key, options[index].value, 0)) return -1;
    if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) return -1;
    const int tree = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    if (tree < 0 || attach(tree, path)) return -1;
    close(context);
    return close(tree);
}

/* The root was prepared by the executor and is in this mount namespace because the namespace is a copy. What differs
 * from sandbox to sandbox is added here, then the machine's own mounts are dropped. */
static void build_root(const struct lsb_child_plan *laid_out) {
    const struct lsb_plan *plan = &laid_out->plan;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) fail(LSB_STEP_PRIVATE_MOUNTS);
    if (chdir(plan->root)) fail(LSB_STEP_ENTER_ROOT);
    if (attach(plan->code_tree, "var/task")) fail(LSB_STEP_MOUNT_CODE);
    if (plan->runtime_tree >= 0 && attach(plan->runtime_tree, "var/runtime")) fail(LSB_STEP_MOUNT_RUNTIME);
    if (plan->layers_tree >= 0 && attach(plan->layers_tree, "opt")) fail(LSB_STEP_MOUNT_LAYERS);
    if (plan->file_system_tree >= 0
        && (attach(plan->mount_points_tree, "mnt") || attach(plan->file_system_tree, plan->file_system_path)))
        fail(LSB_STEP_MOUNT_FILE_SYSTEM);

    const struct option tmp[] = {
        {"mode", "1777"}, {"size", laid_out->tmp_bytes}, {"nr_inodes", laid_out->tmp_inodes}};
    if (mount_new("tmpfs", tmp, 3, "tmp")) fail(LSB_STEP_MOUNT_TMP);
    const struct option proc[] = {{"hidepid", "invisible"}, {"subset", "pid"}, {"gid", laid_out->init_gid}};
    if (mount_new("proc", proc, 3, "proc")) fail(LSB_STEP_MOUNT_PROC);

    /* Both names are the same directory: the old root is put over the new one, and taken away from there. */
    if (syscall(SYS_pivot_root, ".", ".")) fail(LSB_STEP_PIVOT_ROOT);
    if (umount2(".", MNT_DETACH) || chdir("/")) fail(LSB_STEP_DETACH_OLD_ROOT);
}

/* Adds a /32 to loopback. The order counts: the kernel gives the address the netmask of its class first. */
static int add_address(int socket_fd, const char *label, uint32_t address) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, label, 5); /* "lo:1" and its end */
    struct sockaddr_in *const target = (struct sockaddr_in *)&request.ifr_addr;
    target->sin_family = AF_INET;
    target->sin_addr.s_addr = htonl(address);
    if (ioctl(socket_fd, SIOCSIFADDR, &request)) return -1;
    target->sin_addr.s_addr = htonl(0xFFFFFFFF);
    return ioctl(socket_fd, SIOCSIFNETMASK, &request);
}

static void raise_loopback(void) {
    const int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_fd < 0) fail(LSB_STEP_LOOPBACK);
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK;
    if (ioctl(socket_fd, SIOCSIFFLAGS, &request)) fail(LSB_STEP_LOOPBACK);
    if (add_address(socket_fd, "lo:1", RUNTIME_ADDRESS) || add_address(socket_fd, "lo:2", SERVICES_ADDRESS))
        fail(LSB_STEP_ADDRESSES);
    close(socket_fd);
}

static int listener(uint32_t address, uint16_t port, enum lsb_step step) {
    const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_fd < 0) fail(step);
    struct sockaddr_in name;
    memset(&name, 0, sizeof name);
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(address);
    if (bind(socket_fd, (const struct sockaddr *)&name, sizeof name) || listen(socket_fd, LISTEN_BACKLOG)) fail(step);
    return socket_fd;
}

/* Nobody connects to it: what functions send to the X-Ray daemon is read from outside. */
static int trace_socket(void) {
    const int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_fd < 0) fail(LSB_STEP_TRACE_SOCKET);
    struct sockaddr_in name;
    memset(&name, 0, sizeof name);
    name.sin_family = AF_INET;
    name.sin_port = htons(TRACE_PORT);
    name.sin_addr.s_addr = htonl(RUNTIME_ADDRESS);
    if (bind(socket_fd, (const struct sockaddr *)&name, sizeof name)) fail(LSB_STEP_TRACE_SOCKET);
    return socket_fd;
}

/* Returns how many there are: the Runtime API's, then the services endpoint's and the trace daemon's where asked for. */
static size_t listen_inside(const struct lsb_plan *plan, int *listeners) {
    if (!plan->own_network) {
        /* The host's own network: the kernel chooses a port that is free there. */
        listeners[0] = listener(INADDR_LOOPBACK, 0, LSB_STEP_RUNTIME_LISTENER);
        return 1;
    }
    raise_loopback();
    /* At every address of this network, which has no way out: SDKs ask for a role's credentials without TLS only at
       127.0.0.1. Where the services endpoint has the same port, at its own address alone. */
    const uint32_t address = plan->services_port == RUNTIME_PORT ? RUNTIME_ADDRESS : INADDR_ANY;
    listeners[0] = listener(address, RUNTIME_PORT, LSB_STEP_RUNTIME_LISTENER);
    size_t count = 1;
    if (plan->services_port != 0)
        listeners[count++] = listener(SERVICES_ADDRESS, plan->services_port, LSB_STEP_SERVICES_LISTENER);
    if (plan->trace_socket) listeners[count++] = trace_socket();
    return count;
}

/* Never above what the executor itself may have, for that would need CAP_SYS_RESOURCE. */
static int limit(__rlimit_resource_t resource, uint64_t value) {
    struct rlimit now;
    if (getrlimit(resource, &now)) return -1;
    const rlim_t bounded = value < now.rlim_max ? (rlim_t)value : now.rlim_max;
    const struct rlimit wanted = {.rlim_cur = bounded, .rlim_max = bounded};
    return setrlimit(resource, &wanted);
}

static int set_limits(const struct lsb_plan *plan) {
    if (limit(RLIMIT_NOFILE, plan->open_files) || limit(RLIMIT_NPROC, plan->processes)) return -1;
    if (limit(RLIMIT_CORE, 0) || limit(RLIMIT_MSGQUEUE, 0)) return -1;
    if (limit(RLIMIT_MEMLOCK, MEMLOCK_BYTES) || limit(RLIMIT_SIGPENDING, plan->processes)) return -1;
    return limit(RLIMIT_RTPRIO, 0) || limit(RLIMIT_NICE, 0) ? -1 : 0;
}

/* Gives the listeners to the parent, which then writes the id maps and answers with one byte. */
static void hand_over(const int *listeners, size_t count) {
    struct lsb_report report = {.step = LSB_STEP_HAND_OVER, .error = 0};
    struct iovec part = {.iov_base = &report, .iov_len = sizeof report};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * LSB_LISTENER_LIMIT)];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(sizeof(int) * count)};
    struct cmsghdr *const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(header), listeners, sizeof(int) * count);
    if (sendmsg(setup_fd, &message, MSG_NOSIGNAL) < 0) fail(LSB_STEP_HAND_OVER);

    char go;
    const ssize_t got = recv(setup_fd, &go, 1, 0);
    if (got == 0) errno = ECONNRESET;
    if (got != 1) fail(LSB_STEP_ID_MAPS);
}

/* Out of the way of the numbers that init expects; the parent may hold any of them. */
static void move_apart(struct lsb_plan *plan) {
    /* Init's number for frames must hold something harmless, lest it gives the function what happens to be there. */
    if (plan->frames < 0) plan->frames = plan->null;
    int *const all[] = {&plan->null, &plan->log, &plan->frames, &plan->control, &plan->setup, &plan->init};
    for (size_t index = 0; index < sizeof all / sizeof *all; index++) {
        const int moved = fcntl(*all[index], F_DUPFD_CLOEXEC, APART_FD);
        if (moved < 0) fail(LSB_STEP_DESCRIPTORS_APART);
        *all[index] = moved;
    }
    setup_fd = plan->setup;
}

static void place_descriptors(const struct lsb_plan *plan) {
    if (dup2(plan->null, 0) < 0 || dup2(plan->log, 1) < 0 || dup2(plan->log, 2) < 0
        || dup2(plan->control, CONTROL_FD) < 0 || dup2(plan->frames, FRAMES_FD) < 0
        || dup3(plan->setup, SETUP_FD, O_CLOEXEC) < 0
        || dup3(plan->init, INIT_FD, O_CLOEXEC) < 0)
        fail(LSB_STEP_DESCRIPTORS);
    setup_fd = SETUP_FD;
    if (close_range(FIRST_FREE_FD, ~0U, 0)) fail(LSB_STEP_DESCRIPTORS);
}

/* In the new user namespace, where this process has every capability so far. glibc's own wrappers would tell threads of
 * the parent that are not here, so the calls are made plainly. */
static void become_init(void) {
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)) fail(LSB_STEP_IDS);
    if (syscall(SYS_setresgid, INIT_GID, INIT_GID, INIT_GID)) fail(LSB_STEP_IDS);
    if (syscall(SYS_setresuid, INIT_UID, INIT_UID, INIT_UID)) fail(LSB_STEP_IDS);

    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
        {.effective = INIT_CAPABILITIES, .permitted = INIT_CAPABILITIES, .inheritable = INIT_CAPABILITIES}};
    if (syscall(SYS_capset, &header, data)) fail(LSB_STEP_CAPABILITIES);
    for (int number = 0; number < 64; number++) {
        const bool kept = number < 32 && (INIT_CAPABILITIES >> number & 1) != 0;
        if (kept) {
            if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0)) fail(LSB_STEP_CAPABILITIES);
        } else if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0)) {
            if (errno == EINVAL) break; /* past the last capability of this kernel */
            fail(LSB_STEP_CAPABILITIES);
        }
    }
    /* Uid 0 is mapped, so that files of root show as such. It must not mean more than that. */
    if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0)) fail(LSB_STEP_CAPABILITIES);
}

/* An executor that is killed takes its sandboxes along. After the ids, for a change of ids clears this setting. */
static void die_with_parent(void) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)) fail(LSB_STEP_PARENT_DEATH);
    /* It may have died before the line above; then nobody has the other end of this socket. */
    const struct lsb_report report = {.step = LSB_STEP_PARENT_DEATH, .error = 0};
    if (send(setup_fd, &report, sizeof report, MSG_NOSIGNAL) < 0) _exit(EXIT_SETUP_FAILED);
}

_Noreturn void lsb_child_run(const struct lsb_child_plan *laid_out) {
    struct lsb_child_plan own = *laid_out;
    struct lsb_plan *const plan = &own.plan;
    setup_fd = plan->setup;
    if (setsid() < 0) fail(LSB_STEP_SESSION);
    if (unblock_signals()) fail(LSB_STEP_SIGNALS);
    umask(022);
    move_apart(plan);
    build_root(&own);
    if (sethostname("sandbox", 7)) fail(LSB_STEP_HOSTNAME);
    int listeners[LSB_LISTENER_LIMIT];
    const size_t count = listen_inside(plan, listeners);
    if (set_limits(plan)) fail(LSB_STEP_LIMITS);

    /* Not a flag of clone3: the namespace's root would be the executor's cgroup instead of the sandbox's. */
    if (unshare(CLONE_NEWCGROUP)) fail(LSB_STEP_CGROUP_NAMESPACE);
    if (syscall(SYS_setgroups, 0, NULL)) fail(LSB_STEP_GROUPS);
    if (unshare(CLONE_NEWUSER)) fail(LSB_STEP_USER_NAMESPACE);
    hand_over(listeners, count);

    place_descriptors(plan);
    become_init();
    die_with_parent();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail(LSB_STEP_NO_NEW_PRIVILEGES);
    if (lsb_child_confine(plan->file_system_tree >= 0 ? plan->file_system_path : NULL)) fail(LSB_STEP_LANDLOCK);
    if (plan->filter_instructions > 0) {
        const struct sock_fprog program = {
            .len = (unsigned short)plan->filter_instructions, .filter = (struct sock_filter *)(uintptr_t)plan->filter};
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) fail(LSB_STEP_FILTER);
    }
    char *const arguments[] = {(char *)(uintptr_t) "lambda-init", NULL};
    char *const environment[] = {NULL};
    syscall(SYS_execveat, INIT_FD, "", arguments, environment, AT_EMPTY_PATH);
    fail(LSB_STEP_EXEC);
}
