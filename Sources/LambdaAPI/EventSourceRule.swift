import LambdaCore

/// What AWS demands of a mapping's members beyond the model.
enum EventSourceRule {
    /// Members that only some kinds of sources have, in the order in which they are refused.
    private static let particular: [String] = [
        "DestinationConfig", "ParallelizationFactor", "StartingPosition", "StartingPositionTimestamp",
        "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError", "MaximumRetryAttempts", "TumblingWindowInSeconds",
        "Topics", "Queues", "SourceAccessConfigurations", "SelfManagedEventSource", "FunctionResponseTypes",
        "AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig", "ScalingConfig",
        "DocumentDBEventSourceConfig", "LoggingConfig", "ProvisionedPollerConfig",
    ]

    /// Whether a value asks for nothing: tools send empty values for what they leave out.
    static func isEmpty(_ value: JSONValue) -> Bool {
        switch value {
        case .null: true
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let members): members.allSatisfy { self.isEmpty($0.value) }
        case .bool, .number: false
        }
    }

    static func checkSupport(_ input: JSONObject, _ kind: EventSourceKind) throws(APIError) {
        let own = kind.ownMembers
        for member in self.particular where !own.contains(member) {
            if let value = input[member], !self.isEmpty(value) { throw .unsupportedMember(member) }
        }
        if let success = input["DestinationConfig"]?.objectValue?["OnSuccess"], !self.isEmpty(success) {
            throw .unsupportedMember("DestinationConfig")
        }
    }

    static func checkPosition(_ input: JSONObject, _ kind: EventSourceKind, now: WallTime) throws(APIError) {
        let position = input["StartingPosition"]?.stringValue
        let timestamp = input["StartingPositionTimestamp"]
        if kind.isQueue || kind == .broker {
            guard position == nil, timestamp == nil else {
                throw .startingPositionOfQueue(kind == .broker ? "MQ" : "SQS")
            }
            return
        }
        guard let position = position ?? kind.defaultPosition else { throw .startingPositionMissing }
        guard position == "AT_TIMESTAMP" else {
            if timestamp != nil { throw .needlessTimestamp }
            return
        }
        if kind == .dynamoDB { throw .unsupportedStartingPosition(arn: input["EventSourceArn"]?.stringValue ?? "") }
        guard let timestamp else { throw .timestampMissing }
        guard let seconds = self.seconds(timestamp) else {
            throw APIError(.serialization, "StartingPositionTimestamp is not a number of seconds since 1970.")
        }
        guard seconds >= 0 else { throw .negativeTimestamp }
        guard seconds * 1000 <= Double(now.milliseconds) else { throw .timestampInFuture }
    }

    /// Seconds since 1970 from a number, or from the text of one.
    private static func seconds(_ value: JSONValue) -> Double? {
        if let text = value.stringValue { return (try? JSONValue.parse(text.utf8))?.doubleValue }
        return value.doubleValue
    }

    /// The rules that hold for a mapping as a whole, after every change.
    static func check(_ members: JSONObject, _ kind: EventSourceKind) throws(APIError) {
        try self.checkBatch(members, kind)
        if let age = members["MaximumRecordAgeInSeconds"]?.intValue, age != -1, !Limits.recordAge.contains(age) {
            throw .recordAgeTooSmall
        }
        try self.checkFilters(members["FilterCriteria"])
        try self.checkAccess(members["SourceAccessConfigurations"], kind)
        let failure = members["DestinationConfig"]?.objectValue?["OnFailure"]?.objectValue
        if let destination = failure?["Destination"]?.stringValue, !kind.canSend(to: destination) {
            throw .invalidDestination(destination)
        }
        try self.checkPollers(members, kind)
    }

    private static func checkBatch(_ members: JSONObject, _ kind: EventSourceKind) throws(APIError) {
        let size = members["BatchSize"]?.intValue ?? kind.defaultBatchSize
        let window = members["MaximumBatchingWindowInSeconds"]?.intValue ?? 0
        if kind == .fifoQueue {
            guard size <= Limits.fifoBatchSize else {
                throw .constraint(
                    .invalidParameterValue, value: String(size), at: "batchSize",
                    "Member must have value less than or equal to \(Limits.fifoBatchSize)")
            }
            guard window == 0 else { throw .windowOfFIFO }
        }
        if kind == .queue, size > Limits.batchSizeWithoutWindow, window == 0 { throw .batchWithoutWindow }
    }

    private static func checkFilters(_ criteria: JSONValue?) throws(APIError) {
        let filters = criteria?.objectValue?["Filters"]?.arrayValue ?? []
        guard filters.count <= Limits.filtersPerMapping else { throw .tooManyFilters }
        for filter in filters {
            guard let pattern = filter.objectValue?["Pattern"]?.stringValue, EventPattern(pattern) != nil else {
                throw .invalidFilterPattern
            }
        }
    }

    private static func checkAccess(_ configurations: JSONValue?, _ kind: EventSourceKind) throws(APIError) {
        for configuration in configurations?.arrayValue ?? [] {
            let type = configuration.objectValue?["Type"]?.stringValue ?? ""
            guard kind.accessTypes.contains(type) else { throw .unsupportedAccess(type) }
        }
    }

    private static func checkPollers(_ members: JSONObject, _ kind: EventSourceKind) throws(APIError) {
        guard let pollers = members["ProvisionedPollerConfig"]?.objectValue else { return }
        if members["ScalingConfig"] != nil { throw .scalingWithPollers }
        let least = pollers["MinimumPollers"]?.intValue ?? kind.leastPollers
        let most = pollers["MaximumPollers"]?.intValue ?? least
        guard least >= kind.leastPollers, most >= kind.leastPollers else { throw .tooFewPollers(kind.leastPollers) }
        guard least <= most else { throw .pollersOutOfOrder }
        if pollers["PollerGroupName"] != nil, !kind.isKafka { throw .unsupportedMember("PollerGroupName") }
    }
}
