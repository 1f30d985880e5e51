/*
 * The C fence of the executor: clone3, the steps between clone and exec, and system calls that Swift cannot import.
 * Every function returns a result of 0 or more, or a negated errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/* The steps of the child, in their order. The page `Sandbox` of the documentation says why each is where it is. */
enum lsb_step {
    LSB_STEP_SESSION = 1,
    LSB_STEP_SIGNALS,
    LSB_STEP_DESCRIPTORS_APART,
    LSB_STEP_PRIVATE_MOUNTS,
    LSB_STEP_ENTER_ROOT,
    LSB_STEP_MOUNT_CODE,
    LSB_STEP_MOUNT_RUNTIME,
    LSB_STEP_MOUNT_LAYERS,
    LSB_STEP_MOUNT_FILE_SYSTEM,
    LSB_STEP_MOUNT_TMP,
    LSB_STEP_MOUNT_PROC,
    LSB_STEP_PIVOT_ROOT,
    LSB_STEP_DETACH_OLD_ROOT,
    LSB_STEP_HOSTNAME,
    LSB_STEP_LOOPBACK,
    LSB_STEP_ADDRESSES,
    LSB_STEP_RUNTIME_LISTENER,
    LSB_STEP_SERVICES_LISTENER,
    LSB_STEP_TRACE_SOCKET,
    LSB_STEP_LIMITS,
    LSB_STEP_CGROUP_NAMESPACE,
    LSB_STEP_GROUPS,
    LSB_STEP_USER_NAMESPACE,
    LSB_STEP_HAND_OVER,
    LSB_STEP_ID_MAPS,
    LSB_STEP_DESCRIPTORS,
    LSB_STEP_IDS,
    LSB_STEP_CAPABILITIES,
    LSB_STEP_PARENT_DEATH,
    LSB_STEP_NO_NEW_PRIVILEGES,
    LSB_STEP_LANDLOCK,
    LSB_STEP_FILTER,
    LSB_STEP_EXEC,
};

/* What the child says over the set-up socket, one per packet: a step that failed and why, or, with `error` 0, that the
 * step is done. Only HAND_OVER (with the listeners attached) and PARENT_DEATH (exec is next) are said when done. */
struct lsb_report {
    int32_t step;
    int32_t error;
};

enum lsb_limit {
    /* Sockets of one sandbox that are served from outside: Runtime API, services endpoint, trace daemon. */
    LSB_LISTENER_LIMIT = 3,
    /* Descriptors in one message, either way; ten go with a created sandbox. */
    LSB_DESCRIPTOR_LIMIT = 16,
};

/* What one sandbox is made from. Descriptors stay the caller's. */
struct lsb_plan {
    /* Path of the prepared root, in the caller's mount namespace. */
    const char *root;
    /* Detached mounts for /var/task, /var/runtime and /opt; -1 for none. */
    int code_tree;
    int runtime_tree;
    int layers_tree;
    /* A detached mount for /mnt that holds the file system's mount point, and the file system's own; -1 for none. */
    int mount_points_tree;
    int file_system_tree;
    /* Where the file system is mounted, without the leading slash; used where there is one. */
    const char *_Nullable file_system_path;
    uint64_t tmp_bytes;
    uint64_t tmp_inodes;
    bool own_network;
    /* In host order; 0 for no services listener. Used with a network of its own only. */
    uint16_t services_port;
    /* A UDP socket where functions find the X-Ray daemon. Used with a network of its own only. */
    bool trace_socket;
    /* Host gid of init: the one group for which /proc is not limited to its own processes. */
    uint32_t init_gid;
    uint64_t open_files;
    uint64_t processes;
    /* -1 where there is no cgroup v2. */
    int cgroup;
    int null;
    int log;
    /* Write end of the pipe for framed log records; -1 for none. */
    int frames;
    int control;
    int setup;
    int init;
    /* Array of struct sock_filter, 8 bytes each; none where the count is 0. */
    const uint8_t *_Nullable filter;
    uint32_t filter_instructions;
};

struct lsb_child {
    pid_t pid;
    int pidfd;
};

/* Clones the child, which goes through the steps and never returns here. */
int lsb_spawn(const struct lsb_plan *plan, struct lsb_child *child);

const char *lsb_step_name(int32_t step);

/* A detached, nosuid, nodev copy of the mount at `directory`, read-only or writable whatever that mount is. With `id_map`
 * >= 0 owners show as that user namespace says; the copy is plain where the filesystem cannot do that. */
int lsb_clone_tree(int directory, bool writable, int id_map);
int lsb_attach_tree(int tree, int directory, const char *path);
/* A user namespace that shows files of `uid` and `gid` as those of `shown_uid` and `shown_gid`. */
int lsb_id_map(uint32_t uid, uint32_t gid, uint32_t shown_uid, uint32_t shown_gid);
/* A detached, read-only, nosuid, nodev overlay of the directories in `lower`, which overlayfs reads: the uppermost first,
 * with colons between, 255 bytes at most. */
int lsb_overlay(const char *lower);
/* A detached, read-only tmpfs that holds nothing but an empty directory of this name. */
int lsb_mount_points(const char *name);

/* A mount namespace of the executor's own that still follows the machine's mounts, but hands nothing back. */
int lsb_own_mounts(void);
/* A tmpfs mounted at `path`, with `inodes` at most and 1 MiB; nodev only where `devices` is false. */
int lsb_mount_small_tmpfs(const char *path, uint64_t inodes, bool devices);
int lsb_make_device(const char *path, unsigned major_number, unsigned minor_number);
int lsb_bind(const char *from, const char *onto, bool recursive);
/* Everything below `path` read-only, nosuid, noatime, and nodev where not `devices`. */
int lsb_seal_mount(const char *path, bool recursive, bool devices);
int lsb_unmount(const char *path);

/* Opens a directory below `parent` without following a symlink or leaving it; O_PATH. */
int lsb_open_beneath(int parent, const char *path);
/* Opens a directory or file by an operator's path; O_PATH. */
int lsb_open_path(const char *path);
int lsb_open_read(int directory, const char *path);
int lsb_open_write(int directory, const char *path);
/* Owner of what `descriptor` refers to. */
int lsb_owner(int descriptor, uint32_t *uid, uint32_t *gid);
/* Whether both names, below `root`, are the same file; symlinks are followed inside `root`. */
int lsb_same_file(const char *root, const char *first, const char *second);
int lsb_make_directory(const char *path);
int lsb_remove_directory(const char *path);
int lsb_link(const char *target, const char *path);
int lsb_touch(const char *path);
/* A directory, opened and locked for as long as it is open; -EWOULDBLOCK where another process has it. */
int lsb_open_lock(const char *path);
int lsb_write_file(int directory, const char *path, const uint8_t *bytes, size_t count);
/* Names of the directories at `path`, each ended by a NUL; the number of bytes used. -ENOSPC where they do not fit. */
ssize_t lsb_list_directories(const char *path, uint8_t *names, size_t capacity);
int lsb_is_cgroup2(const char *path);
/* A sealed, executable copy in memory that nobody can read or change. */
int lsb_sealed_copy(const char *path);

int lsb_seqpacket_pair(int *first, int *second);
int lsb_stream_pair(int *first, int *second);
int lsb_log_pipe(int *read_end, int *write_end);
/* `mode` of the socket file; an existing socket of that name is replaced. */
int lsb_listen_seqpacket(const char *path, mode_t mode, gid_t group);
int lsb_connect_seqpacket(const char *path);
int lsb_peer(int socket, uint32_t *uid, uint32_t *gid);
int lsb_accept(int socket);
/* The port that the kernel chose, in host order. */
int lsb_local_port(int socket);

/* One packet with descriptors. Never blocks, never raises SIGPIPE. */
ssize_t lsb_send(int socket, const uint8_t *bytes, size_t count, const int *_Nullable descriptors, size_t descriptor_count);
/* Never blocks. Descriptors that arrive are close-on-exec. -EMSGSIZE where the packet was longer than `capacity`; what
 * came with it is closed then. 0 at the end. */
ssize_t lsb_receive(int socket, uint8_t *bytes, size_t capacity, int *descriptors, size_t *descriptor_count);

/* Begins to connect to a port of 127.0.0.1; 0 also while that is under way. */
int lsb_connect_loopback(int socket, uint16_t port);

int lsb_pidfd_kill(int pidfd);
/* Reaps the child; -EAGAIN while it lives. */
int lsb_pidfd_reap(int pidfd);

int lsb_epoll_create(void);
int lsb_epoll_add(int epoll, int descriptor, uint64_t token);
int lsb_epoll_remove(int epoll, int descriptor);
int lsb_epoll_wait(int epoll, uint64_t *tokens, int capacity, int timeout_ms);
/* A descriptor that is readable once another thread has woken it, until it is cleared. */
int lsb_wake_create(void);
void lsb_wake(int descriptor);
void lsb_wake_clear(int descriptor);
/* Blocks SIGTERM, SIGINT and SIGHUP and returns a descriptor that tells of them. */
int lsb_signals(void);
int lsb_next_signal(int descriptor);
/* Nanoseconds of the monotonic clock. */
uint64_t lsb_now(void);
/* The soft limit of open files up to the hard one. */
int lsb_raise_open_files(void);
/* Landlock's version in the running kernel, or a negative errno; rules are made from version 2 on. */
int lsb_landlock_version(void);
/* Gid of a group of this machine, or -ENOENT. */
int64_t lsb_group(const char *name);

#pragma clang assume_nonnull end
