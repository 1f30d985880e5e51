import LambdaCore

/// Texts of the operations on event source mappings.
extension APIError {
    static let mappingNotFound = APIError.noSuchResource

    static let mappedFunctionMissing = APIError.invalid("Function does not exist")

    static let unrecognizedEventSource = APIError.invalid("Unrecognized event source.")

    static func mappingInUse(_ deed: String) -> APIError {
        APIError(.resourceInUse, "Cannot \(deed) the event source mapping because it is in use.")
    }

    // MARK: Members

    /// - Parameter member: As the model names it.
    static func unsupportedMember(_ member: String) -> APIError {
        // AWS names this one otherwise than all others.
        let name = member == "DestinationConfig" ? member : "'\(member.prefix(1).lowercased())\(member.dropFirst())'"
        return .invalid("Unsupported \(name) parameter for given event source mapping type.")
    }

    static func missingMember(_ member: String) -> APIError {
        .invalid("Required '\(member.prefix(1).lowercased())\(member.dropFirst())' parameter is missing.")
    }

    static func invalidDestination(_ arn: String) -> APIError {
        .invalid("The destination ARN \(arn) is not one that this event source can send to.")
    }

    static func unsupportedAccess(_ type: String) -> APIError {
        .invalid("Unsupported source access configuration type \(type) for given event source mapping type.")
    }

    static let invalidFilterPattern = APIError.invalid("Invalid filter pattern definition.")

    static let tooManyFilters = APIError.invalid(
        "Filter criteria can have at most \(Limits.filtersPerMapping) filters.")

    // MARK: Positions

    /// With a full stop, and of another exception than the model's own sentence.
    static let startingPositionMissing = APIError.invalid(
        "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            + "Member must not be null.")

    static func startingPositionOfQueue(_ kind: String) -> APIError {
        .invalid("StartingPosition is not valid for \(kind) event sources.")
    }

    static func unsupportedStartingPosition(arn: String) -> APIError {
        .invalid("Unsupported starting position for arn type: \(arn)")
    }

    static let needlessTimestamp = APIError.invalid("Timestamp only valid with StartingPosition AT_TIMESTAMP")

    static let timestampMissing = APIError.invalid("StartingPosition AT_TIMESTAMP needs a StartingPositionTimestamp.")

    static let timestampInFuture = APIError.invalid("StartingPositionTimestamp cannot be in the future.")

    /// As Kinesis says it, through Lambda.
    static let negativeTimestamp = APIError.invalid(
        "Received Exception while reading from provided stream. "
            + "class java.lang.Long can not be converted to a Timestamp")

    // MARK: Numbers

    static let batchWithoutWindow = APIError.invalid(
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")

    static let windowOfFIFO = APIError.invalid("Batching window is not supported for FIFO queues")

    static let recordAgeTooSmall = APIError.invalid(
        "MaximumRecordAgeInSeconds must be -1 or at least \(Limits.recordAge.lowerBound).")

    static let scalingWithPollers = APIError.invalid(
        "ScalingConfig and ProvisionedPollerConfig cannot both be set for one event source mapping.")

    static let pollersOutOfOrder = APIError.invalid("MinimumPollers must not be greater than MaximumPollers.")

    static func tooFewPollers(_ minimum: Int) -> APIError {
        .invalid("MinimumPollers and MaximumPollers must be at least \(minimum) for given event source mapping type.")
    }

    // MARK: Duplicates

    static func duplicateQueueMapping(arn: String, function: String, uuid: String) -> APIError {
        self.duplicate(
            "An event source mapping with SQS arn (\" \(arn) \") and function (\" \(function) \") already exists.", uuid
        )
    }

    static func duplicateStreamMapping(arn: String, function: String, uuid: String) -> APIError {
        self.duplicate(
            "The event source arn (\" \(arn) \") and function (\" \(function) \") provided mapping already exists.",
            uuid)
    }

    /// - Parameter source: The servers of a cluster with commas between them, or its ARN.
    static func duplicateKafkaMapping(source: String, functionARN: String, topic: String, uuid: String) -> APIError {
        self.duplicate(
            "An event source mapping with event source (\"\(source)\"), function (\"\(functionARN)\"), "
                + "topics (\"\(topic)\") already exists.", uuid)
    }

    private static func duplicate(_ sentence: String, _ uuid: String) -> APIError {
        APIError(
            .resourceConflict, "\(sentence) Please update or delete the existing mapping with UUID \(uuid)")
    }
}
