internal import LambdaCore

/// The name of a zip's entry, checked: relative, inside the root, without `.`, `..` and empty parts.
///
/// Names are bytes, as the kernel's are: a zip may hold one that is no UTF-8.
struct EntryPath: Hashable {
    /// Bytes of a whole name. The kernel takes 4,095; with tens of thousands of entries the difference is memory.
    static let byteLimit = 1_024
    /// Directories above each other.
    static let depthLimit = 128
    /// Bytes of one part; the limit of every Linux file system.
    static let partLimit = 255

    private(set) var parts: [[UInt8]]

    /// The root itself.
    static let root = EntryPath(parts: [])

    private init(parts: [[UInt8]]) { self.parts = parts }

    /// - Throws: ``CodeError/unsafeEntry(name:reason:)`` that says which rule was broken.
    init(checking bytes: [UInt8]) throws(CodeError) {
        func refuse(_ reason: String) -> CodeError {
            .unsafeEntry(name: String(decoding: bytes.prefix(Self.byteLimit), as: UTF8.self), reason: reason)
        }
        guard !bytes.isEmpty else { throw refuse("it has no name") }
        guard bytes.count <= Self.byteLimit else { throw refuse("its name is longer than \(Self.byteLimit) bytes") }
        guard bytes[0] != Self.slash else { throw refuse("its name is absolute") }
        guard !bytes.contains(0) else { throw refuse("its name holds a NUL byte") }
        var parts: [[UInt8]] = []
        for part in bytes.split(separator: Self.slash) where part.elementsEqual(Self.dot) == false {
            guard !part.elementsEqual(Self.dotDot) else { throw refuse("its name leads out of the root") }
            guard part.count <= Self.partLimit else { throw refuse("a part of its name is too long") }
            parts.append(Array(part))
        }
        guard parts.count <= Self.depthLimit else { throw refuse("it lies too deep") }
        self.parts = parts
    }

    var isRoot: Bool { self.parts.isEmpty }
    var name: [UInt8] { self.parts.last ?? [] }
    var parent: EntryPath { EntryPath(parts: Array(self.parts.dropLast())) }
    /// From below the root to this directory's parent, this one included.
    var chain: [EntryPath] { (0..<self.parts.count).map { EntryPath(parts: Array(self.parts[...$0])) } }
    var bytes: [UInt8] { Array(self.parts.joined(separator: [Self.slash])) }
    var text: String { String(decoding: self.bytes, as: UTF8.self) }

    /// Whether a link here to `target` stays below the root, followed through all of `links`.
    ///
    /// The text of a target is not enough: with `a/up -> ..`, the target `a/up/../x` looks inside and is outside. So
    /// the target is walked as the kernel would walk it, once every link of the zip is in place.
    func linkStaysInside(_ target: [UInt8], among links: [EntryPath: [UInt8]]) -> Bool {
        var here = self.parent.parts
        var rest = Array(target.split(separator: Self.slash).reversed())
        var followed = 0
        guard target.first != Self.slash else { return false }
        while let part = rest.popLast() {
            if part.elementsEqual(Self.dot) { continue }
            if part.elementsEqual(Self.dotDot) {
                guard here.popLast() != nil else { return false }
                continue
            }
            here.append(Array(part))
            guard let next = links[EntryPath(parts: here)] else { continue }
            // The kernel gives up after forty, too.
            followed += 1
            guard followed <= 40, next.first != Self.slash else { return false }
            here.removeLast()
            rest.append(contentsOf: next.split(separator: Self.slash).reversed())
        }
        return true
    }

    private static let slash = UInt8(ascii: "/")
    private static let dot = Array(".".utf8)
    private static let dotDot = Array("..".utf8)
}
