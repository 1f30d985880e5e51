import LambdaCore
import Testing

@testable import Store

@Suite struct `The name of a zip's entry` {
    @Test(arguments: [
        ("a", "a"), ("a/b", "a/b"), ("./a", "a"), ("a//b/", "a/b"), ("a/./b", "a/b"), (".", ""), ("./", ""),
        ("...", "..."), ("..a/b..", "..a/b.."), (" ", " "),
    ])
    func `is taken apart`(_ given: String, _ kept: String) throws {
        #expect(try EntryPath(checking: Array(given.utf8)).text == kept)
    }

    @Test(arguments: ["", "/", "/a", "..", "../a", "a/..", "a/../b", "a/b/../../c", "./..", "a\0b"])
    func `is refused where it leads elsewhere`(_ given: String) {
        #expect(throws: CodeError.self) { try EntryPath(checking: Array(given.utf8)) }
    }

    @Test func `is as long and as deep as the limits, and no more`() throws {
        let part = String(repeating: "p", count: EntryPath.partLimit)
        #expect(throws: Never.self) { try EntryPath(checking: Array(part.utf8)) }
        #expect(throws: CodeError.self) { try EntryPath(checking: Array((part + "p").utf8)) }

        let deep = Array(String(repeating: "d/", count: EntryPath.depthLimit).utf8)
        #expect(throws: Never.self) { try EntryPath(checking: deep) }
        #expect(throws: CodeError.self) { try EntryPath(checking: deep + Array("d".utf8)) }

        let long = Array(repeatElement("0123456", count: EntryPath.byteLimit / 8).joined(separator: "/").utf8)
        #expect(throws: Never.self) { try EntryPath(checking: long) }
        #expect(throws: CodeError.self) { try EntryPath(checking: long + Array("/0".utf8)) }
    }
}

@Suite struct `A symbolic link` {
    private func path(_ text: String) throws -> EntryPath { try EntryPath(checking: Array(text.utf8)) }

    @Test(arguments: [
        ("l", "f"), ("l", "./f"), ("l", "."), ("a/l", ".."), ("a/l", "../f"), ("a/b/l", "../../f"),
        ("l", "a/b/../../f"), ("l", "not/there"),
    ])
    func `may lead anywhere inside`(_ link: String, _ target: String) throws {
        #expect(try self.path(link).linkStaysInside(Array(target.utf8), among: [:]))
    }

    @Test(arguments: [
        ("l", ".."), ("l", "/"), ("l", "/a"), ("a/l", "../.."), ("a/l", "../../a"), ("l", "a/../.."),
        ("l", "a/../../l"),
    ])
    func `may not lead out`(_ link: String, _ target: String) throws {
        #expect(try !self.path(link).linkStaysInside(Array(target.utf8), among: [:]))
    }

    @Test func `is followed through the other links`() throws {
        let links = [try self.path("a/up"): Array("..".utf8), try self.path("deep"): Array("a/b/c".utf8)]
        #expect(try self.path("l").linkStaysInside(Array("a/up/f".utf8), among: links))
        #expect(try !self.path("l").linkStaysInside(Array("a/up/../f".utf8), among: links))
        // The kernel leaves `a/b/c`, not the root, by the dots.
        #expect(try self.path("l").linkStaysInside(Array("deep/../../f".utf8), among: links))
        #expect(try !self.path("l").linkStaysInside(Array("deep/../../../../f".utf8), among: links))
    }

    @Test func `is refused where it goes round in a circle`() throws {
        let links = [try self.path("a"): Array("b".utf8), try self.path("b"): Array("a".utf8)]
        #expect(try !self.path("a").linkStaysInside(Array("b".utf8), among: links))
    }
}
