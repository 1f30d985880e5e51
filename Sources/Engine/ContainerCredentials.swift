package import LambdaCore

/// A role's credentials where a process asks for them, in place of variables that a snapshot would hold for ever.
///
/// Source: the runtime emulator's `/2021-04-23/credentials`; SDKs know the form from containers.
package struct ContainerCredentials: Sendable {
    /// What SDKs are told where the key does not expire: they renew it as often, and get the same.
    private static let unlimited = Duration.seconds(12 * 3_600)

    /// A host that SDKs accept without TLS: the loopback address itself, and no other of this network.
    package static let host = "127.0.0.1"
    package static let path = "/2021-04-23/credentials"

    /// `Authorization` of those who may have them.
    package let token: String
    private let credentials: Credentials

    package init(_ credentials: Credentials, token: String) {
        self.credentials = credentials
        self.token = token
    }

    package func json(now: WallTime) -> [UInt8] {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.member("AccessKeyId", self.credentials.accessKeyID)
        json.member("SecretAccessKey", self.credentials.secretAccessKey)
        json.member("Token", self.credentials.sessionToken ?? "")
        json.member("Expiration", (self.credentials.expiration ?? now.advanced(by: Self.unlimited)).isoText)
        json.endObject()
        return json.bytes
    }
}

extension ContainerCredentials: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "ContainerCredentials(\(self.credentials.accessKeyID))" }
    package var debugDescription: String { self.description }
}
