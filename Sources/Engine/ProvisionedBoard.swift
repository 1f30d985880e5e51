internal import LambdaCore
internal import Synchronization

/// How it stands with the environments that are kept ready: written by pools on their loops, read by the API on any thread.
final class ProvisionedBoard: Sendable {
    /// One version's.
    struct Report: Equatable {
        var allocated = 0
        var available = 0
        /// Why the last start failed, where fewer are there than are wanted.
        var failure: String?
    }

    fileprivate struct State {
        var configurations: [FunctionKey: [FunctionConcurrency.Provisioned]] = [:]
        var reports: [VersionKey: Report] = [:]
    }

    private let state = Mutex(State())

    /// What is to be kept from now on. What failed before this is tried anew, and so is no failure.
    func configure(_ concurrency: FunctionConcurrency) {
        self.state.withLock { state in
            state.configurations[concurrency.function] =
                concurrency.provisioned.isEmpty ? nil : concurrency.provisioned
            for share in concurrency.provisioned.flatMap(\.shares) {
                state.reports[share.function.versionKey]?.failure = nil
            }
        }
    }

    func forget(_ function: FunctionKey) { self.state.withLock { $0.configurations[function] = nil } }

    /// `nil` where nothing of the version is kept any more.
    func report(_ report: Report?, of version: VersionKey) {
        self.state.withLock { $0.reports[version] = report }
    }

    func status(of configuration: ProvisionedConcurrencyRecord) -> ProvisionedStatus {
        self.state.withLock { $0.status(of: configuration) }
    }
}

extension ProvisionedBoard.State {
    fileprivate func status(of record: ProvisionedConcurrencyRecord) -> ProvisionedStatus {
        let all = self.configurations[record.function] ?? []
        guard let index = all.firstIndex(where: { $0.qualifier == record.qualifier }) else {
            return ProvisionedStatus(allocated: 0, available: 0, state: .inProgress)
        }
        var sum = ProvisionedBoard.Report()
        for share in all[index].shares {
            let version = share.function.versionKey
            let report = self.reports[version] ?? ProvisionedBoard.Report()
            // Environments belong to the version. Where several aliases have some of it, the first is served first.
            let before = all[..<index].flatMap(\.shares).reduce(0) { sum, other in
                other.function.versionKey == version ? sum + other.count : sum
            }
            sum.allocated += min(max(0, report.allocated - before), share.count)
            sum.available += min(max(0, report.available - before), share.count)
            sum.failure = sum.failure ?? report.failure
        }
        let state: ProvisionedStatus.State =
            sum.allocated >= record.requested ? .ready : sum.failure == nil ? .inProgress : .failed
        return ProvisionedStatus(
            allocated: sum.allocated, available: sum.available, state: state,
            reason: state == .failed ? sum.failure : nil)
    }
}
