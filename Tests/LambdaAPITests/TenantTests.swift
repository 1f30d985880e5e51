import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let functions = "/2015-03-31/functions"
private let blue = [TestServer.authorization(), "X-Amz-Tenant-Id: blue"]
private let missing =
    "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again."
private let unexpected =
    "The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and try again."

/// Takes every event, and keeps the last.
private final class TakingQueue: EventAcceptor {
    private let events: AsyncStream<AcceptedEvent>
    private let source: AsyncStream<AcceptedEvent>.Continuation

    init() { (self.events, self.source) = AsyncStream.makeStream() }

    func accept(_ event: AcceptedEvent) async throws(EventRefusal) { self.source.yield(event) }

    func next() async -> AcceptedEvent? {
        var iterator = self.events.makeAsyncIterator()
        return await iterator.next()
    }
}

private func isolatedStore() async throws -> MemoryStore {
    let store = try await PublishedFunction.store { $0.tenantIsolation = "PER_TENANT" }
    return try await PublishedFunction.store("plain", in: store)
}

@Suite struct `The tenant of an invocation` {
    @Test(arguments: ["blue", "a1._:/=+-@ Z", String(repeating: "x", count: 256)])
    func `is handed on with it`(tenant: String) async throws {
        let sink = FakeSink.holding()
        try await TestServer.run(sink: sink, store: try await isolatedStore()) { server in
            async let answer = server.request(
                "POST", "\(functions)/f:1/invocations",
                headers: [TestServer.authorization(), "X-Amz-Tenant-Id: \(tenant)"])
            let held = try #require(await sink.nextHeld())
            #expect(held.invocation.tenantID == tenant && !held.invocation.isEvent)
            held.answer(.success(InvocationAnswer(payload: Array("1".utf8), executedVersion: "1")))
            let given = try await answer
            #expect(given.status == 200)
        }
    }

    @Test func `goes with an event into the queue`() async throws {
        let queue = TakingQueue()
        try await TestServer.run(store: try await isolatedStore(), events: queue) { server in
            let answer = try await server.request(
                "POST", "\(functions)/f/invocations", headers: blue + ["X-Amz-Invocation-Type: Event"])
            #expect(answer.status == 202)
            #expect(await queue.next()?.tenantID == "blue")
        }
    }

    static let refused: [(name: String, headers: [String], text: String)] = [
        ("f", [], missing), ("f:1", [], missing), ("f", ["X-Amz-Invocation-Type: Event"], missing),
        ("f", ["X-Amz-Invocation-Type: DryRun"], missing), ("plain", ["X-Amz-Tenant-Id: blue"], unexpected),
        ("plain", ["X-Amz-Tenant-Id: blue", "X-Amz-Invocation-Type: Event"], unexpected),
    ]

    @Test(arguments: refused) func `is asked for where the function isolates tenants, and nowhere else`(
        refused: (name: String, headers: [String], text: String)
    ) async throws {
        try await TestServer.run(store: try await isolatedStore(), events: TakingQueue()) { server in
            let answer = try await server.request(
                "POST", "\(functions)/\(refused.name)/invocations",
                headers: [TestServer.authorization()] + refused.headers)
            #expect(answer.status == 400)
            #expect(answer.header("x-amzn-ErrorType") == "InvalidParameterValueException")
            #expect(answer.text == PublishedFunction.body(refused.text))
            #expect(server.sink.submissions == 0)
        }
    }

    @Test func `is judged by the model`() async throws {
        try await TestServer.run(store: try await isolatedStore()) { server in
            for tenant in ["a*b", String(repeating: "x", count: 257)] {
                let answer = try await server.request(
                    "POST", "\(functions)/f/invocations",
                    headers: [TestServer.authorization(), "X-Amz-Tenant-Id: \(tenant)"])
                #expect(answer.status == 400 && answer.header("x-amzn-ErrorType") == "ValidationException")
                #expect(answer.text.contains("'tenantId' failed to satisfy constraint"))
            }
        }
    }

    @Test func `cannot be named by InvokeAsync, which has no place for it`() async throws {
        try await TestServer.run(store: try await isolatedStore(), events: TakingQueue()) { server in
            let answer = try await server.request("POST", "/2014-11-13/functions/f/invoke-async", body: "{}")
            #expect(answer.status == 400 && answer.text == PublishedFunction.body(missing))
        }
    }
}

@Suite struct `A function that is to isolate tenants` {
    private static let tenancy = #","TenancyConfig":{"TenantIsolationMode":"PER_TENANT"}"#

    @Test func `has no function URL and no snapshots`() async throws {
        try await TestServer.run { server in
            // One that may have snapshots.
            func body(_ name: String, _ extra: String) -> String {
                TestServer.createBody(name, extra: extra).replacing("python3.11", with: "python3.13")
            }
            #expect(try await server.request("POST", functions, body: body("f", Self.tenancy)).status == 201)
            try await server.expect(
                .invalid(
                    "", "POST", "/2021-10-31/functions/f/url", #"{"AuthType":"NONE"}"#,
                    "Tenant isolation is not supported for functions with function URLs."))
            let text = "Tenant isolation is not supported for functions with SnapStart."
            let snapshots = #""SnapStart":{"ApplyOn":"PublishedVersions"}"#
            try await server.expect(
                .invalid("", "POST", functions, body("g", Self.tenancy + "," + snapshots), text))
            try #require(await server.sink.nextEvent() != nil)
            try await server.expect(.invalid("", "PUT", "\(functions)/f/configuration", "{\(snapshots)}", text))
        }
    }
}
