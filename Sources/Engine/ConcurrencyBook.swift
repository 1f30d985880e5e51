internal import LambdaCore
internal import Lifecycle
internal import Synchronization

/// The concurrency of every account and region, for all event loops together.
final class ConcurrencyBook: Sendable {
    private let settings: ConcurrencyMachine.Settings
    private let accounts = Mutex<[Scope: AccountLeases]>([:])

    init(_ settings: ConcurrencyMachine.Settings) { self.settings = settings }

    /// Made when first asked for; whoever needs it often keeps it.
    func account(of scope: Scope) -> AccountLeases {
        self.accounts.withLock { accounts in
            if let account = accounts[scope] { return account }
            let account = AccountLeases(self.settings)
            accounts[scope] = account
            return account
        }
    }
}

/// The concurrency of one account in one region.
///
/// A lock, and not a loop: functions of one account are on all loops, and a limit that each loop had a part of would refuse
/// while another has something left. It is held for a few nanoseconds, two or three times an invocation.
final class AccountLeases: Sendable {
    private let machine: Mutex<ConcurrencyMachine>

    init(_ settings: ConcurrencyMachine.Settings) { self.machine = Mutex(ConcurrencyMachine(settings)) }

    func admit(_ request: ConcurrencyMachine.Request, now: Instant) -> ConcurrencyMachine.Admission {
        self.machine.withLock { $0.invocationArrived(request, now: now) }
    }

    fileprivate func answered(_ function: FunctionName) {
        self.machine.withLock { $0.invocationAnswered(of: function) }
    }

    fileprivate func ended(_ function: FunctionName, wasAnswered: Bool) {
        self.machine.withLock { $0.invocationEnded(of: function, wasAnswered: wasAnswered) }
    }

    func startTenantEnvironment(of function: FunctionName) -> Bool {
        self.machine.withLock { $0.tenantEnvironmentWanted(by: function) }
    }

    func tenantEnvironmentGone(of function: FunctionName) {
        self.machine.withLock { $0.tenantEnvironmentGone(of: function) }
    }

    func change(_ concurrency: FunctionConcurrency) {
        self.machine.withLock { machine in
            machine.shareChanged(
                of: concurrency.function.name, reserved: concurrency.reserved,
                provisioned: concurrency.provisionedTotal)
        }
    }

    func functionDeleted(_ function: FunctionName) { self.machine.withLock { $0.functionDeleted(function) } }
}

/// What one invocation holds of its account's concurrency. Kept by its ticket, which gives it back once.
struct ConcurrencyLease {
    let account: AccountLeases
    let function: FunctionName
    private var isAnswered = false

    init(account: AccountLeases, function: FunctionName) {
        self.account = account
        self.function = function
    }

    /// The caller has its answer; the environment needs another moment.
    mutating func answered() {
        guard !self.isAnswered else { return }
        self.isAnswered = true
        self.account.answered(self.function)
    }

    func end() { self.account.ended(self.function, wasAnswered: self.isAnswered) }
}
