import LambdaCore
import TestSupport
import Testing

@testable import Store

@Suite struct `Collecting code` {
    private let directory: TemporaryDirectory

    init() throws { self.directory = try TemporaryDirectory() }

    @Test func `removes what no function names, and only that`() async throws {
        let store = try ContentAddressedCodeStore(directory: self.directory.path("code"), collectionGrace: .zero)
        let kept = try await store.add(zip: ZipBuilder().adding("a.py", "kept").bytes)
        let gone = try await store.add(zip: ZipBuilder().adding("a.py", "gone").bytes)

        #expect(try await store.collect(keeping: [kept.digest]) == 1)

        #expect(try self.directory.listing("code/trees") == ["\(kept.digest)/", "\(kept.digest)/a.py"])
        #expect(try self.directory.listing("code/zips") == ["\(kept.digest).zip"])
        #expect(try self.directory.listing("code/tmp").isEmpty)
        await #expect(throws: CodeError.self) { try await store.zip(digest: gone.digest) }
        #expect(try await store.collect(keeping: [kept.digest]) == 0)
    }

    @Test func `spares code that was added a moment ago`() async throws {
        let store = try ContentAddressedCodeStore(directory: self.directory.path("code"), collectionGrace: .seconds(60))
        let code = try await store.add(zip: ZipBuilder().adding("a.py", "new").bytes)
        #expect(try await store.collect(keeping: []) == 0)
        #expect(self.directory.text("code/trees/\(code.digest)/a.py") == "new")
    }

    @Test func `removes a tree whose zip is missing`() async throws {
        let store = try ContentAddressedCodeStore(directory: self.directory.path("code"), collectionGrace: .seconds(60))
        let code = try await store.add(zip: ZipBuilder().adding("a.py", "x").bytes)
        try self.directory.remove("code/zips/\(code.digest).zip")
        #expect(try await store.collect(keeping: []) == 1)
        #expect(try self.directory.listing("code/trees").isEmpty)
    }

    @Test func `leaves alone what has no digest's name`() async throws {
        let store = try ContentAddressedCodeStore(directory: self.directory.path("code"), collectionGrace: .zero)
        try self.directory.write([1], to: "code/trees/README")
        #expect(try await store.collect(keeping: []) == 0)
        #expect(self.directory.bytes("code/trees/README") == [1])
    }

    @Test func `spares code that was added again meanwhile`() async throws {
        let store = try ContentAddressedCodeStore(directory: self.directory.path("code"), collectionGrace: .seconds(60))
        let code = try await store.add(zip: ZipBuilder().adding("a.py", "x").bytes)
        let path = "code/zips/\(code.digest).zip"
        try self.directory.setModified(path, secondsAgo: 3_600)
        _ = try await store.add(zip: ZipBuilder().adding("a.py", "x").bytes)
        #expect(try await store.collect(keeping: []) == 0)
        try self.directory.setModified(path, secondsAgo: 3_600)
        #expect(try await store.collect(keeping: []) == 1)
    }

    @Test func `lets uploads through while old code is taken apart`() async throws {
        let store = try ContentAddressedCodeStore(directory: self.directory.path("code"), collectionGrace: .zero)
        var many = ZipBuilder()
        for number in 0..<3_000 { many = many.adding("d\(number % 50)/\(number).py", "") }
        let old = try await store.add(zip: many.bytes)
        async let removed = store.collect(keeping: [])
        // One after the other, until the collection is over; each must find its place between.
        var added: [CodeReference] = []
        for number in 0..<5 { added.append(try await store.add(zip: ZipBuilder().adding("a.py", "\(number)").bytes)) }
        #expect(try await removed >= 1)
        #expect(try self.directory.listing("code/trees").contains("\(old.digest)/") == false)
        #expect(try self.directory.listing("code/tmp").isEmpty)
    }
}

@Suite struct `The code that is referred to` {
    private static func code(_ letter: String) -> CodeReference {
        CodeReference(digest: String(repeating: letter, count: 64), base64: "", size: 1)
    }

    @Test(arguments: StoreEngine.all)
    func `is that of functions, versions, layers, and of layers that only a function knows`(
        _ engine: StoreEngine
    ) async throws {
        let directory = try TemporaryDirectory()
        let store = try engine.make(directory, 10, ManualClock())
        let samples = try StoreSamples()
        var latest = samples.record()
        latest.code = Self.code("1")
        latest.layers = [.init(versionARN: "l:1", code: Self.code("2"))]
        var version = samples.record(version: "7")
        version.code = Self.code("3")
        version.layers = [
            .init(versionARN: "l:2", code: Self.code("4")), .init(versionARN: "l:3", code: Self.code("2")),
        ]
        let layer = LayerVersionRecord(
            scope: samples.scope, layer: "l", number: 9, code: Self.code("5"), summary: "", licenseInfo: "",
            compatibleRuntimes: [], compatibleArchitectures: [], created: WallTime(milliseconds: 0))
        try await store.put([LatestVersion(latest), PublishedVersion(version), layer, samples.properties()])
        let expected = Set(["1", "2", "3", "4", "5"].map { Self.code($0).digest })
        #expect(try await store.codeDigests() == expected)

        let address = PublishedVersion(version).address
        _ = try await store.write { try $0.remove(PublishedVersion.self, at: address) }
        #expect(try await store.codeDigests() == expected.subtracting([Self.code("3").digest, Self.code("4").digest]))
    }
}
