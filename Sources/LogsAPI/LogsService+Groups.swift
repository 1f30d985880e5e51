import LambdaCore

/// Groups and streams that somebody makes, as infrastructure tools do, and what is set on groups.
extension LogsService {
    func createGroup(_ input: LogsInput, _ scope: Scope) async throws(LogsError) -> JSONObject {
        let name = try input.group(in: scope)
        let tags = try input.tags(isRequired: false)
        let key = try input.text("kmsKeyId", 0...256)
        let groupClass = try input.groupClass()
        if try await self.exists(group: name, scope) { throw .groupExists }
        let now = self.time.wallTime
        return try await self.groups.write { transaction in
            let address = ResourceAddress(scope: scope, name: name)
            let old = try transaction.resource(LogGroupRecord.self, at: address)
            guard old?.isMade != true else { throw LogsError.groupExists }
            var record = LogGroupRecord(scope: scope, name: name, created: now, isMade: true)
            record.emptied = old?.emptied
            record.tags = tags
            record.kmsKey = key
            record.groupClass = groupClass
            try transaction.put(record)
            return JSONObject()
        }
    }

    /// Lines stay where they are, which is no place of this API's; they are shown no more.
    func deleteGroup(_ input: LogsInput, _ scope: Scope) async throws(LogsError) -> JSONObject {
        let name = try input.group(in: scope)
        try await self.requireExistence(group: name, scope)
        let hasLines = try await self.hasLine(group: name, stream: nil, scope)
        let now = self.time.wallTime
        return try await self.groups.write { transaction in
            let address = ResourceAddress(scope: scope, name: name)
            for stream in try transaction.resources(LogStreamRecord.self, in: scope, name: name) {
                try transaction.remove(LogStreamRecord.self, at: stream.address)
            }
            try transaction.remove(LogGroupRecord.self, at: address)
            if hasLines {
                var record = LogGroupRecord(scope: scope, name: name, created: now, isMade: false)
                record.emptied = now
                try transaction.put(record)
            }
            return JSONObject()
        }
    }

    func putRetention(_ input: LogsInput, _ scope: Scope) async throws(LogsError) -> JSONObject {
        let name = try input.group(in: scope)
        let days = try input.retention()
        return try await self.change(name, scope) { $0.retention = days }
    }

    func deleteRetention(_ input: LogsInput, _ scope: Scope) async throws(LogsError) -> JSONObject {
        try await self.change(try input.group(in: scope), scope) { $0.retention = nil }
    }

    func tag(_ input: LogsInput, _ scope: Scope, _ holder: LogsInput.TagHolder) async throws(LogsError) -> JSONObject {
        let name = try input.group(holder, in: scope)
        let tags = try input.tags(isRequired: true)
        return try await self.change(name, scope, missing: holder.missing) { record throws(LogsError) in
            record.tags.merge(tags) { _, new in new }
            guard record.tags.count <= Limits.tagsPerResource else { throw .tooManyTags }
        }
    }

    func untag(_ input: LogsInput, _ scope: Scope, _ holder: LogsInput.TagHolder) async throws(LogsError) -> JSONObject
    {
        let name = try input.group(holder, in: scope)
        let keys = try input.tagKeys(holder)
        return try await self.change(name, scope, missing: holder.missing) { record in
            for key in keys { record.tags[key] = nil }
        }
    }

    func listTags(
        _ input: LogsInput, _ scope: Scope, _ holder: LogsInput.TagHolder
    ) async throws(LogsError) -> JSONObject {
        let name = try input.group(holder, in: scope)
        guard try await self.exists(group: name, scope) else { throw holder.missing }
        let tags = try await self.groups.record(name, scope)?.tags ?? [:]
        var shape = JSONObject()
        for (key, value) in tags.sorted(by: { LogsOrder.precedes($0.key, $1.key) }) { shape[key] = .string(value) }
        return ["tags": .object(shape)]
    }

    /// Changes what is set on a group that is there. One that functions brought into being is from now on there without
    /// a line, too.
    private func change(
        _ name: String, _ scope: Scope, missing: LogsError = .noSuchGroup,
        _ body: @escaping @Sendable (inout LogGroupRecord) throws(LogsError) -> Void
    ) async throws(LogsError) -> JSONObject {
        guard try await self.exists(group: name, scope) else { throw missing }
        let now = self.time.wallTime
        return try await self.groups.write { transaction in
            let address = ResourceAddress(scope: scope, name: name)
            var record =
                try transaction.resource(LogGroupRecord.self, at: address)
                ?? LogGroupRecord(scope: scope, name: name, created: now, isMade: true)
            record.isMade = true
            try body(&record)
            try transaction.put(record)
            return JSONObject()
        }
    }

    // MARK: Streams

    func createStream(_ input: LogsInput, _ scope: Scope) async throws(LogsError) -> JSONObject {
        let group = try input.group(in: scope)
        let name = try input.stream()
        try await self.requireExistence(group: group, scope)
        if try await self.exists(stream: name, of: group, scope) { throw .streamExists }
        let now = self.time.wallTime
        return try await self.groups.write { transaction in
            let record = LogStreamRecord(scope: scope, group: group, name: name, created: now)
            guard try transaction.resource(LogStreamRecord.self, at: record.address) == nil else {
                throw LogsError.streamExists
            }
            try transaction.put(record)
            return JSONObject()
        }
    }

    func deleteStream(_ input: LogsInput, _ scope: Scope) async throws(LogsError) -> JSONObject {
        let group = try input.group(in: scope)
        let name = try input.stream()
        try await self.requireExistence(group: group, stream: name, scope)
        if try await self.hasShownLine(group: group, stream: name, scope) { throw .streamHasLines }
        return try await self.groups.write { transaction in
            try transaction.remove(
                LogStreamRecord.self, at: ResourceAddress(scope: scope, name: group, part: name))
            return JSONObject()
        }
    }
}

extension LogsInput.TagHolder {
    /// That there is no such group, in the operation's own words.
    fileprivate var missing: LogsError {
        switch self {
        case .group: .noSuchGroup
        case .resource: .noSuchResource
        }
    }
}
