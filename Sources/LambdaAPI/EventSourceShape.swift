import LambdaCore

/// `EventSourceMappingConfiguration`: mappings as the API shows them, members in the model's order.
enum EventSourceShape {
    static func mapping(_ record: EventSourceMappingRecord) -> JSONObject {
        let settings = EventSourceSettings(record)
        let members = settings?.members ?? JSONObject()
        var shape = JSONObject()
        shape["UUID"] = .string(record.uuid)
        for member in self.membersBeforeSource { shape[member] = members[member] }
        shape["EventSourceArn"] = record.sourceARN.map { .string($0) }
        shape["FilterCriteria"] = members["FilterCriteria"]
        shape["FunctionArn"] = .string(record.functionARN)
        shape["LastModified"] = self.seconds(record.modified)
        // Nothing reads from sources yet, so that nothing else can be said of what was read.
        shape["LastProcessingResult"] = settings?.kind.nothingProcessed.map { .string($0) }
        shape["State"] = .string(record.state.rawValue)
        shape["StateTransitionReason"] = settings.map { .string($0.kind.userAction) }
        for member in EventSourceSettings.givenBack where !self.membersAfterARN.contains(member) {
            // Those that stand before have their places, and keep them.
            shape[member] = members[member]
        }
        shape["EventSourceMappingArn"] = .string(record.arn)
        for member in self.membersAfterARN { shape[member] = members[member] }
        return shape
    }

    private static let membersBeforeSource = [
        "StartingPosition", "StartingPositionTimestamp", "BatchSize", "MaximumBatchingWindowInSeconds",
        "ParallelizationFactor",
    ]

    private static let membersAfterARN = ["MetricsConfig", "LoggingConfig", "ProvisionedPollerConfig"]

    /// Seconds since 1970 with their milliseconds, as a JSON number.
    static func seconds(_ time: WallTime) -> JSONValue {
        let fraction = String(time.milliseconds % 1000)
        return .number(
            "\(time.milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.utf8.count))\(fraction)")
    }
}
