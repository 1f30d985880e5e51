import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let path = "/2015-03-31/functions/f/invocations"
private let root = "1-5759e988-bd862e3fe1be46a994272793"

/// A header of a chain that has reached `f` so many times.
private func chain(_ times: Int) throws -> String {
    let key = try TestServer.key()
    return (0..<times).reduce("Root=\(root);Parent=53995c3f42cd8ad8;Sampled=0") { header, _ in
        Lineage.header(header, reaching: key)
    }
}

@Suite struct `The trace of an invocation` {
    /// The parts of the header that a function gets for each given one.
    private func headers(
        for given: [String?], active: Bool, draw: @escaping @Sendable () -> Double = { 0.5 }
    ) async throws -> [TraceContext] {
        let store = try await PublishedFunction.store { $0.tracing = active ? .active : .passThrough }
        let answers = Answers()
        try await TestServer.run(store: store, draw: draw) { server in
            for header in given {
                let own = header.map { ["X-Amzn-Trace-Id: \($0)"] } ?? []
                let answer = try await server.request("POST", path, headers: [TestServer.authorization()] + own)
                #expect(answer.status == 200)
                let header = try #require(answer.header("X-Amzn-Trace-Id"))
                await answers.add(try #require(TraceContext(header)))
            }
        }
        return await answers.all
    }

    private actor Answers {
        var all: [TraceContext] = []
        func add(_ trace: TraceContext) { self.all.append(trace) }
    }

    @Test(arguments: [true, false]) func `keeps its caller's decision`(active: Bool) async throws {
        let given = "Root=\(root);Parent=53995c3f42cd8ad8;Sampled="
        let traces = try await self.headers(for: ["\(given)1", "\(given)0", "\(given)1"], active: active)
        #expect(traces.map(\.isSampled) == [true, false, true])
        #expect(traces.allSatisfy { $0.root == root && $0.parent == "53995c3f42cd8ad8" && !$0.beginsHere })
    }

    @Test func `is decided here where nobody has, for functions that are traced actively`() async throws {
        let open = "Root=\(root);Parent=53995c3f42cd8ad8"
        let traces = try await self.headers(for: [nil, nil, open, "\(open);Sampled=?"], active: true)
        // The first of the second, and chance for the others, which says no.
        #expect(traces.map(\.isSampled) == [true, false, false, false])
        #expect(traces.prefix(2).allSatisfy { $0.beginsHere })
        #expect(traces[0].root != traces[1].root)
        let lucky = try await self.headers(for: [nil, nil], active: true, draw: { 0.01 })
        #expect(lucky.map(\.isSampled) == [true, true])
    }

    @Test func `is not sampled where nobody has decided and the function only passes on`() async throws {
        let traces = try await self.headers(for: [nil, "Root=\(root);Sampled=?", "rubbish"], active: false)
        #expect(traces.map(\.isSampled) == [false, false, false])
        #expect(traces[1].root == root && traces[2].root != root)
    }
}

@Suite struct `A chain of invocations` {
    @Test func `is ended at the seventeenth of one function`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            let last = try await server.request(
                "POST", path, headers: [TestServer.authorization(), "X-Amzn-Trace-Id: \(try chain(15))"])
            #expect(last.status == 200)
            #expect(last.header("X-Amzn-Trace-Id") == (try chain(16)))
            let refused = try await server.request(
                "POST", path, headers: [TestServer.authorization(), "X-Amzn-Trace-Id: \(try chain(16))"])
            #expect(refused.status == 400)
            #expect(refused.header("x-amzn-ErrorType") == "RecursiveInvocationException")
            #expect(refused.text == PublishedFunction.body(Lineage.loopText, key: "Message"))
            #expect(server.sink.submissions == 1)
        }
    }

    @Test func `goes on where the function allows it`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            let allowed = try await server.request(
                "PUT", "/2024-08-31/functions/f/recursion-config", body: #"{"RecursiveLoop":"Allow"}"#)
            #expect(allowed.status == 200)
            let answer = try await server.request(
                "POST", path, headers: [TestServer.authorization(), "X-Amzn-Trace-Id: \(try chain(40))"])
            #expect(answer.status == 200)
        }
    }

    @Test func `of events is taken, for its end is told to destinations`() async throws {
        let queue = FakeQueue()
        try await TestServer.run(store: try await PublishedFunction.store(), events: queue) { server in
            async let answer = server.request(
                "POST", path,
                headers: [
                    TestServer.authorization(), "X-Amz-Invocation-Type: Event", "X-Amzn-Trace-Id: \(try chain(16))",
                ])
            let accepted = try #require(await queue.next())
            #expect(Lineage.isLoop(accepted.traceHeader, of: accepted.function))
            #expect(try await answer.status == 202)
        }
    }
}
