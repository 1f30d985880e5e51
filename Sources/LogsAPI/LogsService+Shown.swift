import LambdaCore

/// A group as it is listed: one with lines, one that somebody made, or both.
struct ShownGroup: Sendable, Equatable {
    let name: String
    let created: WallTime
    let record: LogGroupRecord?
}

/// What is there: lines that functions wrote, without what was deleted, and what was made.
extension LogsService {
    func shownGroups(in scope: Scope) async throws(LogsError) -> [ShownGroup] {
        let records = try await self.groups.records(in: scope)
        let written = try await self.read { reader async throws(LogReadError) in try await reader.groups(in: scope) }
        var shown: [ShownGroup] = records.filter(\.isMade).map {
            ShownGroup(name: $0.name, created: $0.created, record: $0)
        }
        let byName = records.reduce(into: [String: LogGroupRecord]()) { $0[$1.name] = $1 }
        for group in written {
            guard let record = byName[group.name] else {
                shown.append(ShownGroup(name: group.name, created: group.created, record: nil))
                continue
            }
            guard !record.isMade, let first = try await self.firstLine(after: record) else { continue }
            shown.append(ShownGroup(name: group.name, created: first, record: record))
        }
        return shown
    }

    /// Of a group that was deleted: when its first line since then was.
    private func firstLine(after record: LogGroupRecord) async throws(LogsError) -> WallTime? {
        var query = LogQuery(scope: record.scope, group: record.name)
        query.maximumEvents = 1
        return try await self.events(query).events.first?.times.event
    }

    func shownStreams(of group: String, _ scope: Scope) async throws(LogsError) -> [LogStreamSummary] {
        var streams = try await self.read { reader async throws(LogReadError) in
            try await reader.streams(of: group, in: scope)
        }
        if let emptied = try await self.groups.record(group, scope)?.emptied {
            let last = try await self.lastEvents(of: streams.map(\.name), group, scope)
            streams = streams.filter { last[$0.name].map { $0.event > emptied } ?? false }.map { stream in
                // Its first line since then is not looked for: it came later than the deletion, and that is said.
                LogStreamSummary(
                    name: stream.name, created: max(stream.created, emptied),
                    firstEvent: stream.firstEvent.map { max($0, emptied) })
            }
        }
        let names = Set(streams.map(\.name))
        let made = try await self.groups.streams(of: group, in: scope).filter { !names.contains($0.name) }
        return streams
            + made.map { LogStreamSummary(name: $0.name, created: $0.created, firstEvent: nil) }
    }

    /// - Throws: That the group is not there, or the stream in it.
    func requireExistence(group: String, stream: String? = nil, _ scope: Scope) async throws(LogsError) {
        guard try await self.exists(group: group, scope) else { throw .noSuchGroup }
        guard let stream else { return }
        guard try await self.exists(stream: stream, of: group, scope) else { throw .noSuchStream }
    }

    func exists(group: String, _ scope: Scope) async throws(LogsError) -> Bool {
        if let record = try await self.groups.record(group, scope) {
            if record.isMade { return true }
            return try await self.firstLine(after: record) != nil
        }
        return try await self.hasLine(group: group, stream: nil, scope)
    }

    func exists(stream: String, of group: String, _ scope: Scope) async throws(LogsError) -> Bool {
        if try await self.groups.stream(stream, of: group, in: scope) != nil { return true }
        return try await self.hasShownLine(group: group, stream: stream, scope)
    }

    /// Whether the stream has a line since the group was deleted, if it was.
    func hasShownLine(group: String, stream: String, _ scope: Scope) async throws(LogsError) -> Bool {
        guard let emptied = try await self.groups.record(group, scope)?.emptied else {
            return try await self.hasLine(group: group, stream: stream, scope)
        }
        return try await self.lastEvents(of: [stream], group, scope)[stream].map { $0.event > emptied } ?? false
    }

    func hasLine(group: String, stream: String?, _ scope: Scope) async throws(LogsError) -> Bool {
        try await self.read { reader async throws(LogReadError) in
            try await reader.contains(group: group, stream: stream, in: scope)
        }
    }
}
