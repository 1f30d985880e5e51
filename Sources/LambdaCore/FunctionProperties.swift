/// What belongs to a function as a whole: none of it is part of a version. Of its changes, those of the tags give
/// `$LATEST` a new revision id.
package struct FunctionProperties: StoredResource {
    package enum RecursiveLoop: String, Sendable, Codable { case terminate = "Terminate", allow = "Allow" }

    package static let kind = ResourceKind.functionProperties

    package let key: FunctionKey
    package let userSlot: Int
    package var tags: [String: String]
    /// `ReservedConcurrentExecutions`; 0 switches the function off.
    package var reservedConcurrency: Int?
    package var recursiveLoop: RecursiveLoop
    package var codeSigningConfigARN: String?
    /// The highest version number that was ever given; 0 where none was.
    package var lastVersion: Int
    /// Bytes of code that the function's versions have added to the account's storage.
    package var codeStorage: Int

    package init(key: FunctionKey, userSlot: Int) {
        self.key = key
        self.userSlot = userSlot
        self.tags = [:]
        self.reservedConcurrency = nil
        self.recursiveLoop = .terminate
        self.codeSigningConfigARN = nil
        self.lastVersion = 0
        self.codeStorage = 0
    }

    package var address: ResourceAddress { self.key.address }
}
