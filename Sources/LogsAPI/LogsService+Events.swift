import LambdaCore

/// GetLogEvents and FilterLogEvents.
extension LogsService {
    func getEvents(_ input: LogsInput, _ scope: Scope) async throws(LogsError) -> JSONObject {
        let group = try input.group(in: scope)
        guard let stream = try input.text("logStreamName", 1...512) else { throw .missing("logStreamName") }
        var query = LogQuery(scope: scope, group: group)
        query.streams = .named([stream])
        query.maximumEvents = try input.limit(Limits.logEventsPerPage)
        query.earliest = try input.time("startTime")
        // An event at this very time is not wanted any more.
        query.latest = try input.time("endTime").map { WallTime(milliseconds: $0.milliseconds - 1) }
        var place = LogsToken.Place.outset
        var hasToken = false
        query.order = try input.flag("startFromHead") ? .forward : .backward
        if let token = try input.text("nextToken") {
            (query.order, place) = try LogsToken.events(parsing: token)
            hasToken = true
        }
        if case .at(let position) = place { query.after = position }

        // Behind the outset there is nothing; without a token, though, reading backward begins at the latest event.
        let isBehindOutset = hasToken && place == .outset && query.order == .backward
        let page = isBehindOutset ? LogPage() : try await self.events(query)
        if page.lastExamined == nil, !hasToken {
            try await self.requireExistence(group: group, stream: stream, scope)
        }
        return LogsService.shape(page, order: query.order, from: place)
    }

    /// The same token comes back where nothing further is there, which is how callers know that they are at the end.
    private static func shape(_ page: LogPage, order: LogQuery.Order, from place: LogsToken.Place) -> JSONObject {
        let furthest = page.lastExamined.map { LogsToken.Place.at($0) } ?? place
        let nearest = page.events.first.map { LogsToken.Place.at($0.position) } ?? place
        let (events, earlier, later) =
            switch order {
            case .forward: (page.events, nearest, furthest)
            case .backward: (page.events.reversed(), furthest, nearest)
            }
        return [
            "events": .array(events.map { .object(LogsShape.event($0)) }),
            "nextForwardToken": .string(LogsToken.events(.forward, later)),
            "nextBackwardToken": .string(LogsToken.events(.backward, earlier)),
        ]
    }

    func filterEvents(_ input: LogsInput, _ scope: Scope) async throws(LogsError) -> JSONObject {
        var query = LogQuery(scope: scope, group: try input.group(in: scope))
        query.streams = try LogsService.streams(input)
        query.maximumEvents = try input.limit(Limits.logEventsPerPage)
        query.earliest = try input.time("startTime")
        query.latest = try input.time("endTime")
        if let token = try input.text("nextToken") { query.after = LogPosition(try LogsToken.key(parsing: token)) }
        if let text = try input.text("filterPattern"), !text.isEmpty {
            let pattern = try LogsService.pattern(text)
            query.matches = { pattern.matches(String(decoding: $0, as: UTF8.self)) }
        }
        let page = try await self.events(query)
        if page.lastExamined == nil, query.after == nil {
            try await self.requireExistence(group: query.group, scope)
        }
        var answer: JSONObject = [
            "events": .array(page.events.map { .object(LogsShape.filteredEvent($0)) }),
            // AWS names no streams here any more.
            "searchedLogStreams": .array([]),
        ]
        if !page.isComplete, let position = page.lastExamined {
            answer["nextToken"] = .string(LogsToken.key(position.text))
        }
        return answer
    }

    /// What of a query's lines is shown: not those from before the group's deletion, nor those older than its retention.
    func events(_ query: LogQuery) async throws(LogsError) -> LogPage {
        var query = query
        if let earliest = try await self.groups.record(query.group, query.scope)?.earliest(now: self.time.wallTime) {
            query.earliest = max(earliest, query.earliest ?? earliest)
        }
        let bounded = query
        return try await self.read { reader async throws(LogReadError) in try await reader.events(bounded) }
    }

    private static func streams(_ input: LogsInput) throws(LogsError) -> LogQuery.Streams {
        let names = try input.texts("logStreamNames", maximum: Limits.logStreamsPerQuery)
        let prefix = try input.text("logStreamNamePrefix", 1...512)
        switch (names, prefix) {
        case (nil, nil): return .all
        case (_?, _?): throw .streamNamesAndPrefix
        case (let names?, nil): return .named(names)
        case (nil, let prefix?): return .prefixed([prefix])
        }
    }

    static func pattern(_ text: String) throws(LogsError) -> FilterPattern {
        do { return try FilterPattern(parsing: text) } catch { throw .badPattern(error.description) }
    }
}
