/// The JSON of one stored record, scanned once into a flat list of its values.
///
/// A start decodes tens of thousands of records. A tree of values with a dictionary for each object costs several times
/// as much as the list, in which a value is a few integers that point into the bytes.
final class RecordText {
    enum Kind { case object, array, name, string, number, `true`, `false`, null }

    /// One value or one name; those inside a container follow it directly.
    struct Node {
        let kind: Kind
        let hasEscapes: Bool
        /// The bytes of a name, string or number.
        let range: Range<Int>
        /// The index behind this node and all that is in it.
        var next: Int
    }

    let bytes: [UInt8]
    let nodes: [Node]

    init(_ bytes: [UInt8]) throws(JSONSyntaxError) {
        self.bytes = bytes
        self.nodes = try Self.nodes(of: bytes)
    }

    private static func nodes(of bytes: [UInt8]) throws(JSONSyntaxError) -> [Node] {
        var nodes: [Node] = []
        // About one name or value in sixteen bytes.
        nodes.reserveCapacity(bytes.count / 16 + 4)
        var scanner = JSONScanner(bytes, depthLimit: JSONValue.treeDepthLimit)
        var open: [Int] = []
        func append(_ kind: Kind, _ range: Range<Int> = 0..<0, _ hasEscapes: Bool = false) {
            nodes.append(Node(kind: kind, hasEscapes: hasEscapes, range: range, next: nodes.count + 1))
        }
        while true {
            switch try scanner.next() {
            case .beginObject:
                open.append(nodes.count)
                append(.object)
            case .beginArray:
                open.append(nodes.count)
                append(.array)
            case .endObject, .endArray:
                // The scanner closes only what it opened.
                if let container = open.popLast() { nodes[container].next = nodes.count }
            case .name(let range, let hasEscapes): append(.name, range, hasEscapes)
            case .string(let range, let hasEscapes): append(.string, range, hasEscapes)
            case .number(let range): append(.number, range)
            case .true: append(.true)
            case .false: append(.false)
            case .null: append(.null)
            case .end: return nodes
            }
        }
    }

    /// The text of a name, string or number.
    func text(_ node: Node) -> String {
        let slice = self.bytes[node.range]
        return node.hasEscapes ? JSONValue.unescaped(slice) : String(decoding: slice, as: UTF8.self)
    }

    /// Whether a name node spells `name`.
    func spells(_ node: Node, _ name: String) -> Bool {
        guard !node.hasEscapes else { return self.text(node) == name }
        let letters = name.utf8.span
        guard letters.count == node.range.count else { return false }
        let bytes = self.bytes
        for offset in letters.indices where letters[offset] != bytes[node.range.lowerBound &+ offset] { return false }
        return true
    }
}
