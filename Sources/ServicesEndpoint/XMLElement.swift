/// An element of an XML answer: just enough of XML 1.0 for the query protocol, and nothing that it does not use.
///
/// A document type, a processing instruction and an entity other than the five built-in ones are refused: they are what
/// makes XML dangerous, and no service sends them. Attributes are read over; namespaces are not resolved.
struct XMLElement: Equatable {
    struct SyntaxError: Error, Equatable {
        /// From 0.
        let offset: Int
        let reason: String
    }

    let name: String
    fileprivate(set) var children: [XMLElement] = []
    /// All text directly inside, entities replaced.
    fileprivate(set) var text = ""

    /// The document's one element.
    init(parsing bytes: [UInt8]) throws(SyntaxError) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw SyntaxError(offset: 0, reason: "it is not UTF-8")
        }
        var parser = XMLParser(bytes)
        self = try parser.document()
    }

    fileprivate init(name: String) { self.name = name }

    /// The only child of that name; `nil` where there is none, and where there are several.
    func child(_ name: String) -> XMLElement? {
        let found = self.children.filter { $0.name == name }
        return found.count == 1 ? found[0] : nil
    }

    /// The text of the only child of that name, without white space around it; `nil` where it is empty.
    func value(_ name: String) -> String? {
        guard let child = self.child(name), child.children.isEmpty else { return nil }
        let text = String(child.text.trimmingWhitespace())
        return text.isEmpty ? nil : text
    }
}

private struct XMLParser {
    private static let depthLimit = 32

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(XMLElement.SyntaxError) -> XMLElement {
        self.skip("\u{FEFF}")
        if self.skip("<?xml") { try self.skipPast("?>") }
        try self.skipMisc()
        let root = try self.element(depth: 1)
        try self.skipMisc()
        guard self.position == self.bytes.count else { throw self.error("something follows the document") }
        return root
    }

    private mutating func element(depth: Int) throws(XMLElement.SyntaxError) -> XMLElement {
        guard depth <= Self.depthLimit else { throw self.error("elements lie too deep") }
        guard self.skip("<") else { throw self.error("expected an element") }
        var element = XMLElement(name: try self.name())
        guard try !self.attributes() else { return element }
        var text: [UInt8] = []
        while let byte = self.peek {
            switch byte {
            case UInt8(ascii: "<"):
                if self.skip("<!--") {
                    try self.skipPast("-->")
                } else if self.skip("<![CDATA[") {
                    text += try self.skipPast("]]>")
                } else if self.skip("</") {
                    guard try self.name() == element.name else { throw self.error("the wrong element is closed") }
                    self.skipBlanks()
                    guard self.skip(">") else { throw self.error("expected '>'") }
                    element.text = String(decoding: text, as: UTF8.self)
                    return element
                } else {
                    element.children.append(try self.element(depth: depth + 1))
                }
            case UInt8(ascii: "&"): text += try self.reference()
            default:
                text.append(byte)
                self.position += 1
            }
        }
        throw self.error("an element is not closed")
    }

    /// Reads to the end of a start tag. Gives whether the element is closed with it.
    private mutating func attributes() throws(XMLElement.SyntaxError) -> Bool {
        while true {
            let before = self.position
            self.skipBlanks()
            if self.skip("/>") { return true }
            if self.skip(">") { return false }
            guard self.position > before else { throw self.error("expected a blank or '>'") }
            _ = try self.name()
            self.skipBlanks()
            guard self.skip("=") else { throw self.error("expected '='") }
            self.skipBlanks()
            let quote = self.skip("\"") ? "\"" : self.skip("'") ? "'" : nil
            guard let quote else { throw self.error("expected a quoted value") }
            guard try !self.skipPast(quote).contains(UInt8(ascii: "<")) else { throw self.error("'<' in a value") }
        }
    }

    private mutating func name() throws(XMLElement.SyntaxError) -> String {
        let start = self.position
        while let byte = self.peek, Self.isName(byte, first: self.position == start) { self.position += 1 }
        guard self.position > start else { throw self.error("expected a name") }
        return String(decoding: self.bytes[start..<self.position], as: UTF8.self)
    }

    private mutating func reference() throws(XMLElement.SyntaxError) -> [UInt8] {
        let start = self.position
        self.position += 1
        let text = String(decoding: try self.skipPast(";"), as: UTF8.self)
        switch text {
        case "lt": return [UInt8(ascii: "<")]
        case "gt": return [UInt8(ascii: ">")]
        case "amp": return [UInt8(ascii: "&")]
        case "quot": return [UInt8(ascii: "\"")]
        case "apos": return [UInt8(ascii: "'")]
        default:
            let isHex = text.hasPrefix("#x")
            let digits = text.dropFirst(isHex ? 2 : 1)
            guard text.hasPrefix("#"), digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
                let number = UInt32(digits, radix: isHex ? 16 : 10), number != 0, let scalar = Unicode.Scalar(number)
            else { throw XMLElement.SyntaxError(offset: start, reason: "an unknown entity") }
            return Array(String(Character(scalar)).utf8)
        }
    }

    private mutating func skipMisc() throws(XMLElement.SyntaxError) {
        self.skipBlanks()
        while self.skip("<!--") {
            try self.skipPast("-->")
            self.skipBlanks()
        }
    }

    /// Gives what lies before `end`.
    @discardableResult
    private mutating func skipPast(_ end: String) throws(XMLElement.SyntaxError) -> ArraySlice<UInt8> {
        let start = self.position
        while self.position < self.bytes.count {
            let here = self.position
            if self.skip(end) { return self.bytes[start..<here] }
            self.position += 1
        }
        throw self.error("'\(end)' is missing")
    }

    @discardableResult
    private mutating func skip(_ text: String) -> Bool {
        guard self.bytes[self.position...].starts(with: text.utf8) else { return false }
        self.position += text.utf8.count
        return true
    }

    private mutating func skipBlanks() {
        while let byte = self.peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { self.position += 1 }
    }

    private var peek: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    private func error(_ reason: String) -> XMLElement.SyntaxError {
        XMLElement.SyntaxError(offset: self.position, reason: reason)
    }

    private static func isName(_ byte: UInt8, first: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: ":"), 0x80...:
            true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): !first
        default: false
        }
    }
}

extension String {
    fileprivate func trimmingWhitespace() -> Substring {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
