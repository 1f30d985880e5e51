internal import LambdaAPI
internal import LambdaCore

/// The settings of what an account may have, and of how its API answers.
struct AccountSettings: Sendable, Equatable {
    /// See ``APIConfiguration/synchronousCreate``.
    let isCreateSynchronous: Bool
    /// MiB; see ``APIConfiguration/codeStorageBytes``.
    let codeStorage: Int
    /// See ``APIConfiguration/environmentBytes``.
    let environmentBytes: Int
    /// See ``APIConfiguration/accountConcurrency``.
    let concurrency: Int
    /// See ``APIConfiguration/minimumUnreservedConcurrency``.
    let unreservedConcurrency: Int

    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        self.isCreateSynchronous = try reader.flag("synchronous_create", or: false)
        let storage = Limits.codeStorageBytes / 1_048_576
        self.codeStorage = try reader.number("code_storage", or: storage, range: 1...1_073_741_824)
        self.environmentBytes = try reader.number(
            "environment_size_limit", or: Limits.environmentBytes, range: 0...1_048_576)
        self.concurrency = try reader.number(
            "account_concurrency", or: Limits.concurrentExecutions, range: 1...1_000_000)
        self.unreservedConcurrency = try reader.number(
            "unreserved_concurrency", or: min(Limits.unreservedConcurrency, self.concurrency),
            range: 0...self.concurrency)
    }

    func apply(to api: inout APIConfiguration) {
        api.synchronousCreate = self.isCreateSynchronous
        api.codeStorageBytes = self.codeStorage * 1_048_576
        api.environmentBytes = self.environmentBytes
        api.accountConcurrency = self.concurrency
        api.minimumUnreservedConcurrency = self.unreservedConcurrency
    }
}
