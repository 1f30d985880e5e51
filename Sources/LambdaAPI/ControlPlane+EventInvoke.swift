import LambdaCore
import LambdaShapes

/// Operations on how asynchronous invocations are retried and where their outcomes go.
extension ControlPlane {
    static let eventInvokeOperations: [Operation: Handler] = [
        .DeleteFunctionEventInvokeConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.deleteEventInvokeConfig(call))
        },
        .GetFunctionEventInvokeConfig: { (plane, call) throws(APIError) in
            Outcome(try plane.getEventInvokeConfig(call))
        },
        .ListFunctionEventInvokeConfigs: { (plane, call) throws(APIError) in
            Outcome(try plane.listEventInvokeConfigs(call))
        },
        .PutFunctionEventInvokeConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.writeEventInvokeConfig(call, merging: false))
        },
        .UpdateFunctionEventInvokeConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.writeEventInvokeConfig(call, merging: true))
        },
    ]

    /// Put replaces what is there; update keeps what was not sent, and needs something to be there.
    private func writeEventInvokeConfig(_ call: Call, merging: Bool) async throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.eventInvokePlace(call)
        let settings = try EventInvokeSettings(call.input)
        let now = self.time.wallTime
        let stored = try await self.change(call.requestID) { transaction in
            guard try ControlPlane.exists(qualifier, of: key, in: transaction) else {
                throw APIError.eventInvokeFunctionMissing
            }
            let address = key.address(part: qualifier)
            let present = merging ? try transaction.resource(EventInvokeConfigRecord.self, at: address) : nil
            guard present != nil || !merging else { throw APIError.eventInvokeConfigMissing(key, qualifier) }
            if let destinations = settings.destinations { try destinations.check(for: key, in: transaction) }
            var record = present ?? EventInvokeConfigRecord(function: key, qualifier: qualifier, modified: now)
            settings.apply(to: &record)
            record.modified = now
            try transaction.put(record)
            return record
        }
        return .json(EventInvokeShape.configuration(of: stored))
    }

    func getEventInvokeConfig(_ call: Call) throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.eventInvokePlace(call)
        guard let record = self.catalog.entry(key)?.eventInvokeConfigs[qualifier] else {
            throw .eventInvokeConfigMissing(key, qualifier)
        }
        return .json(EventInvokeShape.configuration(of: record))
    }

    func listEventInvokeConfigs(_ call: Call) throws(APIError) -> APIResponse {
        let key = try self.subject(of: call).key
        guard let entry = self.catalog.entry(key), entry.latest != nil else { throw .eventInvokeFunctionMissing }
        let page = try Paging(call.input).page(of: entry.eventInvokeConfigs.values, by: \.qualifier)
        return .json(page.answer("FunctionEventInvokeConfigs", EventInvokeShape.configuration))
    }

    func deleteEventInvokeConfig(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.eventInvokePlace(call)
        try await self.change(call.requestID) { transaction in
            guard try transaction.remove(EventInvokeConfigRecord.self, at: key.address(part: qualifier)) else {
                throw APIError.eventInvokeConfigMissing(key, qualifier)
            }
        }
        return .noContent
    }

    /// A configuration without a qualifier is that of `$LATEST`.
    private func eventInvokePlace(_ call: Call) throws(APIError) -> (key: FunctionKey, qualifier: String) {
        let (key, qualifier) = try self.subject(of: call)
        return (key, qualifier ?? FunctionRecord.latest)
    }

    /// Whether a qualifier of a function names a version or an alias.
    static func exists(_ qualifier: String, of key: FunctionKey, in store: any StoreReading) throws -> Bool {
        switch QualifierKind(qualifier) {
        case .alias: try store.alias(qualifier, of: key) != nil
        case .latest, .version: try store.record(ofVersion: qualifier, of: key) != nil
        }
    }
}

/// What a request sets. What was not sent is `nil`.
struct EventInvokeSettings: Sendable {
    let maximumRetryAttempts: Int?
    let maximumEventAge: Int?
    let destinations: EventDestinations?

    init(_ input: JSONObject) throws(APIError) {
        self.maximumRetryAttempts = input["MaximumRetryAttempts"]?.intValue
        self.maximumEventAge = input["MaximumEventAgeInSeconds"]?.intValue
        self.destinations = input["DestinationConfig"]?.objectValue.map { EventDestinations($0) }
        guard self.maximumRetryAttempts != nil || self.maximumEventAge != nil || self.destinations != nil else {
            throw .eventInvokeConfigEmpty
        }
    }

    func apply(to record: inout EventInvokeConfigRecord) {
        record.maximumRetryAttempts = self.maximumRetryAttempts ?? record.maximumRetryAttempts
        record.maximumEventAge = self.maximumEventAge ?? record.maximumEventAge
        if let destinations {
            record.onSuccess = destinations.onSuccess?.arn
            record.onFailure = destinations.onFailure?.arn
        }
    }
}

/// Configurations as the API shows them.
enum EventInvokeShape {
    static func configuration(of record: EventInvokeConfigRecord) -> JSONObject {
        var shape: JSONObject = [
            "LastModified": .number(record.modified.epochSecondsText),
            "FunctionArn": .string("\(record.function.arn):\(record.qualifier)"),
        ]
        if let attempts = record.maximumRetryAttempts { shape["MaximumRetryAttempts"] = .number(String(attempts)) }
        if let age = record.maximumEventAge { shape["MaximumEventAgeInSeconds"] = .number(String(age)) }
        shape["DestinationConfig"] = .object([
            "OnSuccess": self.destination(record.onSuccess), "OnFailure": self.destination(record.onFailure),
        ])
        return shape
    }

    /// AWS shows both, also those that are not set.
    private static func destination(_ arn: String?) -> JSONValue {
        .object(arn.map { ["Destination": .string($0)] } ?? JSONObject())
    }
}

extension WallTime {
    /// Seconds since 1970 with a fraction, as JSON numbers of this API have them: `1767323045.123`.
    var epochSecondsText: String {
        let rest = String(self.milliseconds % 1_000)
        return "\(self.milliseconds / 1_000).\(String(repeating: "0", count: max(0, 3 - rest.utf8.count)))\(rest)"
    }
}
