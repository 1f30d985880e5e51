/* Paths and files of the executor; what Swift cannot import because it is variadic or has no wrapper. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lsb.h"

static int give_up(int descriptor) {
    const int error = errno;
    close(descriptor);
    return -error;
}

int lsb_open_beneath(int parent, const char *path) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const long opened = syscall(SYS_openat2, parent, path, &how, sizeof how);
    return opened < 0 ? -errno : (int)opened;
}

int lsb_open_path(const char *path) {
    const int opened = open(path, O_PATH | O_CLOEXEC);
    return opened < 0 ? -errno : opened;
}

int lsb_open_read(int directory, const char *path) {
    const int opened = openat(directory, path, O_RDONLY | O_CLOEXEC);
    return opened < 0 ? -errno : opened;
}

int lsb_open_write(int directory, const char *path) {
    const int opened = openat(directory, path, O_WRONLY | O_CLOEXEC);
    return opened < 0 ? -errno : opened;
}

int lsb_owner(int descriptor, uint32_t *uid, uint32_t *gid) {
    struct stat found;
    if (fstat(descriptor, &found)) return -errno;
    *uid = found.st_uid;
    *gid = found.st_gid;
    return 0;
}

static int open_in_root(int root, const char *path) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

int lsb_same_file(const char *root, const char *first, const char *second) {
    const int base = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (base < 0) return -errno;
    struct stat one, other;
    const int names[] = {open_in_root(base, first), open_in_root(base, second)};
    int result = -ENOENT;
    if (names[0] >= 0 && names[1] >= 0 && fstat(names[0], &one) == 0 && fstat(names[1], &other) == 0)
        result = one.st_dev == other.st_dev && one.st_ino == other.st_ino;
    if (names[0] >= 0) close(names[0]);
    if (names[1] >= 0) close(names[1]);
    close(base);
    return result;
}

int lsb_make_directory(const char *path) { return mkdir(path, 0755) ? -errno : 0; }
int lsb_remove_directory(const char *path) { return rmdir(path) ? -errno : 0; }
int lsb_link(const char *target, const char *path) { return symlink(target, path) ? -errno : 0; }

int lsb_touch(const char *path) {
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) return -errno;
    return close(file) ? -errno : 0;
}

int lsb_open_lock(const char *path) {
    const int opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return -errno;
    return flock(opened, LOCK_EX | LOCK_NB) ? give_up(opened) : opened;
}

int lsb_write_file(int directory, const char *path, const uint8_t *bytes, size_t count) {
    const int file = openat(directory, path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    /* Files of procfs and cgroupfs take a value in one write, or not at all. */
    if (write(file, bytes, count) < 0) return give_up(file);
    close(file);
    return 0;
}

ssize_t lsb_list_directories(const char *path, uint8_t *names, size_t capacity) {
    DIR *const directory = opendir(path);
    if (!directory) return -errno;
    size_t used = 0;
    for (const struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        const size_t length = strlen(entry->d_name) + 1;
        if (used + length > capacity) {
            closedir(directory);
            return -ENOSPC;
        }
        memcpy(names + used, entry->d_name, length);
        used += length;
    }
    closedir(directory);
    return (ssize_t)used;
}

int lsb_is_cgroup2(const char *path) {
    struct statfs found;
    if (statfs(path, &found)) return -errno;
    return found.f_type == CGROUP2_SUPER_MAGIC;
}

static int copy_all(int from, int onto) {
    struct stat found;
    if (fstat(from, &found)) return -1;
    off_t rest = found.st_size;
    while (rest > 0) {
        const ssize_t copied = sendfile(onto, from, NULL, (size_t)rest);
        if (copied < 0) return -1;
        if (copied == 0) {
            errno = EIO; /* it became shorter meanwhile */
            return -1;
        }
        rest -= copied;
    }
    return 0;
}

int lsb_sealed_copy(const char *path) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    const int copy = memfd_create("lambda-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (copy < 0) return give_up(file);
    /* Executable and not readable: the kernel then never lets the process that runs it be looked into. */
    const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    if (copy_all(file, copy) || fchmod(copy, 0111) || fcntl(copy, F_ADD_SEALS, seals)) {
        const int result = give_up(copy);
        close(file);
        return result;
    }
    close(file);
    return copy;
}

int lsb_raise_open_files(void) {
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now)) return -errno;
    now.rlim_cur = now.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &now) ? -errno : 0;
}

int64_t lsb_group(const char *name) {
    errno = 0;
    const struct group *const found = getgrnam(name);
    if (!found) return errno ? -(int64_t)errno : -(int64_t)ENOENT;
    return (int64_t)found->gr_gid;
}
