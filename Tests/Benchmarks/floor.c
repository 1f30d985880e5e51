/*
 * The floor: what the kernel alone takes for the sandbox that lambda-executor makes, in one small C program.
 *
 * Once, as the executor does: a root of a tmpfs with /usr, /etc and devices, in a mount namespace of its own.
 * Then for each round: clone3 with the same namespaces, /var/task and /var/runtime, /tmp and /proc with the fd-based
 * mount calls, pivot_root, loopback with two addresses and two listeners, limits, the user namespace with its maps
 * written by the parent, loss of all rights, exec of `true`, and its end seen by the parent.
 *
 * No cgroup (its cost differs by machine, and not every one has one), no filter, no init, no log, no protocol: these
 * are what lambdad adds.
 *
 *   floor [ROUNDS]       prints median and 95th percentile, in microseconds
 *   floor ROUNDS each    prints the time of each round
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char ROOT[] = "/run/lambdad-floor";
static const unsigned FUNCTION_UID = 1879048192, INIT_UID = 1879048193;

static void must(long result, const char *what) {
    if (result >= 0) return;
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void seal(const char *path, int recursive, int devices) {
    struct mount_attr sealed = {
        .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | (devices ? 0 : MOUNT_ATTR_NODEV),
        .propagation = MS_PRIVATE};
    must(mount_setattr(AT_FDCWD, path, recursive ? AT_RECURSIVE : 0, &sealed, sizeof sealed), path);
}

static void prepare_root(void) {
    must(unshare(CLONE_NEWNS), "unshare");
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
    if (mkdir(ROOT, 0755) && errno != EEXIST) must(-1, ROOT);
    must(mount("floor", ROOT, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m,nr_inodes=64"), "root");
    must(chdir(ROOT), "chdir");
    static const char *const directories[] = {
        "dev", "etc", "mnt", "opt", "proc", "tmp", "usr", "var", "var/runtime", "var/task"};
    for (size_t index = 0; index < sizeof directories / sizeof *directories; index++)
        must(mkdir(directories[index], 0755), directories[index]);
    must(symlink("usr/bin", "bin"), "bin");
    must(symlink("usr/lib", "lib"), "lib");
    must(symlink("usr/lib64", "lib64"), "lib64");
    must(mount("floor", "dev", "tmpfs", MS_NOSUID, "mode=0755,size=1m,nr_inodes=64"), "dev");
    static const struct {
        const char *name;
        unsigned minor_number;
    } devices[] = {{"dev/null", 3}, {"dev/zero", 5}, {"dev/full", 7}, {"dev/random", 8}, {"dev/urandom", 9}};
    for (size_t index = 0; index < sizeof devices / sizeof *devices; index++)
        must(mknod(devices[index].name, S_IFCHR | 0666, makedev(1, devices[index].minor_number)), devices[index].name);
    seal("dev", 0, 1);
    must(mount("/usr", "usr", NULL, MS_BIND | MS_REC, NULL), "/usr");
    seal("usr", 1, 0);
    must(mount("/etc", "etc", NULL, MS_BIND | MS_REC, NULL), "/etc");
    seal("etc", 1, 0);
    must(mount("/usr/bin/bash", "usr/bin/sh", NULL, MS_BIND, NULL), "sh");
    seal("usr/bin/sh", 0, 0);
    seal(".", 0, 0);
}

static int tree_of(const char *path) {
    const int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    must(tree, path);
    struct mount_attr sealed = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
    must(mount_setattr(tree, "", AT_EMPTY_PATH, &sealed, sizeof sealed), path);
    return tree;
}

static void mount_new(const char *type, const char *const (*options)[2], const char *path) {
    const int context = fsopen(type, FSOPEN_CLOEXEC);
    must(context, type);
    for (; (*options)[0]; options++)
        must(fsconfig(context, FSCONFIG_SET_STRING, (*options)[0], (*options)[1], 0), (*options)[0]);
    must(fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), type);
    const int tree = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    must(tree, type);
    must(move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH), path);
    close(context);
    close(tree);
}

static void enter_root(int code, int runtime) {
    must(chdir(ROOT), ROOT);
    must(move_mount(code, "", AT_FDCWD, "var/task", MOVE_MOUNT_F_EMPTY_PATH), "var/task");
    must(move_mount(runtime, "", AT_FDCWD, "var/runtime", MOVE_MOUNT_F_EMPTY_PATH), "var/runtime");
    static const char *const tmp[][2] = {
        {"mode", "1777"}, {"size", "536870912"}, {"nr_inodes", "131072"}, {NULL, NULL}};
    mount_new("tmpfs", tmp, "tmp");
    static const char *const proc[][2] = {
        {"hidepid", "invisible"}, {"subset", "pid"}, {"gid", "1879048193"}, {NULL, NULL}};
    mount_new("proc", proc, "proc");
    must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
    must(umount2(".", MNT_DETACH), "detach");
    must(chdir("/"), "chdir");
}

static void raise_loopback(void) {
    const int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(control, "socket");
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK};
    must(ioctl(control, SIOCSIFFLAGS, &request), "lo");
    for (uint32_t host = 1; host <= 2; host++) {
        memset(&request, 0, sizeof request);
        snprintf(request.ifr_name, sizeof request.ifr_name, "lo:%u", host);
        struct sockaddr_in *const address = (struct sockaddr_in *)&request.ifr_addr;
        address->sin_family = AF_INET;
        address->sin_addr.s_addr = htonl(0xA9FE6400 + host);
        must(ioctl(control, SIOCSIFADDR, &request), "address");
        address->sin_addr.s_addr = htonl(0xFFFFFFFF);
        must(ioctl(control, SIOCSIFNETMASK, &request), "netmask");

        const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        const struct sockaddr_in name = {
            .sin_family = AF_INET, .sin_port = htons(9001), .sin_addr.s_addr = htonl(0xA9FE6400 + host)};
        must(bind(listener, (const struct sockaddr *)&name, sizeof name), "bind");
        must(listen(listener, 128), "listen");
    }
    close(control);
}

static void lose_rights(void) {
    for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++) {}
    must(syscall(SYS_setresgid, 990, 990, 990), "gid");
    must(syscall(SYS_setresuid, 993, 993, 993), "uid");
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    must(syscall(SYS_capset, &header, none), "capset");
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}

static _Noreturn void child(int code, int runtime, int parent) {
    must(setsid(), "setsid");
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
    enter_root(code, runtime);
    must(sethostname("sandbox", 7), "hostname");
    raise_loopback();
    const struct rlimit files = {1024, 1024}, core = {0, 0};
    must(setrlimit(RLIMIT_NOFILE, &files), "limit");
    must(setrlimit(RLIMIT_NPROC, &files), "limit");
    must(setrlimit(RLIMIT_CORE, &core), "limit");
    must(unshare(CLONE_NEWCGROUP), "cgroup namespace");
    must(setgroups(0, NULL), "groups");
    must(unshare(CLONE_NEWUSER), "user namespace");
    char byte = 0;
    must(write(parent, &byte, 1), "ready");
    must(read(parent, &byte, 1), "maps");
    lose_rights();
    must(close_range(3, ~0U, 0), "close_range");
    char *const arguments[] = {"true", NULL}, *const environment[] = {NULL};
    execve("/usr/bin/true", arguments, environment);
    _exit(126);
}

static void write_map(pid_t pid, const char *kind, unsigned function, unsigned init) {
    char path[64], text[128];
    snprintf(path, sizeof path, "/proc/%d/%s_map", pid, kind);
    const int length = snprintf(
        text, sizeof text, "0 0 1\n%u %u 1\n%u %u 1\n", function, FUNCTION_UID, init, INIT_UID);
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    must(file, path);
    must(write(file, text, (size_t)length), path);
    close(file);
}

static double one_round(void) {
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    const int code = tree_of("/opt"), runtime = tree_of("/mnt");
    int pair[2], pidfd = -1;
    must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), "socketpair");
    struct clone_args arguments = {
        .flags = CLONE_PIDFD | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET,
        .pidfd = (uint64_t)(uintptr_t)&pidfd,
        .exit_signal = SIGCHLD};
    const pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    must(pid, "clone3");
    if (pid == 0) child(code, runtime, pair[1]);
    close(pair[1]);
    close(code);
    close(runtime);
    char byte;
    if (read(pair[0], &byte, 1) != 1) must(-1, "the child");
    write_map(pid, "uid", 993, 994);
    write_map(pid, "gid", 990, 989);
    must(write(pair[0], &byte, 1), "maps");
    int status;
    must(waitpid(pid, &status, 0), "waitpid");
    close(pair[0]);
    close(pidfd);
    clock_gettime(CLOCK_MONOTONIC, &after);
    if (status != 0) {
        fprintf(stderr, "floor: true ended with status %#x\n", (unsigned)status);
        exit(1);
    }
    return (double)(after.tv_sec - before.tv_sec) * 1e6 + (double)(after.tv_nsec - before.tv_nsec) / 1e3;
}

static int ascending(const void *left, const void *right) {
    const double difference = *(const double *)left - *(const double *)right;
    return difference < 0 ? -1 : difference > 0;
}

int main(int argc, char **argv) {
    const long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 200;
    if (rounds < 1 || rounds > 100000) {
        fprintf(stderr, "usage: floor [ROUNDS [each]]\n");
        return 2;
    }
    double *const times = calloc((size_t)rounds, sizeof *times);
    if (!times) return 1;
    prepare_root();
    (void)one_round(); /* the first one reads `true` and fills caches */
    for (long round = 0; round < rounds; round++) times[round] = one_round();
    if (argc > 2 && strcmp(argv[2], "each") == 0) {
        for (long round = 0; round < rounds; round++) printf("%.0f\n", times[round]);
        return 0;
    }
    qsort(times, (size_t)rounds, sizeof *times, ascending);
    printf("%.0f %.0f\n", times[rounds / 2], times[rounds * 95 / 100]);
    free(times);
    return 0;
}
