import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let put = "/2017-10-31/functions/f/concurrency"
private let provisioned = "/2019-09-30/functions/f/provisioned-concurrency"

private func reserve(_ share: Int) -> String { #"{"ReservedConcurrentExecutions":\#(share)}"# }
private func provision(_ count: Int) -> String { #"{"ProvisionedConcurrentExecutions":\#(count)}"# }

@Suite struct `What a function has of its account's concurrency` {
    private static let qualifier = "\(provisioned)?Qualifier="

    /// What is kept ready, as words: qualifier, version and number.
    private func words(_ concurrency: FunctionConcurrency?) -> [String] {
        concurrency?.provisioned.flatMap { configuration in
            configuration.shares.map { "\(configuration.qualifier)=\($0.function.version)*\($0.count)" }
        } ?? []
    }

    @Test func `is told to whoever runs it before the answer, and only where it has changed`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            func last() -> FunctionConcurrency? { server.sink.concurrencies.last }
            #expect(server.sink.concurrencies.isEmpty)
            _ = try await server.request("PUT", put, body: reserve(7))
            #expect(last()?.reserved == 7 && last()?.provisioned == [])
            _ = try await server.request("PUT", put, body: reserve(7))
            #expect(server.sink.concurrencies.count == 1)
            _ = try await server.request("PUT", Self.qualifier + "1", body: provision(2))
            #expect(self.words(last()) == ["1=1*2"] && last()?.reserved == 7)
            // A configuration that is written again is tried again.
            server.time.advance(by: .seconds(1))
            _ = try await server.request("PUT", Self.qualifier + "1", body: provision(2))
            #expect(server.sink.concurrencies.count == 3)
            _ = try await server.request("DELETE", Self.qualifier + "1")
            #expect(last()?.provisioned == [])
            _ = try await server.request("DELETE", put)
            #expect(last()?.reserved == nil && server.sink.concurrencies.count == 5)
        }
    }

    @Test func `follows an alias, its weights included, and ends with it`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            let aliases = "/2015-03-31/functions/f/aliases"
            func words() -> [String] { self.words(server.sink.concurrencies.last) }
            _ = try await server.request("POST", aliases, body: #"{"Name":"live","FunctionVersion":"1"}"#)
            #expect(server.sink.concurrencies.isEmpty)
            #expect(try await server.request("PUT", Self.qualifier + "live", body: provision(10)).status == 202)
            #expect(words() == ["live=1*10"])
            _ = try await server.request("PUT", "\(aliases)/live", body: #"{"FunctionVersion":"2"}"#)
            #expect(words() == ["live=2*10"])
            let weights = #"{"RoutingConfig":{"AdditionalVersionWeights":{"1":0.25}}}"#
            _ = try await server.request("PUT", "\(aliases)/live", body: weights)
            #expect(words() == ["live=2*7", "live=1*3"])
            try await server.expect(
                .invalid(
                    "", "PUT", "\(aliases)/live", #"{"FunctionVersion":"$LATEST","RoutingConfig":{}}"#,
                    "Provisioned Concurrency Configs cannot be applied to unpublished function versions."))
            #expect(try await server.request("DELETE", "\(aliases)/live").status == 204)
            #expect(words() == [])
        }
    }

    @Test func `is told at the start of the server`() async throws {
        let store = try await PublishedFunction.store()
        try await TestServer.run(store: store) { server in
            _ = try await server.request("PUT", put, body: reserve(3))
            _ = try await server.request("PUT", Self.qualifier + "2", body: provision(1))
        }
        _ = try await PublishedFunction.store("g", in: store)
        try await TestServer.run(store: store) { server in
            #expect(server.sink.concurrencies.count == 1)
            #expect(server.sink.concurrencies.first?.reserved == 3)
            #expect(self.words(server.sink.concurrencies.first) == ["2=2*1"])
        }
    }

    @Test func `ends with the function, which is told of as a whole`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            _ = try await server.request("PUT", put, body: reserve(3))
            #expect(try await server.request("DELETE", "/2015-03-31/functions/f").status == 204)
            #expect(server.sink.concurrencies.count == 1)
            // It and its two versions.
            var events: [FakeSink.Event?] = []
            for _ in 0..<3 { events.append(await server.sink.nextEvent()) }
            #expect(events.contains(.deleted(try TestServer.key())))
        }
    }
}

@Suite struct `A version that invocations may come late for` {
    private static func record(version: String, generation: Int) throws -> FunctionRecord {
        var record = FunctionRecord(
            key: try TestServer.key(), role: "r", runtime: "python3.11", handler: "a.b",
            code: CodeReference(digest: "d", base64: "", size: 1), lastModified: ManualTime.start)
        record.version = version
        record.generation = generation
        record.state = .active
        return record
    }

    @Test func `is current while it is there and made from the same`() async throws {
        let catalog = FunctionCatalog()
        let store = MemoryStore()
        try await store.put(Self.record(version: FunctionRecord.latest, generation: 5))
        #expect(!catalog.isCurrent(try Self.record(version: FunctionRecord.latest, generation: 5)))
        try await TestServer.run(store: store, catalog: catalog) { _ in }
        #expect(catalog.isCurrent(try Self.record(version: FunctionRecord.latest, generation: 5)))
        #expect(!catalog.isCurrent(try Self.record(version: FunctionRecord.latest, generation: 4)))
        #expect(!catalog.isCurrent(try Self.record(version: "1", generation: 5)))
    }
}
