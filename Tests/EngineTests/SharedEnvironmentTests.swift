import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import TestSupport
import Testing

/// How all that an environment runs can end at once.
struct SharedCrash: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let happen: @Sendable (FakeSandbox) -> Void
    let words: String
    var type = "Runtime.ExitError"

    static let all = [
        SharedCrash(
            testDescription: "its main process exits", happen: { $0.reportExit(tag: 1, status: 3) },
            words: "Runtime exited with error: exit status 3"),
        SharedCrash(
            testDescription: "its main process is killed for memory",
            happen: { sandbox in
                sandbox.setMemoryKills(1)
                sandbox.reportSignal(tag: 1, number: 9)
            }, words: "Runtime exited with error: signal: killed", type: "Runtime.OutOfMemory"),
        SharedCrash(
            testDescription: "its sandbox ends", happen: { $0.vanish() },
            words: "Runtime exited with error: signal: killed"),
    ]
}

@Suite(.timeLimit(.minutes(2))) struct `An environment for several invocations` {
    @Test func `runs them at one time, and is answered in any order`() async throws {
        let shared = SharedFixture(slots: 2)
        let running = try await shared.running(2)
        #expect(try await running.workers[1].answer("\"b\"").status == 202)
        #expect(try await running.payload(1) == "\"b\"")
        #expect(try await running.workers[0].answer("\"a\"").status == 202)
        #expect(try await running.payload(0) == "\"a\"")
        #expect(try await running.workers[0].answer("\"again\"").status == 400)
        #expect(shared.engine.launcher.isIdle)
    }

    @Test func `writes the lines of each`() async throws {
        let shared = SharedFixture(slots: 2)
        let answers = try [shared.invoke("0", tail: true), shared.invoke("1", tail: true)]
        let sandbox = try #require(await shared.engine.launcher.nextSandbox())
        let workers = [try await Worker(sandbox), try await Worker(sandbox)]
        for (worker, answer) in zip(workers, answers) {
            _ = try await worker.answer("1")
            let tail = String(decoding: try #require(try await answer.value.get().logTail), as: UTF8.self)
            let lines = tail.split(separator: "\n")
            #expect(lines.count == 3)
            #expect(lines.first == "START RequestId: \(worker.id) Version: $LATEST")
            #expect(lines.dropFirst().first == "END RequestId: \(worker.id)")
            #expect(lines.last?.hasPrefix("REPORT RequestId: \(worker.id)\tDuration: 0.00 ms\t") ?? false)
            let isFirst = worker.id == workers[0].id
            #expect(tail.contains("Init Duration: ") == isFirst)
        }
        let ids = shared.engine.log.all.filter { $0.kind == .platform }.compactMap(\.requestID?.text)
        #expect(Set(ids) == Set(workers.map(\.id)))
    }

    @Test func `is followed by another where more come than it holds`() async throws {
        let shared = SharedFixture(slots: 2)
        let first = try await shared.running(2)
        let third = try shared.invoke("2")
        let second = try #require(await shared.engine.launcher.nextSandbox())
        #expect(second.environment != first.sandbox.environment)
        let worker = try await Worker(second)
        #expect(worker.payload == "2")
        _ = try await worker.answer("\"c\"")
        #expect(try await third.value.get().payload == Array("\"c\"".utf8))
    }

    @Test func `is waited for while a worker is on its way back`() async throws {
        let shared = SharedFixture(slots: 2)
        let running = try await shared.running(2)
        _ = try await running.workers[0].answer("1")
        _ = try await running.payload(0)
        let third = try shared.invoke("2")
        let again = try await Worker(running.workers[0].runtime)
        #expect(again.payload == "2")
        _ = try await again.answer("3")
        #expect(try await third.value.get().payload == Array("3".utf8))
        #expect(shared.engine.launcher.isIdle)
    }

    @Test func `is not waited for longer than a moment`() async throws {
        let shared = SharedFixture(slots: 2)
        let running = try await shared.running(2)
        _ = try await running.workers[0].answer("1")
        _ = try await running.payload(0)
        _ = try shared.invoke("2")
        shared.clock.advance(by: Limits.workerReturn)
        let second = try #require(await shared.engine.launcher.nextSandbox())
        #expect(try await Worker(second).payload == "2")
    }

    @Test func `ends no invocation that takes too long: its caller is told, its worker is told late`() async throws {
        let shared = SharedFixture(slots: 2)
        let running = try await shared.running(1, timeout: 1)
        shared.clock.advance(by: .milliseconds(500))
        let second = try shared.invoke("later", timeout: 1)
        let other = try await Worker(running.sandbox)
        shared.clock.advance(by: .milliseconds(500))
        let id = running.workers[0].id
        #expect(
            try await running.payload(0)
                == "{\"errorType\":\"Sandbox.Timedout\","
                + "\"errorMessage\":\"RequestId: \(id) Error: Task timed out after 1.00 seconds\"}")
        // The other one has its own time.
        #expect(try await other.answer("\"in time\"").status == 202)
        #expect(try await second.value.get().payload == Array("\"in time\"".utf8))

        let late = try await running.workers[0].answer("\"late\"")
        #expect(late.status == 410)
        #expect(late.text == "{\"errorMessage\":\"Invoke timeout\",\"errorType\":\"InvokeTimeout\"}\n")
        let error = try await running.workers[0].runtime.call(
            "POST", "/2018-06-01/runtime/invocation/\(id)/error", body: Array("{}".utf8))
        #expect(error.status == 410)
        // It goes on.
        let third = try shared.invoke("3")
        _ = try await Worker(running.workers[0].runtime).answer("5")
        #expect(try await third.value.get().payload == Array("5".utf8))
        #expect(shared.engine.launcher.isIdle)
        let lines = shared.engine.log.lines.filter { $0.contains(id) }
        #expect(lines.count { $0.hasSuffix("Task timed out after 1.00 seconds") } == 1)
        #expect(lines.count { $0.hasPrefix("REPORT") && $0.hasSuffix("Status: timeout") } == 1)
        // The first thing that its init hears after the start is the end, and not that it shall kill.
        await shared.engine.plane.drain(within: .zero)
        #expect(await running.sandbox.nextCommand() == .closed)
    }

    @Test(arguments: SharedCrash.all)
    func `that breaks answers all it ran, and is replaced`(crash: SharedCrash) async throws {
        let shared = SharedFixture(slots: 3)
        let running = try await shared.running(3)
        _ = try await running.workers[0].answer("\"done\"")
        #expect(try await running.payload(0) == "\"done\"")
        crash.happen(running.sandbox)
        for number in 1...2 {
            let id = running.workers[number].id
            #expect(
                try await running.payload(number)
                    == "{\"errorType\":\"\(crash.type)\",\"errorMessage\":\"RequestId: \(id) Error: \(crash.words)\"}")
        }
        #expect(await shared.engine.nextStopped() == running.sandbox.environment)
        let next = try shared.invoke("next")
        let second = try #require(await shared.engine.launcher.nextSandbox())
        _ = try await Worker(second).answer("6")
        #expect(try await next.value.get().payload == Array("6".utf8))
    }

    @Test func `that breaks while it rests goes unseen`() async throws {
        let shared = SharedFixture(slots: 2)
        let running = try await shared.running(1)
        _ = try await running.workers[0].answer("1")
        _ = try await running.payload(0)
        running.sandbox.reportExit(tag: 1, status: 1)
        #expect(await shared.engine.nextStopped() == running.sandbox.environment)
    }

    @Test func `that is replaced finishes all it runs, and then goes`() async throws {
        let shared = SharedFixture(slots: 3)
        let running = try await shared.running(2)
        shared.engine.plane.functionChanged(try shared.engine.function(generation: 2))
        // A place is free, but it is the new code's turn.
        _ = Task { try await running.sandbox.runtime().next() }
        let newer = try shared.invoke("new", generation: 2)
        let second = try #require(await shared.engine.launcher.nextSandbox())
        #expect(second.request.codeDirectory == "/code/d2")
        _ = try await Worker(second).answer("2")
        #expect(try await newer.value.get().payload == Array("2".utf8))
        for number in 0...1 {
            #expect(try await running.workers[number].answer("\(number)").status == 202)
            #expect(try await running.payload(number) == "\(number)")
        }
        #expect(await running.sandbox.nextCommand() == .closed)
        #expect(await shared.engine.nextStopped() == running.sandbox.environment)
    }

    @Test func `is drained at a stop, and what does not end is called nobody's fault`() async throws {
        let shared = SharedFixture(slots: 2)
        let running = try await shared.running(2)
        #expect(await shared.engine.plane.longestWork() == .seconds(30))
        _ = try await running.workers[0].answer("0")
        #expect(try await running.payload(0) == "0")
        await shared.engine.plane.drain(within: .zero)
        #expect(await running.answers[1].value == .failure(.shuttingDown))
        #expect(await shared.engine.nextStopped() == running.sandbox.environment)
    }
}
