import Journal
import LambdaCore
import Synchronization
import Testing

@Suite struct `A function log in the journal` {
    @Test func `says where a line came from`() async throws {
        let receiver = try JournalReceiver()
        let log = try JournalFunctionLog(path: receiver.path) { Issue.record("\($0) entries lost") }
        #expect(log.append([sampleEntry(Array("hello".utf8), source: try sampleSource())]))
        #expect(await log.flush(within: .seconds(10)))

        let entry = try #require(try receiver.receive().first)
        #expect(
            entry.mapValues { String(decoding: $0, as: UTF8.self) } == [
                "MESSAGE": "hello",
                "MESSAGE_ID": "a9ecee83445f45939ec798ae598dab70",
                "PRIORITY": "6",
                "SYSLOG_FACILITY": "1",
                "SYSLOG_IDENTIFIER": "thumbnail",
                "LAMBDA_FUNCTION": "thumbnail",
                "LAMBDA_VERSION": "$LATEST",
                "LAMBDA_ENVIRONMENT": "0123456789abcdef0123456789abcdef",
                "LAMBDA_REQUEST_ID": sampleRequest,
                "LAMBDA_LOG_GROUP": "/aws/lambda/thumbnail",
                "LAMBDA_LOG_STREAM": "2018/11/27/[$LATEST]0123456789abcdef0123456789abcdef",
                "LAMBDA_ACCOUNT": "000000000000",
                "LAMBDA_REGION": "us-east-1",
                "LAMBDA_LOG_KIND": "function",
                "LAMBDA_TIME": "1543331445123",
            ])
    }

    @Test func `has no request field where there was no request`() async throws {
        let receiver = try JournalReceiver()
        let log = try JournalFunctionLog(path: receiver.path) { _ in }
        _ = log.append([sampleEntry([0x61], source: try sampleSource(), request: nil)])
        let entry = try #require(try receiver.receive().first)
        #expect(entry["LAMBDA_REQUEST_ID"] == nil)
        #expect(entry.text("MESSAGE") == "a")
    }

    @Test(
        arguments: [
            [], [0x0A], Array("a\nMESSAGE=forged\n\nPRIORITY=0".utf8), [0xFF, 0x00, 0xFE, 0x3D], Array(0...255),
        ] as [[UInt8]])
    func `keeps any bytes of a line, and none of them becomes a field`(message: [UInt8]) async throws {
        let receiver = try JournalReceiver()
        let log = try JournalFunctionLog(path: receiver.path) { _ in }
        _ = log.append([sampleEntry(message, source: try sampleSource())])
        let entries = try receiver.receive()
        #expect(entries.count == 1)
        #expect(entries.first?["MESSAGE"] == message)
        #expect(entries.first?.text("PRIORITY") == "6")
    }

    @Test func `keeps the order, and gives each line an entry of its own`() async throws {
        let receiver = try JournalReceiver()
        let log = try JournalFunctionLog(path: receiver.path) { Issue.record("\($0) entries lost") }
        let source = try sampleSource()
        let lines = (0..<2_000).map { "line \($0)" }
        for line in lines { _ = log.append([sampleEntry(Array(line.utf8), source: source)]) }
        var seen: [String] = []
        while seen.count < lines.count { seen += try receiver.receive().compactMap { $0.text("MESSAGE") } }
        #expect(seen == lines)
    }

    @Test func `does not give one environment the fields of another`() async throws {
        let receiver = try JournalReceiver()
        let log = try JournalFunctionLog(path: receiver.path) { _ in }
        var expected: [String] = []
        for number in 0..<50 {
            let environment = EnvironmentID.random()
            expected.append("\(environment)")
            let source = FunctionLogSource(
                function: try #require(FunctionName("f\(number)")), version: "$LATEST", environment: environment,
                account: .standard, region: .standard, logGroup: "g", logStream: "s")
            _ = log.append([sampleEntry([], source: source)])
        }
        var seen: [String] = []
        while seen.count < expected.count {
            for entry in try receiver.receive() {
                #expect(entry.text("LAMBDA_FUNCTION") == "f\(seen.count)")
                seen += [entry.text("LAMBDA_ENVIRONMENT") ?? ""]
            }
        }
        #expect(seen == expected)
    }

    @Test func `holds callers back while the journal takes nothing, and loses nothing`() async throws {
        let receiver = try JournalReceiver()
        let bounds = LogBacklog.Bounds(bytes: 1_000_000, entries: 100)
        let log = try JournalFunctionLog(path: receiver.path, bounds: bounds) { Issue.record("\($0) entries lost") }
        let source = try sampleSource()
        // Nobody receives: the socket's queue is full after a few datagrams, each held by one large entry.
        let message = [UInt8](repeating: 0x78, count: 50_000)
        var appended = 0
        while log.append([sampleEntry(message, source: source)]) { appended += 1 }
        appended += 1
        let resumed = Mutex(false)
        log.whenDrained { resumed.withLock { $0 = true } }
        #expect(!resumed.withLock { $0 })
        #expect(!(await log.flush(within: .milliseconds(1))), "nothing can be complete while nobody receives")

        var received = 0
        while received < appended { received += try receiver.receive().count }
        #expect(await log.flush(within: .seconds(10)))
        #expect(resumed.withLock { $0 })
        #expect(received == appended)
    }

    @Test func `reports what it gives up at the end`() async throws {
        let receiver = try JournalReceiver()
        let lost = Mutex(0)
        try await confirmation { done in
            let finished = AsyncStream<Void>.makeStream()
            do {
                let log = try JournalFunctionLog(path: receiver.path + "-missing") { count in
                    lost.withLock { $0 += count }
                    finished.continuation.yield()
                }
                _ = log.append([sampleEntry([0x61], source: try sampleSource())])
                #expect(!(await log.flush(within: .milliseconds(1))))
            }
            for await _ in finished.stream { break }
            done()
        }
        #expect(lost.withLock { $0 } == 1)
    }
}

@Suite struct `An entry that no datagram holds` {
    @Test func `goes as a sealed memory file`() throws {
        let receiver = try JournalReceiver()
        let socket = try JournalSocket(path: receiver.path)
        var buffer = JournalBuffer()
        let message = [UInt8](repeating: 0x79, count: 40_000_000)
        buffer.append(name: "MESSAGE", bytes: message)
        buffer.endEntry()
        #expect(socket.send(buffer.bytes, waiting: true) == 0)

        let (bytes, seals) = try receiver.receiveMemoryFile()
        #expect(seals == 0xF, "journald refuses a file that its sender can still change")
        #expect(try JournalReceiver.parse(bytes) == [["MESSAGE": message]])
    }
}
