internal import CSeccomp
internal import Glibc

/// A policy as the kernel takes it. Compiled once by libseccomp; each sandbox loads the same bytes.
package struct FilterProgram: Equatable, Sendable {
    /// Instructions of classic BPF, each a `struct sock_filter` of 8 bytes in the machine's order.
    package let instructions: [UInt8]

    /// Bytes of one instruction.
    package static let instructionSize = 8

    /// - Parameter text: the content of a policy file, see ``FilterPolicy``.
    package init(policy text: String) throws(FilterError) {
        try self.init(FilterPolicy(parsing: text))
    }

    /// Two programs in a row. libseccomp gives no order to rules of one call that overlap, so denials with a condition
    /// are a program of their own that lets everything else through, to the second.
    package init(_ policy: FilterPolicy) throws(FilterError) {
        let isFirst = { (rule: FilterPolicy.Rule) in rule.decision != .allow && !rule.conditions.isEmpty }
        let first = try Self.compile(policy.rules.filter(isFirst), otherwise: lsb_seccomp_allow())
        let second = try Self.compile(
            policy.rules.filter { !isFirst($0) }, otherwise: lsb_seccomp_errno(policy.otherwise.number))
        self.instructions = Self.passingOn(first) + second
    }

    /// The number of a call on this machine; `nil` where it has none of this name.
    package static func number(ofCall name: String) -> Int32? {
        // Safety: the string is only read, during the call.
        let number = unsafe seccomp_syscall_resolve_name(name)
        return number < 0 ? nil : number
    }

    private static func compile(
        _ rules: [FilterPolicy.Rule], otherwise: UInt32
    ) throws(FilterError) -> [UInt8] {
        // Safety: the context is made here, used in this function only, and released once at its end.
        guard let context = unsafe seccomp_init(otherwise) else {
            throw .compilation(step: "seccomp_init", errno: ENOMEM)
        }
        defer { unsafe seccomp_release(context) }
        // Safety: as above. A foreign architecture's numbers mean other calls, and nothing honest makes them.
        try Self.check("SCMP_FLTATR_ACT_BADARCH") {
            unsafe seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, lsb_seccomp_kill_process())
        }
        // A binary tree instead of a list: the kernel runs the program for every call's number when it is loaded, for
        // each sandbox, to learn which calls it always allows.
        // Safety: as above.
        try Self.check("SCMP_FLTATR_CTL_OPTIMIZE") {
            unsafe seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2)
        }
        // Safety: the context lives until the end of this function.
        for rule in rules { try unsafe Self.add(rule, to: context) }
        return try unsafe Self.export(context)
    }

    /// The caller keeps the context alive.
    private static func add(_ rule: FilterPolicy.Rule, to context: scmp_filter_ctx) throws(FilterError) {
        // Safety: the name is only read, during the call.
        let number = unsafe seccomp_syscall_resolve_name(rule.call)
        guard number != lsb_seccomp_unknown_call() else {
            throw .invalid(line: rule.line, reason: "there is no system call \(rule.call)")
        }
        // The call belongs to another architecture than this machine's, as `open` does seen from arm64.
        guard number >= 0 else { return }
        let action =
            switch rule.decision {
            case .allow: lsb_seccomp_allow()
            case .deny(let errno): lsb_seccomp_errno(errno.number)
            }
        let comparisons = rule.conditions.map(Self.comparison)
        // Safety: the comparisons are copied by the call.
        let result = unsafe seccomp_rule_add_array(context, action, number, UInt32(comparisons.count), comparisons)
        guard result == 0 else {
            throw .invalid(line: rule.line, reason: "libseccomp refuses \(rule.call) with errno \(-result)")
        }
    }

    private static func comparison(_ condition: FilterPolicy.Condition) -> scmp_arg_cmp {
        let argument = UInt32(condition.argument)
        return switch condition.comparison {
        case .equal(let value):
            scmp_arg_cmp(arg: argument, op: SCMP_CMP_EQ, datum_a: value, datum_b: 0)
        case .masked(let mask, let value):
            scmp_arg_cmp(arg: argument, op: SCMP_CMP_MASKED_EQ, datum_a: mask, datum_b: value)
        case .greater(let value):
            scmp_arg_cmp(arg: argument, op: SCMP_CMP_GT, datum_a: value, datum_b: 0)
        }
    }

    /// libseccomp 2.5 writes programs to descriptors only.
    private static func export(_ context: scmp_filter_ctx) throws(FilterError) -> [UInt8] {
        // Safety: the name is only read, during the call.
        let file = unsafe lsb_seccomp_memory_file("lambdad-filter")
        guard file >= 0 else { throw .compilation(step: "memfd_create", errno: Glibc.errno) }
        defer { close(file) }
        // Safety: the caller keeps the context alive.
        try Self.check("seccomp_export_bpf") { unsafe seccomp_export_bpf(context, file) }
        let size = Int(lseek(file, 0, SEEK_END))
        guard size > 0, size % Self.instructionSize == 0 else {
            throw .compilation(step: "seccomp_export_bpf", errno: EINVAL)
        }
        var bytes = [UInt8](repeating: 0, count: size)
        // Safety: the buffer is as long as the count, and written during the call only.
        let count = unsafe pread(file, &bytes, size, 0)
        guard count == size else { throw .compilation(step: "pread", errno: EIO) }
        return bytes
    }

    /// Turns every end with “allow” into a jump behind the last instruction.
    private static func passingOn(_ program: [UInt8]) -> [UInt8] {
        let returnConstant: [UInt8] = [0x06, 0, 0, 0]
        let jumpAlways: [UInt8] = [0x05, 0, 0, 0]
        let allow = Self.bytes(lsb_seccomp_allow())
        let count = program.count / Self.instructionSize
        var result = program
        for index in 0..<count {
            let start = index * Self.instructionSize
            let isAllow =
                program[start..<start + 4].elementsEqual(returnConstant)
                && program[start + 4..<start + 8].elementsEqual(allow)
            guard isAllow else { continue }
            // A jump counts from the instruction after it.
            let target = UInt32(count - index - 1)
            result.replaceSubrange(start..<start + 8, with: jumpAlways + Self.bytes(target))
        }
        return result
    }

    /// Little-endian, as every machine that lambdad runs on; ``jumpAlways`` and ``returnConstant`` rely on it, too.
    private static func bytes(_ value: UInt32) -> [UInt8] {
        [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    private static func check(_ step: String, _ body: () -> Int32) throws(FilterError) {
        let result = body()
        guard result == 0 else { throw .compilation(step: step, errno: -result) }
    }
}
