import Engine
import LambdaCore
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// Keeps what is sent to the daemon.
private final class RecordingDaemon: TraceForwarding {
    private let datagrams = Mutex<[[UInt8]]>([])

    var host: String { "127.0.0.1" }
    var port: Int { 2_000 }

    /// The segments, in the order of sending.
    var segments: [JSONObject] {
        self.datagrams.withLock { $0 }.compactMap { datagram in
            let lines = datagram.split(separator: 0x0A)
            return (try? JSONValue.parse(Array(lines.last ?? [])))?.objectValue
        }
    }

    func send(_ datagram: [UInt8]) { self.datagrams.withLock { $0.append(datagram) } }

    func relay(socket: Int32, on loop: any EventLoop) -> any EnvironmentServer { Nothing() }

    private struct Nothing: EnvironmentServer { func close() {} }
}

@Suite struct `An actively traced function` {
    private static let caller = "53995c3f42cd8ad8"
    private static func header(sampled: Bool) -> String {
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=\(caller);Sampled=\(sampled ? 1 : 0);Lineage=1:9581a8d4:0"
    }

    private let daemon = RecordingDaemon()

    /// One invocation; `answers` is given the runtime and the request's id. Gives the header that the runtime got.
    private func run(
        sampled: Bool = true, active: Bool = true, tail: inout [UInt8]?,
        _ answers: (FakeRuntime, String) async throws -> Void
    ) async throws -> String {
        let engine = EngineFixture(isManaged: true, traceDaemon: self.daemon)
        var function = try engine.function()
        function.tracing = active ? .active : .passThrough
        let answer = engine.invoke(function, tail: true, trace: Self.header(sampled: sampled))
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(sandbox.request.tracesOut)
        let runtime = try await sandbox.runtime()
        let event = try await runtime.next()
        let id = try #require(event.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        try await answers(runtime, id)
        _ = Task { try await runtime.next() }
        tail = try await answer.value.get().logTail
        return try #require(event.headers.first(name: "Lambda-Runtime-Trace-Id"))
    }

    private func segments() throws -> (service: JSONObject, function: JSONObject) {
        let segments = self.daemon.segments
        try #require(segments.count == 2)
        return (segments[0], segments[1])
    }

    @Test func `gets its own segment as parent, and both segments are sent`() async throws {
        var tail: [UInt8]?
        let header = try await self.run(tail: &tail) { runtime, id in _ = try await runtime.respond(id, "1") }
        let (service, function) = try self.segments()
        #expect(service["origin"]?.stringValue == "AWS::Lambda")
        #expect(service["parent_id"]?.stringValue == Self.caller)
        #expect(function["parent_id"] == service["id"])
        let own = try #require(function["id"]?.stringValue)
        #expect(
            header == "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=\(own);Sampled=1;Lineage=1:9581a8d4:0")
        #expect(service["fault"] == nil && function["fault"] == nil)
        #expect(
            function["subsegments"]?.arrayValue?.compactMap { $0.objectValue?["name"]?.stringValue }
                == ["Initialization", "Invocation", "Overhead"])
        #expect(
            String(decoding: tail ?? [], as: UTF8.self).hasSuffix(
                "\t\nXRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793\tSegmentId: \(own)\tSampled: true\n"))
    }

    @Test func `sends nothing where the caller decided against it`() async throws {
        var tail: [UInt8]?
        let header = try await self.run(sampled: false, tail: &tail) { runtime, id in
            _ = try await runtime.respond(id, "1")
        }
        #expect(header.contains(";Sampled=0;") && !header.contains(Self.caller))
        #expect(self.daemon.segments.isEmpty)
        #expect(!String(decoding: tail ?? [], as: UTF8.self).contains("XRAY"))
    }

    @Test func `otherwise gets the caller's header as it is, and sends nothing`() async throws {
        var tail: [UInt8]?
        let header = try await self.run(active: false, tail: &tail) { runtime, id in
            _ = try await runtime.respond(id, "1")
        }
        #expect(header == Self.header(sampled: true))
        #expect(self.daemon.segments.isEmpty)
    }

    @Test func `that fails tells the cause that its runtime gave`() async throws {
        var tail: [UInt8]?
        _ = try await self.run(tail: &tail) { runtime, id in
            _ = try await runtime.call(
                "POST", "/2018-06-01/runtime/invocation/\(id)/error",
                headers: [
                    (
                        "Lambda-Runtime-Function-XRay-Error-Cause",
                        #"{"exceptions":[{"type":"KeyError","message":"'a'"}]}"#
                    )
                ], body: Array(#"{"errorType":"Other"}"#.utf8))
        }
        let (service, function) = try self.segments()
        #expect(service["fault"]?.boolValue == true && function["fault"]?.boolValue == true)
        let exception = function["cause"]?.objectValue?["exceptions"]?.arrayValue?.first?.objectValue
        #expect(exception?["type"]?.stringValue == "KeyError" && exception?["message"]?.stringValue == "'a'")
    }

    @Test(arguments: [
        ("application/json", #"{"errorType":"KeyError","errorMessage":"'a'"}"#),
        (
            "application/vnd.aws.lambda.error.cause+json",
            #"{"errorType":"Other","errorCause":{"exceptions":[{"type":"KeyError","message":"'a'"}]}}"#
        ),
    ])
    func `that fails tells what its error says`(contentType: String, body: String) async throws {
        var tail: [UInt8]?
        _ = try await self.run(tail: &tail) { runtime, id in
            _ = try await runtime.call(
                "POST", "/2018-06-01/runtime/invocation/\(id)/error", headers: [("Content-Type", contentType)],
                body: Array(body.utf8))
        }
        let exception = try self.segments().function["cause"]?.objectValue?["exceptions"]?.arrayValue?.first?
            .objectValue
        #expect(exception?["type"]?.stringValue == "KeyError" && exception?["message"]?.stringValue == "'a'")
    }

    @Test func `that crashes tells the platform's words`() async throws {
        let engine = EngineFixture(traceDaemon: self.daemon)
        var function = try engine.function()
        function.tracing = .active
        let answer = engine.invoke(function, tail: true, trace: Self.header(sampled: true))
        let sandbox = try #require(await engine.launcher.nextSandbox())
        _ = try await sandbox.runtime().next()
        sandbox.reportExit(tag: 1, status: 3)
        _ = try await answer.value.get()
        let exception = try self.segments().function["cause"]?.objectValue?["exceptions"]?.arrayValue?.first?
            .objectValue
        #expect(exception?["type"]?.stringValue == "Runtime.ExitError")
        #expect(exception?["message"]?.stringValue?.hasSuffix("exit status 3") == true)
    }
}
