import LambdaCore
import TestSupport
import Testing

@testable import ServicesEndpoint

/// A line of a stream, `after` milliseconds behind the first.
private func line(_ text: String, after: Int64 = 0, stream: String = "s", group: String = "g") throws
    -> FunctionLogEntry
{
    FunctionLogEntry(
        source: FunctionLogSource(
            function: try #require(FunctionName("f")), version: "$LATEST", environment: .numbered(1),
            account: .standard, region: .standard, logGroup: group, logStream: stream),
        requestID: nil, kind: .function, message: Array(text.utf8), time: WallTime(milliseconds: start + after))
}

private let start: Int64 = 1_543_331_445_123
private let now = WallTime(milliseconds: start)

private func texts(_ batch: ForwardQueue.Batch?) -> [String] {
    batch?.events.map { String($0.message.dropLast()) } ?? []
}

/// A queue in a place of its own, since expectations cannot change what they look at.
private final class HeldQueue {
    private var queue: ForwardQueue

    init(maximumBytes: Int) { self.queue = ForwardQueue(maximumBytes: maximumBytes) }

    var isEmpty: Bool { self.queue.isEmpty }
    func append(_ lines: [FunctionLogEntry]) { self.queue.append(lines) }
    func next(now: WallTime) -> ForwardQueue.Batch? { self.queue.next(now: now) }
    func settled(_ batch: ForwardQueue.Batch, refused: Int = 0) { self.queue.settled(batch, refused: refused) }
    func failed(_ batch: ForwardQueue.Batch) -> Bool { self.queue.failed(batch) }
    func takeLost() -> Int { self.queue.takeLost() }
}

@Suite struct `Lines that wait to be forwarded` {
    private let queue = HeldQueue(maximumBytes: 100_000_000)

    @Test func `go stream by stream, in the order in which they came`() throws {
        self.queue.append([try line("a1"), try line("b1", stream: "b"), try line("a2", after: 1)])
        let first = try #require(self.queue.next(now: now))
        #expect(first.stream.name == "s")
        #expect(texts(first) == ["a1", "a2"])
        self.queue.settled(first)
        #expect(texts(self.queue.next(now: now)) == ["b1"])
        #expect(self.queue.next(now: now) == nil)
        #expect(self.queue.isEmpty)
    }

    @Test func `are sorted by time, as the other side demands`() throws {
        self.queue.append([try line("2", after: 2), try line("1", after: 1), try line("also 2", after: 2)])
        #expect(texts(self.queue.next(now: now)) == ["1", "2", "also 2"])
    }

    @Test func `end with a newline, and so are never empty`() throws {
        self.queue.append([try line("")])
        #expect(self.queue.next(now: now)?.events.map(\.message) == ["\n"])
    }

    @Test func `are 10,000 of one batch at most`() throws {
        let one = try line("x")
        self.queue.append(Array(repeating: one, count: 10_001))
        #expect(self.queue.next(now: now)?.events.count == 10_000)
        #expect(self.queue.next(now: now)?.events.count == 1)
    }

    @Test func `are a mebibyte of one batch at most, each with 26 bytes more`() throws {
        // Two of these and their newlines are just that.
        let half = 524_288 - 26 - 1
        let line = try line(String(repeating: "x", count: half))
        self.queue.append([line, line, line])
        #expect(self.queue.next(now: now)?.events.count == 2)
        #expect(self.queue.next(now: now)?.events.count == 1)
        let longer = try ServicesEndpointTests.line(String(repeating: "x", count: half + 1))
        self.queue.append([longer, line])
        #expect(self.queue.next(now: now)?.events.count == 1)
    }

    @Test func `of one batch are within a day`() throws {
        let day: Int64 = 86_400_000
        self.queue.append([try line("1"), try line("2", after: day / 2 - 1), try line("3", after: day / 2)])
        #expect(texts(self.queue.next(now: now)) == ["1", "2"])
        #expect(texts(self.queue.next(now: now)) == ["3"])
        // The clock went back: the first of a batch is not the earliest.
        self.queue.append([try line("1"), try line("2", after: -day / 2 + 1), try line("3", after: day / 2 - 1)])
        let batch = try #require(self.queue.next(now: now))
        let times = batch.events.map(\.time.milliseconds)
        #expect(times.count == 3 && (times.last ?? 0) - (times.first ?? 0) < day)
    }

    @Test func `are given up where they are too old to be taken`() throws {
        let old = -Int64(Limits.forwardedAge.milliseconds) - 1
        self.queue.append([try line("old", after: old), try line("new")])
        #expect(texts(self.queue.next(now: now)) == ["new"])
        #expect(self.queue.takeLost() == 1)
        self.queue.append([try line("old", after: old)])
        #expect(self.queue.next(now: now) == nil)
        #expect(self.queue.takeLost() == 1)
        #expect(self.queue.takeLost() == 0)
    }

    @Test func `are refused where there are too many, until some have gone`() throws {
        let queue = HeldQueue(maximumBytes: 2 * (1 + 128))
        queue.append([try line("1"), try line("2"), try line("3")])
        #expect(queue.takeLost() == 1)
        let batch = try #require(queue.next(now: now))
        queue.append([try line("4")])
        #expect(queue.takeLost() == 1, "what is on its way counts")
        queue.settled(batch)
        queue.append([try line("5")])
        #expect(texts(queue.next(now: now)) == ["5"])
        #expect(queue.takeLost() == 0)
    }

    @Test func `that did not arrive go before all others, six times`() throws {
        self.queue.append([try line("1"), try line("b", stream: "b")])
        for attempt in 1...6 {
            let batch = try #require(self.queue.next(now: now))
            #expect(texts(batch) == ["1"])
            #expect(self.queue.failed(batch) == (attempt < 6))
        }
        #expect(self.queue.takeLost() == 1)
        #expect(texts(self.queue.next(now: now)) == ["b"])
    }

    @Test func `that the other side refused are counted`() throws {
        self.queue.append([try line("1"), try line("2")])
        self.queue.settled(try #require(self.queue.next(now: now)), refused: 2)
        #expect(self.queue.takeLost() == 2)
    }
}
