/// A key pair, and the session token that goes with it. Its text form shows the key id only.
package struct Credentials: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    package let accessKeyID: String
    package let secretAccessKey: String
    package let sessionToken: String?
    /// `nil` where the key does not expire.
    package let expiration: WallTime?

    package init(accessKeyID: String, secretAccessKey: String, sessionToken: String?, expiration: WallTime?) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }

    package var description: String { "Credentials(\(self.accessKeyID))" }
    package var debugDescription: String { self.description }
}

/// Why an execution role's credentials were not to be had.
package enum RoleCredentialsError: Error, Equatable {
    /// The services endpoint refused; its code and message.
    case refused(code: String, message: String)
    /// The services endpoint could not be reached, or its answer not be read.
    case unavailable(String)
}

/// Gives an environment the credentials of its function's execution role.
package protocol RoleCredentialsProvider: Sendable {
    /// - Parameters:
    ///   - role: The role's ARN.
    ///   - sessionName: At least two characters; see `RoleSessionName`.
    ///   - duration: How long the credentials must be valid.
    func credentials(
        role: String, account: AccountID, region: Region, sessionName: String, duration: Duration
    ) async throws(RoleCredentialsError) -> Credentials
}
