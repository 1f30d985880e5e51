import LambdaCore

/// The first label of a function URL's host name.
enum FunctionURLID {
    /// The tag of a function that chooses the id of its URLs; local tools know it from LocalStack.
    static let tag = "_custom_id_"
    /// Of ids that are made here, as on AWS.
    static let length = 32
    /// Characters of one label (RFC 1035, 2.3.4).
    private static let longestLabel = 63
    /// The model's, of `FunctionUrlQualifier`.
    static let qualifierPattern = #"((?!^\d+$)^[0-9a-zA-Z-_]+$)"#

    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)

    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<self.length).map { _ in self.alphabet[Int.random(in: 0..<36, using: &generator)] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The id that a tag asks for, with the alias's name behind it where there is one; `nil` where no host name can have it.
    static func custom(_ asked: String, qualifier: String) -> String? {
        let id = (qualifier.isEmpty ? asked : "\(asked)-\(qualifier)").lowercased()
        guard let first = asked.utf8.first, self.isLetter(first), asked.utf8.last != 0x2D,
            asked.utf8.allSatisfy({ self.isLetter($0) || self.isDigit($0) || $0 == 0x2D }),
            id.utf8.count <= self.longestLabel
        else { return nil }
        return id
    }

    /// What ``qualifierPattern`` says: the name of an alias.
    static func isQualifier(_ text: String) -> Bool {
        !text.isEmpty && !text.utf8.allSatisfy(self.isDigit)
            && text.utf8.allSatisfy { self.isLetter($0) || self.isDigit($0) || $0 == 0x2D || $0 == 0x5F }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
