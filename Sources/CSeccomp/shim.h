#pragma once
#include <seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

// Swift cannot import function-like macros, nor constants that a macro computes.

/// The action that refuses a call with `error`, which has to fit into 16 bits.
static inline uint32_t lsb_seccomp_errno(uint16_t error) { return SCMP_ACT_ERRNO(error); }
static inline uint32_t lsb_seccomp_allow(void) { return SCMP_ACT_ALLOW; }
static inline uint32_t lsb_seccomp_kill_process(void) { return SCMP_ACT_KILL_PROCESS; }

/// What a name resolves to that no architecture has. Names of other architectures are negative, too, but not this.
static inline int lsb_seccomp_unknown_call(void) { return __NR_SCMP_ERROR; }

/// memfd_create(2), which libc declares for GNU sources only; close-on-exec.
static inline int lsb_seccomp_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 1U); }
