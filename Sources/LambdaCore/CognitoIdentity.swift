/// Who calls, where the caller's key stands for an identity of a Cognito identity pool.
package struct CognitoIdentity: Sendable, Equatable {
    /// Source: Amazon Cognito API reference, `IdentityId` and `IdentityPoolId`.
    private static let lengths = 1...55

    package let identityID: String
    package let poolID: String

    /// Returns `nil` unless both are `<region>:<hex digits and hyphens>`.
    package init?(identityID: String, poolID: String) {
        guard Self.isID(identityID), Self.isID(poolID) else { return nil }
        self.identityID = identityID
        self.poolID = poolID
    }

    /// What the Runtime API tells a runtime. Nothing in it needs an escape.
    package var json: String {
        #"{"cognitoIdentityId":"\#(self.identityID)","cognitoIdentityPoolId":"\#(self.poolID)"}"#
    }

    private static func isID(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: 0x3A, omittingEmptySubsequences: false)
        guard self.lengths.contains(text.utf8.count), parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
            return false
        }
        func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        func isLetter(_ byte: UInt8, upTo last: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= last }
        return parts[0].allSatisfy { isDigit($0) || isLetter($0, upTo: 0x7A) || $0 == 0x2D || $0 == 0x5F }
            && parts[1].allSatisfy { isDigit($0) || (isLetter($0, upTo: 0x66) && $0 >= 0x61) || $0 == 0x2D }
    }
}
