import LambdaCore
import Synchronization

/// How many live tails each account and region has.
final class LiveTailCount: Sendable {
    let limit: Int
    private let counts = Mutex<[Scope: Int]>([:])

    init(limit: Int) { self.limit = limit }

    /// Returns `false` where there are as many as there may be.
    func begin(_ scope: Scope) -> Bool {
        self.counts.withLock { counts in
            guard counts[scope, default: 0] < self.limit else { return false }
            counts[scope, default: 0] += 1
            return true
        }
    }

    func end(_ scope: Scope) {
        self.counts.withLock { counts in
            let left = counts[scope, default: 0] - 1
            counts[scope] = left > 0 ? left : nil
        }
    }
}

/// What a StartLiveTail asks for.
struct LiveTailRequest: Sendable {
    let scope: Scope
    /// As the caller named them, and their names.
    let identifiers: [String]
    let groups: [String]
    let streams: LogQuery.Streams
    let streamNames: [String]
    let streamPrefixes: [String]
    let patternText: String
    let pattern: FilterPattern?
}

/// One live tail: tells once a second what functions have written since, until it has lasted for three hours.
actor LiveTail: TargetedEvents {
    private enum Phase { case began, introduced, running, over }

    private let request: LiveTailRequest
    private let service: LogsService
    private let requestID: RequestID
    private let begin: Instant
    /// Lines from here on are told; it moves with what was told, where the reader gives no position yet.
    private let since: WallTime
    private var positions: [String: LogPosition] = [:]
    private var phase = Phase.began

    init(_ request: LiveTailRequest, service: LogsService, requestID: RequestID) {
        self.request = request
        self.service = service
        self.requestID = requestID
        self.begin = service.time.now
        self.since = service.time.wallTime
    }

    nonisolated func ended() { self.service.liveTails.end(self.request.scope) }

    func next() async -> TargetedEvent? {
        switch self.phase {
        case .began:
            // What AWS's protocol of this kind begins with; the members that are no events would be in it.
            self.phase = .introduced
            return TargetedEvent("initial-response", payload: JSONObject())
        case .introduced:
            self.phase = .running
            return TargetedEvent("sessionStart", payload: self.start)
        case .running: return await self.update()
        case .over: return nil
        }
    }

    private func update() async -> TargetedEvent? {
        await self.service.pause(Limits.liveTailInterval)
        guard self.service.time.now.since(self.begin) < Limits.liveTailLifetime else {
            self.phase = .over
            return TargetedEvent(
                "SessionTimeoutException", kind: .exception,
                payload: ["message": .string("The session has lasted for as long as it may.")])
        }
        do throws(LogsError) {
            let events = try await self.newEvents()
            return TargetedEvent("sessionUpdate", payload: self.shape(events))
        } catch {
            // Readers that are busy are asked again a second later; nothing is lost by that.
            if error == .busy { return TargetedEvent("sessionUpdate", payload: self.shape([])) }
            self.phase = .over
            return TargetedEvent(
                "SessionStreamingException", kind: .exception,
                payload: ["message": .string(error.message ?? error.code)])
        }
    }

    private func newEvents() async throws(LogsError) -> [(group: String, event: StoredLogEvent)] {
        var found: [(group: String, event: StoredLogEvent)] = []
        for group in self.request.groups {
            var query = LogQuery(scope: self.request.scope, group: group)
            query.streams = self.request.streams
            query.after = self.positions[group]
            query.earliest = self.since
            if let pattern = self.request.pattern {
                query.matches = { pattern.matches(String(decoding: $0, as: UTF8.self)) }
            }
            let page = try await self.service.events(query)
            if let last = page.lastExamined { self.positions[group] = last }
            found += page.events.map { (group, $0) }
        }
        return found.enumerated().sorted {
            ($0.element.event.times.event, $0.offset) < ($1.element.event.times.event, $1.offset)
        }.map(\.element)
    }

    // MARK: Shapes

    private var start: JSONObject {
        func texts(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
        return [
            "requestId": .string(self.requestID.text),
            "sessionId": .string(RequestID.random().text),
            "logGroupIdentifiers": texts(self.request.identifiers),
            "logStreamNames": texts(self.request.streamNames),
            "logStreamNamePrefixes": texts(self.request.streamPrefixes),
            "logEventFilterPattern": .string(self.request.patternText),
        ]
    }

    private func shape(_ found: [(group: String, event: StoredLogEvent)]) -> JSONObject {
        let isSampled = found.count > Limits.liveTailLines
        // Evenly over the second, where there are too many.
        let shown =
            isSampled ? (0..<Limits.liveTailLines).map { found[$0 * found.count / Limits.liveTailLines] } : found
        return [
            "sessionMetadata": .object(["sampled": .bool(isSampled)]),
            "sessionResults": .array(shown.map { .object(self.shape($0.event, of: $0.group)) }),
        ]
    }

    private func shape(_ event: StoredLogEvent, of group: String) -> JSONObject {
        [
            "logStreamName": .string(event.stream),
            "logGroupIdentifier": .string("\(self.request.scope.account):\(group)"),
            "message": .string(LogsShape.text(event.message)),
            "timestamp": LogsShape.number(event.times.event),
            "ingestionTime": LogsShape.number(event.times.ingestion),
        ]
    }
}

extension LogsService {
    func startLiveTail(_ input: LogsInput, _ call: TargetedCall) async throws(LogsError) -> LiveTail {
        let scope = call.scope
        guard let identifiers = try input.texts("logGroupIdentifiers", maximum: Limits.liveTailGroups) else {
            throw .missing("logGroupIdentifiers")
        }
        var groups: [String] = []
        for identifier in identifiers {
            let group = try LogsInput.group(identifier, in: scope)
            if !groups.contains(group) { groups.append(group) }
        }
        let names = try input.texts("logStreamNames", maximum: Limits.logStreamsPerQuery)
        let prefixes = try input.texts("logStreamNamePrefixes", maximum: Limits.logStreamsPerQuery)
        let streams: LogQuery.Streams
        switch (names, prefixes) {
        case (nil, nil): streams = .all
        case (_?, _?): throw .streamNamesAndPrefix
        case (let names?, nil): streams = .named(names)
        case (nil, let prefixes?): streams = .prefixed(prefixes)
        }
        if streams != .all, groups.count > 1 { throw .streamsOfManyGroups }
        let text = try input.text("logEventFilterPattern", 0...1_024) ?? ""
        let pattern = text.isEmpty ? nil : try LogsService.pattern(text)
        for group in groups { try await self.requireExistence(group: group, scope) }
        guard self.liveTails.begin(scope) else { throw .tooManyLiveTails(self.liveTails.limit) }
        return LiveTail(
            LiveTailRequest(
                scope: scope, identifiers: identifiers, groups: groups, streams: streams, streamNames: names ?? [],
                streamPrefixes: prefixes ?? [], patternText: text, pattern: pattern),
            service: self, requestID: call.requestID)
    }
}
