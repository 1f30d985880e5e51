import Engine
import LambdaCore
import Lifecycle
import Testing

@Suite struct `A turn for starting` {
    /// Submits at once, so that what comes after is later on the plane's loop, too.
    private static func submit(
        _ function: FunctionRecord, to engine: EngineFixture,
        _ answers: AsyncStream<Result<InvocationAnswer, InvocationFailure>>.Continuation
    ) {
        engine.plane.submit(
            Invocation(
                requestID: .random(), function: function, invokedARN: function.key.arn, payload: Array("{}".utf8),
                traceHeader: "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
                receivedAt: WallClock().now)
        ) { answers.yield($0) }
    }

    @Test(.timeLimit(.minutes(1)))
    func `of a function that was deleted is not lost when the function is made again`() async throws {
        let engine = EngineFixture()
        let function = try engine.function()
        let (answers, continuation) = AsyncStream.makeStream(of: Result<InvocationAnswer, InvocationFailure>.self)
        var sandboxes: [FakeSandbox] = []
        for _ in 0..<Limits.concurrentStarts {
            Self.submit(function, to: engine, continuation)
            sandboxes.append(try #require(await engine.launcher.nextSandbox()))
        }
        // Both of these wait for a turn, each in a pool of its own.
        Self.submit(function, to: engine, continuation)
        engine.plane.functionDeleted(function.key)
        Self.submit(function, to: engine, continuation)

        for sandbox in sandboxes { sandbox.vanish() }
        for _ in 0..<2 { try #require(await engine.launcher.nextSandbox()).vanish() }
        var count = 0
        for await answer in answers {
            #expect(answer == .failure(.startFailed("the sandbox ended while it was starting")))
            count += 1
            if count == Limits.concurrentStarts + 2 { break }
        }
    }
}

@Suite struct `An init inside an invocation` {
    @Test(arguments: [true, false])
    func `that fails or takes too long is told before START, as on AWS`(timesOut: Bool) async throws {
        let engine = EngineFixture()
        let function = try engine.function(timeout: 5)
        let first = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        _ = try await sandbox.runtime().next()
        sandbox.reportExit(tag: 1, status: 1)
        #expect(try await first.value.get().isFunctionError)
        #expect(await sandbox.nextCommand() == .killAll)

        let second = engine.invoke(function, tail: true)
        sandbox.reportAllKilled()
        #expect(await sandbox.nextCommand() == .start(tag: 2))
        if !timesOut { sandbox.reportExit(tag: 2, status: 7) }
        let tail = try #require(try await second.value.get().logTail)
        let lines = String(decoding: tail, as: UTF8.self).split(separator: "\n")
        let words = lines.map { String($0.prefix { $0 != " " }) }
        #expect(
            words.filter { ["INIT_REPORT", "START", "END", "REPORT"].contains($0) } == [
                "INIT_REPORT", "START", "END", "REPORT",
            ])
        let end = timesOut ? "\tStatus: timeout" : "\tStatus: error\tError Type: Runtime.ExitError"
        #expect(lines.first?.hasSuffix("\tPhase: invoke\(end)") == true)
        #expect(lines.last?.hasSuffix(end) == true)
    }
}
