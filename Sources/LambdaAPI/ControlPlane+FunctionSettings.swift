import LambdaCore
import LambdaShapes

/// Operations on settings of a function that are no part of its versions: recursion, runtime management.
extension ControlPlane {
    static let functionSettingOperations: [Operation: Handler] = [
        .GetFunctionRecursionConfig: { (plane, call) throws(APIError) in
            Outcome(try plane.getRecursionConfig(call))
        },
        .GetRuntimeManagementConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.getRuntimeManagement(call))
        },
        .PutFunctionRecursionConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.putRecursionConfig(call))
        },
        .PutRuntimeManagementConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.putRuntimeManagement(call))
        },
    ]

    // MARK: Recursion

    func getRecursionConfig(_ call: Call) throws(APIError) -> APIResponse {
        let key = try self.wholeFunction(of: call)
        guard let entry = self.catalog.entry(key), entry.latest != nil else { throw .functionNotFound(key) }
        return .json(ControlPlane.shape(of: entry.properties?.recursiveLoop ?? .terminate))
    }

    func putRecursionConfig(_ call: Call) async throws(APIError) -> APIResponse {
        let key = try self.wholeFunction(of: call)
        let value = call.input["RecursiveLoop"]?.stringValue.flatMap { FunctionProperties.RecursiveLoop(rawValue: $0) }
        guard let value else { throw .internalError }
        try await self.change(call.requestID) { transaction in
            var properties = try transaction.properties(of: key, notFound: .functionNotFound(key))
            properties.recursiveLoop = value
            try transaction.put(properties)
        }
        return .json(ControlPlane.shape(of: value))
    }

    private static func shape(of value: FunctionProperties.RecursiveLoop) -> JSONObject {
        ["RecursiveLoop": .string(value.rawValue)]
    }

    // MARK: Runtime management

    func getRuntimeManagement(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.runtimeManagementPlace(call)
        let version = qualifier ?? FunctionRecord.latest
        let record = try await self.read(call.requestID) { store in
            guard try store.record(ofVersion: version, of: key) != nil else {
                throw APIError.functionNotFound(key, qualifier: qualifier)
            }
            return try store.resource(RuntimeManagementRecord.self, at: key.address(part: version))
        }
        // Auto is what every version has that was told nothing.
        return .json(
            RuntimeManagementShape.configuration(
                updateRuntimeOn: record?.updateRuntimeOn ?? RuntimeManagementRule.automatic,
                runtimeVersion: record?.runtimeVersionARN, of: key, qualifier: qualifier))
    }

    func putRuntimeManagement(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.runtimeManagementPlace(call)
        let mode = call.input["UpdateRuntimeOn"]?.stringValue ?? RuntimeManagementRule.automatic
        let arn = call.input["RuntimeVersionArn"]?.stringValue
        try RuntimeManagementRule.check(mode: mode, runtimeVersion: arn)
        let version = qualifier ?? FunctionRecord.latest
        try await self.change(call.requestID) { transaction in
            guard let record = try transaction.record(ofVersion: version, of: key) else {
                throw APIError.functionNotFound(key, qualifier: qualifier)
            }
            let present = RuntimeVersion.arn(runtime: record.runtime, region: key.region)
            if let arn, arn != present { throw APIError.otherRuntimeVersion(arn, present: present) }
            try transaction.put(
                RuntimeManagementRecord(version: record.versionKey, updateRuntimeOn: mode, runtimeVersionARN: arn))
        }
        return .json(
            RuntimeManagementShape.configuration(
                updateRuntimeOn: mode, runtimeVersion: arn, of: key, qualifier: qualifier))
    }

    /// A version, or `$LATEST` where there is no qualifier; an alias has no runtime of its own.
    private func runtimeManagementPlace(_ call: Call) throws(APIError) -> (key: FunctionKey, qualifier: String?) {
        let (key, qualifier) = try self.subject(of: call)
        if let qualifier, case .alias = QualifierKind(qualifier) { throw .aliasNotAllowed(key, qualifier) }
        return (key, qualifier)
    }
}

/// Which runtime version a mode goes with.
enum RuntimeManagementRule {
    static let automatic = "Auto"
    private static let manual = "Manual"

    static func check(mode: String, runtimeVersion: String?) throws(APIError) {
        if mode == self.manual {
            guard runtimeVersion != nil else { throw .runtimeVersionMissing }
        } else {
            guard runtimeVersion == nil else { throw .runtimeVersionNotManual(mode) }
        }
    }
}

/// Runtime management as the API shows it.
enum RuntimeManagementShape {
    static func configuration(
        updateRuntimeOn mode: String, runtimeVersion: String?, of key: FunctionKey, qualifier: String?
    ) -> JSONObject {
        var shape: JSONObject = [
            "UpdateRuntimeOn": .string(mode),
            "FunctionArn": .string(qualifier.map { "\(key.arn):\($0)" } ?? key.arn),
        ]
        if let runtimeVersion { shape["RuntimeVersionArn"] = .string(runtimeVersion) }
        return shape
    }
}
