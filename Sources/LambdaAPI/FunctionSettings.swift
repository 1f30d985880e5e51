import LambdaCore

/// The settings that CreateFunction and UpdateFunctionConfiguration share, checked by AWS's rules beyond the model.
///
/// A setting that was not sent is `nil` and keeps what is stored.
struct FunctionSettings: Sendable {
    struct LoggingInput: Sendable {
        var format: String?
        var group: String?
        var applicationLevel: String?
        var systemLevel: String?
    }
    struct VPCInput: Sendable {
        var subnetIDs: [String]?
        var securityGroupIDs: [String]?
        var allowsIPv6: Bool?
    }
    /// A setting whose empty value takes away what is stored.
    enum Removable<Value: Sendable>: Sendable {
        case remove
        case set(Value)
    }

    private(set) var role: String?
    private(set) var runtime: String?
    private(set) var handler: String?
    /// ARNs of layer versions, in order. They are resolved in the transaction that stores them.
    private(set) var layers: [String]?
    let summary: String?
    let timeout: Int?
    let memorySize: Int?
    let ephemeralStorage: Int?
    private(set) var environment: [String: String]?
    let tracing: FunctionRecord.TracingMode?
    private(set) var logging: LoggingInput?
    let snapStart: FunctionRecord.SnapStart?
    private(set) var vpc: VPCInput?
    private(set) var fileSystems: [FunctionRecord.FileSystem]?
    private(set) var deadLetterTarget: Removable<String>?
    private(set) var kmsKeyARN: Removable<String>?
    private(set) var image: Removable<FunctionRecord.Image>?

    init(
        _ input: JSONObject, runtimes: any RuntimeDirectory, environmentBytes: Int,
        fileSystems: (String) -> String?
    ) throws(APIError) {
        self.role = input["Role"]?.stringValue
        self.runtime = try RuntimeRule.check(input["Runtime"]?.stringValue, runtimes)
        self.handler = input["Handler"]?.stringValue
        self.layers = input["Layers"]?.arrayValue?.compactMap { $0.stringValue }
        self.summary = input["Description"]?.stringValue
        self.timeout = try FunctionSettings.number(
            input["Timeout"], at: "timeout", allowed: Limits.functionTimeout)
        self.memorySize = try FunctionSettings.number(
            input["MemorySize"], at: "memorySize", allowed: Limits.memorySize)
        self.ephemeralStorage = try FunctionSettings.number(
            input["EphemeralStorage"]?.objectValue?["Size"], at: "ephemeralStorage.size",
            allowed: Limits.ephemeralStorage)
        self.tracing = (input["TracingConfig"]?.objectValue?["Mode"]?.stringValue)
            .flatMap { FunctionRecord.TracingMode(rawValue: $0) }
        self.snapStart = (input["SnapStart"]?.objectValue?["ApplyOn"]?.stringValue)
            .flatMap { FunctionRecord.SnapStart(rawValue: $0) }
        if let environment = input["Environment"]?.objectValue {
            self.environment = try EnvironmentRule.check(
                environment["Variables"]?.objectValue ?? JSONObject(), limit: environmentBytes)
        }
        self.logging = input["LoggingConfig"]?.objectValue.map { LoggingInput($0) }
        self.vpc = input["VpcConfig"]?.objectValue.map { VPCInput($0) }
        if let configs = input["FileSystemConfigs"]?.arrayValue {
            self.fileSystems = try FunctionSettings.fileSystems(configs, mapped: fileSystems)
        }
        if let config = input["DeadLetterConfig"]?.objectValue {
            self.deadLetterTarget = try FunctionSettings.deadLetterTarget(config["TargetArn"]?.stringValue ?? "")
        }
        if let key = input["KMSKeyArn"]?.stringValue { self.kmsKeyARN = key.isEmpty ? .remove : .set(key) }
        if let config = input["ImageConfig"]?.objectValue {
            self.image = config.isEmpty ? .remove : .set(FunctionRecord.Image(config))
        }
    }

    private static func number(
        _ value: JSONValue?, at member: String, allowed: ClosedRange<Int>
    ) throws(APIError) -> Int? {
        guard let number = value?.intValue else { return nil }
        guard number <= allowed.upperBound else {
            throw .constraint(
                value: String(number), at: member, "Member must have value less than or equal to \(allowed.upperBound)")
        }
        guard number >= allowed.lowerBound else {
            throw .constraint(
                value: String(number), at: member,
                "Member must have value greater than or equal to \(allowed.lowerBound)")
        }
        return number
    }

    /// The model has checked their form and that there is at most one.
    private static func fileSystems(
        _ configs: [JSONValue], mapped: (String) -> String?
    ) throws(APIError) -> [FunctionRecord.FileSystem] {
        var fileSystems: [FunctionRecord.FileSystem] = []
        for config in configs.compactMap({ $0.objectValue }) {
            let arn = config["Arn"]?.stringValue ?? ""
            guard mapped(arn) != nil else { throw .fileSystemNotMapped(arn) }
            fileSystems.append(
                FunctionRecord.FileSystem(arn: arn, mountPath: config["LocalMountPath"]?.stringValue ?? ""))
        }
        return fileSystems
    }

    private static func deadLetterTarget(_ arn: String) throws(APIError) -> Removable<String> {
        guard !arn.isEmpty else { return .remove }
        let service = arn.split(separator: ":", omittingEmptySubsequences: false).dropFirst(2).first
        guard service == "sqs" || service == "sns" else { throw .badDeadLetterTarget }
        return .set(arn)
    }

    /// The architecture that was asked for, which must be this machine's; `nil` where none was.
    static func architecture(_ input: JSONObject) throws(APIError) -> String? {
        guard let asked = input["Architectures"]?.arrayValue?.first?.stringValue else { return nil }
        guard asked == Architecture.ofThisMachine else { throw .architectureUnavailable(asked) }
        return asked
    }

    static func tags(_ input: JSONObject) throws(APIError) -> [String: String] {
        var tags: [String: String] = [:]
        for member in input["Tags"]?.objectValue ?? JSONObject() {
            let value = member.value.stringValue ?? ""
            guard (1...Limits.tagKeyCharacters).contains(member.key.count), value.count <= Limits.tagValueCharacters
            else { throw .badTag }
            tags[member.key] = value
        }
        guard tags.count <= Limits.tagsPerResource else { throw .tooManyTags }
        return tags
    }
}

/// The processor that functions run on. There is no emulation.
enum Architecture {
    #if arch(arm64)
        static let ofThisMachine = "arm64"
    #else
        static let ofThisMachine = "x86_64"
    #endif
}

extension FunctionSettings.LoggingInput {
    fileprivate init(_ input: JSONObject) {
        self.init(
            format: input["LogFormat"]?.stringValue, group: input["LogGroup"]?.stringValue,
            applicationLevel: input["ApplicationLogLevel"]?.stringValue,
            systemLevel: input["SystemLogLevel"]?.stringValue)
    }
}

extension FunctionSettings.VPCInput {
    fileprivate init(_ input: JSONObject) {
        self.init(
            subnetIDs: input["SubnetIds"]?.arrayValue?.compactMap { $0.stringValue },
            securityGroupIDs: input["SecurityGroupIds"]?.arrayValue?.compactMap { $0.stringValue },
            allowsIPv6: input["Ipv6AllowedForDualStack"]?.boolValue)
    }
}

extension FunctionRecord.Image {
    fileprivate init(_ input: JSONObject) {
        self.init(
            entryPoint: input["EntryPoint"]?.arrayValue?.compactMap { $0.stringValue },
            command: input["Command"]?.arrayValue?.compactMap { $0.stringValue },
            workingDirectory: input["WorkingDirectory"]?.stringValue)
    }
}
