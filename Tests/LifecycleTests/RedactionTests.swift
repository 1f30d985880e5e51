import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `A redaction probe` {
    private struct Open { let text: String }
    private struct Closed: CustomStringConvertible, CustomDebugStringConvertible {
        let text: String
        var description: String { "Closed" }
        var debugDescription: String { "Closed" }
    }

    private let probe = RedactionProbe(secret: "hunter2!")

    @Test func `sees a secret that is not hidden, as text and as bytes, in every form`() {
        #expect(self.probe.leaks(in: "hunter2!") == RedactionProbe.Form.allCases)
        #expect(self.probe.leaks(in: Open(text: "hunter2!")) == RedactionProbe.Form.allCases)
        #expect(self.probe.leaks(in: Array("{\"password\":\"hunter2!\"}".utf8)) == RedactionProbe.Form.allCases)
    }

    @Test func `sees none where there is none`() {
        #expect(self.probe.leaks(in: Closed(text: "hunter2!")) == [])
        #expect(self.probe.leaks(in: Open(text: "hunter")) == [])
    }
}

@Suite struct `A value that carries a secret` {
    private static let secret = "hunter2!"
    private let probe = RedactionProbe(secret: secret)

    private static func record() -> FunctionRecord {
        var record = FunctionRecord(
            key: .named("thumbnail"), role: "arn:aws:iam::000000000000:role/r", runtime: "python3.11",
            handler: "app.handler", code: CodeReference(digest: "d", base64: "", size: 1),
            lastModified: WallTime(milliseconds: 0))
        record.environment = ["PASSWORD": self.secret]
        return record
    }

    private static let values: [any Sendable] = [
        Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: secret, sessionToken: secret, expiration: nil),
        record(),
        Invocation(
            requestID: .numbered(1), function: record(), invokedARN: "arn", payload: Array(secret.utf8),
            clientContext: secret, traceHeader: "Root=1", receivedAt: Instant(nanoseconds: 1)),
        InvocationAnswer(payload: Array(secret.utf8), executedVersion: "$LATEST", logTail: Array(secret.utf8)),
        InitRequest.start(
            tag: 1, arguments: ["/bin/true"], environment: ["PASSWORD=\(secret)"], workingDirectory: "/var/task"),
    ]

    @Test(arguments: values.indices)
    func `has no text that shows it`(index: Int) {
        let value = Self.values[index]
        #expect(self.probe.leaks(in: value) == [], "\(type(of: value))")
        #expect("\(value)".isEmpty == false)
    }

    @Test func `does not show it through what holds it either`() {
        #expect(self.probe.leaks(in: ["key": Self.record()]) == [])
        #expect(self.probe.leaks(in: Result<FunctionRecord, StoreError>.success(Self.record())) == [])
    }
}
