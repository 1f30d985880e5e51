internal import LambdaAPI
internal import LambdaCore

/// The settings of what an account may have, and of how its API answers.
struct AccountSettings: Sendable, Equatable {
    static let keys: Set<String> = [
        "synchronous_create", "code_storage", "account_concurrency", "unreserved_concurrency",
    ]

    /// See ``APIConfiguration/synchronousCreate``.
    let isCreateSynchronous: Bool
    /// MiB; see ``APIConfiguration/codeStorageBytes``.
    let codeStorage: Int
    /// See ``APIConfiguration/accountConcurrency``.
    let concurrency: Int
    /// See ``APIConfiguration/minimumUnreservedConcurrency``.
    let unreservedConcurrency: Int

    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        self.isCreateSynchronous = try reader.flag("synchronous_create", or: false)
        let storage = Limits.codeStorageBytes / 1_048_576
        self.codeStorage = try reader.number("code_storage", or: storage, range: 1...1_073_741_824)
        self.concurrency = try reader.number(
            "account_concurrency", or: Limits.concurrentExecutions, range: 1...1_000_000)
        self.unreservedConcurrency = try reader.number(
            "unreserved_concurrency", or: min(Limits.unreservedConcurrency, self.concurrency),
            range: 0...self.concurrency)
    }

    func apply(to api: inout APIConfiguration) {
        api.synchronousCreate = self.isCreateSynchronous
        api.codeStorageBytes = self.codeStorage * 1_048_576
        api.accountConcurrency = self.concurrency
        api.minimumUnreservedConcurrency = self.unreservedConcurrency
    }

    /// Settings that differ in `other`; all of them need a restart.
    func restartOnlyDifferences(from other: AccountSettings) -> [String] {
        var names: [String] = []
        if self.isCreateSynchronous != other.isCreateSynchronous { names.append("synchronous_create") }
        if self.codeStorage != other.codeStorage { names.append("code_storage") }
        if self.concurrency != other.concurrency { names.append("account_concurrency") }
        if self.unreservedConcurrency != other.unreservedConcurrency { names.append("unreserved_concurrency") }
        return names
    }
}
