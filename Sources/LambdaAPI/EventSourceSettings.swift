import LambdaCore

/// The members of a mapping that are about its source and the reading of it: checked, with the defaults that AWS gives back.
struct EventSourceSettings: Sendable, Equatable {
    let kind: EventSourceKind
    private(set) var members: JSONObject

    /// Of a mapping to be made.
    ///
    /// - Parameter uuid: The mapping's, which Kafka consumers are grouped by where no group is named.
    init(creating input: JSONObject, kind: EventSourceKind, uuid: String, now: WallTime) throws(APIError) {
        self.kind = kind
        self.members = JSONObject()
        try EventSourceRule.checkPosition(input, kind, now: now)
        try EventSourceRule.checkSupport(input, kind)
        for member in kind.requiredMembers where EventSourceRule.isEmpty(input[member] ?? .null) {
            throw .missingMember(member)
        }
        for member in Self.givenBack { self.members[member] = input[member] }
        self.normalize()
        self.setDefaults(uuid: uuid)
        try EventSourceRule.check(self.members, kind)
    }

    /// Of a stored mapping after a change: what was not sent keeps what is stored, and what was sent empty is taken away.
    init(_ stored: EventSourceSettings, changedBy input: JSONObject, uuid: String) throws(APIError) {
        self.kind = stored.kind
        self.members = stored.members
        try EventSourceRule.checkSupport(input, self.kind)
        for member in Self.givenBack {
            guard let value = input[member] else { continue }
            if self.kind.requiredMembers.contains(member), EventSourceRule.isEmpty(value) {
                throw .missingMember(member)
            }
            self.members[member] = value
        }
        self.normalize()
        self.setDefaults(uuid: uuid)
        try EventSourceRule.check(self.members, self.kind)
    }

    /// As stored; `nil` where the record holds what this server never writes.
    init?(_ record: EventSourceMappingRecord) {
        guard let kind = try? EventSourceKind(arn: record.sourceARN, isSelfManaged: record.sourceARN == nil),
            let members = (try? JSONValue.parse(record.membersJSON.utf8))?.objectValue
        else { return nil }
        self.kind = kind
        self.members = members
    }

    var json: String { String(decoding: JSONValue.object(self.members).serialized, as: UTF8.self) }

    /// Members of requests that answers repeat.
    static let givenBack = [
        "StartingPosition", "StartingPositionTimestamp", "BatchSize", "MaximumBatchingWindowInSeconds",
        "ParallelizationFactor", "FilterCriteria", "DestinationConfig", "Topics", "Queues",
        "SourceAccessConfigurations", "SelfManagedEventSource", "MaximumRecordAgeInSeconds",
        "BisectBatchOnFunctionError", "MaximumRetryAttempts", "TumblingWindowInSeconds", "FunctionResponseTypes",
        "AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig", "ScalingConfig",
        "DocumentDBEventSourceConfig", "KMSKeyArn", "MetricsConfig", "LoggingConfig", "ProvisionedPollerConfig",
    ]

    /// Takes away what asks for nothing.
    private mutating func normalize() {
        for member in Self.givenBack {
            guard let value = self.members[member], EventSourceRule.isEmpty(value) else { continue }
            self.members[member] = nil
        }
        // Kinesis's clients may send the time as text; it is given back as the number that it is.
        if let text = self.members["StartingPositionTimestamp"]?.stringValue {
            self.members["StartingPositionTimestamp"] = try? JSONValue.parse(text.utf8)
        }
    }

    private mutating func setDefaults(uuid: String) {
        self.setDefault("BatchSize", .number(String(self.kind.defaultBatchSize)))
        self.setDefault("StartingPosition", self.kind.defaultPosition.map { .string($0) })
        if self.kind.isQueue || self.kind.isStream {
            self.setDefault("MaximumBatchingWindowInSeconds", .number("0"))
            self.setDefault("FunctionResponseTypes", .array([]))
        }
        if self.kind.isStream {
            self.setDefault("ParallelizationFactor", .number("1"))
            self.setDefault("MaximumRecordAgeInSeconds", .number("-1"))
            self.setDefault("BisectBatchOnFunctionError", .bool(false))
            self.setDefault("MaximumRetryAttempts", .number("-1"))
            self.setDefault("TumblingWindowInSeconds", .number("0"))
            self.setDefault("DestinationConfig", .object(["OnFailure": .object(JSONObject())]))
        }
        switch self.kind {
        case .managedKafka:
            self.setDefault("ConsumerGroupId", .string(uuid), of: "AmazonManagedKafkaEventSourceConfig")
        case .selfManagedKafka:
            self.setDefault("ConsumerGroupId", .string(uuid), of: "SelfManagedKafkaEventSourceConfig")
        case .documentDB: self.setDefault("FullDocument", .string("Default"), of: "DocumentDBEventSourceConfig")
        case .queue, .fifoQueue, .kinesis, .dynamoDB, .broker: break
        }
        if self.members["ProvisionedPollerConfig"] != nil {
            self.setDefault("MinimumPollers", .number(String(self.kind.leastPollers)), of: "ProvisionedPollerConfig")
            self.setDefault("MaximumPollers", .number("200"), of: "ProvisionedPollerConfig")
        }
    }

    private mutating func setDefault(_ member: String, _ value: JSONValue?) {
        if self.members[member] == nil { self.members[member] = value }
    }

    private mutating func setDefault(_ member: String, _ value: JSONValue, of structure: String) {
        var object = self.members[structure]?.objectValue ?? JSONObject()
        if object[member] == nil { object[member] = value }
        self.members[structure] = .object(object)
    }
}

extension EventSourceSettings {
    /// Whether two mappings of one function would read the same records.
    func overlaps(_ other: EventSourceSettings) -> Bool {
        switch self.kind {
        case .queue, .fifoQueue, .kinesis, .dynamoDB: true
        case .managedKafka: self.members["Topics"] == other.members["Topics"]
        case .selfManagedKafka:
            self.members["Topics"] == other.members["Topics"] && !Set(self.servers).isDisjoint(with: other.servers)
        case .broker: self.members["Queues"] == other.members["Queues"]
        case .documentDB: self.collection == other.collection
        }
    }

    /// `host:port` of a self-managed cluster.
    var servers: [String] {
        let endpoints = self.members["SelfManagedEventSource"]?.objectValue?["Endpoints"]?.objectValue
        return (endpoints?["KAFKA_BOOTSTRAP_SERVERS"]?.arrayValue ?? []).compactMap { $0.stringValue }
    }

    var topic: String { self.members["Topics"]?.arrayValue?.first?.stringValue ?? "" }

    private var collection: [JSONValue?] {
        let config = self.members["DocumentDBEventSourceConfig"]?.objectValue
        return [config?["DatabaseName"], config?["CollectionName"]]
    }
}
