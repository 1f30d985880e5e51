package import LambdaCore
import Synchronization

/// Why a credentials file was not taken over. The keys that were known before stay.
package enum CredentialFileError: Error, Equatable {
    case unreadable(line: Int, reason: String)
    /// A profile lacks a setting or holds a wrong one; the text names it, and never a value.
    case invalidProfile(name: String, reason: String)
}

/// A key that signs requests. Its text form shows no secret.
package struct StoredKey: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    package let secret: String
    package let sessionToken: String?
    package let account: AccountID
    package let expiration: WallTime?
    /// Who signs with it, as `AccessDeniedException` names a caller.
    package let arn: String
    /// What functions are told of whoever signs with it.
    package var cognitoIdentity: CognitoIdentity?

    package var description: String { "StoredKey(\(self.arn))" }
    package var debugDescription: String { self.description }
}

/// The keys that may sign requests: those of the credentials file, and the sessions minted here for execution roles.
package final class CredentialBook: Sendable {
    /// Sessions known at one time; past it the one that ends first makes room.
    package static let sessionLimit = 16_384

    private struct Keys {
        var file: [String: StoredKey] = [:]
        var sessions: [String: StoredKey] = [:]
    }

    private let keys = Mutex(Keys())

    package init() {}

    /// Replaces the keys of the file with those of `text`, in the format of the AWS credentials file.
    ///
    /// Profiles hold `aws_access_key_id`, `aws_secret_access_key`, and where they differ from the usual
    /// `aws_session_token` and `aws_account_id` (default 000000000000); those that stand for an identity of a Cognito identity
    /// pool, `cognito_identity_id` and `cognito_identity_pool_id`. Sessions that were minted stay.
    ///
    /// - Throws: ``CredentialFileError``; nothing was replaced then.
    /// - Returns: How many keys the file holds.
    @discardableResult
    package func replaceFileKeys(with text: String) throws(CredentialFileError) -> Int {
        let document: INIDocument
        do { document = try INIDocument(parsing: text) } catch {
            // The reason may quote the line, and the line may hold a secret.
            throw .unreadable(line: error.line, reason: "expected '[profile]' or 'key = value'")
        }
        var file: [String: StoredKey] = [:]
        for profile in document.sectionNames {
            guard !document.entries(in: profile).isEmpty else { continue }
            let (keyID, key) = try CredentialBook.key(of: profile, in: document)
            guard file.updateValue(key, forKey: keyID) == nil else {
                throw .invalidProfile(name: profile, reason: "its aws_access_key_id is in another profile, too")
            }
        }
        let replacement = file
        self.keys.withLock { $0.file = replacement }
        return replacement.count
    }

    private static func key(
        of profile: String, in document: INIDocument
    ) throws(CredentialFileError) -> (String, StoredKey) {
        guard let keyID = document.value("aws_access_key_id", in: profile), !keyID.isEmpty, !keyID.contains("/") else {
            throw .invalidProfile(name: profile, reason: "aws_access_key_id is missing or holds '/'")
        }
        guard let secret = document.value("aws_secret_access_key", in: profile), !secret.isEmpty else {
            throw .invalidProfile(name: profile, reason: "aws_secret_access_key is missing")
        }
        var account = AccountID.standard
        if let digits = document.value("aws_account_id", in: profile) {
            guard let given = AccountID(digits) else {
                throw .invalidProfile(name: profile, reason: "aws_account_id must be twelve digits")
            }
            account = given
        }
        let token = document.value("aws_session_token", in: profile)
        let key = StoredKey(
            secret: secret, sessionToken: token?.isEmpty == true ? nil : token, account: account, expiration: nil,
            arn: "arn:aws:iam::\(account):user/\(profile)",
            cognitoIdentity: try self.cognitoIdentity(of: profile, in: document))
        return (keyID, key)
    }

    private static func cognitoIdentity(
        of profile: String, in document: INIDocument
    ) throws(CredentialFileError) -> CognitoIdentity? {
        let identity = document.value("cognito_identity_id", in: profile)
        let pool = document.value("cognito_identity_pool_id", in: profile)
        if identity == nil, pool == nil { return nil }
        guard let found = CognitoIdentity(identityID: identity ?? "", poolID: pool ?? "") else {
            throw .invalidProfile(
                name: profile,
                reason:
                    "cognito_identity_id and cognito_identity_pool_id must both be <region>:<hex digits and hyphens>")
        }
        return found
    }

    /// The key of this id; one whose session is over is still given, so that the caller can be told so.
    package func key(_ keyID: String) -> StoredKey? {
        self.keys.withLock { $0.file[keyID] ?? $0.sessions[keyID] }
    }

    /// Makes a session of an execution role that this server accepts until it ends. It is kept in memory only.
    package func mint(
        account: AccountID, role: String, sessionName: String, duration: Duration, now: WallTime
    ) -> Credentials {
        let keyID = "ASIA" + RandomText.make(16, from: RandomText.keyAlphabet)
        let secret = RandomText.make(40, from: RandomText.secretAlphabet)
        let token = RandomText.make(256, from: RandomText.secretAlphabet)
        let expiration = now.advanced(by: duration)
        let roleName = role.split(separator: "/").last.map { String($0) } ?? role
        let key = StoredKey(
            secret: secret, sessionToken: token, account: account, expiration: expiration,
            arn: "arn:aws:sts::\(account):assumed-role/\(roleName)/\(sessionName)")
        self.keys.withLock { keys in
            CredentialBook.makeRoom(in: &keys.sessions, now: now)
            keys.sessions[keyID] = key
        }
        return Credentials(
            accessKeyID: keyID, secretAccessKey: secret, sessionToken: token, expiration: expiration)
    }

    package var sessionCount: Int { self.keys.withLock { $0.sessions.count } }

    private static func makeRoom(in sessions: inout [String: StoredKey], now: WallTime) {
        // A session that has been over for an hour need no longer be told so; fewer than a page of them cost nothing.
        if sessions.count.isMultiple(of: 64) || sessions.count >= self.sessionLimit {
            let oldest = now.advanced(by: .seconds(-3_600))
            sessions = sessions.filter { ($0.value.expiration ?? now) > oldest }
        }
        guard sessions.count >= self.sessionLimit else { return }
        let first = sessions.min { ($0.value.expiration ?? now) < ($1.value.expiration ?? now) }
        if let first { sessions.removeValue(forKey: first.key) }
    }
}

enum RandomText {
    static let keyAlphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
    static let secretAlphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// `count` characters from the random numbers of the system.
    static func make(_ count: Int, from alphabet: [UInt8]) -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
