import Glibc
import Journal
import LambdaCore
import Logging
import Testing

private func event(_ message: Logger.Message, level: Logger.Level = .warning, metadata: Logger.Metadata? = nil)
    -> LogEvent
{
    LogEvent(
        level: level, message: message, error: nil, metadata: metadata, source: nil, file: "Engine/Driver.swift",
        function: "launch()", line: 12)
}

@Suite struct `The daemon's own log` {
    @Test func `has the fields of the journal`() throws {
        let receiver = try JournalReceiver()
        let handler = JournalLogHandler(
            identifier: "lambdad", label: "engine", socket: try JournalSocket(path: receiver.path))
        var logger = Logger(label: "engine") { _ in handler }
        logger[metadataKey: "requestID"] = "abc"
        logger.error("two\nlines", metadata: ["function": "f"])
        let entry = try #require(try receiver.receive().first)
        #expect(entry.text("MESSAGE") == "two\nlines function=f requestID=abc")
        #expect(entry.text("PRIORITY") == "3")
        #expect(entry.text("SYSLOG_IDENTIFIER") == "lambdad")
        #expect(entry.text("LAMBDA_LOGGER") == "engine")
        #expect(entry.text("LAMBDA_REQUEST_ID") == "abc")
        #expect(entry.text("LAMBDA_FUNCTION") == "f")
        #expect(entry.text("CODE_FILE")?.hasSuffix("LogHandlerTests.swift") == true)
        #expect(entry.text("CODE_LINE").flatMap { Int($0) } != nil)
        #expect(entry["CODE_FUNC"] != nil)
    }

    @Test func `never waits for a journal that takes nothing`() throws {
        let receiver = try JournalReceiver()
        let socket = try JournalSocket(path: receiver.path)
        var buffer = JournalBuffer()
        buffer.append(name: "MESSAGE", bytes: [UInt8](repeating: 0x7A, count: 60_000))
        buffer.endEntry()
        var failure: Int32 = 0
        for _ in 0..<10_000 where failure == 0 { failure = socket.send(buffer.bytes, waiting: false) }
        #expect(failure == EAGAIN)
    }

    @Test(arguments: [
        ("function", "LAMBDA_FUNCTION"), ("requestID", "LAMBDA_REQUEST_ID"), ("request-id", "LAMBDA_REQUEST_ID"),
        ("http2Stream", "LAMBDA_HTTP2_STREAM"), ("URL", "LAMBDA_URL"), ("é", "LAMBDA___"),
    ])
    func `names a field after its metadata key`(key: String, name: String) {
        #expect(LogText.fieldName(key) == name)
    }

    @Test func `keeps a field's name within the journal's limit`() {
        #expect(LogText.fieldName(String(repeating: "k", count: 100)).utf8.count == 64)
    }

    @Test(arguments: [
        (Logger.Level.trace, "7"), (.debug, "7"), (.info, "6"), (.notice, "5"), (.warning, "4"), (.error, "3"),
        (.critical, "2"),
    ])
    func `has syslog's priorities`(level: Logger.Level, priority: String) {
        #expect(JournalPriority(level).rawValue == priority)
    }

    @Test func `is one line on standard error, whatever is in it`() {
        let handler = StandardErrorLogHandler(identifier: "lambdad", style: .plain)
        let line = handler.line(
            for: event("a\nb", metadata: ["k": "v\r\0"]), at: WallTime(milliseconds: 1_543_331_445_123))
        #expect(line == "2018-11-27T15:10:45.123Z warning lambdad: a\\nb k=v\\r\\0")
    }

    @Test func `has a priority prefix on a stream of systemd only`() {
        let handler = StandardErrorLogHandler(identifier: "lambdad", style: .systemdStream)
        #expect(handler.line(for: event("a", level: .error), at: WallTime(milliseconds: 0)) == "<3>a")
    }

    @Test func `names the error it is about`() {
        struct Broken: Error {}
        var event = event("failed")
        event.error = Broken()
        let handler = StandardErrorLogHandler(identifier: "x", style: .systemdStream)
        #expect(handler.line(for: event, at: WallTime(milliseconds: 0)) == "<4>failed error=Broken()")
    }
}

@Suite struct `The destination of logs` {
    @Test func `is standard error where there is no journal`() throws {
        guard case .standardError = try LogDestination.select(path: "/nonexistent/socket") else {
            Issue.record("chose a journal that is not there")
            return
        }
    }

    @Test func `is the journal where it is there, unless told otherwise`() throws {
        let receiver = try JournalReceiver()
        guard case .journal = try LogDestination.select(path: receiver.path) else {
            Issue.record("did not choose the journal")
            return
        }
        guard case .standardError = try LogDestination.select(.standardError, path: receiver.path) else {
            Issue.record("did not do as it was told")
            return
        }
    }

    @Test func `refuses a socket path that no address holds`() {
        let path = "/" + String(repeating: "p", count: 200)
        #expect(throws: JournalError.pathTooLong(path)) { try LogDestination.select(.journal, path: path) }
    }
}

@Suite struct `A function log on standard error` {
    @Test func `is one line an entry, with function and request`() async throws {
        var ends: [Int32] = [0, 0]
        // Safety: an array of two, as pipe wants.
        try #require(unsafe pipe(&ends) == 0)
        let log = try StandardErrorFunctionLog(descriptor: ends[1]) { _ in }
        let source = try sampleSource()
        _ = log.append([
            sampleEntry(Array("one".utf8), source: source), sampleEntry([0xFF], source: source, request: nil),
        ])
        #expect(await log.flush(within: .seconds(10)))
        close(ends[1])
        var buffer = [UInt8](repeating: 0, count: 4_096)
        // Safety: the pointer and the length are the array's own.
        let count = unsafe read(ends[0], &buffer, buffer.count)
        close(ends[0])
        let expected = Array("thumbnail[\(sampleRequest)]: one\nthumbnail[]: ".utf8) + [0xFF, 0x0A]
        #expect(Array(buffer[..<max(0, count)]) == expected)
    }
}
