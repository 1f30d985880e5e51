import LambdaCore

extension FunctionSettings {
    /// Puts the settings into a record; the layers excepted, which the store must be asked for.
    ///
    /// - Throws: Where they do not fit each other or what is stored; the record may be half changed.
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
        record.snapStart = self.snapStart ?? record.snapStart
        record.fileSystems = self.fileSystems ?? record.fileSystems
        self.deadLetterTarget?.apply(to: &record.deadLetterTarget)
        self.kmsKeyARN?.apply(to: &record.kmsKeyARN)
        self.image?.apply(to: &record.image)
        if let vpc {
            record.vpc = FunctionRecord.VPC(
                subnetIDs: vpc.subnetIDs ?? record.vpc?.subnetIDs ?? [],
                securityGroupIDs: vpc.securityGroupIDs ?? record.vpc?.securityGroupIDs ?? [],
                allowsIPv6: vpc.allowsIPv6 ?? record.vpc?.allowsIPv6 ?? false)
        }
        if let logging { record.logging = try FunctionSettings.merge(logging, into: record.logging) }
        try self.checkPackageType(of: record)
        if record.packageType == .zip, record.snapStart == .publishedVersions,
            !SnapStartRule.supports(record.runtime)
        {
            throw .noSnapStart(record.runtime)
        }
    }

    private func checkPackageType(of record: FunctionRecord) throws(APIError) {
        switch record.packageType {
        case .image:
            guard self.runtime == nil, self.handler == nil, self.layers?.isEmpty ?? true else {
                throw .zipMembersOfImage
            }
            guard record.snapStart == .none else { throw .snapStartOfImage }
        case .zip:
            guard record.image == nil else { throw .imageConfigOfZip }
        }
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
}

extension FunctionSettings.Removable {
    func apply(to stored: inout Value?) {
        switch self {
        case .remove: stored = nil
        case .set(let value): stored = value
        }
    }
}

/// Which runtimes AWS starts from a snapshot.
///
/// Source: Lambda developer guide, "Lambda SnapStart", supported runtimes: Java 11, Python 3.12, .NET 8, and later.
private enum SnapStartRule {
    static func supports(_ runtime: String) -> Bool {
        if let java = self.version(runtime, after: "java") { return java.first.map { $0 >= 11 } ?? false }
        if let python = self.version(runtime, after: "python") { return !python.lexicographicallyPrecedes([3, 12]) }
        if let dotnet = self.version(runtime, after: "dotnet") { return dotnet.first.map { $0 >= 8 } ?? false }
        return false
    }

    private static func version(_ runtime: String, after name: String) -> [Int]? {
        guard runtime.hasPrefix(name) else { return nil }
        let parts = runtime.dropFirst(name.count).split(separator: ".").map { Int($0) }
        // `dotnetcore3.1` and `java8.al2` are no versions that count.
        return parts.contains(nil) ? nil : parts.compactMap { $0 }
    }
}
