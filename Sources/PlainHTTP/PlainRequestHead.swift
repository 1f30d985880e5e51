package import NIOHTTP1

/// The head of an HTTP/1.1 request in the plain form that clients of lambdad send nearly always.
///
/// Plain is: a common method, HTTP/1.1, line ends of CR LF, one line a header, visible ASCII and blanks in values, a body
/// whose length is told or that is not there, and nothing about the connection but that it stays. What is plain can be read
/// in one way only, so it means here what it means to NIO's decoder. That one has the rest, which is not refused but slower.
package struct PlainRequestHead {
    package let head: HTTPRequestHead
    /// Bytes of the body.
    package let bodyLength: Int
    /// Bytes of the head, with its empty line.
    package let byteCount: Int

    /// More than clients send, and below the limits of NIO's decoder.
    private static let fieldLimit = 64
    /// Nine digits: more than any body that is taken, and no overflow.
    private static let lengthDigits = 9

    /// Returns `nil` where `bytes` do not begin with a whole head in the plain form.
    package init?(_ bytes: Span<UInt8>) {
        guard let (method, targetStart) = Self.method(bytes),
            let targetEnd = Self.endOfTarget(bytes, from: targetStart),
            let target = Self.text(bytes, targetStart..<targetEnd)
        else { return nil }
        var fields: [(String, String)] = []
        fields.reserveCapacity(16)
        var length: Int?
        var position = targetEnd + Self.version.utf8.count
        while true {
            guard position + 1 < bytes.count else { return nil }
            if bytes[position] == 0x0D, bytes[position + 1] == 0x0A { break }
            guard fields.count < Self.fieldLimit, let nameEnd = Self.endOfName(bytes, from: position),
                let (value, next) = Self.value(bytes, from: nameEnd + 1)
            else { return nil }
            switch Self.meaning(of: position..<nameEnd, in: bytes) {
            case .nothing: break
            case .length:
                guard length == nil, let told = Self.number(bytes, value) else { return nil }
                length = told
            case .connection:
                guard Self.spells("keep-alive", value, in: bytes) else { return nil }
            case .special: return nil
            }
            guard let nameText = Self.text(bytes, position..<nameEnd), let valueText = Self.text(bytes, value) else {
                return nil
            }
            fields.append((nameText, valueText))
            position = next
        }
        self.head = HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: HTTPHeaders(fields))
        self.bodyLength = length ?? 0
        self.byteCount = position + 2
    }

    // MARK: The request line

    private static let version = " HTTP/1.1\r\n"

    /// The method, and where the target begins.
    private static func method(_ bytes: Span<UInt8>) -> (HTTPMethod, Int)? {
        if self.begins(bytes, at: 0, with: "POST /") { return (.POST, 5) }
        if self.begins(bytes, at: 0, with: "GET /") { return (.GET, 4) }
        if self.begins(bytes, at: 0, with: "PUT /") { return (.PUT, 4) }
        if self.begins(bytes, at: 0, with: "DELETE /") { return (.DELETE, 7) }
        return nil
    }

    private static func endOfTarget(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var end = start
        // A number sign never is in a target, and decoders differ in what they make of one.
        while end < bytes.count, bytes[end] > 0x20, bytes[end] < 0x7F, bytes[end] != 0x23 { end += 1 }
        return self.begins(bytes, at: end, with: self.version) ? end : nil
    }

    // MARK: Header lines

    private enum Meaning {
        case nothing
        case length
        case connection
        /// Changes how the rest is to be read.
        case special
    }

    private static func meaning(of name: Range<Int>, in bytes: Span<UInt8>) -> Meaning {
        // By the length first: nearly every name is through with that.
        switch name.count {
        case 14: self.spells("content-length", name, in: bytes) ? .length : .nothing
        case 10: self.spells("connection", name, in: bytes) ? .connection : .nothing
        case 17: self.spells("transfer-encoding", name, in: bytes) ? .special : .nothing
        case 16: self.spells("proxy-connection", name, in: bytes) ? .special : .nothing
        case 7:
            self.spells("upgrade", name, in: bytes) || self.spells("trailer", name, in: bytes) ? .special : .nothing
        case 6: self.spells("expect", name, in: bytes) ? .special : .nothing
        case 2: self.spells("te", name, in: bytes) ? .special : .nothing
        default: .nothing
        }
    }

    /// Where the colon is.
    private static func endOfName(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var end = start
        while end < bytes.count {
            switch bytes[end] {
            case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x2D, 0x5F: end += 1
            case 0x3A: return end > start ? end : nil
            default: return nil
            }
        }
        return nil
    }

    /// The value without the blanks before it, and where the next line begins.
    private static func value(_ bytes: Span<UInt8>, from start: Int) -> (Range<Int>, next: Int)? {
        var first = start
        while first < bytes.count, bytes[first] == 0x20 { first += 1 }
        var end = first
        while end < bytes.count, bytes[end] >= 0x20, bytes[end] < 0x7F { end += 1 }
        guard end + 1 < bytes.count, bytes[end] == 0x0D, bytes[end + 1] == 0x0A else { return nil }
        // Blanks at the end are for the decoder to judge.
        guard end == first || bytes[end - 1] != 0x20 else { return nil }
        return (first..<end, end + 2)
    }

    private static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard !range.isEmpty, range.count <= self.lengthDigits else { return nil }
        var number = 0
        for index in range {
            guard bytes[index] >= 0x30, bytes[index] <= 0x39 else { return nil }
            number = number * 10 + Int(bytes[index] - 0x30)
        }
        return number
    }

    // MARK: Texts

    private static func begins(_ bytes: Span<UInt8>, at start: Int, with text: String) -> Bool {
        let text = text.utf8
        guard bytes.count - start >= text.count else { return false }
        var index = start
        for byte in text {
            guard bytes[index] == byte else { return false }
            index += 1
        }
        return true
    }

    /// Whether `range` holds `text`, which is in lower case, in any case.
    private static func spells(_ text: String, _ range: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        let text = text.utf8
        guard range.count == text.count else { return false }
        var index = range.lowerBound
        for letter in text {
            let byte = bytes[index]
            guard (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) == letter else { return false }
            index += 1
        }
        return true
    }

    private static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String? {
        // ASCII by now, so nothing is thrown.
        guard let text = try? UTF8Span(validating: bytes.extracting(range)) else { return nil }
        return String(copying: text)
    }
}
