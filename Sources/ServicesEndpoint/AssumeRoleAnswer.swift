internal import LambdaCore

/// STS's answer to AssumeRole, read strictly: nothing is guessed, nothing may be missing.
///
/// Source: AWS Security Token Service API reference, `AssumeRole` and "Common Errors"; API version 2011-06-15.
enum AssumeRoleAnswer {
    static func credentials(status: Int, body: [UInt8]) throws(RoleCredentialsError) -> Credentials {
        guard (200..<300).contains(status) else { throw Self.refusal(status: status, body: body) }
        let root = try Self.parse(body)
        guard root.name == "AssumeRoleResponse",
            let credentials = root.child("AssumeRoleResult")?.child("Credentials"),
            let id = credentials.value("AccessKeyId"), let secret = credentials.value("SecretAccessKey"),
            let token = credentials.value("SessionToken"), let expiration = credentials.value("Expiration")
        else { throw .unavailable("the answer to AssumeRole lacks a part of the credentials") }
        guard let time = WallTime(isoText: expiration) else {
            throw .unavailable("the answer to AssumeRole has an unreadable Expiration")
        }
        return Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token, expiration: time)
    }

    /// A client's error is a refusal; a server's own trouble is not, though it may be told in the same form.
    private static func refusal(status: Int, body: [UInt8]) -> RoleCredentialsError {
        // What is no error document has nothing to tell but its status.
        let error = (try? Self.parse(body)).flatMap { root in
            root.child("Error") ?? root.child("Errors")?.child("Error")
        }
        guard let error, let code = error.value("Code") else {
            return .unavailable("the services endpoint answered AssumeRole with HTTP status \(status)")
        }
        let message = error.value("Message") ?? ""
        guard (400..<500).contains(status) else {
            return .unavailable("the services endpoint answered AssumeRole with \(status) \(code): \(message)")
        }
        return .refused(code: code, message: message)
    }

    private static func parse(_ body: [UInt8]) throws(RoleCredentialsError) -> XMLElement {
        do {
            return try XMLElement(parsing: body)
        } catch {
            // Not the body: it may hold a key.
            throw .unavailable("the answer to AssumeRole is no XML: \(error.reason) at byte \(error.offset)")
        }
    }
}

extension WallTime {
    /// Parses `2018-11-27T15:10:45Z`, with or without a fraction of a second. Returns `nil` for anything else.
    init?(isoText text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"), bytes[4] == UInt8(ascii: "-"),
            bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":")
        else { return nil }
        let compact = bytes[0..<4] + bytes[5..<7] + bytes[8..<13] + bytes[14..<16] + bytes[17..<19]
        guard let whole = WallTime(signatureText: String(decoding: compact, as: UTF8.self) + "Z") else { return nil }
        let fraction = bytes[19..<bytes.count - 1]
        guard !fraction.isEmpty else {
            self = whole
            return
        }
        let digits = fraction.dropFirst()
        let isDecimal = digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard fraction.first == UInt8(ascii: "."), !digits.isEmpty, isDecimal else { return nil }
        let thousandths = (Array(digits) + Array("00".utf8)).prefix(3).reduce(0) { $0 * 10 + Int64($1) - 0x30 }
        self = WallTime(milliseconds: whole.milliseconds + thousandths)
    }
}
