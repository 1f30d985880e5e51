import LambdaAPI
import LambdaCore
import Synchronization
import TestSupport
import Testing

private let functions = "/2015-03-31/functions"
private let arn = PublishedFunction.arn

@Suite struct `Alias routing` {
    @Test(arguments: [0.0, 0.01, 0.25, 0.5, 0.9, 1.0], [UInt64(1), 2, 3])
    func `gives the additional version its share of many draws`(weight: Double, seed: UInt64) {
        let routing = AliasRouting(version: "1", additional: .init(version: "2", weight: weight))
        var generator = SplitMix64(seed: seed)
        let count = 20_000
        var chosen = 0
        for _ in 0..<count where routing.version(draw: { .random(in: 0..<1, using: &generator) }) == "2" { chosen += 1 }
        let expected = weight * Double(count)
        // Five standard deviations: a right implementation fails once in a million runs, and the seeds are fixed.
        let slack = 5 * (expected * (1 - weight)).squareRoot()
        #expect(abs(Double(chosen) - expected) <= slack, "\(chosen) of \(count) for \(weight)")
    }

    @Test func `is exact at the ends`() {
        let never = AliasRouting(version: "1", additional: .init(version: "2", weight: 0))
        #expect(never.version(draw: { 0 }) == "1")
        let always = AliasRouting(version: "1", additional: .init(version: "2", weight: 1))
        #expect(always.version(draw: { 1.0.nextDown }) == "2")
        let half = AliasRouting(version: "1", additional: .init(version: "2", weight: 0.5))
        #expect(half.version(draw: { 0.5.nextDown }) == "2")
        #expect(half.version(draw: { 0.5 }) == "1")
    }

    @Test func `asks for no draw where there is no choice`() {
        let routing = AliasRouting(version: "1")
        let version = routing.version {
            Issue.record("a draw was asked for")
            return 0
        }
        #expect(version == "1")
    }
}

/// Gives the numbers of a list, one after the other.
private final class Draws: Sendable {
    private let left: Mutex<[Double]>
    init(_ draws: [Double]) { self.left = Mutex(draws) }
    func next() -> Double { self.left.withLock { $0.isEmpty ? 0.999 : $0.removeFirst() } }
}

@Suite struct `Invoke with a qualifier` {
    private static func versionSink() -> FakeSink {
        FakeSink { invocation in
            .success(
                InvocationAnswer(
                    payload: Array(#""\#(invocation.invokedARN)""#.utf8),
                    executedVersion: invocation.function.version))
        }
    }

    @Test(arguments: [
        ("f", "$LATEST", arn), ("f:$LATEST", "$LATEST", "\(arn):$LATEST"), ("f:1", "1", "\(arn):1"),
        ("f?Qualifier=2", "2", "\(arn):2"), ("f:live", "2", "\(arn):live"), ("f?Qualifier=live", "2", "\(arn):live"),
        ("\(arn):live", "2", "\(arn):live"), ("f:latest", "$LATEST", "\(arn):latest"),
    ]) func `runs the version that it names and keeps the ARN as it was addressed`(
        name: String, version: String, invoked: String
    ) async throws {
        try await TestServer.run(sink: Self.versionSink(), store: try await PublishedFunction.store()) { server in
            for (alias, version) in [("live", "2"), ("latest", "$LATEST")] {
                let body = #"{"Name":"\#(alias)","FunctionVersion":"\#(version)"}"#
                #expect(try await server.request("POST", "\(functions)/f/aliases", body: body).status == 201)
            }
            let parts = name.split(separator: "?", maxSplits: 1)
            let query = parts.count > 1 ? "?\(parts[1])" : ""
            let answer = try await server.request("POST", "\(functions)/\(parts[0])/invocations\(query)")
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.header("X-Amz-Executed-Version") == version)
            #expect(answer.text == #""\#(invoked)""#)
        }
    }

    @Test func `draws anew for each invocation of a weighted alias`() async throws {
        let draws = Draws([0.29, 0.3, 0.0, 0.31, 0.999])
        try await TestServer.run(
            sink: Self.versionSink(), store: try await PublishedFunction.store(), draw: { draws.next() }
        ) { server in
            let body =
                #"{"Name":"live","FunctionVersion":"1","RoutingConfig":{"AdditionalVersionWeights":{"2":0.3}}}"#
            #expect(try await server.request("POST", "\(functions)/f/aliases", body: body).status == 201)
            var versions: [String?] = []
            for _ in 0..<5 {
                let answer = try await server.request("POST", "\(functions)/f:live/invocations")
                versions.append(answer.header("X-Amz-Executed-Version"))
            }
            #expect(versions == ["2", "1", "2", "1", "1"])
        }
    }

    @Test(arguments: ["3", "non-existent-alias", "$latest", "01"]) func `that names nothing is told so`(
        qualifier: String
    ) async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            try await server.expect(
                .notFound(
                    qualifier, "POST", "\(functions)/f/invocations?Qualifier=\(qualifier)", "",
                    "Function not found: \(arn):\(qualifier)"))
            #expect(server.sink.submissions == 0)
        }
    }

    @Test func `of a missing function is told the latest version's name where it gave no qualifier`() async throws {
        try await TestServer.run { server in
            let missing = "arn:aws:lambda:us-east-1:123456789012:function:missing"
            try await server.expect(
                .notFound("", "POST", "\(functions)/missing/invocations", "", "Function not found: \(missing):$LATEST"))
            try await server.expect(
                .notFound("", "POST", "\(functions)/missing:1/invocations", "", "Function not found: \(missing):1"))
        }
    }

    @Test(arguments: [FunctionRecord.State.pending, .failed]) func `needs that version to be active`(
        state: FunctionRecord.State
    ) async throws {
        let store = try await PublishedFunction.store { if $0.version == "2" { $0.state = state } }
        try await TestServer.run(store: store) { server in
            #expect(try await server.request("POST", "\(functions)/f:1/invocations").status == 200)
            try await server.expect(
                .conflict(
                    "", "POST", "\(functions)/f:2/invocations", "",
                    "The operation cannot be performed at this time. The function is currently in the following state: \(state.rawValue)"
                ))
        }
    }
}
