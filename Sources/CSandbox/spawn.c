#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"

int lsb_spawn(const struct lsb_plan *plan, struct lsb_child *child) {
    struct lsb_child_plan laid_out;
    memset(&laid_out, 0, sizeof laid_out);
    laid_out.plan = *plan;
    snprintf(laid_out.tmp_bytes, sizeof laid_out.tmp_bytes, "%llu", (unsigned long long)plan->tmp_bytes);
    snprintf(laid_out.tmp_inodes, sizeof laid_out.tmp_inodes, "%llu", (unsigned long long)plan->tmp_inodes);
    snprintf(laid_out.init_gid, sizeof laid_out.init_gid, "%u", plan->init_gid);

    int pidfd = -1;
    struct clone_args arguments;
    memset(&arguments, 0, sizeof arguments);
    /* No user namespace here: the child enters it last, and the mounts stay out of its reach. */
    arguments.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;
    if (plan->own_network) arguments.flags |= CLONE_NEWNET;
    arguments.pidfd = (uint64_t)(uintptr_t)&pidfd;
    arguments.exit_signal = SIGCHLD;
    if (plan->cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)plan->cgroup;
    }
    const long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0) return -errno;
    if (pid == 0) lsb_child_run(&laid_out);
    child->pid = (pid_t)pid;
    child->pidfd = pidfd;
    return 0;
}

const char *lsb_step_name(int32_t step) {
    switch ((enum lsb_step)step) {
    case LSB_STEP_SESSION: return "own session";
    case LSB_STEP_SIGNALS: return "unblock signals";
    case LSB_STEP_DESCRIPTORS_APART: return "descriptors out of the way";
    case LSB_STEP_PRIVATE_MOUNTS: return "private mounts";
    case LSB_STEP_ENTER_ROOT: return "enter the root";
    case LSB_STEP_MOUNT_CODE: return "mount /var/task";
    case LSB_STEP_MOUNT_RUNTIME: return "mount /var/runtime";
    case LSB_STEP_MOUNT_LAYERS: return "mount /opt";
    case LSB_STEP_MOUNT_FILE_SYSTEM: return "mount the file system";
    case LSB_STEP_MOUNT_TMP: return "mount /tmp";
    case LSB_STEP_MOUNT_PROC: return "mount /proc";
    case LSB_STEP_PIVOT_ROOT: return "pivot root";
    case LSB_STEP_DETACH_OLD_ROOT: return "detach the old root";
    case LSB_STEP_HOSTNAME: return "host name";
    case LSB_STEP_LOOPBACK: return "loopback up";
    case LSB_STEP_ADDRESSES: return "loopback addresses";
    case LSB_STEP_RUNTIME_LISTENER: return "Runtime API listener";
    case LSB_STEP_SERVICES_LISTENER: return "services listener";
    case LSB_STEP_TRACE_SOCKET: return "trace socket";
    case LSB_STEP_LIMITS: return "resource limits";
    case LSB_STEP_CGROUP_NAMESPACE: return "cgroup namespace";
    case LSB_STEP_GROUPS: return "no groups";
    case LSB_STEP_USER_NAMESPACE: return "user namespace";
    case LSB_STEP_HAND_OVER: return "hand over listeners";
    case LSB_STEP_ID_MAPS: return "id maps";
    case LSB_STEP_DESCRIPTORS: return "descriptors in place";
    case LSB_STEP_IDS: return "uid and gid of init";
    case LSB_STEP_CAPABILITIES: return "capabilities";
    case LSB_STEP_PARENT_DEATH: return "death with the executor";
    case LSB_STEP_NO_NEW_PRIVILEGES: return "no new privileges";
    case LSB_STEP_LANDLOCK: return "Landlock rules";
    case LSB_STEP_FILTER: return "system call filter";
    case LSB_STEP_EXEC: return "exec of init";
    }
    return "unknown step";
}
