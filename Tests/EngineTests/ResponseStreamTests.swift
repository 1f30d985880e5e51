import Engine
import LambdaCore
import Lifecycle
import NIOCore
import NIOHTTP1
import Testing

@Suite struct `A response that is streamed` {
    private static let details = #"{"errorType":"E","errorMessage":"no"}"#

    @Test func `reaches its caller while the function still makes it`() async throws {
        let sample = try await StreamSample()
        try await sample.begin()
        let head = AnswerHead(contentType: "text/plain", executedVersion: "$LATEST")
        #expect(try await sample.receiver.next() == .began(head))
        for text in ["first", "second"] {
            try await sample.runtime.write(text)
            #expect(try await sample.receiver.next() == .part(Array(text.utf8)))
        }
        let reply = try await sample.runtime.endResponse()
        #expect(reply.status == 202)
        #expect(reply.text == "{\"status\":\"OK\"}\n")
        #expect(try await sample.receiver.next() == .ended(AnswerEnd()))

        let second = sample.engine.invoke(try sample.engine.function())
        let id = try await sample.runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id")
        #expect(try await sample.runtime.respond(try #require(id), "2").status == 202)
        #expect(try await second.value.get().payload == Array("2".utf8))
    }

    @Test func `has the time that it takes in its spans`() async throws {
        let engine = EngineFixture()
        let sample = try await StreamSample(
            engine: engine,
            logging: .init(
                format: "JSON", group: "/aws/lambda/hello", applicationLevel: nil, systemLevel: "DEBUG"))
        try await sample.begin()
        try await sample.runtime.write("first")
        while try await sample.receiver.next() != .part(Array("first".utf8)) {}
        #expect(try await sample.runtime.endResponse().status == 202)
        _ = Task { try await sample.runtime.next() }
        var done: String?
        while done == nil {
            done = engine.log.lines.first { $0.contains("platform.runtimeDone") }
            await Task.yield()
        }
        let line = try #require(done)
        let record = try #require(try JSONValue.parse(Array(line.utf8)).objectValue?["record"]?.objectValue)
        let spans = record["spans"]?.arrayValue?.compactMap(\.objectValue) ?? []
        let response = try #require(spans.first { $0["name"]?.stringValue == "responseDuration" })
        // The bytes went to the caller and the end came from the runtime between the two.
        let duration = response["durationMs"]?.doubleValue ?? 0
        #expect(duration > 0)
        #expect(record["metrics"]?.objectValue?["producedBytes"]?.intValue == 5)
    }

    @Test func `has a type of its own where the runtime names none`() async throws {
        let sample = try await StreamSample()
        try await sample.begin(type: nil)
        let head = AnswerHead(contentType: "application/octet-stream", executedVersion: "$LATEST")
        #expect(try await sample.receiver.next() == .began(head))
    }

    @Test func `stops the function where its caller takes nothing, and goes on once it does`() async throws {
        let sample = try await StreamSample(takesAll: false)
        let other = try await sample.sandbox.runtime()
        try await sample.begin()
        _ = try await sample.receiver.next()
        // More than all sockets between them hold.
        let total = 33_554_432
        let written = sample.runtime.write(ByteBuffer(repeating: 0x78, count: total))
        while sample.receiver.received <= Limits.streamedResponseWindow.upperBound {
            _ = try await sample.receiver.next()
        }
        // Each answer takes turns of the loop that would have read the response as well.
        var seen = -1
        while seen != sample.receiver.received {
            seen = sample.receiver.received
            for _ in 0..<20 { #expect(try await other.call("GET", "/2018-06-01/ping").status == 200) }
        }
        #expect(seen < 2_097_152, "what was under way came, and nothing more")

        sample.receiver.takeAll()
        try await written.get()
        let reply = try await sample.runtime.endResponse()
        #expect(reply.status == 202)
        _ = try await sample.receiver.rest()
        #expect(sample.receiver.received == total)
    }

    @Test(arguments: [
        ("Runtime.Broken", "Runtime.Broken"), ("Function.Failed", "Function.Failed"), ("TypeError", "Unhandled"),
        ("", "Unhandled"),
    ]) func `ends with the error of its trailers`(given: String, told: String) async throws {
        let sample = try await StreamSample()
        try await sample.begin()
        _ = try await sample.receiver.next()
        try await sample.runtime.write("half")
        let reply = try await sample.runtime.endResponse(errorType: given, errorBody: Self.details)
        #expect(reply.status == 202, "the runtime did as it should")
        let (bytes, end) = try await sample.receiver.rest()
        #expect(bytes == Array("half".utf8))
        #expect(end.failure == .init(errorType: told, details: Array(Self.details.utf8)))
    }

    @Test func `ends with the words of a timeout`() async throws {
        let sample = try await StreamSample(timeout: 5)
        try await sample.begin()
        guard case .began = try await sample.receiver.next() else {
            Issue.record("the machine is so slow that the time was over before the response began")
            return
        }
        try await sample.runtime.write("half")
        let (bytes, end) = try await sample.receiver.rest()
        #expect(bytes == Array("half".utf8))
        #expect(end.failure?.errorType == "Sandbox.Timedout")
        let text = String(decoding: end.failure?.details ?? [], as: UTF8.self)
        #expect(text.contains("Task timed out after 5.00 seconds"))
    }

    @Test func `ends with the words of a crash, also where the function waits for its caller`() async throws {
        let sample = try await StreamSample(takesAll: false)
        try await sample.begin()
        _ = try await sample.receiver.next()
        let written = sample.runtime.write(ByteBuffer(repeating: 0x78, count: 33_554_432))
        while sample.receiver.received <= Limits.streamedResponseWindow.upperBound {
            _ = try await sample.receiver.next()
        }
        sample.sandbox.reportExit(tag: 1, status: 3)
        let (_, end) = try await sample.receiver.rest()
        #expect(end.failure?.errorType == "Runtime.ExitError")
        sample.runtime.close()
        _ = try? await written.get()
        // Its REPORT comes with the last figure of memory, which may be after the caller's end.
        while !sample.engine.log.lines.contains(where: { $0.contains("Error Type: Runtime.ExitError") }) {
            await Task.yield()
        }
    }

    @Test func `is truncated where its connection breaks off and its runtime lives`() async throws {
        let sample = try await StreamSample()
        try await sample.begin()
        _ = try await sample.receiver.next()
        try await sample.runtime.write("half")
        #expect(try await sample.receiver.next() == .part(Array("half".utf8)))
        sample.runtime.close()
        let (_, end) = try await sample.receiver.rest()
        #expect(end.failure?.errorType == "Runtime.TruncatedResponse")

        let second = sample.engine.invoke(try sample.engine.function())
        let other = try await sample.sandbox.runtime()
        let id = try await other.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id")
        #expect(try await other.respond(try #require(id), "2").status == 202)
        #expect(try await second.value.get().payload == Array("2".utf8))
    }

    @Test func `has a largest size, and its runtime goes on`() async throws {
        var settings = EngineSettings()
        settings.streams.limit = 100_000
        let sample = try await StreamSample(engine: EngineFixture(settings))
        try await sample.begin()
        _ = try await sample.receiver.next()
        try await sample.runtime.write(ByteBuffer(repeating: 0x78, count: 300_000)).get()
        let (bytes, end) = try await sample.receiver.rest()
        #expect(bytes.count <= 100_000)
        #expect(end.failure?.errorType == "Function.ResponseSizeTooLarge")
        let reply = try await sample.runtime.endResponse()
        #expect(reply.status == 413)
        #expect(reply.text.contains("Exceeded maximum allowed payload size (100000 bytes)."))
        _ = sample.engine.invoke(try sample.engine.function())
        #expect(try await sample.runtime.next().status == 200)
    }

    @Test func `is refused for another event, once its body is over`() async throws {
        let sample = try await StreamSample()
        try await sample.begin(id: "00000000-0000-4000-8000-00000000ffff")
        try await sample.runtime.write("for nobody")
        let reply = try await sample.runtime.endResponse()
        #expect(reply.status == 400)
        #expect(reply.text.contains("InvalidRequestID"))
        #expect(try await sample.runtime.respond(sample.id, "1").status == 202)
        let answer = InvocationAnswer(payload: Array("1".utf8), executedVersion: "$LATEST")
        #expect(try await sample.receiver.next() == .whole(.success(answer)))
    }

    @Test func `brings the log's tail at its end, with REPORT`() async throws {
        let sample = try await StreamSample(tail: true)
        try await sample.begin()
        _ = try await sample.receiver.next()
        #expect(try await sample.runtime.endResponse().status == 202)
        async let next = sample.runtime.next()
        let (_, end) = try await sample.receiver.rest()
        #expect(end.failure == nil)
        #expect(String(decoding: end.logTail ?? [], as: UTF8.self).contains("REPORT RequestId: \(sample.id)"))
        sample.sandbox.vanish()
        sample.runtime.close()
        _ = try? await next
    }

    @Test func `is collected for a caller that waits for the whole, with the error of its trailers`() async throws {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        let first = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        try await runtime.beginResponse(first, type: "text/plain")
        for piece in ["all ", "of ", "it"] { try await runtime.write(piece) }
        #expect(try await runtime.endResponse().status == 202)
        #expect(try await answer.value.get().payload == Array("all of it".utf8))

        let second = engine.invoke(try engine.function())
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        try await runtime.beginResponse(id)
        try await runtime.write("half")
        #expect(try await runtime.endResponse(errorType: "E", errorBody: Self.details).status == 202)
        let failed = try await second.value.get()
        #expect(failed.isFunctionError)
        #expect(failed.payload == Array(Self.details.utf8))
    }

    @Test func `is given whole where the function does not stream, and so is the platform's failure`() async throws {
        let sample = try await StreamSample()
        #expect(try await sample.runtime.respond(sample.id, "1").status == 202)
        let answer = InvocationAnswer(payload: Array("1".utf8), executedVersion: "$LATEST")
        #expect(try await sample.receiver.next() == .whole(.success(answer)))

        await sample.engine.plane.drain(within: .zero)
        let late = RecordingReceiver()
        sample.engine.plane.submit(StreamSample.invocation(of: try sample.engine.function()), to: late)
        #expect(try await late.next() == .whole(.failure(.shuttingDown)))
    }
}
