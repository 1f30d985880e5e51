import LambdaCore

/// What one request asks of the journal, within the time that it has.
struct JournalSession: ~Copyable {
    /// Groups, of all accounts together, that are looked at.
    private static let maximumGroups = 10_000
    /// Lines between two looks at the clock.
    private static let linesPerLook = 64

    private let journal: OpenJournal
    private let writer: UInt32
    private let lines: Int
    private let deadline: ContinuousClock.Instant

    init(directory: String?, writer: UInt32, bounds: JournalReadBounds) throws(LogReadError) {
        self.lines = bounds.lines
        self.deadline = ContinuousClock().now.advanced(by: bounds.time)
        self.writer = writer
        do throws(OpenJournal.Failure) { self.journal = try OpenJournal(directory: directory) } catch {
            throw LogReadError(error)
        }
    }

    private var isOverdue: Bool { ContinuousClock().now >= self.deadline }

    private func match(_ scope: Scope, group: String) throws(OpenJournal.Failure) {
        self.journal.forgetMatches()
        try self.journal.match("_UID", String(self.writer))
        try self.journal.match("LAMBDA_ACCOUNT", scope.account.digits)
        try self.journal.match("LAMBDA_REGION", scope.region.name)
        try self.journal.match("LAMBDA_LOG_GROUP", group)
    }

    private func match(_ scope: Scope, group: String, stream: String) throws(OpenJournal.Failure) {
        try self.match(scope, group: group)
        try self.journal.match("LAMBDA_LOG_STREAM", stream)
    }

    // MARK: Lists

    func groups(in scope: Scope) throws(LogReadError) -> [LogGroupSummary] {
        do throws(OpenJournal.Failure) {
            var groups: [LogGroupSummary] = []
            let names = try self.journal.values(of: "LAMBDA_LOG_GROUP", maximum: JournalSession.maximumGroups)
            for name in names where !self.isOverdue {
                try self.match(scope, group: name)
                try self.journal.seek(.head)
                guard try self.journal.step(.forward) else { continue }
                groups.append(LogGroupSummary(name: name, created: try self.ingestionTime()))
            }
            return groups.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        } catch { throw LogReadError(error) }
    }

    /// Walks the entries that begin a stream. One whose first line was rotated away is not found.
    func streams(of group: String, in scope: Scope) throws(LogReadError) -> [LogStreamSummary] {
        do throws(OpenJournal.Failure) {
            var streams: [String: LogStreamSummary] = [:]
            try self.match(scope, group: group)
            try self.journal.match("MESSAGE_ID", JournalLogField.streamBegins)
            // From the newest: where time is short, those that somebody asks about are found.
            try self.journal.seek(.tail)
            while try self.journal.step(.backward), !self.isOverdue {
                guard let name = try self.journal.text("LAMBDA_LOG_STREAM") else { continue }
                let times = try self.times()
                // The earliest is met last, and counts.
                streams[name] = LogStreamSummary(name: name, created: times.ingestion, firstEvent: times.event)
            }
            return streams.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        } catch { throw LogReadError(error) }
    }

    func lastEvents(
        of streams: [String], group: String, in scope: Scope
    ) throws(LogReadError) -> [String: LogEventTimes] {
        do throws(OpenJournal.Failure) {
            var last: [String: LogEventTimes] = [:]
            // Names begin with their dates, so the newest come first.
            for stream in streams.sorted(by: >) where !self.isOverdue {
                try self.match(scope, group: group, stream: stream)
                try self.journal.seek(.tail)
                if try self.journal.step(.backward) { last[stream] = try self.times() }
            }
            return last
        } catch { throw LogReadError(error) }
    }

    func contains(group: String, stream: String?, in scope: Scope) throws(LogReadError) -> Bool {
        do throws(OpenJournal.Failure) {
            try self.match(scope, group: group)
            if let stream { try self.journal.match("LAMBDA_LOG_STREAM", stream) }
            try self.journal.seek(.head)
            return try self.journal.step(.forward)
        } catch { throw LogReadError(error) }
    }

    // MARK: Events

    func events(_ query: LogQuery) throws(LogReadError) -> LogPage {
        do throws(OpenJournal.Failure) { try self.match(query) } catch { throw LogReadError(error) }
        guard try self.begin(query) else { return LogPageCollector(query).finished() }
        do throws(OpenJournal.Failure) { return try self.collect(query) } catch { throw LogReadError(error) }
    }

    private func match(_ query: LogQuery) throws(OpenJournal.Failure) {
        try self.match(query.scope, group: query.group)
        if case .named(let names) = query.streams {
            for name in names { try self.journal.match("LAMBDA_LOG_STREAM", name) }
        }
    }

    /// Goes to the first line that is looked at. Returns `false` where there is none.
    private func begin(_ query: LogQuery) throws(LogReadError) -> Bool {
        if let cursor = query.after?.text {
            do throws(OpenJournal.Failure) { try self.journal.seek(.cursor(cursor)) } catch {
                throw .unknownPosition
            }
        }
        do throws(OpenJournal.Failure) {
            guard let cursor = query.after?.text else {
                try self.journal.seek(JournalSession.start(query))
                return try self.journal.step(query.order)
            }
            guard try self.journal.step(query.order) else { return false }
            // The line itself was given before. It may have been rotated away, and then this is its neighbour.
            guard try self.journal.isAt(cursor) else { return true }
            return try self.journal.step(query.order)
        } catch { throw LogReadError(error) }
    }

    /// A line is stored when it has arrived or later, but not much.
    private static func start(_ query: LogQuery) -> OpenJournal.Place {
        switch query.order {
        case .forward: query.earliest.map { .realtime($0.journalTime) } ?? .head
        case .backward: query.latest.map { .realtime($0.latestStoringTime) } ?? .tail
        }
    }

    private func collect(_ query: LogQuery) throws(OpenJournal.Failure) -> LogPage {
        var collector = LogPageCollector(query)
        var count = 0
        repeat {
            let realtime = try self.journal.realtime()
            switch query.order {
            case .forward:
                if let latest = query.latest, realtime > latest.latestStoringTime { return collector.finished() }
            case .backward:
                if let earliest = query.earliest, realtime < earliest.journalTime { return collector.finished() }
            }
            count += 1
            let isLast =
                count >= self.lines || count % JournalSession.linesPerLook == 0 && self.isOverdue
            if let event = try self.event(query), !collector.take(event) { return collector.page }
            if isLast { return collector.stopped(at: LogPosition(try self.journal.cursor())) }
        } while try self.journal.step(query.order)
        return collector.finished()
    }

    /// The present line, where the query's times and streams allow it.
    private func event(_ query: LogQuery) throws(OpenJournal.Failure) -> StoredLogEvent? {
        let times = try self.times()
        guard query.hasTime(times.event), let stream = try self.journal.text("LAMBDA_LOG_STREAM"),
            query.streams.contains(stream)
        else { return nil }
        let message = try self.journal.value("MESSAGE") ?? []
        let cursor = try self.journal.cursor()
        return StoredLogEvent(
            id: JournalEventID.text(ofCursor: cursor), position: LogPosition(cursor), stream: stream, times: times,
            message: message)
    }

    private func times() throws(OpenJournal.Failure) -> LogEventTimes {
        let ingestion = try self.ingestionTime()
        let arrival = try self.journal.text("LAMBDA_TIME").flatMap { Int64($0) }
        return LogEventTimes(event: arrival.map { WallTime(milliseconds: $0) } ?? ingestion, ingestion: ingestion)
    }

    private func ingestionTime() throws(OpenJournal.Failure) -> WallTime {
        WallTime(milliseconds: Int64(clamping: try self.journal.realtime() / 1_000))
    }
}

extension WallTime {
    /// Microseconds since 1970; times before that are 1970, and those after 2200 are that, so that sums do not overflow.
    fileprivate var journalTime: UInt64 { UInt64(min(max(0, self.milliseconds), 7_258_118_400_000)) * 1_000 }

    fileprivate var latestStoringTime: UInt64 {
        self.journalTime + UInt64(Limits.logStoringDelay.nanoseconds / 1_000) + 999
    }
}

extension LogReadError {
    fileprivate init(_ failure: OpenJournal.Failure) {
        self = .failed("the journal answered with errno \(failure.code)")
    }
}
