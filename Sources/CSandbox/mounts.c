/* The executor's own mounts: prepared roots, and detached copies that the child attaches. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lsb.h"

/* Closes and keeps the errno of what failed. */
static int give_up(int descriptor) {
    const int error = errno;
    if (descriptor >= 0) close(descriptor);
    return -error;
}

int lsb_clone_tree(int directory, bool writable, int id_map) {
    const int tree = open_tree(directory, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    if (tree < 0) return -errno;
    if (id_map >= 0) {
        struct mount_attr shown = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)id_map};
        /* EINVAL: the filesystem cannot. Its files then show their own owners, which costs no function its code. */
        if (mount_setattr(tree, "", AT_EMPTY_PATH, &shown, sizeof shown) && errno != EINVAL) return give_up(tree);
    }
    struct mount_attr flags = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
    /* ProtectSystem=strict has made every mount of the executor's read-only. A filesystem that is so itself stays so. */
    *(writable ? &flags.attr_clr : &flags.attr_set) |= MOUNT_ATTR_RDONLY;
    if (mount_setattr(tree, "", AT_EMPTY_PATH, &flags, sizeof flags)) return give_up(tree);
    return tree;
}

int lsb_attach_tree(int tree, int directory, const char *path) {
    return move_mount(tree, "", directory, path, MOVE_MOUNT_F_EMPTY_PATH) ? -errno : 0;
}

static int write_map(pid_t pid, const char *name, uint32_t owner, uint32_t shown) {
    char path[64];
    char line[32];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    const int length = snprintf(line, sizeof line, "%u %u 1\n", owner, shown);
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    if (write(file, line, (size_t)length) != length) return give_up(file);
    close(file);
    return 0;
}

/* Nobody lives in the namespace: it is only the description of a mapping, and a descriptor keeps it. */
int lsb_id_map(uint32_t uid, uint32_t gid, uint32_t shown_uid, uint32_t shown_gid) {
    int go[2];
    if (pipe2(go, O_CLOEXEC)) return -errno;
    const pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (pid < 0) {
        close(go[1]);
        return give_up(go[0]);
    }
    if (pid == 0) {
        char byte;
        close(go[1]);
        (void)!read(go[0], &byte, 1); /* until the parent has what it wants, or is gone */
        _exit(0);
    }
    close(go[0]);
    int result = write_map(pid, "uid_map", uid, shown_uid);
    if (result == 0) result = write_map(pid, "gid_map", gid, shown_gid);
    if (result == 0) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
        result = open(path, O_RDONLY | O_CLOEXEC);
        if (result < 0) result = -errno;
    }
    close(go[1]);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    return result;
}

/* Takes over `context`. */
static int detached_mount(int context) {
    if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) return give_up(context);
    const int tree = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    if (tree < 0) return give_up(context);
    close(context);
    return tree;
}

/* Takes over `tree`. */
static int read_only(int tree) {
    struct mount_attr sealed = {.attr_set = MOUNT_ATTR_RDONLY};
    return mount_setattr(tree, "", AT_EMPTY_PATH, &sealed, sizeof sealed) ? give_up(tree) : tree;
}

int lsb_overlay(const char *lower) {
    const int context = fsopen("overlay", FSOPEN_CLOEXEC);
    if (context < 0) return -errno;
    if (fsconfig(context, FSCONFIG_SET_STRING, "lowerdir", lower, 0)) return give_up(context);
    const int tree = detached_mount(context);
    return tree < 0 ? tree : read_only(tree);
}

int lsb_mount_points(const char *name) {
    const int context = fsopen("tmpfs", FSOPEN_CLOEXEC);
    if (context < 0) return -errno;
    if (fsconfig(context, FSCONFIG_SET_STRING, "mode", "0755", 0)
        || fsconfig(context, FSCONFIG_SET_STRING, "size", "4096", 0)
        || fsconfig(context, FSCONFIG_SET_STRING, "nr_inodes", "2", 0))
        return give_up(context);
    const int tree = detached_mount(context);
    if (tree < 0) return tree;
    return mkdirat(tree, name, 0755) ? give_up(tree) : read_only(tree);
}

int lsb_own_mounts(void) {
    if (unshare(CLONE_NEWNS)) return -errno;
    return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) ? -errno : 0;
}

int lsb_mount_small_tmpfs(const char *path, uint64_t inodes, bool devices) {
    char options[80];
    snprintf(options, sizeof options, "mode=0755,size=1048576,nr_inodes=%llu", (unsigned long long)inodes);
    const unsigned long flags = MS_NOSUID | MS_NOATIME | (devices ? 0 : MS_NODEV);
    if (mount("lambdad", path, "tmpfs", flags, options)) return -errno;
    /* Where the directory lies on a shared mount, so does this one from birth; nothing may follow it outside. */
    return mount(NULL, path, NULL, MS_PRIVATE, NULL) ? -errno : 0;
}

int lsb_make_device(const char *path, unsigned major_number, unsigned minor_number) {
    if (mknod(path, S_IFCHR | 0666, makedev(major_number, minor_number))) return -errno;
    return chmod(path, 0666) ? -errno : 0; /* whatever the umask is */
}

int lsb_bind(const char *from, const char *onto, bool recursive) {
    return mount(from, onto, NULL, MS_BIND | (recursive ? MS_REC : 0), NULL) ? -errno : 0;
}

int lsb_seal_mount(const char *path, bool recursive, bool devices) {
    struct mount_attr sealed = {
        .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | (devices ? 0 : MOUNT_ATTR_NODEV),
        .propagation = MS_PRIVATE};
    return mount_setattr(AT_FDCWD, path, recursive ? AT_RECURSIVE : 0, &sealed, sizeof sealed) ? -errno : 0;
}

int lsb_unmount(const char *path) { return umount2(path, MNT_DETACH) ? -errno : 0; }
