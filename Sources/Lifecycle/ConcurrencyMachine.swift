package import LambdaCore

/// The concurrency of one account in one region: what its functions may have of it, and what their invocations hold.
///
/// An invocation holds a lease from its admission until its environment is done with it. What was answered is not in
/// anybody's way any more, though its environment needs another moment: whoever comes then is admitted, and waits for it.
package struct ConcurrencyMachine: Sendable {
    package struct Settings: Sendable, Equatable {
        /// Invocations of all functions at one time.
        package var accountLimit: Int
        /// Synchronous invocations in each second for each of the concurrency; 0 for no limit.
        package var invocationRate: Int
        /// Environments that a function may start in each ``ConcurrencyMachine/scalingWindow``; 0 for no limit.
        package var scalingRate: Int

        package init(
            accountLimit: Int = Limits.concurrentExecutions, invocationRate: Int = Limits.invocationRate,
            scalingRate: Int = Limits.scalingRate
        ) {
            self.accountLimit = accountLimit
            self.invocationRate = invocationRate
            self.scalingRate = scalingRate
        }
    }

    /// An invocation, and what its version's environments can do for it at this moment.
    package struct Request: Sendable, Equatable {
        package let function: FunctionName
        /// Asynchronous ones have no request rate.
        package let isEvent: Bool
        /// One that is kept ready is idle.
        package let hasProvisioned: Bool
        /// No other is idle, or comes free by itself.
        package let needsStart: Bool

        package init(function: FunctionName, isEvent: Bool, hasProvisioned: Bool, needsStart: Bool) {
            self.function = function
            self.isEvent = isEvent
            self.hasProvisioned = hasProvisioned
            self.needsStart = needsStart
        }
    }

    package enum Admission: Sendable, Equatable {
        /// Takes an environment that is kept ready, and holds no lease: these count whether they are used or not.
        case provisioned
        /// Holds a lease. Where it may not start an environment, one whose invocation has been answered is about to come
        /// free.
        case onDemand(mayStart: Bool)
        case throttled(ThrottleReason)
    }

    /// Leases of one function, or of all functions without a share of their own.
    private struct Leases: Sendable {
        var held = 0
        /// Those of ``held`` whose caller has its answer.
        var answered = 0
        var requests = RateAllowance()

        var unanswered: Int { self.held - self.answered }

        static func += (left: inout Leases, right: Leases) {
            left.held += right.held
            left.answered += right.answered
        }

        static func -= (left: inout Leases, right: Leases) {
            left.held -= right.held
            left.answered -= right.answered
        }
    }

    private struct Function: Sendable {
        var reserved: Int?
        var provisioned = 0
        var leases = Leases()
        var starts = RateAllowance()
        /// Environments that belong to a tenant.
        var tenantEnvironments = 0
        var isDeleted = false

        var isForgotten: Bool { self.isDeleted && self.leases.held == 0 && self.tenantEnvironments == 0 }
    }

    /// What functions without a share of their own have together.
    private struct Unreserved: Sendable {
        var leases = Leases()
        /// The sum of all shares.
        var reserved = 0
        /// Of functions without a share; of the others it is part of the share.
        var provisioned = 0
    }

    /// Source: Lambda developer guide, "Lambda function scaling".
    package static let scalingWindow = Duration.seconds(10)
    private static let rateWindow = Duration.seconds(1)

    private let settings: Settings
    private var functions: [FunctionName: Function] = [:]
    private var unreserved = Unreserved()

    package init(_ settings: Settings) { self.settings = settings }

    /// Invocations of a function that hold a lease.
    package func held(by function: FunctionName) -> Int { self.functions[function]?.leases.held ?? 0 }
    /// Functions that it knows of.
    package var count: Int { self.functions.count }

    // MARK: Invocations

    /// In AWS's order: switched off, kept ready, concurrency, request rate, idle, scaling rate, start. Takes everything that
    /// the admission costs, or nothing.
    package mutating func invocationArrived(_ request: Request, now: Instant) -> Admission {
        Self.admit(
            request, &self.functions[request.function, default: Function()], &self.unreserved, self.settings, now: now)
    }

    private static func admit(
        _ request: Request, _ function: inout Function, _ unreserved: inout Unreserved, _ settings: Settings,
        now: Instant
    ) -> Admission {
        if function.reserved == 0 { return .throttled(.reservedConcurrentInvocations) }
        if request.hasProvisioned { return .provisioned }
        if let share = function.reserved {
            return self.admit(
                request, limit: share - function.provisioned, &function.leases, &function.starts, settings,
                (.reservedConcurrentInvocations, .reservedInvocationRate), now: now)
        }
        let admission = self.admit(
            request, limit: self.limit(of: unreserved, settings), &unreserved.leases, &function.starts, settings,
            (.concurrentInvocations, .invocationRate), now: now)
        if case .onDemand = admission { function.leases.held += 1 }
        return admission
    }

    private static func admit(
        _ request: Request, limit: Int, _ leases: inout Leases, _ starts: inout RateAllowance, _ settings: Settings,
        _ reasons: (concurrency: ThrottleReason, rate: ThrottleReason), now: Instant
    ) -> Admission {
        guard leases.unanswered < limit else { return .throttled(reasons.concurrency) }
        let rate = settings.invocationRate * limit
        let isRated = settings.invocationRate > 0 && !request.isEvent
        if isRated, !leases.requests.hasOne(of: rate, every: self.rateWindow, now: now) {
            return .throttled(reasons.rate)
        }
        let mayStart = leases.held < limit
        let isScaled = settings.scalingRate > 0 && request.needsStart && mayStart
        if isScaled, !starts.hasOne(of: settings.scalingRate, every: self.scalingWindow, now: now) {
            // AWS names no reason of its own for it.
            return .throttled(.concurrentInvocations)
        }
        if isRated { leases.requests.take(of: rate, every: self.rateWindow, now: now) }
        if isScaled { starts.take(of: settings.scalingRate, every: self.scalingWindow, now: now) }
        leases.held += 1
        return .onDemand(mayStart: mayStart)
    }

    private static func limit(of unreserved: Unreserved, _ settings: Settings) -> Int {
        max(0, settings.accountLimit - unreserved.reserved - unreserved.provisioned)
    }

    /// The caller of one that holds a lease has its answer.
    package mutating func invocationAnswered(of function: FunctionName) {
        self.changeLeases(of: function) { $0.answered += 1 }
    }

    /// The environment is done with one that held a lease.
    package mutating func invocationEnded(of function: FunctionName, wasAnswered: Bool) {
        self.changeLeases(of: function) { leases in
            leases.held -= 1
            if wasAnswered { leases.answered -= 1 }
        }
        self.forgetIfPossible(function)
    }

    private mutating func changeLeases(of name: FunctionName, _ body: (inout Leases) -> Void) {
        // In place: an invocation pays for it twice. A lease keeps its function known, so there always is one.
        body(&self.functions[name, default: Function()].leases)
        if self.functions[name]?.reserved == nil { body(&self.unreserved.leases) }
    }

    // MARK: Tenants

    /// An environment of a tenant is wanted. Gives whether it may be started: the function has 2.5 for each of its
    /// concurrency, idle ones included.
    package mutating func tenantEnvironmentWanted(by name: FunctionName) -> Bool {
        let function = self.functions[name, default: Function()]
        let limit = (function.reserved ?? self.settings.accountLimit) * Limits.tenantEnvironmentsPerThousand / 1_000
        guard function.tenantEnvironments < limit else { return false }
        self.functions[name, default: Function()].tenantEnvironments += 1
        return true
    }

    /// One that was counted is gone.
    package mutating func tenantEnvironmentGone(of name: FunctionName) {
        self.functions[name, default: Function()].tenantEnvironments -= 1
        self.forgetIfPossible(name)
    }

    // MARK: Shares

    /// A function was given a share, or environments that are kept ready, or has them no more. What runs goes on, and counts
    /// where the function belongs now.
    package mutating func shareChanged(of name: FunctionName, reserved: Int?, provisioned: Int) {
        var function = self.functions[name, default: Function()]
        self.subtract(function)
        function.reserved = reserved
        function.provisioned = provisioned
        function.isDeleted = false
        self.add(function)
        self.functions[name] = function
    }

    /// It may be made again while its last invocations run.
    package mutating func functionDeleted(_ name: FunctionName) {
        guard self.functions[name] != nil else { return }
        self.shareChanged(of: name, reserved: nil, provisioned: 0)
        self.functions[name]?.isDeleted = true
        self.forgetIfPossible(name)
    }

    private mutating func subtract(_ function: Function) {
        if let share = function.reserved {
            self.unreserved.reserved -= share
        } else {
            self.unreserved.provisioned -= function.provisioned
            self.unreserved.leases -= function.leases
        }
    }

    private mutating func add(_ function: Function) {
        if let share = function.reserved {
            self.unreserved.reserved += share
        } else {
            self.unreserved.provisioned += function.provisioned
            self.unreserved.leases += function.leases
        }
    }

    private mutating func forgetIfPossible(_ name: FunctionName) {
        if self.functions[name]?.isForgotten == true { self.functions[name] = nil }
    }
}
