import LambdaCore
import Testing

@testable import Store

@Suite struct `Code that is stored` {
    private let directory: TemporaryDirectory
    private let store: ContentAddressedCodeStore

    init() throws {
        self.directory = try TemporaryDirectory()
        self.store = try ContentAddressedCodeStore(directory: self.directory.path("code"), collectionGrace: .zero)
    }

    private func tree(_ code: CodeReference) -> String { "code/trees/\(code.digest)" }

    @Test func `is named by the hash of its zip`() async throws {
        let zip = ZipBuilder().adding("a.py", "pass").bytes
        let code = try await self.store.add(zip: zip)
        #expect(code.size == zip.count)
        #expect(self.store.directory(of: code) == self.directory.path(self.tree(code)))
        #expect(try await self.store.zip(digest: code.digest) == zip)
        // 32 bytes in base64.
        #expect(code.base64.count == 44 && code.base64.hasSuffix("="))
    }

    @Test(arguments: [ZipBuilder.Method.stored, .deflated])
    func `has the files, directories and links of the zip`(_ method: ZipBuilder.Method) async throws {
        let zip = ZipBuilder()
            .adding("./handler.py", "one") { $0.method = method }
            .adding("package/", mode: 0o40755)
            .adding("package//deep/module.py", "two") { $0.method = method }
            .adding("package/current", "deep/../deep/module.py", mode: 0o120777) { $0.method = method }
            .adding("__MACOSX/._handler.py", "fork") { $0.method = method }
            .adding("naïve ☃.txt", "three") {
                $0.method = method; $0.flags = 0x800
            }
        let code = try await self.store.add(zip: zip.bytes)
        #expect(
            try self.directory.listing(self.tree(code)) == [
                "__MACOSX/", "__MACOSX/._handler.py", "handler.py", "naïve ☃.txt", "package/", "package/current",
                "package/deep/", "package/deep/module.py",
            ])
        #expect(self.directory.text(self.tree(code) + "/package/current") == "two")
        #expect(self.directory.text(self.tree(code) + "/naïve ☃.txt") == "three")
    }

    @Test(
        arguments: [
            (0o100600, 0o644), (0o100644, 0o644), (0o100666, 0o644), (0o100755, 0o755), (0o100700, 0o755),
            (0o104755, 0o755), (0, 0o644),
        ] as [(UInt32, Int)])
    func `can be read by everybody and changed by its owner only`(_ given: UInt32, _ kept: Int) async throws {
        let zip = ZipBuilder().adding("d/f", "x", mode: given).adding("e/", mode: 0o40700)
        let code = try await self.store.add(zip: zip.bytes)
        #expect(try self.directory.mode(self.tree(code) + "/d/f") == kept)
        #expect(try self.directory.mode(self.tree(code) + "/d") == 0o755)
        #expect(try self.directory.mode(self.tree(code) + "/e") == 0o755)
        #expect(try self.directory.mode(self.tree(code)) == 0o755)
        #expect(try self.directory.mode("code") == 0o711)
        #expect(try self.directory.mode("code/trees") == 0o711)
        #expect(try self.directory.mode("code/zips") == 0o700)
        #expect(try self.directory.mode("code/zips/\(code.digest).zip") == 0o600)
    }

    @Test func `keeps the times of the zip`() async throws {
        let zip = ZipBuilder()
            .adding("d/", mode: 0o40755) { $0.modified = 1_000_000_000 }
            .adding("d/f", "x") { $0.modified = 1_234_567_890 }
        let code = try await self.store.add(zip: zip.bytes)
        #expect(try self.directory.modified(self.tree(code) + "/d/f") == 1_234_567_890)
        #expect(try self.directory.modified(self.tree(code) + "/d") == 1_000_000_000)
    }

    @Test func `keeps the later of two files with one name`() async throws {
        let code = try await self.store.add(zip: ZipBuilder().adding("f", "one").adding("f", "two").bytes)
        #expect(self.directory.text(self.tree(code) + "/f") == "two")
    }

    @Test func `keeps a name that is not UTF-8 as it is`() async throws {
        let code = try await self.store.add(zip: ZipBuilder().adding("") { $0.name = [0x66, 0xFC, 0x72] }.bytes)
        let tree = try DirectoryDescriptor(path: self.store.directory(of: code))
        #expect(try tree.names() == [[0x66, 0xFC, 0x72]])
    }

    @Test func `is stored once, however many add it at one time`() async throws {
        let zip = ZipBuilder().adding("a.py", "pass").bytes
        let codes = try await withThrowingTaskGroup(of: CodeReference.self) { group in
            for _ in 0..<16 { group.addTask { [store] in try await store.add(zip: zip) } }
            return try await group.reduce(into: Set<CodeReference>()) { $0.insert($1) }
        }
        #expect(codes.count == 1)
        #expect(try self.directory.listing("code/zips").count == 1)
        #expect(try self.directory.listing("code/trees") == codes.flatMap { ["\($0.digest)/", "\($0.digest)/a.py"] })
        #expect(try self.directory.listing("code/tmp").isEmpty)
    }

    @Test func `can be added by two stores of one directory at one time`() async throws {
        let other = try ContentAddressedCodeStore(directory: self.directory.path("code"), collectionGrace: .zero)
        for number in 0..<8 {
            let zip = ZipBuilder().adding("a.py", "\(number)").bytes
            async let first = self.store.add(zip: zip)
            async let second = other.add(zip: zip)
            #expect(try await first == second)
        }
    }

    @Test func `is not given out when its zip was changed on disk`() async throws {
        let code = try await self.store.add(zip: ZipBuilder().adding("a.py", "pass").bytes)
        var bytes = try #require(self.directory.bytes("code/zips/\(code.digest).zip"))
        bytes[40] ^= 1
        try self.directory.write(bytes, to: "code/zips/\(code.digest).zip")
        let error = await #expect(throws: CodeError.self) { try await self.store.zip(digest: code.digest) }
        guard case .failed(let text) = error else { return #expect(error == nil, "another error was expected") }
        #expect(text.contains("damaged"))
    }

    @Test(arguments: [
        "", "..", "../../etc/passwd", String(repeating: "a", count: 64), String(repeating: "A", count: 64),
    ])
    func `is found by a true digest only`(_ digest: String) async throws {
        await #expect(throws: CodeError.self) { try await self.store.zip(digest: digest) }
    }
}
