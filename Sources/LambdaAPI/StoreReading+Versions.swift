import LambdaCore

extension StoreReading {
    /// The record of `$LATEST` or of a published version; `nil` where there is none, and for a number that is not written
    /// as AWS writes numbers.
    func record(ofVersion version: String, of key: FunctionKey) throws -> FunctionRecord? {
        if version == FunctionRecord.latest { return try self.resource(LatestVersion.self, at: key.address)?.record }
        guard let number = Int(version), String(number) == version else { return nil }
        let address = key.address(part: ResourceAddress.number(number))
        return try self.resource(PublishedVersion.self, at: address)?.record
    }

    func alias(_ name: String, of key: FunctionKey) throws -> AliasRecord? {
        try self.resource(AliasRecord.self, at: key.address(part: name))
    }
}

/// What a qualifier can be, told by its form alone.
enum QualifierKind {
    case latest
    case version
    case alias

    init(_ qualifier: String) {
        if qualifier == FunctionRecord.latest {
            self = .latest
        } else if qualifier.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
            self = .version
        } else {
            self = .alias
        }
    }
}
