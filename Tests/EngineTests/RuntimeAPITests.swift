import Engine
import LambdaCore
import NIOHTTP1
import Testing

/// An environment whose runtime is there, and what a runtime says to its API.
private struct RuntimeSample {
    let engine = EngineFixture()
    let answer: Task<Result<InvocationAnswer, InvocationFailure>, Never>
    let sandbox: FakeSandbox
    let runtime: FakeRuntime

    init(payload: String = "{}") async throws {
        self.answer = self.engine.invoke(try self.engine.function(), payload: payload)
        self.sandbox = try #require(await self.engine.launcher.nextSandbox())
        self.runtime = try await self.sandbox.runtime()
    }

    /// Takes the event; gives its request's id.
    func running() async throws -> String {
        try #require(try await self.runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
    }

    func post(
        _ path: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) async throws -> FakeRuntime.Reply {
        try await self.runtime.call("POST", "/2018-06-01/runtime/\(path)", headers: headers, body: body)
    }

    func payload() async throws -> String {
        String(decoding: try await self.answer.value.get().payload, as: UTF8.self)
    }
}

@Suite struct `The Runtime API` {
    private static let unknownID = "00000000-0000-4000-8000-00000000ffff"
    private static let badID = "{\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}\n"

    private static func badState(from: String, to: String) -> String {
        "{\"errorMessage\":\"State transition from \(from) to \(to) failed for runtime. "
            + "Error: State transition is not allowed\",\"errorType\":\"InvalidStateTransition\"}\n"
    }

    @Test func `answers a ping`() async throws {
        let sample = try await RuntimeSample()
        let reply = try await sample.runtime.call("GET", "/2018-06-01/ping")
        #expect(reply.status == 200)
        #expect(reply.text == "pong")
    }

    @Test(arguments: [
        ("GET", "/", 404), ("GET", "/2015-03-31/ping", 404), ("GET", "/2018-06-01/runtime/invocation", 404),
        ("GET", "/2018-06-01/runtime/restore/next", 404), ("POST", "/2018-06-01/runtime/invocation/next", 405),
        ("GET", "/2018-06-01/runtime/init/error", 405), ("GET", "/2018-06-01/runtime/invocation/x/response", 405),
    ])
    func `knows its paths and methods`(method: String, path: String, status: Int) async throws {
        let sample = try await RuntimeSample()
        #expect(try await sample.runtime.call(method, path).status == status)
        // The connection goes on.
        #expect(try await sample.runtime.call("GET", "/2018-06-01/ping").status == 200)
    }

    @Test func `gives an event with its headers and its bytes`() async throws {
        let sample = try await RuntimeSample(payload: "{\"key\": [1, 2]}")
        let event = try await sample.runtime.next()
        #expect(event.status == 200)
        #expect(event.text == "{\"key\": [1, 2]}")
        #expect(event.headers.first(name: "Content-Type") == "application/json")
        #expect(event.headers.first(name: "Content-Length") == "15")
        #expect(RequestID(event.headers.first(name: "Lambda-Runtime-Aws-Request-Id") ?? "") != nil)
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:hello"
        #expect(event.headers.first(name: "Lambda-Runtime-Invoked-Function-Arn") == arn)
        #expect(event.headers.first(name: "Lambda-Runtime-Trace-Id")?.hasPrefix("Root=1-00000000-") == true)
        let deadline = Int64(event.headers.first(name: "Lambda-Runtime-Deadline-Ms") ?? "")
        #expect(try #require(deadline) > 1_500_000_000_000)
        #expect(!event.headers.contains(name: "Lambda-Runtime-Client-Context"))
    }

    @Test func `gives a running event again, on whichever connection asks`() async throws {
        let sample = try await RuntimeSample()
        let id = try await sample.running()
        let other = try await sample.sandbox.runtime()
        #expect(try await other.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id") == id)
        #expect(try await other.respond(id, "1").status == 202)
        #expect(try await sample.payload() == "1")
    }

    @Test func `refuses an answer before there is an event`() async throws {
        let sample = try await RuntimeSample()
        let response = try await sample.post("invocation/\(Self.unknownID)/response")
        #expect(response.status == 403)
        #expect(response.text == Self.badState(from: "Started", to: "InvocationResponse"))
        let error = try await sample.post("invocation/\(Self.unknownID)/error")
        #expect(error.status == 403)
        #expect(error.text == Self.badState(from: "Started", to: "InvocationErrorResponse"))
        #expect(error.headers.first(name: "Content-Type") == "application/json")
    }

    @Test func `refuses an answer for another event, and an init error after the init`() async throws {
        let sample = try await RuntimeSample()
        _ = try await sample.running()
        let response = try await sample.post("invocation/\(Self.unknownID)/response")
        #expect(response.status == 400)
        #expect(response.text == Self.badID)
        let initError = try await sample.post("init/error")
        #expect(initError.status == 403)
        #expect(initError.text == Self.badState(from: "Running", to: "InitError"))
    }

    @Test func `passes a response on as it is`() async throws {
        let sample = try await RuntimeSample()
        let reply = try await sample.post(
            "invocation/\(try await sample.running())/response", headers: [("Content-Type", "image/png")],
            body: [0x89, 0x50, 0x00, 0xFF])
        #expect(reply.status == 202)
        #expect(reply.text == "{\"status\":\"OK\"}\n")
        let answer = try await sample.answer.value.get()
        #expect(answer.payload == [0x89, 0x50, 0x00, 0xFF])
        #expect(answer.contentType == "image/png")
        #expect(!answer.isFunctionError)
    }

    @Test func `passes an error on as it is, and calls it one`() async throws {
        let sample = try await RuntimeSample()
        let body = "{\"errorMessage\":\"<no>\",\"errorType\":\"ValueError\",\"stackTrace\":[]}"
        let reply = try await sample.post(
            "invocation/\(try await sample.running())/error",
            headers: [("Lambda-Runtime-Function-Error-Type", "Unhandled")], body: Array(body.utf8))
        #expect(reply.status == 202)
        let answer = try await sample.answer.value.get()
        #expect(String(decoding: answer.payload, as: UTF8.self) == body)
        #expect(answer.isFunctionError)
    }

    @Test func `takes a response of the largest size`() async throws {
        let sample = try await RuntimeSample()
        let body = [UInt8](repeating: 0x31, count: Limits.responsePayloadBytes)
        #expect(try await sample.post("invocation/\(try await sample.running())/response", body: body).status == 202)
        #expect(try await sample.answer.value.get().payload == body)
    }

    @Test func `refuses a larger one, answers for the function, and goes on`() async throws {
        let sample = try await RuntimeSample()
        let body = [UInt8](repeating: 0x31, count: Limits.responsePayloadBytes + 1)
        let reply = try await sample.post("invocation/\(try await sample.running())/response", body: body)
        #expect(reply.status == 413)
        #expect(
            reply.text == "{\"errorMessage\":\"Exceeded maximum allowed payload size (6291556 bytes).\","
                + "\"errorType\":\"RequestEntityTooLarge\"}\n")
        #expect(try await sample.payload().hasPrefix("{\"errorType\":\"Function.ResponseSizeTooLarge\""))

        let second = sample.engine.invoke(try sample.engine.function())
        let id = try await sample.running()
        #expect(try await sample.runtime.respond(id, "2").status == 202)
        #expect(try await second.value.get().payload == Array("2".utf8))
    }

    @Test func `refuses a mode of response that it does not know`() async throws {
        let sample = try await RuntimeSample()
        let reply = try await sample.post(
            "invocation/\(try await sample.running())/response",
            headers: [("Lambda-Runtime-Function-Response-Mode", "buffered")], body: Array("1".utf8))
        #expect(reply.status == 400)
        #expect(
            reply.text == "{\"errorMessage\":\"Invalid function response mode\","
                + "\"errorType\":\"InvalidFunctionResponseMode\"}\n")
        #expect(try await sample.payload().hasPrefix("{\"errorType\":\"Runtime.InvalidResponseModeHeader\""))
    }

    @Test func `collects a streamed response for a caller that waits for the whole`() async throws {
        let sample = try await RuntimeSample()
        let reply = try await sample.post(
            "invocation/\(try await sample.running())/response",
            headers: [("Lambda-Runtime-Function-Response-Mode", "streaming")], body: Array("all of it".utf8))
        #expect(reply.status == 202)
        #expect(try await sample.payload() == "all of it")
    }

    @Test func `lets a runtime whose init failed do nothing more`() async throws {
        let sample = try await RuntimeSample()
        #expect(await sample.sandbox.nextCommand() == .start(tag: 1))
        let others = [try await sample.sandbox.runtime(), try await sample.sandbox.runtime()]
        #expect(try await sample.post("init/error", body: Array("{}".utf8)).status == 202)
        #expect(try await others[0].next().text == Self.badState(from: "InitError", to: "Ready"))
        let again = try await others[1].call("POST", "/2018-06-01/runtime/init/error")
        #expect(again.text == Self.badState(from: "InitError", to: "InitError"))
    }
}
