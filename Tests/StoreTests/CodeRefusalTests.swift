import LambdaCore
import Testing

@testable import Store

/// A zip that must be refused, and the kind of refusal.
struct EvilZip: Sendable, CustomTestStringConvertible {
    enum Verdict: Sendable { case unreadable, unsafeEntry, tooLarge, tooManyEntries }

    /// Small ones, for speed; that a store's own are `Limits`' is a test below.
    static let limits = CodeLimits(entries: 1_000, unzippedBytes: 1_000_000)

    let testDescription: String
    let verdict: Verdict
    let make: @Sendable () -> [UInt8]

    init(_ name: String, _ verdict: Verdict, _ make: @escaping @Sendable () -> [UInt8]) {
        self.testDescription = name
        self.verdict = verdict
        self.make = make
    }

    static let all = Self.notZips + Self.brokenZips + Self.escapes + Self.links + Self.kinds + Self.sizes

    private static let good = ZipBuilder().adding("handler.py", "pass")

    private static let notZips = [
        EvilZip("no bytes", .unreadable) { [] },
        EvilZip("two bytes of a zip", .unreadable) { Array("PK".utf8) },
        EvilZip("text", .unreadable) { Array(repeating: UInt8(ascii: "x"), count: 10_000) },
        EvilZip("a zip without entries", .unreadable) { ZipBuilder().bytes },
        EvilZip("something before the zip", .unreadable) { Array("#!/bin/sh\n".utf8) + good.bytes },
        EvilZip("something after the zip", .unreadable) { good.bytes + [0] },
        EvilZip("a tar archive", .unreadable) { Self.tar },
    ]

    private static let brokenZips = [
        EvilZip("the end is missing", .unreadable) { good.bytes.dropLast(22) },
        EvilZip("the directory is cut", .unreadable) { good.bytes.dropLast(30) },
        EvilZip("more entries claimed than there are", .unreadable) {
            var zip = good
            zip.claimedCount = 2
            return zip.bytes
        },
        EvilZip("fewer entries claimed than there are", .unreadable) {
            var zip = good.adding("more.py", "pass")
            zip.claimedCount = 1
            return zip.bytes
        },
        EvilZip("a wrong checksum", .unreadable) { ZipBuilder().adding("a", "abc") { $0.checksum = 1 }.bytes },
        EvilZip("a broken deflate stream", .unreadable) {
            ZipBuilder().adding("a") {
                $0.method = .raw
                $0.data = [0xFF, 0xFF, 0xFF]
            }.bytes
        },
        EvilZip("an encrypted entry", .unreadable) { ZipBuilder().adding("a", "abcabcabcabc") { $0.flags = 1 }.bytes },
        EvilZip("two names for one entry", .unreadable) {
            ZipBuilder().adding("a", "abc") { $0.localName = Array("b".utf8) }.bytes
        },
        EvilZip("zip64 sizes without a zip64 directory", .unreadable) {
            var zip = good
            zip.claimedCount = 0xFFFF
            return zip.bytes
        },
    ]

    private static let escapes = [
        EvilZip("an absolute name", .unsafeEntry) { ZipBuilder().adding("/etc/evil", "x").bytes },
        EvilZip("a name that climbs out", .unsafeEntry) { ZipBuilder().adding("../evil", "x").bytes },
        EvilZip("a name that climbs out from inside", .unsafeEntry) { ZipBuilder().adding("a/../../evil", "x").bytes },
        EvilZip("a name that climbs and returns", .unsafeEntry) { ZipBuilder().adding("a/../b", "x").bytes },
        EvilZip("a directory that climbs out", .unsafeEntry) { ZipBuilder().adding("../evil/", mode: 0o40755).bytes },
        EvilZip("a name with a NUL byte", .unsafeEntry) { ZipBuilder().adding("a.py\0.txt", "x").bytes },
        EvilZip("a name that is too long", .unsafeEntry) {
            ZipBuilder().adding(String(repeating: "d/", count: 600) + "f", "x").bytes
        },
        EvilZip("a part that is too long", .unsafeEntry) {
            ZipBuilder().adding(String(repeating: "d", count: 256), "x").bytes
        },
        EvilZip("directories too deep", .unsafeEntry) {
            ZipBuilder().adding(String(repeating: "d/", count: 128) + "f", "x").bytes
        },
        EvilZip("a file in place of the root", .unsafeEntry) { ZipBuilder().adding(".", "x").bytes },
        EvilZip("a file that is a directory, too", .unsafeEntry) {
            ZipBuilder().adding("a/b", "x").adding("a", "x").bytes
        },
        EvilZip("a directory that is a file, too", .unsafeEntry) {
            ZipBuilder().adding("a", "x").adding("a/b", "x").bytes
        },
    ]

    private static let links = [
        EvilZip("a link to an absolute path", .unsafeEntry) { good.link("l", to: "/etc/passwd").bytes },
        EvilZip("a link out of the root", .unsafeEntry) { good.link("l", to: "../x").bytes },
        EvilZip("a link out of the root from below", .unsafeEntry) { good.link("a/b/l", to: "../../../x").bytes },
        EvilZip("a link through another link out", .unsafeEntry) {
            good.link("a/up", to: "..").link("l", to: "a/up/../x").bytes
        },
        EvilZip("links in a circle", .unsafeEntry) { good.link("a", to: "b").link("b", to: "a").bytes },
        EvilZip("a file below a link", .unsafeEntry) {
            ZipBuilder().link("l", to: "/tmp").adding("l/evil", "x").bytes
        },
        EvilZip("a link over a directory with a file", .unsafeEntry) {
            ZipBuilder().adding("l/evil", "x").link("l", to: "/tmp").bytes
        },
        EvilZip("a link below a link", .unsafeEntry) {
            good.adding("d/f", "x").link("l", to: "d").link("l/m", to: "f").bytes
        },
        EvilZip("a link with an empty target", .unsafeEntry) { good.link("l", to: "").bytes },
    ]

    private static let kinds = [
        EvilZip("a character device", .unsafeEntry) { ZipBuilder().adding("null", mode: 0o20666).bytes },
        EvilZip("a block device", .unsafeEntry) { ZipBuilder().adding("disk", mode: 0o60666).bytes },
        EvilZip("a FIFO", .unsafeEntry) { ZipBuilder().adding("pipe", mode: 0o10666).bytes },
        EvilZip("a socket", .unsafeEntry) { ZipBuilder().adding("sock", mode: 0o140666).bytes },
    ]

    private static let sizes = [
        EvilZip("a size over the limit, claimed", .tooLarge) {
            ZipBuilder().adding("a", "x") { $0.claimedSize = UInt32(limits.unzippedBytes + 1) }.bytes
        },
        EvilZip("a bomb that claims to be small", .tooLarge) {
            ZipBuilder().adding("a") {
                $0.method = .raw
                $0.data = ZeroBomb.stream(bytes: 10 * limits.unzippedBytes)
                $0.claimedSize = 1_000
            }.bytes
        },
        EvilZip("more bytes in many files than in one", .tooLarge) {
            let half = [UInt8](repeating: 1, count: limits.unzippedBytes / 2 + 1)
            return ZipBuilder().adding("a") { $0.data = half }.adding("b") { $0.data = half }.bytes
        },
        EvilZip("too many entries", .tooManyEntries) {
            (0...limits.entries).reduce(into: ZipBuilder()) { zip, number in zip = zip.adding("\(number)") }.bytes
        },
        EvilZip("a directory tree of too many nodes", .tooManyEntries) {
            // 120 directories in each name.
            let below = String(repeating: "d/", count: 119)
            return (0...limits.entries / 120).reduce(into: ZipBuilder()) { zip, number in
                zip = zip.adding("\(number)/\(below)", mode: 0o40755)
            }.bytes
        },
    ]

    /// A header of ustar and two empty blocks: libarchive knows it, this store must not.
    private static var tar: [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        header.replaceSubrange(0..<1, with: Array("a".utf8))
        header.replaceSubrange(100..<107, with: Array("0000644".utf8))
        header.replaceSubrange(124..<135, with: Array("00000000000".utf8))
        header.replaceSubrange(257..<262, with: Array("ustar".utf8))
        return header + [UInt8](repeating: 0, count: 1_024)
    }
}

extension CodeError {
    fileprivate var verdict: EvilZip.Verdict? {
        switch self {
        case .unreadable: .unreadable
        case .unsafeEntry: .unsafeEntry
        case .tooLargeUnzipped(let limit): limit == EvilZip.limits.unzippedBytes ? .tooLarge : nil
        case .tooManyEntries(let limit): limit == EvilZip.limits.entries ? .tooManyEntries : nil
        case .failed: nil
        }
    }
}

@Suite struct `A zip that must be refused` {
    @Test(arguments: EvilZip.all) func `is refused for its own reason and leaves nothing behind`(
        _ evil: EvilZip
    ) async throws {
        let directory = try TemporaryDirectory()
        let store = try Self.store(in: directory)

        let error = await #expect(throws: CodeError.self) { try await store.add(zip: evil.make()) }

        #expect(error?.verdict == evil.verdict, "\(String(describing: error))")
        #expect(try directory.listing() == ["code/", "code/boot", "code/tmp/", "code/trees/", "code/zips/"])
    }

    @Test func `is told apart from one that just reaches the limits, by the same builder`() async throws {
        let directory = try TemporaryDirectory()
        let store = try Self.store(in: directory)
        // One directory, and the limit of bytes in all.
        let zip = (2..<EvilZip.limits.entries).reduce(
            into: ZipBuilder().adding("d/large") { entry in
                entry.data = [UInt8](repeating: 1, count: EvilZip.limits.unzippedBytes)
            }
        ) { zip, number in zip = zip.adding("d/\(number)") }

        let code = try await store.add(zip: zip.bytes)

        #expect(directory.bytes("code/trees/\(code.digest)/d/large")?.count == EvilZip.limits.unzippedBytes)
    }

    @Test func `is measured by the limits of AWS in a store as it is used`() {
        #expect(CodeLimits().unzippedBytes == 262_144_000)
        #expect(CodeLimits().entries == 65_536)
    }

    private static func store(in directory: TemporaryDirectory) throws -> ContentAddressedCodeStore {
        try ContentAddressedCodeStore(
            directory: directory.path("code"), collectionGrace: .zero, limits: EvilZip.limits)
    }
}
