import LambdaCore
import Testing

@testable import Store

@Suite struct `A code store after a crash` {
    private let directory: TemporaryDirectory
    private let zip = ZipBuilder().adding("a/b.py", "pass").bytes

    init() throws { self.directory = try TemporaryDirectory() }

    private func open() throws -> ContentAddressedCodeStore {
        try ContentAddressedCodeStore(directory: self.directory.path("code"))
    }

    @Test func `removes what was half extracted`() async throws {
        try self.directory.write([1], to: "code/tmp/0123/a/b/c.py")
        try self.directory.write([1], to: "code/tmp/4567")
        _ = try self.open()
        #expect(try self.directory.listing("code/tmp").isEmpty)
    }

    @Test func `stores the zip where only the tree was finished`() async throws {
        let code = try await self.open().add(zip: self.zip)
        try self.directory.remove("code/zips/\(code.digest).zip")
        let again = try self.open()
        #expect(try await again.add(zip: self.zip) == code)
        #expect(try await again.zip(digest: code.digest) == self.zip)
    }

    @Test func `extracts where only the zip is there`() async throws {
        let code = try await self.open().add(zip: self.zip)
        try self.directory.remove("code/trees/\(code.digest)")
        _ = try await self.open().add(zip: self.zip)
        #expect(self.directory.text("code/trees/\(code.digest)/a/b.py") == "pass")
    }

    @Test func `replaces a zip that is too short`() async throws {
        let code = try await self.open().add(zip: self.zip)
        try self.directory.write([], to: "code/zips/\(code.digest).zip")
        let again = try self.open()
        _ = try await again.add(zip: self.zip)
        #expect(try await again.zip(digest: code.digest) == self.zip)
    }

    @Test func `keeps what was finished`() async throws {
        let code = try await self.open().add(zip: self.zip)
        #expect(try await self.open().zip(digest: code.digest) == self.zip)
        #expect(self.directory.text("code/trees/\(code.digest)/a/b.py") == "pass")
    }

    @Test func `is not opened below a path that is relative or not there`() throws {
        #expect(throws: CodeError.self) { try ContentAddressedCodeStore(directory: "code") }
        #expect(throws: CodeError.self) { try ContentAddressedCodeStore(directory: self.directory.path("no/code")) }
    }
}

@Suite struct `A code store after the machine went down` {
    private let directory: TemporaryDirectory
    private let zip = ZipBuilder().adding("a/b.py", "pass").bytes
    private let other = ZipBuilder().adding("c.py", "pass").bytes

    init() throws { self.directory = try TemporaryDirectory() }

    private func open(boot: String?) throws -> ContentAddressedCodeStore {
        try ContentAddressedCodeStore(
            directory: self.directory.path("code"), collectionGrace: .seconds(600), limits: CodeLimits(),
            boot: boot.map { Array($0.utf8) })
    }

    private func file(_ code: CodeReference) -> String { "code/trees/\(code.digest)/a/b.py" }

    /// What a file system leaves of a file that was never synchronised: its name, without its content.
    private func breakTree(_ code: CodeReference) throws { try self.directory.write([], to: self.file(code)) }

    @Test func `extracts again what was not on disk`() async throws {
        let code = try await self.open(boot: "1").add(zip: self.zip)
        try self.breakTree(code)
        let store = try self.open(boot: "2")
        #expect(self.directory.text(self.file(code)) == "pass")
        #expect(store.problems.isEmpty)
    }

    @Test func `does so again where it goes down again`() async throws {
        let code = try await self.open(boot: "1").add(zip: self.zip)
        for boot in ["2", "3"] {
            try self.breakTree(code)
            _ = try self.open(boot: boot)
            #expect(self.directory.text(self.file(code)) == "pass")
        }
    }

    @Test func `believes what was put on disk`() async throws {
        let first = try self.open(boot: "1")
        let code = try await first.add(zip: self.zip)
        _ = try await first.collect(keeping: [code.digest])
        try self.directory.write(Array("changed".utf8), to: self.file(code))
        _ = try self.open(boot: "2")
        #expect(self.directory.text(self.file(code)) == "changed")
    }

    @Test func `believes everything where only the daemon went down`() async throws {
        let code = try await self.open(boot: "1").add(zip: self.zip)
        try self.directory.write(Array("changed".utf8), to: self.file(code))
        _ = try self.open(boot: "1")
        #expect(self.directory.text(self.file(code)) == "changed")
    }

    @Test func `believes nothing where the boot is not known`() async throws {
        let code = try await self.open(boot: nil).add(zip: self.zip)
        try self.breakTree(code)
        _ = try self.open(boot: nil)
        #expect(self.directory.text(self.file(code)) == "pass")
    }

    @Test func `believes a store of version 0.1.0, which put everything on disk at once`() async throws {
        let code = try await self.open(boot: "1").add(zip: self.zip)
        try self.directory.remove("code/boot")
        try self.directory.write(Array("changed".utf8), to: self.file(code))
        _ = try self.open(boot: "2")
        _ = try self.open(boot: "3")
        #expect(self.directory.text(self.file(code)) == "changed")
    }

    @Test func `makes a tree that is missing, and takes one away whose zip is missing`() async throws {
        let store = try self.open(boot: "1")
        let (code, lost) = (try await store.add(zip: self.zip), try await store.add(zip: self.other))
        try self.directory.remove("code/trees/\(code.digest)")
        try self.directory.remove("code/zips/\(lost.digest).zip")
        _ = try self.open(boot: "2")
        #expect(self.directory.text(self.file(code)) == "pass")
        #expect(try self.directory.listing("code/trees").contains { $0.hasPrefix(lost.digest) } == false)
    }

    @Test func `starts without code that is broken, and tells which`() async throws {
        let store = try self.open(boot: "1")
        let (code, broken) = (try await store.add(zip: self.zip), try await store.add(zip: self.other))
        try self.directory.write([1, 2, 3], to: "code/zips/\(broken.digest).zip")
        try self.breakTree(code)
        let problems = try self.open(boot: "2").problems
        #expect(problems.count == 1 && problems.allSatisfy { $0.hasPrefix(broken.digest) && $0.contains("damaged") })
        #expect(self.directory.text(self.file(code)) == "pass")
        let again = try self.open(boot: "2")
        #expect(try await again.add(zip: self.other) == broken)
        #expect(try await again.zip(digest: broken.digest) == self.other)
    }

    @Test func `knows the running boot`() throws {
        let boot = try #require(CodeFiles.runningBoot())
        #expect(RequestID(String(decoding: boot, as: UTF8.self).filter { $0 != "\n" }) != nil)
        #expect(CodeFiles.runningBoot() == boot)
    }
}
