/// A place in the log. What it means is its reader's own; a caller only gives it back.
package struct LogPosition: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }
}

/// A log group that has had a line.
package struct LogGroupSummary: Sendable, Equatable {
    package let name: String
    /// When its first line that is still there was stored.
    package let created: WallTime

    package init(name: String, created: WallTime) {
        self.name = name
        self.created = created
    }
}

/// A log stream: the lines of one environment.
package struct LogStreamSummary: Sendable, Equatable {
    package let name: String
    package let created: WallTime
    /// `nil` where it has no line.
    package let firstEvent: WallTime?

    package init(name: String, created: WallTime, firstEvent: WallTime?) {
        self.name = name
        self.created = created
        self.firstEvent = firstEvent
    }
}

/// When a line arrived from its function, and when it was stored.
package struct LogEventTimes: Sendable, Equatable {
    package let event: WallTime
    package let ingestion: WallTime

    package init(event: WallTime, ingestion: WallTime) {
        self.event = event
        self.ingestion = ingestion
    }
}

/// One line, as it is read back.
package struct StoredLogEvent: Sendable, Equatable {
    /// Decimal digits. The same line always has the same, and texts of a later line sort later.
    package let id: String
    package let position: LogPosition
    package let stream: String
    package let times: LogEventTimes
    /// Without a newline at the end.
    package let message: [UInt8]

    package init(id: String, position: LogPosition, stream: String, times: LogEventTimes, message: [UInt8]) {
        self.id = id
        self.position = position
        self.stream = stream
        self.times = times
        self.message = message
    }
}

/// Which lines of a group are wanted.
package struct LogQuery: Sendable {
    package enum Streams: Sendable, Equatable {
        case all
        case named([String])
        /// Those whose name begins with one of these.
        case prefixed([String])

        package func contains(_ stream: String) -> Bool {
            switch self {
            case .all: true
            case .named(let names): names.contains(stream)
            case .prefixed(let prefixes): prefixes.contains { stream.utf8.starts(with: $0.utf8) }
            }
        }
    }

    package enum Order: Sendable { case forward, backward }

    package var scope: Scope
    package var group: String
    package var streams = Streams.all
    package var order = Order.forward
    /// Reading begins behind this line, seen in the reading's direction; without one, at the outer end.
    package var after: LogPosition?
    /// The earliest time of a line, included.
    package var earliest: WallTime?
    /// The latest time of a line, included.
    package var latest: WallTime?
    package var maximumEvents = Limits.logEventsPerPage
    package var maximumBytes = Limits.logPageBytes
    /// Judges the bytes of a line.
    package var matches: @Sendable ([UInt8]) -> Bool = { _ in true }

    package init(scope: Scope, group: String) {
        self.scope = scope
        self.group = group
    }

    package func hasTime(_ time: WallTime) -> Bool {
        time >= self.earliest ?? WallTime(milliseconds: .min) && time <= self.latest ?? WallTime(milliseconds: .max)
    }
}

/// What a query found, in the order in which it was read.
package struct LogPage: Sendable, Equatable {
    package var events: [StoredLogEvent] = []
    /// The last line that was looked at, wanted or not; a further query goes on behind it.
    package var lastExamined: LogPosition?
    /// Whether nothing further was there. Otherwise a bound was reached: events, bytes, lines or time.
    package var isComplete = false

    package init() {}
}

package enum LogReadError: Error, Equatable {
    /// The position is none of this reader's.
    case unknownPosition
    /// More requests wait than are allowed to.
    case busy
    case failed(String)
}

/// Reads function log lines back. Work of one call is bounded in time and lines, and never done on the caller's thread
/// where it may block.
package protocol FunctionLogReader: Sendable {
    /// Groups with at least one line, by name.
    func groups(in scope: Scope) async throws(LogReadError) -> [LogGroupSummary]

    /// Streams of one group, by name; empty where there is no such group.
    func streams(of group: String, in scope: Scope) async throws(LogReadError) -> [LogStreamSummary]

    /// The times of the last line of each stream. One that could not be looked at in time is left out.
    func lastEvents(
        of streams: [String], group: String, in scope: Scope
    ) async throws(LogReadError) -> [String: LogEventTimes]

    /// Whether there is a line of the group, and of the stream where one is named.
    func contains(group: String, stream: String?, in scope: Scope) async throws(LogReadError) -> Bool

    func events(_ query: LogQuery) async throws(LogReadError) -> LogPage
}
