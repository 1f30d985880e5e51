/*
 * Child only, as child.c. Landlock: which files may be written to, said a second time and by other means than the mounts.
 * Everything that can be written to is a mount of its own; should a later change make another one writable by mistake, or
 * the kernel be led past a read-only mount, the writes are refused still.
 */
#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Numbers of the kernel's interface: the headers of the machine that builds may be older than the kernel that runs. */
enum {
    NR_CREATE_RULESET = 444,
    NR_ADD_RULE = 445,
    NR_RESTRICT_SELF = 446,
    CREATE_RULESET_VERSION = 1,
    RULE_PATH_BENEATH = 1,

    /* The first version that lets a file be moved to another directory, as functions do below /tmp. */
    OLDEST_VERSION = 2,
    VERSION_WITH_TRUNCATE = 3,
    VERSION_WITH_DEVICES = 5,
    VERSION_WITH_SCOPES = 6,
};

static const uint64_t WRITE_FILE = 1u << 1, REMOVE_DIR = 1u << 4, REMOVE_FILE = 1u << 5, MAKE_CHAR = 1u << 6,
                      MAKE_DIR = 1u << 7, MAKE_REG = 1u << 8, MAKE_SOCK = 1u << 9, MAKE_FIFO = 1u << 10,
                      MAKE_BLOCK = 1u << 11, MAKE_SYM = 1u << 12, REFER = 1u << 13, TRUNCATE = 1u << 14,
                      IOCTL_DEVICE = 1u << 15;
static const uint64_t SCOPE_ABSTRACT_SOCKET = 1u << 0, SCOPE_SIGNAL = 1u << 1;

struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scoped;
};

struct beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

int lsb_landlock_version(void) {
    const long version = syscall(NR_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
    return version < 0 ? -errno : (int)version;
}

static int allow(int ruleset, const char *path, uint64_t accesses) {
    const int parent = (int)syscall(SYS_openat, AT_FDCWD, path, O_PATH | O_CLOEXEC);
    if (parent < 0) return -1;
    const struct beneath rule = {.allowed = accesses, .parent = parent};
    const long added = syscall(NR_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0);
    close(parent);
    return (int)added;
}

/* Needs no_new_privs, and `/` to be the sandbox's root. Init keeps to this, too, and hands it on to all that it starts.
 * Without Landlock, or with its first version, nothing is done; the executor has said so at its start. */
int lsb_child_confine(const char *_Nullable file_system_path) {
    const int version = lsb_landlock_version();
    if (version < OLDEST_VERSION) return 0;
    uint64_t write = WRITE_FILE, device = 0;
    if (version >= VERSION_WITH_TRUNCATE) write |= TRUNCATE;
    if (version >= VERSION_WITH_DEVICES) device = IOCTL_DEVICE;
    const uint64_t change =
        write | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_SYM | REFER;
    struct ruleset wanted;
    memset(&wanted, 0, sizeof wanted);
    /* Devices are made nowhere. */
    wanted.files = change | device | MAKE_CHAR | MAKE_BLOCK;
    /* Where a sandbox shares the host's network, the host's abstract sockets are not for it. */
    if (version >= VERSION_WITH_SCOPES) wanted.scoped = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL;
    const int ruleset = (int)syscall(NR_CREATE_RULESET, &wanted, sizeof wanted, 0);
    if (ruleset < 0) return -1;
    if (allow(ruleset, "/tmp", change) || allow(ruleset, "/dev", write | device) || allow(ruleset, "/proc", write))
        return -1;
    if (file_system_path != NULL && allow(ruleset, file_system_path, change)) return -1;
    if (syscall(NR_RESTRICT_SELF, ruleset, 0)) return -1;
    return close(ruleset);
}
