internal import LambdaCore

/// Lines of functions that are to be sent to another log service: what waits, what is sent next, what is given up.
/// Decides, does nothing.
struct ForwardQueue {
    struct Stream: Hashable, Sendable {
        let scope: Scope
        let group: String
        let name: String
    }

    struct Event: Sendable, Equatable {
        let time: WallTime
        let message: String

        init(_ entry: FunctionLogEntry) {
            self.time = entry.time
            // With the newline that lines of functions end with on AWS, where an empty message would be refused.
            self.message = String(decoding: entry.message, as: UTF8.self) + "\n"
        }

        /// Bytes, as PutLogEvents counts them.
        var size: Int { self.message.utf8.count + 26 }
    }

    /// What one PutLogEvents takes: lines of one stream in the order of time.
    struct Batch: Sendable, Equatable {
        let stream: Stream
        let events: [Event]
        /// Bytes that it holds of the queue's.
        let held: Int
        var failures = 0
    }

    /// Bytes that a waiting line costs beside its text.
    private static let lineOverhead = 128
    /// Tries of one batch.
    private static let attempts = 6

    private let maximumBytes: Int
    private var lines: [Stream: [FunctionLogEntry]] = [:]
    /// Streams with lines, in turn.
    private var turns: [Stream] = []
    private var failed: Batch?
    private var bytes = 0
    private var lost = 0

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    var isEmpty: Bool { self.failed == nil && self.turns.isEmpty }

    private static func size(_ entry: FunctionLogEntry) -> Int { entry.message.count + self.lineOverhead }

    /// Takes what there is room for. What was there before stays: its neighbours may have been sent already.
    mutating func append(_ entries: [FunctionLogEntry]) {
        for entry in entries {
            let size = Self.size(entry)
            guard self.bytes + size <= self.maximumBytes else {
                self.lost += 1
                continue
            }
            self.bytes += size
            let source = entry.source
            let stream = Stream(
                scope: Scope(account: source.account, region: source.region), group: source.logGroup,
                name: source.logStream)
            if self.lines[stream] == nil { self.turns.append(stream) }
            self.lines[stream, default: []].append(entry)
        }
    }

    /// The next batch; until it is settled or failed, no other is taken.
    mutating func next(now: WallTime) -> Batch? {
        if let again = self.failed {
            self.failed = nil
            return again
        }
        while !self.turns.isEmpty {
            let stream = self.turns.removeFirst()
            let batch = self.take(stream, now)
            if self.lines[stream] != nil { self.turns.append(stream) }
            if !batch.events.isEmpty { return batch }
            self.bytes -= batch.held
        }
        return nil
    }

    private mutating func take(_ stream: Stream, _ now: WallTime) -> Batch {
        let lines = self.lines[stream] ?? []
        let oldest = now.advanced(by: .zero - Limits.forwardedAge)
        var events: [Event] = []
        var (taken, held, size) = (0, 0, 0)
        for line in lines {
            let event = Event(line)
            let isTooOld = line.time < oldest
            if !isTooOld {
                let first = events.first?.time ?? event.time
                let span = Duration.milliseconds(abs(event.time.milliseconds - first.milliseconds))
                // A batch has at least one line, or nothing would ever come past a long one.
                guard
                    events.isEmpty
                        || events.count < Limits.forwardedBatchEvents && span < Limits.forwardedBatchSpan / 2
                            && size + event.size <= Limits.forwardedBatchBytes
                else { break }
                events.append(event)
                size += event.size
            } else {
                self.lost += 1
            }
            taken += 1
            held += Self.size(line)
        }
        self.lines[stream] = taken == lines.count ? nil : Array(lines.dropFirst(taken))
        // The wall clock may have gone back between two lines; sorting keeps the order of those of one millisecond.
        let sorted = events.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        return Batch(stream: stream, events: sorted.map(\.element), held: held)
    }

    /// It is with the other service, but for so many lines.
    mutating func settled(_ batch: Batch, refused: Int = 0) {
        self.bytes -= batch.held
        self.lost += refused
    }

    /// It did not arrive. Returns whether it will be tried again.
    mutating func failed(_ batch: Batch) -> Bool {
        var batch = batch
        batch.failures += 1
        guard batch.failures < Self.attempts else {
            self.settled(batch, refused: batch.events.count)
            return false
        }
        self.failed = batch
        return true
    }

    /// How many lines were given up since it was asked last.
    mutating func takeLost() -> Int {
        defer { self.lost = 0 }
        return self.lost
    }
}
