import LambdaCore

/// What an event source mapping reads from, and what that allows.
enum EventSourceKind: String, Sendable, CaseIterable {
    case queue
    case fifoQueue
    case kinesis
    case dynamoDB
    case managedKafka
    case selfManagedKafka
    case broker
    case documentDB

    /// - Throws: That nothing can be read from such a source.
    init(arn: String?, isSelfManaged: Bool) throws(APIError) {
        guard let arn else {
            guard isSelfManaged else { throw .unrecognizedEventSource }
            self = .selfManagedKafka
            return
        }
        guard !isSelfManaged, let kind = Self.kind(of: arn) else { throw .unrecognizedEventSource }
        self = kind
    }

    private static func kind(of arn: String) -> EventSourceKind? {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6 else { return nil }
        let resource = parts[5]
        switch parts[2] {
        case "sqs": return resource.hasSuffix(".fifo") ? .fifoQueue : .queue
        case "kinesis": return resource.hasPrefix("stream/") ? .kinesis : nil
        // A table is no stream.
        case "dynamodb": return resource.hasPrefix("table/") && resource.contains("/stream/") ? .dynamoDB : nil
        case "kafka":
            return resource.hasPrefix("cluster/") || resource.hasPrefix("vpc-connection/") ? .managedKafka : nil
        case "mq": return resource.hasPrefix("broker:") ? .broker : nil
        case "rds": return resource.hasPrefix("cluster:") ? .documentDB : nil
        default: return nil
        }
    }

    var isQueue: Bool { self == .queue || self == .fifoQueue }
    var isStream: Bool { self == .kinesis || self == .dynamoDB }
    var isKafka: Bool { self == .managedKafka || self == .selfManagedKafka }

    /// `StateTransitionReason` after what a caller did. AWS has one word for each of two families.
    var userAction: String { self.isStream || self == .documentDB ? "User action" : "USER_INITIATED" }

    /// `LastProcessingResult` before the first record; queues have none.
    var nothingProcessed: String? { self.isQueue ? nil : "No records processed" }

    var defaultBatchSize: Int { self.isQueue ? 10 : 100 }

    /// `nil` where a position must be named, or cannot be.
    var defaultPosition: String? {
        switch self {
        case .managedKafka, .selfManagedKafka: "TRIM_HORIZON"
        case .documentDB: "LATEST"
        case .queue, .fifoQueue, .kinesis, .dynamoDB, .broker: nil
        }
    }

    /// Members of a request that mean something for this kind, apart from those that every kind has.
    var ownMembers: Set<String> {
        switch self {
        case .queue, .fifoQueue: ["FunctionResponseTypes", "ScalingConfig", "ProvisionedPollerConfig"]
        case .kinesis, .dynamoDB:
            Self.streamMembers.union(["ParallelizationFactor", "TumblingWindowInSeconds"])
        case .managedKafka: Self.kafkaMembers.union(["AmazonManagedKafkaEventSourceConfig"])
        case .selfManagedKafka:
            Self.kafkaMembers.union(["SelfManagedKafkaEventSourceConfig", "SelfManagedEventSource"])
        case .broker: ["Queues", "SourceAccessConfigurations"]
        case .documentDB:
            [
                "DocumentDBEventSourceConfig", "SourceAccessConfigurations", "StartingPosition",
                "StartingPositionTimestamp",
            ]
        }
    }

    private static let streamMembers: Set<String> = [
        "StartingPosition", "StartingPositionTimestamp", "DestinationConfig", "MaximumRecordAgeInSeconds",
        "BisectBatchOnFunctionError", "MaximumRetryAttempts", "FunctionResponseTypes",
    ]

    private static let kafkaMembers = streamMembers.union([
        "Topics", "SourceAccessConfigurations", "ProvisionedPollerConfig", "LoggingConfig",
    ])

    /// Members without which there is nothing to read, in the order in which they are missed.
    var requiredMembers: [String] {
        switch self {
        case .selfManagedKafka: ["SourceAccessConfigurations", "Topics"]
        case .managedKafka: ["Topics"]
        case .broker: ["SourceAccessConfigurations", "Queues"]
        case .documentDB: ["SourceAccessConfigurations", "DocumentDBEventSourceConfig"]
        case .queue, .fifoQueue, .kinesis, .dynamoDB: []
        }
    }

    /// Types of `SourceAccessConfigurations`. Source: the model's own text on each type.
    var accessTypes: Set<String> {
        switch self {
        case .managedKafka: ["SASL_SCRAM_512_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH"]
        case .selfManagedKafka:
            [
                "BASIC_AUTH", "VPC_SUBNET", "VPC_SECURITY_GROUP", "SASL_SCRAM_256_AUTH", "SASL_SCRAM_512_AUTH",
                "CLIENT_CERTIFICATE_TLS_AUTH", "SERVER_ROOT_CA_CERTIFICATE",
            ]
        case .broker: ["BASIC_AUTH", "VIRTUAL_HOST"]
        case .documentDB: ["BASIC_AUTH"]
        case .queue, .fifoQueue, .kinesis, .dynamoDB: []
        }
    }

    /// Services that records which were given up can be sent to.
    func canSend(to destination: String) -> Bool {
        if destination.hasPrefix("kafka://") { return self.isKafka }
        let parts = destination.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count >= 6 && ["sqs", "sns", "s3"].contains(parts[2])
    }

    /// Pollers that provisioned mode needs at least.
    var leastPollers: Int { self.isQueue ? 2 : 1 }
}
