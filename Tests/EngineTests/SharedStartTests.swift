import Engine
import LambdaCore
import Lifecycle
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `The start of an environment for several invocations` {
    @Test func `tells its runtime how many, and is done with the first worker`() async throws {
        let shared = SharedFixture(slots: 5)
        let answer = try shared.invoke("0")
        let sandbox = try #require(await shared.engine.launcher.nextSandbox())
        let variables = try #require(await sandbox.startEnvironment)
        #expect(variables.contains("AWS_LAMBDA_MAX_CONCURRENCY=5"))
        _ = try await Worker(sandbox).answer("1")
        #expect(try await answer.value.get().payload == Array("1".utf8))
    }

    @Test func `that fails answers all that waited for it, and is not tried again inside`() async throws {
        let shared = SharedFixture(slots: 2)
        let answers = try [shared.invoke("0"), shared.invoke("1")]
        let sandbox = try #require(await shared.engine.launcher.nextSandbox())
        let words = "{\"errorMessage\": \"no module\"}"
        let reply = try await sandbox.runtime().call(
            "POST", "/2018-06-01/runtime/init/error",
            headers: [("Lambda-Runtime-Function-Error-Type", "Runtime.ImportModuleError")], body: Array(words.utf8))
        #expect(reply.status == 202)
        for answer in answers {
            let result = try await answer.value.get()
            #expect(result.isFunctionError)
            #expect(String(decoding: result.payload, as: UTF8.self) == words)
        }
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        #expect(await sandbox.nextCommand() == .closed)
        #expect(await shared.engine.nextStopped() == sandbox.environment)
        #expect(shared.engine.log.lines.count { $0.hasPrefix("INIT_REPORT") } == 1)
        #expect(shared.engine.launcher.isIdle)
    }

    @Test func `is waited for by its other workers' invocations a second at most`() async throws {
        let shared = SharedFixture(slots: 2)
        let answers = try [shared.invoke("0"), shared.invoke("1")]
        let first = try #require(await shared.engine.launcher.nextSandbox())
        let worker = try await Worker(first)
        shared.clock.advance(by: Limits.workerArrival)
        let second = try #require(await shared.engine.launcher.nextSandbox())
        let other = try await Worker(second)
        for (worker, answer) in zip([worker, other], answers) {
            _ = try await worker.answer("1")
            #expect(try await answer.value.get().payload == Array("1".utf8))
        }
    }

    @Test(arguments: [("single", "test"), ("test", "single")])
    func `is begun anew for who waits when the function's runtime becomes of another kind`(
        before: String, after: String
    ) async throws {
        let shared = SharedFixture(slots: 4)
        var function = try shared.engine.function()
        function.runtime = before
        let answer = shared.engine.invoke(function)
        let old = try #require(await shared.engine.launcher.nextSandbox())
        function.runtime = after
        function.generation = 2
        shared.engine.plane.functionChanged(function)
        let new = try #require(await shared.engine.launcher.nextSandbox())
        let variables = try #require(await new.startEnvironment)
        #expect(variables.contains("AWS_LAMBDA_MAX_CONCURRENCY=4") == (after == "test"))
        // The old one may still start, and finds that nobody needs it.
        let late = try await old.runtime()
        _ = Task { try await late.next() }
        #expect(await shared.engine.nextStopped() == old.environment)
        _ = try await Worker(new).answer("1")
        #expect(try await answer.value.get().payload == Array("1".utf8))
    }

    @Test func `is refused ahead of invocations`() async throws {
        let shared = SharedFixture(slots: 2)
        let function = try shared.engine.function(version: "1")
        let record = ProvisionedConcurrencyRecord(
            function: function.key, qualifier: "1", requested: 1, modified: WallTime(milliseconds: 0))
        try shared.engine.reserve(
            nil, provisioned: [.init(record, shares: [.init(function: function, count: 1)])])
        while shared.engine.plane.status(of: record).state == .inProgress { await Task.yield() }
        #expect(
            shared.engine.plane.status(of: record).reason
                == "Environments that hold several invocations are not kept ready.")
        #expect(shared.engine.launcher.isIdle)
    }

    @Test func `lets extensions hear of its end only`() async throws {
        let shared = SharedFixture(slots: 2)
        let answer = try shared.invoke("0")
        let sandbox = try #require(await shared.engine.launcher.nextSandbox())
        let client = ExtensionClient(runtime: try await sandbox.runtime())
        let refused = try await client.registration("inside", "{\"events\":[\"INVOKE\"]}")
        #expect(refused.status == 403)
        #expect(refused.text.contains("Extension.InvalidEventType"))
        #expect(refused.text.contains("INVOKE: ErrorInvalidEventType"))
        _ = try await Worker(sandbox).answer("1")
        #expect(try await answer.value.get().payload == Array("1".utf8))
    }

    @Test func `does not widen a function's concurrency: that counts invocations`() async throws {
        let shared = SharedFixture(slots: 4)
        try shared.engine.reserve(2)
        let running = try await shared.running(2)
        #expect(try await shared.invoke("2").value == .failure(.throttled(.reservedConcurrentInvocations)))
        _ = try await running.workers[0].answer("0")
        #expect(try await running.payload(0) == "0")
        let third = try shared.invoke("3")
        _ = try await Worker(running.workers[0].runtime).answer("3")
        #expect(try await third.value.get().payload == Array("3".utf8))
        #expect(shared.engine.launcher.isIdle)
    }

    @Test func `is of a runtime with a connection for each worker`() async throws {
        let shared = SharedFixture(slots: 8)
        _ = try shared.invoke("0")
        let sandbox = try #require(await shared.engine.launcher.nextSandbox())
        var connections: [FakeRuntime] = []
        for _ in 0..<80 {
            let connection = try await sandbox.runtime()
            #expect(try await connection.call("GET", "/2018-06-01/ping").status == 200)
            connections.append(connection)
        }
        for connection in connections { connection.close() }
    }
}

@Suite(.timeLimit(.minutes(2))) struct `An answer from an environment for several invocations` {
    @Test func `must name the attempt rightly where it names one`() async throws {
        let running = try await SharedFixture(slots: 2).running(1)
        let path = "/2018-06-01/runtime/invocation/\(running.workers[0].id)/response"
        let wrong = try await running.workers[0].runtime.call(
            "POST", path, headers: [("Lambda-Runtime-Invocation-Id", running.workers[0].id)], body: Array("0".utf8))
        #expect(wrong.status == 400 && wrong.text.contains("InvalidInvocationId"))
        #expect(try await running.workers[0].answer("1").status == 202)
        #expect(try await running.payload(0) == "1")
    }

    @Test func `may be the function's error`() async throws {
        let running = try await SharedFixture(slots: 2).running(1)
        let reply = try await running.workers[0].runtime.call(
            "POST", "/2018-06-01/runtime/invocation/\(running.workers[0].id)/error",
            body: Array("{\"errorMessage\":\"m\",\"errorType\":\"E\"}".utf8))
        #expect(reply.status == 202)
        #expect(try await running.answers[0].value.get().isFunctionError)
        #expect(try await running.payload(0) == "{\"errorMessage\":\"m\",\"errorType\":\"E\"}")
    }

    @Test func `has a limit, and its worker goes on beyond it`() async throws {
        let shared = SharedFixture(slots: 2, settings: EngineSettings(payloads: .init(response: 10)))
        let running = try await shared.running(1)
        #expect(try await running.workers[0].answer("\"0123456789\"").status == 413)
        #expect(try await running.payload(0).contains("\"Function.ResponseSizeTooLarge\""))
        let second = try shared.invoke("again")
        _ = try await Worker(running.workers[0].runtime).answer("1")
        #expect(try await second.value.get().payload == Array("1".utf8))
    }

    @Test func `that is streamed is given whole`() async throws {
        let shared = SharedFixture(slots: 2)
        let receiver = RecordingReceiver()
        let function = try shared.engine.function()
        shared.engine.plane.submit(
            Invocation(
                requestID: .random(), function: function, invokedARN: function.key.arn, payload: [],
                traceHeader: "", receivedAt: shared.clock.now), to: receiver)
        let sandbox = try #require(await shared.engine.launcher.nextSandbox())
        let worker = try await Worker(sandbox)
        let reply = try await worker.runtime.call(
            "POST", "/2018-06-01/runtime/invocation/\(worker.id)/response",
            headers: [("Lambda-Runtime-Function-Response-Mode", "streaming")], body: Array("whole".utf8))
        #expect(reply.status == 202)
        guard case .whole(.success(let answer)) = try await receiver.next() else {
            Issue.record("the answer came in pieces")
            return
        }
        #expect(answer.payload == Array("whole".utf8))
    }

    @Test func `that breaks off fails its invocation alone`() async throws {
        let running = try await SharedFixture(slots: 2).running(2)
        let head = HTTPRequestHead(
            version: .http1_1, method: .POST,
            uri: "/2018-06-01/runtime/invocation/\(running.workers[0].id)/response",
            headers: ["Host": "sandbox", "Content-Length": "100"])
        running.workers[0].runtime.channel.write(HTTPClientRequestPart.head(head), promise: nil)
        try await running.workers[0].runtime.channel.writeAndFlush(
            HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: "beginning"))))
        running.workers[0].runtime.close()
        #expect(try await running.payload(0).contains("\"Runtime.TruncatedResponse\""))
        #expect(try await running.workers[1].answer("1").status == 202)
        #expect(try await running.payload(1) == "1")
    }
}
