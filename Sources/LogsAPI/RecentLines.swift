package import LambdaCore
import Synchronization

/// The most recent lines of functions in memory, for a server without a journal.
///
/// All groups share one number of bytes. Where it is reached, the group that holds most gives up its oldest lines, so that
/// a noisy function costs the others nothing.
package final class RecentLines: FunctionLogReader {
    private struct GroupKey: Hashable {
        let scope: Scope
        let name: String
    }

    private struct Line {
        let number: UInt64
        let entry: FunctionLogEntry

        var size: Int { self.entry.message.count + RecentLines.lineOverhead }
        var stream: String { self.entry.source.logStream }
        var position: LogPosition { LogPosition(String(self.number)) }
        // Memory takes a line when it arrives.
        var times: LogEventTimes { LogEventTimes(event: self.entry.time, ingestion: self.entry.time) }
        var event: StoredLogEvent {
            let digits = String(self.number)
            return StoredLogEvent(
                id: String(repeating: "0", count: RecentLines.idDigits - digits.count) + digits,
                position: self.position, stream: self.stream, times: self.times, message: self.entry.message)
        }
    }

    private struct State {
        var groups: [GroupKey: [Line]] = [:]
        var sizes: [GroupKey: Int] = [:]
        var bytes = 0
        var next: UInt64
    }

    /// Bytes that a line costs beside its text.
    private static let lineOverhead = 128
    /// Digits of an event's id, as many as AWS's have.
    private static let idDigits = 56

    private let maximumBytes: Int
    private let state: Mutex<State>

    /// - Parameters:
    ///   - maximumBytes: Of all groups together, with 128 bytes for each line beside its text.
    ///   - start: Now. Lines are numbered from here, so that those of an earlier process do not have the same ids.
    package init(maximumBytes: Int, start: WallTime) {
        self.maximumBytes = maximumBytes
        self.state = Mutex(State(next: UInt64(max(0, start.milliseconds)) * 1_000_000))
    }

    package func append(_ entries: [FunctionLogEntry]) {
        self.state.withLock { state in
            for entry in entries {
                let source = entry.source
                let key = GroupKey(
                    scope: Scope(account: source.account, region: source.region), name: source.logGroup)
                let line = Line(number: state.next, entry: entry)
                state.next += 1
                state.groups[key, default: []].append(line)
                state.sizes[key, default: 0] += line.size
                state.bytes += line.size
            }
            if state.bytes > self.maximumBytes { self.shrink(&state) }
        }
    }

    /// Frees an eighth more than it must, so that a flood does not come here with each line.
    private func shrink(_ state: inout State) {
        let goal = self.maximumBytes / 8 * 7
        while state.bytes > goal, let (key, size) = state.sizes.max(by: { $0.value < $1.value }) {
            var excess = min(state.bytes - goal, max(1, size / 2))
            var removed = 0
            let lines = state.groups[key] ?? []
            while excess > 0, removed < lines.count {
                excess -= lines[removed].size
                state.bytes -= lines[removed].size
                state.sizes[key, default: 0] -= lines[removed].size
                removed += 1
            }
            state.groups[key]?.removeFirst(removed)
            if removed == lines.count {
                state.groups[key] = nil
                state.sizes[key] = nil
            }
        }
    }

    // MARK: Reading

    private func lines(_ group: String, _ scope: Scope) -> [Line] {
        self.state.withLock { $0.groups[GroupKey(scope: scope, name: group)] ?? [] }
    }

    package func groups(in scope: Scope) async throws(LogReadError) -> [LogGroupSummary] {
        self.state.withLock { state in
            state.groups.compactMap { key, lines in
                guard key.scope == scope, let first = lines.first else { return nil }
                return LogGroupSummary(name: key.name, created: first.entry.time)
            }
        }.sorted { LogsOrder.precedes($0.name, $1.name) }
    }

    package func streams(of group: String, in scope: Scope) async throws(LogReadError) -> [LogStreamSummary] {
        var streams: [String: LogStreamSummary] = [:]
        for line in self.lines(group, scope) where streams[line.stream] == nil {
            streams[line.stream] = LogStreamSummary(
                name: line.stream, created: line.entry.time, firstEvent: line.entry.time)
        }
        return streams.values.sorted { LogsOrder.precedes($0.name, $1.name) }
    }

    package func lastEvents(
        of streams: [String], group: String, in scope: Scope
    ) async throws(LogReadError) -> [String: LogEventTimes] {
        let wanted = Set(streams)
        var last: [String: LogEventTimes] = [:]
        for line in self.lines(group, scope) where wanted.contains(line.stream) { last[line.stream] = line.times }
        return last
    }

    package func contains(group: String, stream: String?, in scope: Scope) async throws(LogReadError) -> Bool {
        self.lines(group, scope).contains { stream == nil || $0.stream == stream }
    }

    package func events(_ query: LogQuery) async throws(LogReadError) -> LogPage {
        var after: UInt64?
        if let position = query.after {
            guard let number = UInt64(position.text) else { throw .unknownPosition }
            after = number
        }
        let lines = self.lines(query.group, query.scope)
        switch query.order {
        case .forward:
            return RecentLines.page(lines.drop { line in after.map { line.number <= $0 } ?? false }, query)
        case .backward:
            return RecentLines.page(
                lines.reversed().drop { line in after.map { line.number >= $0 } ?? false }, query)
        }
    }

    private static func page(_ lines: some Sequence<Line>, _ query: LogQuery) -> LogPage {
        var collector = LogPageCollector(query)
        for line in lines where query.streams.contains(line.stream) && query.hasTime(line.entry.time) {
            guard collector.take(line.event) else { return collector.page }
        }
        return collector.finished()
    }
}
