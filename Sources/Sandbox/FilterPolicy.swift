/// The system calls of a sandbox, as written in a policy file. `packaging/seccomp/default.policy` describes the form.
package struct FilterPolicy: Equatable, Sendable {
    /// One requirement on one argument of a call.
    package struct Condition: Equatable, Sendable {
        package enum Comparison: Equatable, Sendable {
            case equal(UInt64)
            case masked(mask: UInt64, value: UInt64)
            case greater(UInt64)
        }

        /// 0 through 5.
        package let argument: Int
        package let comparison: Comparison
    }

    package enum Decision: Equatable, Sendable {
        case allow
        case deny(FilterErrno)
    }

    /// One call, so that a line with several names is several rules.
    package struct Rule: Equatable, Sendable {
        package let call: String
        package let decision: Decision
        /// All have to hold. Each is on another argument.
        package let conditions: [Condition]
        /// Of the policy's text, counted from 1.
        package let line: Int
    }

    /// What a call gets that no rule covers.
    package let otherwise: FilterErrno
    package let rules: [Rule]

    package init(otherwise: FilterErrno, rules: [Rule]) {
        self.otherwise = otherwise
        self.rules = rules
    }

    /// - Throws: ``FilterError/invalid(line:reason:)`` for the first line that is not of the form, that contradicts an
    ///   earlier one, or that repeats it.
    package init(parsing text: String) throws(FilterError) {
        var otherwise: FilterErrno?
        var rules: [Rule] = []
        for (index, content) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var line = FilterPolicyLine(content, number: index + 1)
            switch line.next() {
            case nil:
                continue
            case "default":
                guard otherwise == nil else { throw line.invalid("there is a default already") }
                try line.expect("errno")
                otherwise = try line.errno()
                try line.expectEnd()
            case "allow":
                rules += try Self.rules(of: &line, denying: false)
            case "deny":
                rules += try Self.rules(of: &line, denying: true)
            case .some(let word):
                throw line.invalid("“\(word)” is none of default, allow, deny")
            }
        }
        guard let otherwise else { throw .noDefault }
        try Self.check(rules)
        self.init(otherwise: otherwise, rules: rules)
    }

    private static func rules(of line: inout FilterPolicyLine, denying: Bool) throws(FilterError) -> [Rule] {
        let calls = line.names()
        guard !calls.isEmpty else { throw line.invalid("names no call") }
        var decision = Decision.allow
        if denying {
            try line.expect("errno")
            decision = .deny(try line.errno())
        }
        var conditions: [Condition] = []
        if line.accept("when") {
            // Arguments mean something for one call only.
            guard calls.count == 1 else { throw line.invalid("a condition is for one call") }
            repeat { conditions.append(try line.condition()) } while line.accept("and")
            guard Set(conditions.map(\.argument)).count == conditions.count else {
                throw line.invalid("two conditions on one argument")
            }
        }
        try line.expectEnd()
        return calls.map { Rule(call: $0, decision: decision, conditions: conditions, line: line.number) }
    }

    /// Refuses what has no effect, which is more likely a slip than meant.
    private static func check(_ rules: [Rule]) throws(FilterError) {
        var unconditional: [String: Rule] = [:]
        for rule in rules where rule.conditions.isEmpty {
            if let earlier = unconditional[rule.call] {
                throw .invalid(line: rule.line, reason: "\(rule.call) is decided in line \(earlier.line) already")
            }
            unconditional[rule.call] = rule
        }
        for rule in rules where !rule.conditions.isEmpty {
            guard let other = unconditional[rule.call] else { continue }
            // The one mixture with a meaning: allow a call, apart from some of its arguments.
            guard other.decision == .allow, rule.decision != .allow else {
                throw .invalid(line: rule.line, reason: "\(rule.call) is decided in line \(other.line) already")
            }
        }
    }
}

/// The errors that a policy may answer with.
package enum FilterErrno: String, Sendable, CaseIterable {
    case accessDenied = "EACCES"
    case addressFamilyNotSupported = "EAFNOSUPPORT"
    case notPermitted = "EPERM"
    case notSupported = "ENOSYS"

    /// The kernel's number, the same on x86-64 and arm64.
    package var number: UInt16 {
        switch self {
        case .accessDenied: 13
        case .addressFamilyNotSupported: 97
        case .notPermitted: 1
        case .notSupported: 38
        }
    }
}

/// Why there is no filter. A sandbox is never started without one.
package enum FilterError: Error, Equatable {
    /// A line of the policy cannot be used. Lines count from 1.
    case invalid(line: Int, reason: String)
    /// The policy does not say what happens to calls that it does not name.
    case noDefault
    /// libseccomp refused a step, with its errno.
    case compilation(step: String, errno: Int32)
}

extension FilterError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalid(let line, let reason): "line \(line): \(reason)"
        case .noDefault: "there is no line “default errno …”"
        case .compilation(let step, let errno): "libseccomp: \(step) failed with errno \(errno)"
        }
    }
}
