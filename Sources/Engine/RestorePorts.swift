/// What a runtime asks of an environment that is restored before its first event. Bound to the environment's event loop.
package protocol RestoreSession: AnyObject {
    /// `respond` is called once, perhaps much later; never after ``RuntimeSession/nextAbandoned(_:)``.
    func restoreNext(connection: ObjectIdentifier, respond: @escaping (Result<Void, RuntimeRefusal>) -> Void)
    /// An after-restore hook failed.
    func restoreError(errorType: String?) -> RuntimeReply
    /// The role's credentials as JSON; `nil` where the token is not the environment's.
    func containerCredentials(token: String?) -> [UInt8]?
}
