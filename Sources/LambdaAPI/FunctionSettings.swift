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

    private(set) var role: String?
    private(set) var runtime: String?
    private(set) var handler: String?
    private var summary: String?
    private var timeout: Int?
    private var memorySize: Int?
    private var ephemeralStorage: Int?
    private var environment: [String: String]?
    private var tracing: FunctionRecord.TracingMode?
    private var logging: LoggingInput?

    init(_ input: JSONObject, runtimes: any RuntimeDirectory) throws(APIError) {
        self.role = input["Role"]?.stringValue
        self.runtime = try RuntimeRule.check(input["Runtime"]?.stringValue, runtimes)
        self.handler = input["Handler"]?.stringValue
        self.summary = input["Description"]?.stringValue
        self.timeout = try FunctionSettings.number(
            input["Timeout"], at: "timeout", allowed: Limits.functionTimeout)
        self.memorySize = try FunctionSettings.number(
            input["MemorySize"], at: "memorySize", allowed: Limits.memorySize)
        self.ephemeralStorage = try FunctionSettings.number(
            input["EphemeralStorage"]?.objectValue?["Size"], at: "ephemeralStorage.size",
            allowed: Limits.ephemeralStorage)
        if let environment = input["Environment"]?.objectValue {
            self.environment = try EnvironmentRule.check(environment["Variables"]?.objectValue ?? JSONObject())
        }
        if let mode = input["TracingConfig"]?.objectValue?["Mode"]?.stringValue {
            self.tracing = FunctionRecord.TracingMode(rawValue: mode)
        }
        if let logging = input["LoggingConfig"]?.objectValue {
            self.logging = LoggingInput(
                format: logging["LogFormat"]?.stringValue, group: logging["LogGroup"]?.stringValue,
                applicationLevel: logging["ApplicationLogLevel"]?.stringValue,
                systemLevel: logging["SystemLogLevel"]?.stringValue)
        }
    }

    /// Puts the settings into a record.
    ///
    /// - Throws: Where the log levels do not fit the format that the record then has; the record may be half changed.
    func apply(to record: inout FunctionRecord) throws(APIError) {
        record.role = self.role ?? record.role
        record.runtime = self.runtime ?? record.runtime
        record.handler = self.handler ?? record.handler
        record.summary = self.summary ?? record.summary
        record.timeout = self.timeout ?? record.timeout
        record.memorySize = self.memorySize ?? record.memorySize
        record.ephemeralStorage = self.ephemeralStorage ?? record.ephemeralStorage
        record.environment = self.environment ?? record.environment
        record.tracing = self.tracing ?? record.tracing
        if let logging { record.logging = try FunctionSettings.merge(logging, into: record.logging) }
    }

    /// JSON has levels, INFO where none is named; Text has none.
    private static func merge(
        _ input: LoggingInput, into stored: FunctionRecord.Logging
    ) throws(APIError) -> FunctionRecord.Logging {
        var merged = stored
        merged.format = input.format ?? stored.format
        merged.group = input.group ?? stored.group
        guard merged.format == "JSON" else {
            guard input.applicationLevel == nil, input.systemLevel == nil else { throw .levelWithTextFormat }
            merged.applicationLevel = nil
            merged.systemLevel = nil
            return merged
        }
        merged.applicationLevel = input.applicationLevel ?? stored.applicationLevel ?? "INFO"
        merged.systemLevel = input.systemLevel ?? stored.systemLevel ?? "INFO"
        return merged
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

    /// The architecture that was asked for, which must be this machine's; `nil` where none was.
    static func architecture(_ input: JSONObject) throws(APIError) -> String? {
        guard let asked = input["Architectures"]?.arrayValue?.first?.stringValue else { return nil }
        guard asked == Architecture.ofThisMachine else {
            throw .invalid(
                "The architecture \(asked) is not available on this server, whose machine is "
                    + "\(Architecture.ofThisMachine).")
        }
        return asked
    }

    static func tags(_ input: JSONObject) throws(APIError) -> [String: String] {
        var tags: [String: String] = [:]
        for member in input["Tags"]?.objectValue ?? JSONObject() {
            let value = member.value.stringValue ?? ""
            guard (1...TagRule.keyCharacters).contains(member.key.count), value.count <= TagRule.valueCharacters else {
                throw .invalid(
                    "A tag's key must have 1 to \(TagRule.keyCharacters) characters and its value at most "
                        + "\(TagRule.valueCharacters).")
            }
            tags[member.key] = value
        }
        guard tags.count <= Limits.tagsPerResource else { throw .tooManyTags }
        return tags
    }
}

/// Source: "Tag editor" quotas of the AWS general reference.
private enum TagRule {
    static let keyCharacters = 128
    static let valueCharacters = 256
}

/// The variables that a function may set.
enum EnvironmentRule {
    static func check(_ variables: JSONObject) throws(APIError) -> [String: String] {
        var environment: [String: String] = [:]
        for member in variables { environment[member.key] = member.value.stringValue ?? "" }
        let taken = variables.map { $0.key }.filter { ReservedVariables.names.contains($0) }
        guard taken.isEmpty else { throw .reservedKeys(taken) }
        let compact = JSONValue.object(variables).serialized
        guard compact.count <= Limits.environmentBytes else {
            throw .environmentTooLarge(String(decoding: compact, as: UTF8.self))
        }
        return environment
    }
}
