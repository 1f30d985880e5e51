import LambdaCore
import Store
import Testing

@Suite struct `Code that is only checked` {
    private let directory: TemporaryDirectory
    private let store: ContentAddressedCodeStore

    init() throws {
        self.directory = try TemporaryDirectory()
        self.store = try ContentAddressedCodeStore(directory: self.directory.path("code"), collectionGrace: .zero)
    }

    @Test func `is told what storing it would tell, and nothing of it is kept`() async throws {
        let zip = ZipBuilder().adding("a.py", "pass").adding("d/b.py", "12345").bytes
        let checked = try await self.store.check(zip: zip)
        #expect(try self.directory.listing("code/zips").isEmpty)
        #expect(try self.directory.listing("code/trees").isEmpty)
        #expect(try self.directory.listing("code/tmp").isEmpty)
        #expect(checked.unzippedSize == 9)
        #expect(try await self.store.add(zip: zip) == checked)
        #expect(try await self.store.check(zip: zip) == checked)
        #expect(try self.directory.listing("code/zips").count == 1)
    }

    @Test func `is refused as it would be, and leaves nothing behind`() async throws {
        await #expect(throws: CodeError.self) { try await self.store.check(zip: Array("PK".utf8)) }
        await #expect(throws: CodeError.self) {
            try await self.store.check(zip: ZipBuilder().adding("good", "x").adding("../x", "bad").bytes)
        }
        #expect(try self.directory.listing("code/tmp").isEmpty)
    }
}
