import LambdaCore

/// DescribeLogGroups and DescribeLogStreams.
extension LogsService {
    func describeGroups(_ input: LogsInput, _ scope: Scope) async throws(LogsError) -> JSONObject {
        let limit = try input.limit(Limits.logNamesPerPage)
        let prefix = try input.text("logGroupNamePrefix", 1...512)
        let pattern = try input.text("logGroupNamePattern", 0...512)
        if prefix != nil, pattern != nil { throw .prefixAndPattern }
        let after = try input.text("nextToken").map { token throws(LogsError) in try LogsToken.key(parsing: token) }
        let groups = try await self.shownGroups(in: scope)
        let found = groups.filter { group in
            group.name.utf8.starts(with: (prefix ?? "").utf8)
                && (pattern.map { $0.isEmpty || group.name.lowercased().contains($0.lowercased()) } ?? true)
                && (after.map { LogsOrder.precedes($0, group.name) } ?? true)
        }.sorted { LogsOrder.precedes($0.name, $1.name) }
        var answer: JSONObject = [
            "logGroups": .array(found.prefix(limit).map { .object(LogsShape.group($0, scope)) })
        ]
        if found.count > limit { answer["nextToken"] = .string(LogsToken.key(found[limit - 1].name)) }
        return answer
    }

    func describeStreams(_ input: LogsInput, _ scope: Scope) async throws(LogsError) -> JSONObject {
        let group = try input.group(in: scope)
        let limit = try input.limit(Limits.logNamesPerPage)
        let prefix = try input.text("logStreamNamePrefix", 1...512)
        let descending = try input.flag("descending")
        let byTime: Bool
        switch try input.text("orderBy") {
        case nil, "LogStreamName": byTime = false
        case "LastEventTime": byTime = true
        case let order?:
            throw .constraint(
                order, at: "orderBy", "Member must satisfy enum value set: [LogStreamName, LastEventTime]")
        }
        if byTime, prefix != nil { throw .orderedWithPrefix }
        let token = try input.text("nextToken").map { token throws(LogsError) in try LogsToken.key(parsing: token) }
        let after = try token.map { key throws(LogsError) in try StreamKey(parsing: key, byTime: byTime) }

        let all = try await self.shownStreams(of: group, scope)
        // Lines may outlive the one that began their stream.
        if all.isEmpty { try await self.requireExistence(group: group, scope) }
        let wanted = all.filter { $0.name.utf8.starts(with: (prefix ?? "").utf8) }
        var last: [String: LogEventTimes] = [:]
        if byTime { last = try await self.lastEvents(of: wanted.map(\.name), group, scope) }
        let keyed = wanted.map { stream in
            // One whose last line was not reached in time counts with its first, which is not later.
            let time = last[stream.name]?.event ?? stream.firstEvent ?? stream.created
            return (key: StreamKey(time: byTime ? time : nil, name: stream.name), stream: stream)
        }.sorted { descending ? $1.key < $0.key : $0.key < $1.key }
        let found = keyed.filter { item in after.map { descending ? item.key < $0 : $0 < item.key } ?? true }
        let page = found.prefix(limit)
        if !byTime { last = try await self.lastEvents(of: page.map(\.stream.name), group, scope) }
        var answer: JSONObject = [
            "logStreams": .array(
                page.map { .object(LogsShape.stream($0.stream, last: last[$0.stream.name], group: group, scope)) })
        ]
        if found.count > limit, let end = page.last { answer["nextToken"] = .string(LogsToken.key(end.key.text)) }
        return answer
    }

    func lastEvents(
        of streams: [String], _ group: String, _ scope: Scope
    ) async throws(LogsError) -> [String: LogEventTimes] {
        try await self.read { reader async throws(LogReadError) in
            try await reader.lastEvents(of: streams, group: group, in: scope)
        }
    }
}

/// The order of names: by their bytes, as AWS lists them, and not by any language.
enum LogsOrder {
    static func precedes(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
}

/// A stream's place in a list by name, or by the time of its last line and its name.
struct StreamKey: Comparable {
    let time: WallTime?
    let name: String

    init(time: WallTime?, name: String) {
        self.time = time
        self.name = name
    }

    init(parsing text: String, byTime: Bool) throws(LogsError) {
        guard byTime else {
            self.init(time: nil, name: text)
            return
        }
        let parts = text.split(separator: "/", maxSplits: 1)
        guard parts.count == 2, let milliseconds = Int64(parts[0]) else { throw .badToken }
        self.init(time: WallTime(milliseconds: milliseconds), name: String(parts[1]))
    }

    var text: String { self.time.map { "\($0.milliseconds)/\(self.name)" } ?? self.name }

    static func < (left: StreamKey, right: StreamKey) -> Bool {
        let (one, other) = (left.time?.milliseconds ?? 0, right.time?.milliseconds ?? 0)
        return one == other ? LogsOrder.precedes(left.name, right.name) : one < other
    }
}
