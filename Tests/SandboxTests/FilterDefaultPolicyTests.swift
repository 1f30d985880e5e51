import Sandbox
import Testing

/// Holds the packaged policy against a table of its own, call by call: neither may change without the other.
@Suite struct `The default policy` {
    struct Row: CustomStringConvertible {
        let call: String
        let arguments: [UInt64]
        let answer: FilterSimulation.Answer

        init(_ call: String, _ arguments: [UInt64], _ answer: FilterSimulation.Answer) {
            self.call = call
            self.arguments = arguments
            self.answer = answer
        }

        var description: String { "\(self.call)\(self.arguments)" }
    }

    private static let permission = FilterSimulation.Answer.errno(1)
    private static let unknown = FilterSimulation.Answer.errno(38)
    private static let family = FilterSimulation.Answer.errno(97)

    /// What CPython, Node.js, a JVM, bash, curl and libc make, and their tests with them.
    private static let allowed = """
        accept accept4 access alarm arch_prctl bind brk capget capset chdir chmod chown clock_getres clock_gettime
        clock_nanosleep close close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1
        epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat
        exit exit_group faccessat faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchown fchownat fcntl
        fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs fsync ftruncate futex
        futex_waitv futimesat get_mempolicy get_robust_list getcpu getcwd getdents getdents64 getegid geteuid getgid
        getgroups getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid
        getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid getxattr inotify_add_watch
        inotify_init inotify_init1 inotify_rm_watch ioctl ioprio_get ioprio_set kill landlock_add_rule
        landlock_create_ruleset landlock_restrict_self lchown lgetxattr link linkat listen listxattr llistxattr
        lremovexattr lseek lsetxattr lstat madvise membarrier memfd_create mincore mkdir mkdirat mknod mknodat mlock
        mlock2 mlockall mmap mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink mremap
        msgctl msgget msgrcv msgsnd msync munlock munlockall munmap nanosleep newfstatat open openat openat2 pause
        pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll prctl pread64 preadv
        preadv2 prlimit64 pselect6 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recvfrom
        recvmmsg recvmsg removexattr rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction
        rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo
        sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
        sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler
        sched_yield seccomp select semctl semget semop semtimedop sendfile sendmmsg sendmsg sendto set_robust_list
        set_tid_address setfsgid setfsuid setgid setgroups setitimer setpgid setpriority setregid setresgid setresuid
        setreuid setrlimit setsid setsockopt setuid setxattr shmat shmctl shmdt shmget shutdown sigaltstack signalfd
        signalfd4 splice stat statfs statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time
        timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime
        timerfd_settime times tkill truncate umask uname unlink unlinkat utime utimensat utimes vfork wait4 waitid
        write writev
        """

    private static let refused = """
        acct add_key adjtimex bpf chroot clock_adjtime clock_settime delete_module fanotify_init finit_module fsconfig
        fsmount fsopen fspick init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp
        kexec_file_load kexec_load keyctl lookup_dcookie mbind migrate_pages modify_ldt mount mount_setattr move_mount
        move_pages name_to_handle_at open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root
        process_madvise process_vm_readv process_vm_writev ptrace quotactl reboot request_key set_mempolicy
        setdomainname sethostname setns settimeofday swapoff swapon syslog umount2 unshare userfaultfd vhangup vmsplice
        """

    private static let byArgument: [Row] =
        [
            // fork in libc: CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID, SIGCHLD; then the flags of a thread.
            Row("clone", [0x0120_0011], .allow), Row("clone", [0x003D_0F00], .allow),
            Row("clone", [0x0002_0011], permission), Row("clone", [0x0200_0011], permission),
            Row("clone", [0x0400_0011], permission), Row("clone", [0x0800_0011], permission),
            Row("clone", [0x1000_0011], permission), Row("clone", [0x2000_0011], permission),
            Row("clone", [0x4000_0011], permission), Row("clone", [0x7E02_0011], permission),
            Row("clone3", [], unknown),
            Row("ioctl", [0, 0x5401], .allow), Row("ioctl", [0, 0x5412], permission),
            Row("ioctl", [0, 0xFFFF_FFFF_0000_5412], permission), Row("ioctl", [0, 0x541C], permission),
            Row("ioctl", [0, 0x1_0000_541C], permission),
            Row("personality", [0xFFFF_FFFF], .allow), Row("personality", [0], .allow),
            Row("personality", [0x0004_0000], unknown), Row("personality", [0x0010_0000], unknown),
            Row("socket", [1, 1], .allow), Row("socket", [1, 2], .allow), Row("socket", [1, 5], .allow),
            Row("socket", [1, 0x80801], .allow), Row("socket", [2, 1], .allow), Row("socket", [2, 2], .allow),
            Row("socket", [10, 1], .allow), Row("socket", [10, 2], .allow), Row("socket", [10, 0x80802], .allow),
            Row("socket", [2, 3], permission), Row("socket", [10, 3], permission), Row("socket", [2, 10], permission),
            Row("socket", [10, 0xFF_0000_0003], permission), Row("socket", [2, 5], unknown),
            Row("socket", [1, 3], unknown),
            Row("socket", [0x1_0000_0002, 3], family), Row("socket", [0x1_0000_0010, 3], family),
            Row("socketpair", [1, 1], .allow), Row("socketpair", [2, 1], unknown),
        ]
        + ([0, 3, 4, 5, 6, 7, 8, 9] + Array(11...64)).map { Row("socket", [$0, 3], family) }

    private static let table: [Row] =
        allowed.split(whereSeparator: \.isWhitespace).map { Row(String($0), [], .allow) }
        + refused.split(whereSeparator: \.isWhitespace).map { Row(String($0), [], permission) } + byArgument

    private static func mismatches(of policy: FilterPolicy) throws -> [Row] {
        let filter = FilterSimulation(try FilterProgram(policy))
        return table.filter { row in
            guard let number = FilterProgram.number(ofCall: row.call) else { return true }
            return filter.answer(number: number, arguments: row.arguments) != row.answer
        }
    }

    @Test func `answers each call as the table says`() throws {
        let mismatches = try Self.mismatches(of: FilterPolicy(parsing: DefaultPolicy.text()))
        #expect(mismatches.map(\.description) == [])
    }

    @Test func `does not know any other call`() throws {
        let filter = FilterSimulation(try FilterProgram(policy: DefaultPolicy.text()))
        let named = Set(Self.table.compactMap { FilterProgram.number(ofCall: $0.call) })
        // Beyond the newest number as well: what a later kernel adds is refused until somebody has looked at it.
        for number: Int32 in 0...1_023 where !named.contains(number) {
            #expect(filter.answer(number: number) == Self.unknown, "number \(number)")
        }
    }

    @Test func `has no rule that could go unnoticed`() throws {
        let policy = try FilterPolicy(parsing: DefaultPolicy.text())
        for index in policy.rules.indices {
            var rules = policy.rules
            let removed = rules.remove(at: index)
            let mismatches = try Self.mismatches(of: FilterPolicy(otherwise: policy.otherwise, rules: rules))
            #expect(!mismatches.isEmpty, "line \(removed.line), \(removed.call)")
        }
    }
}
