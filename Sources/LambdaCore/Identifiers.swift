/// A 12-digit AWS account number. Functions of two accounts never see each other.
package struct AccountID: Hashable, Sendable, Codable, CustomStringConvertible {
    package let digits: String

    /// Returns `nil` unless `digits` is exactly twelve ASCII digits.
    package init?(_ digits: String) {
        guard digits.utf8.count == 12, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        self.digits = digits
    }

    private init(unchecked digits: String) { self.digits = digits }

    /// The account of a key whose credentials entry names none.
    package static let standard = AccountID(unchecked: "000000000000")

    package var description: String { self.digits }
}

/// A region name such as `eu-west-1`; comes from the scope of the request's signature.
package struct Region: Hashable, Sendable, Codable, CustomStringConvertible {
    package let name: String

    /// Returns `nil` unless `name` is 1 to 32 characters of `a-z`, `0-9` and `-`.
    package init?(_ name: String) {
        let allowed = name.utf8.allSatisfy {
            ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D
        }
        guard allowed, (1...32).contains(name.utf8.count) else { return nil }
        self.name = name
    }

    private init(unchecked name: String) { self.name = name }

    /// Used where a caller signs nothing and the configuration names no region.
    package static let standard = Region(unchecked: "us-east-1")

    package var description: String { self.name }
}

/// The name of a function inside one account and region.
package struct FunctionName: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let text: String

    /// Returns `nil` unless `text` is 1 to 64 characters of `a-z`, `A-Z`, `0-9`, `-` and `_`.
    ///
    /// Source: Lambda API reference, `CreateFunction`, `FunctionName`.
    package init?(_ text: String) {
        let allowed = text.utf8.allSatisfy {
            ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D
                || $0 == 0x5F
        }
        guard allowed, (1...Limits.functionNameLength).contains(text.utf8.count) else { return nil }
        self.text = text
    }

    package static func < (left: FunctionName, right: FunctionName) -> Bool { left.text < right.text }
    package var description: String { self.text }
}

/// What identifies a function on this machine.
package struct FunctionKey: Hashable, Sendable, Codable {
    package let account: AccountID
    package let region: Region
    package let name: FunctionName

    package init(account: AccountID, region: Region, name: FunctionName) {
        self.account = account
        self.region = region
        self.name = name
    }

    /// The unqualified ARN.
    package var arn: String { "arn:aws:lambda:\(self.region):\(self.account):function:\(self.name)" }
}

/// One environment, for its whole life: 32 lower-case hex characters, also the end of its log stream's name.
package struct EnvironmentID: Hashable, Sendable, CustomStringConvertible {
    package let hex: String

    /// Returns `nil` unless `hex` is 32 lower-case hex digits.
    package init?(_ hex: String) {
        guard hex.utf8.count == 32, hex.utf8.allSatisfy(Hexadecimal.isLowerCaseDigit) else { return nil }
        self.hex = hex
    }

    private init(unchecked hex: String) { self.hex = hex }

    package static func random() -> EnvironmentID {
        EnvironmentID(unchecked: Hexadecimal.random(bytes: 16))
    }

    package var description: String { self.hex }
}

/// The UUID of one invocation: in the answer's header, the log lines, the function's context and every retry.
package struct RequestID: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// Returns `nil` unless `text` has the form of a UUID. It is kept in lower case.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let lengths = parts.map { $0.utf8.count }
        let lowered = text.lowercased()
        guard lengths == [8, 4, 4, 4, 12],
            lowered.utf8.allSatisfy({ $0 == 0x2D || Hexadecimal.isLowerCaseDigit($0) })
        else { return nil }
        self.text = lowered
    }

    private init(unchecked text: String) { self.text = text }

    /// A random (version 4) UUID.
    package static func random() -> RequestID {
        var generator = IdentifierRandom()
        // The version in bits 12 to 15 of the first half, the variant in the two highest of the second.
        let first = generator.next() & ~0xF000 | 0x4000
        let second = generator.next() & ~(0b11 << 62) | 0b10 << 62
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (half, group) in [(first, 8..<16), (first, 4..<8), (first, 0..<4), (second, 12..<16), (second, 0..<12)] {
            if !text.isEmpty { text.append(0x2D) }
            for place in group.reversed() { text.append(Hexadecimal.digit(half >> UInt64(place * 4))) }
        }
        return RequestID(unchecked: String(decoding: text, as: UTF8.self))
    }

    package var description: String { self.text }
}

package enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    package static func isLowerCaseDigit(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66)
    }

    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var out: [UInt8] = []
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The digit of the lowest four bits.
    package static func digit(_ bits: UInt64) -> UInt8 { digits[Int(bits & 15)] }

    /// Random lower-case hex digits for an identifier; `bytes` bytes make twice as many digits.
    package static func random(bytes count: Int) -> String {
        var generator = IdentifierRandom()
        let words = (0..<(count + 7) / 8).map { _ in generator.next() }
        return encode((0..<count).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64($0 % 8 * 8)) })
    }
}
