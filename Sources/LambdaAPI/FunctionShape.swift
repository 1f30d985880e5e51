import LambdaCore

/// Records as the API shows them. Members without a value are left out, as AWS does; the order is the model's.
enum FunctionShape {
    static func configuration(of record: FunctionRecord, qualifier: String? = nil) -> JSONObject {
        var shape = self.listed(record, qualifier: qualifier)
        shape["State"] = .string(record.state.rawValue)
        if record.state == .pending {
            shape["StateReason"] = .string(self.creating)
            shape["StateReasonCode"] = .string("Creating")
        }
        if let status = record.updateStatus {
            shape["LastUpdateStatus"] = .string(status.rawValue)
            if status == .inProgress {
                // AWS really says so of an update, too.
                shape["LastUpdateStatusReason"] = .string(self.creating)
                shape["LastUpdateStatusReasonCode"] = .string("Creating")
            }
        }
        var version = JSONObject()
        version["RuntimeVersionArn"] = .string(
            RuntimeVersion.arn(runtime: record.runtime, region: record.key.region))
        shape["RuntimeVersionConfig"] = .object(version)
        return shape
    }

    /// Lists show neither the states nor the runtime's version.
    static func listed(_ record: FunctionRecord, qualifier: String?) -> JSONObject {
        var shape = JSONObject()
        shape["FunctionName"] = .string(record.key.name.text)
        shape["FunctionArn"] = .string(qualifier.map { "\(record.key.arn):\($0)" } ?? record.key.arn)
        shape["Runtime"] = .string(record.runtime)
        shape["Role"] = .string(record.role)
        shape["Handler"] = .string(record.handler)
        shape["CodeSize"] = .number(String(record.code.size))
        shape["Description"] = .string(record.summary)
        shape["Timeout"] = .number(String(record.timeout))
        shape["MemorySize"] = .number(String(record.memorySize))
        shape["LastModified"] = .string(record.lastModified.lastModifiedText)
        shape["CodeSha256"] = .string(record.code.base64)
        shape["Version"] = .string(record.version)
        if let environment = record.environment {
            shape["Environment"] = self.wrapped("Variables", .object(self.map(environment)))
        }
        shape["TracingConfig"] = self.wrapped("Mode", .string(record.tracing.rawValue))
        shape["RevisionId"] = .string(record.revisionID)
        shape["PackageType"] = .string("Zip")
        shape["Architectures"] = .array([.string(record.architecture)])
        shape["EphemeralStorage"] = self.wrapped("Size", .number(String(record.ephemeralStorage)))
        var snapStart = JSONObject()
        snapStart["ApplyOn"] = .string("None")
        snapStart["OptimizationStatus"] = .string("Off")
        shape["SnapStart"] = .object(snapStart)
        shape["LoggingConfig"] = .object(self.logging(record.logging))
        return shape
    }

    /// A map in the order of its keys, so that two answers about one record are equal to the byte.
    static func map(_ entries: [String: String]) -> JSONObject {
        var object = JSONObject()
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) { object[key] = .string(value) }
        return object
    }

    private static let creating = "The function is being created."

    private static func wrapped(_ key: String, _ value: JSONValue) -> JSONValue {
        var object = JSONObject()
        object[key] = value
        return .object(object)
    }

    private static func logging(_ logging: FunctionRecord.Logging) -> JSONObject {
        var object = JSONObject()
        object["LogFormat"] = .string(logging.format)
        if let level = logging.applicationLevel { object["ApplicationLogLevel"] = .string(level) }
        if let level = logging.systemLevel { object["SystemLogLevel"] = .string(level) }
        object["LogGroup"] = .string(logging.group)
        return object
    }
}
