import LambdaCore

/// Records as the API shows them. Members without a value are left out, as AWS does; the order is the model's.
///
/// Written straight into bytes: a page of a list has fifty of these.
enum FunctionShape {
    /// A whole configuration.
    static func configuration(of record: FunctionRecord, qualifier: String? = nil) -> [UInt8] {
        var writer = JSONWriter()
        self.write(record, qualifier: qualifier, isListed: false, to: &writer)
        return writer.bytes
    }

    /// - Parameters:
    ///   - qualifier: As the caller addressed it; it becomes the end of the ARN.
    ///   - isListed: Lists show neither the states nor the runtime's version.
    static func write(_ record: FunctionRecord, qualifier: String?, isListed: Bool, to writer: inout JSONWriter) {
        writer.beginObject()
        self.writeBasics(record, qualifier: qualifier, to: &writer)
        self.writeOptionalParts(record, to: &writer)
        writer.member("PackageType", record.packageType.rawValue)
        if let image = record.image { writer.object("ImageConfigResponse") { self.write(image, to: &$0) } }
        writer.member("Architectures", [record.architecture])
        writer.object("EphemeralStorage") { $0.member("Size", record.ephemeralStorage) }
        writer.object("SnapStart") { writer in
            writer.member("ApplyOn", record.snapStart.rawValue)
            // Only a published version has been started from a snapshot, as far as AWS tells.
            let isOn = record.snapStart == .publishedVersions && !record.isLatest
            writer.member("OptimizationStatus", isOn ? "On" : "Off")
        }
        writer.object("LoggingConfig") { self.write(record.logging, to: &$0) }
        if let mode = record.tenantIsolation {
            writer.object("TenancyConfig") { $0.member("TenantIsolationMode", mode) }
        }
        if !isListed { self.writeStates(record, to: &writer) }
        writer.endObject()
    }

    /// A map in the order of its keys, so that two answers about one record are equal to the byte.
    static func map(_ entries: [String: String]) -> JSONObject {
        var object = JSONObject()
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) { object[key] = .string(value) }
        return object
    }

    private static func writeBasics(_ record: FunctionRecord, qualifier: String?, to writer: inout JSONWriter) {
        writer.member("FunctionName", record.key.name.text)
        let arn = record.key.arn
        writer.member("FunctionArn", qualifier.map { "\(arn):\($0)" } ?? arn)
        if record.packageType == .zip { writer.member("Runtime", record.runtime) }
        writer.member("Role", record.role)
        if record.packageType == .zip { writer.member("Handler", record.handler) }
        writer.member("CodeSize", record.code.size)
        writer.member("Description", record.summary)
        writer.member("Timeout", record.timeout)
        writer.member("MemorySize", record.memorySize)
        writer.member("LastModified", record.lastModified.lastModifiedText)
        writer.member("CodeSha256", record.code.base64)
        writer.member("Version", record.version)
    }

    private static func writeOptionalParts(_ record: FunctionRecord, to writer: inout JSONWriter) {
        if let vpc = record.vpc { writer.object("VpcConfig") { self.write(vpc, to: &$0) } }
        if let target = record.deadLetterTarget { writer.object("DeadLetterConfig") { $0.member("TargetArn", target) } }
        if let environment = record.environment {
            writer.object("Environment") { $0.member("Variables", environment) }
        }
        if let key = record.kmsKeyARN { writer.member("KMSKeyArn", key) }
        writer.object("TracingConfig") { $0.member("Mode", record.tracing.rawValue) }
        writer.member("RevisionId", record.revisionID)
        if !record.layers.isEmpty {
            writer.key("Layers")
            writer.beginArray()
            for layer in record.layers {
                writer.beginObject()
                writer.member("Arn", layer.versionARN)
                writer.member("CodeSize", layer.code.size)
                writer.endObject()
            }
            writer.endArray()
        }
        if !record.fileSystems.isEmpty {
            writer.key("FileSystemConfigs")
            writer.beginArray()
            for fileSystem in record.fileSystems {
                writer.beginObject()
                writer.member("Arn", fileSystem.arn)
                writer.member("LocalMountPath", fileSystem.mountPath)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    private static func writeStates(_ record: FunctionRecord, to writer: inout JSONWriter) {
        writer.member("State", record.state.rawValue)
        if let reason = record.state == .pending ? FunctionTransition.creating : record.stateReason {
            writer.member("StateReason", reason.text)
            writer.member("StateReasonCode", reason.code)
        }
        if let status = record.updateStatus {
            writer.member("LastUpdateStatus", status.rawValue)
            // AWS really says of an update, too, that the function is being created.
            if let reason = status == .inProgress ? FunctionTransition.creating : record.updateReason {
                writer.member("LastUpdateStatusReason", reason.text)
                writer.member("LastUpdateStatusReasonCode", reason.code)
            }
        }
        guard record.packageType == .zip else { return }
        writer.object("RuntimeVersionConfig") {
            $0.member("RuntimeVersionArn", RuntimeVersion.arn(runtime: record.runtime, region: record.key.region))
        }
    }

    private static func write(_ vpc: FunctionRecord.VPC, to writer: inout JSONWriter) {
        writer.member("SubnetIds", vpc.subnetIDs)
        writer.member("SecurityGroupIds", vpc.securityGroupIDs)
        writer.member("VpcId", vpc.id)
        writer.member("Ipv6AllowedForDualStack", vpc.allowsIPv6)
    }

    private static func write(_ image: FunctionRecord.Image, to writer: inout JSONWriter) {
        writer.object("ImageConfig") { writer in
            if let entryPoint = image.entryPoint { writer.member("EntryPoint", entryPoint) }
            if let command = image.command { writer.member("Command", command) }
            if let directory = image.workingDirectory { writer.member("WorkingDirectory", directory) }
        }
    }

    private static func write(_ logging: FunctionRecord.Logging, to writer: inout JSONWriter) {
        writer.member("LogFormat", logging.format)
        if let level = logging.applicationLevel { writer.member("ApplicationLogLevel", level) }
        if let level = logging.systemLevel { writer.member("SystemLogLevel", level) }
        writer.member("LogGroup", logging.group)
    }
}

extension FunctionRecord.VPC {
    /// AWS gives the VPC that the subnets are part of. There is none here to ask, so that the first subnet names it: the
    /// same subnet always gives the same VPC. Empty where the function is in no VPC.
    fileprivate var id: String {
        guard let subnet = self.subnetIDs.first else { return "" }
        return "vpc-\(subnet.dropFirst("subnet-".count))"
    }
}
