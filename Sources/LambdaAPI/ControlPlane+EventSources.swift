import LambdaCore
import LambdaShapes
import Logging

/// Operations on event source mappings. They are stored, validated and given back; nothing reads from the sources yet.
extension ControlPlane {
    static let eventSourceOperations: [Operation: Handler] = [
        .CreateEventSourceMapping: { (plane, call) throws(APIError) in try await plane.createEventSourceMapping(call) },
        .GetEventSourceMapping: { (plane, call) throws(APIError) in
            Outcome(try await plane.getEventSourceMapping(call))
        },
        .UpdateEventSourceMapping: { (plane, call) throws(APIError) in try await plane.updateEventSourceMapping(call) },
        .DeleteEventSourceMapping: { (plane, call) throws(APIError) in try await plane.deleteEventSourceMapping(call) },
        .ListEventSourceMappings: { (plane, call) throws(APIError) in
            Outcome(try await plane.listEventSourceMappings(call))
        },
    ]

    func createEventSourceMapping(_ call: Call) async throws(APIError) -> Outcome {
        let source = call.input["EventSourceArn"]?.stringValue
        let isSelfManaged = !EventSourceRule.isEmpty(call.input["SelfManagedEventSource"] ?? .null)
        let kind = try EventSourceKind(arn: source, isSelfManaged: isSelfManaged)
        let uuid = RequestID.random().text
        let now = self.time.wallTime
        let settings = try EventSourceSettings(creating: call.input, kind: kind, uuid: uuid, now: now)
        let tags = try FunctionSettings.tags(call.input)
        let function = try self.mappedFunction(call)
        let isEnabled = call.input["Enabled"]?.boolValue ?? true
        let created = EventSourceMappingRecord(
            scope: call.scope, uuid: uuid, functionARN: function, sourceARN: source,
            // One that is not to be enabled is at rest at once.
            state: isEnabled ? .creating : .disabled, isEnabled: isEnabled, membersJSON: settings.json, tags: tags,
            modified: now)
        try await self.change(call.requestID) { transaction in
            try ControlPlane.refuseDuplicate(of: created, settings, transaction)
            try transaction.put(created)
        }
        return self.outcome(created, of: .CreateEventSourceMapping, call)
    }

    func getEventSourceMapping(_ call: Call) async throws(APIError) -> APIResponse {
        let address = call.mappingAddress
        let record = try await self.read(call.requestID) { try $0.resource(EventSourceMappingRecord.self, at: address) }
        guard let record else { throw .mappingNotFound }
        return .json(EventSourceShape.mapping(record))
    }

    func updateEventSourceMapping(_ call: Call) async throws(APIError) -> Outcome {
        let address = call.mappingAddress
        let input = call.input
        let stored = try await self.read(call.requestID) { try $0.resource(EventSourceMappingRecord.self, at: address) }
        guard stored != nil else { throw .mappingNotFound }
        let function = input["FunctionName"] == nil ? nil : try self.mappedFunction(call)
        let now = self.time.wallTime
        let updated = try await self.change(call.requestID) { transaction in
            guard var record = try transaction.resource(EventSourceMappingRecord.self, at: address) else {
                throw APIError.mappingNotFound
            }
            guard record.state.isSettled, let before = EventSourceSettings(record) else {
                throw APIError.mappingInUse("update")
            }
            let settings = try EventSourceSettings(before, changedBy: input, uuid: record.uuid)
            let isEnabled = input["Enabled"]?.boolValue ?? record.isEnabled
            record.state = isEnabled == record.isEnabled ? .updating : isEnabled ? .enabling : .disabling
            record.isEnabled = isEnabled
            record.functionARN = function ?? record.functionARN
            record.membersJSON = settings.json
            record.modified = now
            try ControlPlane.refuseDuplicate(of: record, settings, transaction)
            try transaction.put(record)
            return record
        }
        return self.outcome(updated, of: .UpdateEventSourceMapping, call)
    }

    func deleteEventSourceMapping(_ call: Call) async throws(APIError) -> Outcome {
        let address = call.mappingAddress
        let now = self.time.wallTime
        let deleted = try await self.change(call.requestID) { transaction in
            guard var record = try transaction.resource(EventSourceMappingRecord.self, at: address) else {
                throw APIError.mappingNotFound
            }
            guard record.state.isSettled else { throw APIError.mappingInUse("delete") }
            record.state = .deleting
            record.modified = now
            try transaction.put(record)
            return record
        }
        return self.outcome(deleted, of: .DeleteEventSourceMapping, call)
    }

    func listEventSourceMappings(_ call: Call) async throws(APIError) -> APIResponse {
        let page = try Paging(call.input, size: Limits.mappingsPerPage)
        let scope = call.scope
        let source = call.input["EventSourceArn"]?.stringValue
        var function: String?
        if let name = call.input["FunctionName"]?.stringValue {
            let (key, qualifier) = try FunctionReference(parsing: name).resolve(
                account: scope.account, region: scope.region, queryQualifier: nil)
            function = ControlPlane.mappedARN(key, qualifier)
        }
        let wanted: @Sendable (EventSourceMappingRecord) -> Bool = { [function] record in
            (source == nil || record.sourceARN == source)
                && (function == nil || record.functionARN.withoutLatest == function?.withoutLatest)
        }
        let found = try await self.read(call.requestID) { store in
            var found: [EventSourceMappingRecord] = []
            var last = page.after.map { ResourceAddress(scope: scope, name: $0) }
            while found.count <= page.limit {
                let next = try store.resources(
                    EventSourceMappingRecord.self, in: scope, name: nil, after: last, limit: page.limit + 1)
                guard let end = next.last else { break }
                found += next.filter(wanted)
                last = end.address
            }
            return found
        }
        let answer = page.answer(found, as: "EventSourceMappings", key: \.uuid) { EventSourceShape.mapping($0) }
        return .json(answer)
    }
}

extension ControlPlane {
    /// The second write of a change: what was under way is done.
    func finishMappingChange(at address: ResourceAddress, requestID: RequestID) async {
        let now = self.time.wallTime
        do {
            try await self.change(requestID) { transaction in
                guard var record = try transaction.resource(EventSourceMappingRecord.self, at: address) else { return }
                switch record.state {
                case .enabled, .disabled: return
                case .deleting: try transaction.remove(EventSourceMappingRecord.self, at: address)
                case .creating, .updating, .enabling, .disabling:
                    record.state = record.isEnabled ? .enabled : .disabled
                    record.modified = now
                    try transaction.put(record)
                }
            }
        } catch {
            self.log.error(
                "an event source mapping stays in transition until the next start",
                metadata: ["request": "\(requestID)", "mapping": "\(address.name)"])
        }
    }

    /// Finishes changes of mappings that a crash interrupted between their two writes.
    func finishInterruptedMappings() async {
        let requestID = RequestID.random()
        do {
            let unsettled = try await self.read(requestID) { store in
                try store.everything(EventSourceMappingRecord.self).filter { !$0.state.isSettled }.map(\.address)
            }
            for address in unsettled { await self.finishMappingChange(at: address, requestID: requestID) }
        } catch {
            // The reason is in the log already.
            self.log.error("event source mappings stay in transition", metadata: ["request": "\(requestID)"])
        }
    }

    private func outcome(
        _ record: EventSourceMappingRecord, of operation: LambdaShapes.Operation, _ call: Call
    ) -> Outcome {
        let response = APIResponse.json(EventSourceShape.mapping(record), status: operation.successStatus)
        guard !record.state.isSettled else { return Outcome(response) }
        return Outcome(response) { await self.finishMappingChange(at: record.address, requestID: call.requestID) }
    }

    /// The ARN of the function that the call names, which must be there; with a qualifier where one was given.
    private func mappedFunction(_ call: Call) throws(APIError) -> String {
        let reference = FunctionReference(parsing: call.input["FunctionName"]?.stringValue ?? "")
        guard FunctionName(reference.name) != nil else { throw .mappedFunctionMissing }
        let (key, qualifier) = try reference.resolve(
            account: call.scope.account, region: call.scope.region, queryQualifier: nil)
        guard let entry = self.catalog.entry(key), entry.latest != nil, entry.shown(qualifier) != nil else {
            throw .mappedFunctionMissing
        }
        return ControlPlane.mappedARN(key, qualifier)
    }

    private static func mappedARN(_ key: FunctionKey, _ qualifier: String?) -> String {
        qualifier.map { "\(key.arn):\($0)" } ?? key.arn
    }

    /// - Throws: That another mapping reads the same records for the same function.
    private static func refuseDuplicate(
        of record: EventSourceMappingRecord, _ settings: EventSourceSettings, _ store: any StoreReading
    ) throws {
        let function = record.functionARN.withoutLatest
        let others = try store.resources(EventSourceMappingRecord.self, in: record.scope)
        let duplicate = others.first { other in
            guard other.uuid != record.uuid, other.sourceARN == record.sourceARN,
                other.functionARN.withoutLatest == function, let theirs = EventSourceSettings(other)
            else { return false }
            return settings.overlaps(theirs)
        }
        guard let uuid = duplicate?.uuid else { return }
        // What follows `function:`, for AWS calls the function by its name here.
        let name = String(function.split(separator: ":", maxSplits: 6).last ?? "")
        let source = record.sourceARN ?? settings.servers.joined(separator: ",")
        throw switch settings.kind {
        case .queue, .fifoQueue: APIError.duplicateQueueMapping(arn: source, function: name, uuid: uuid)
        case .managedKafka, .selfManagedKafka:
            APIError.duplicateKafkaMapping(
                source: source, functionARN: record.functionARN, topic: settings.topic, uuid: uuid)
        case .kinesis, .dynamoDB, .broker, .documentDB:
            APIError.duplicateStreamMapping(arn: source, function: name, uuid: uuid)
        }
    }
}

extension ControlPlane.Call {
    /// Where the mapping is kept that the path names. Ids are in lower case, whatever the caller writes.
    fileprivate var mappingAddress: ResourceAddress {
        ResourceAddress(scope: self.scope, name: (self.input["UUID"]?.stringValue ?? "").lowercased())
    }
}

extension String {
    /// A function's ARN without `:$LATEST`, for that and no qualifier name the same thing.
    fileprivate var withoutLatest: String {
        let suffix = ":" + FunctionRecord.latest
        return self.hasSuffix(suffix) ? String(self.dropLast(suffix.count)) : self
    }
}
