import LambdaCore

/// The members of a request, read by type and judged by the model's constraints.
struct LogsInput {
    let members: JSONObject

    /// - Throws: `SerializationException` where the body is no JSON object. An empty one is an object without members.
    init(_ body: [UInt8]) throws(LogsError) {
        guard !body.isEmpty else {
            self.members = JSONObject()
            return
        }
        // The parser's own words would tell nobody more than that it is no JSON.
        guard let object = (try? JSONValue.parse(body))?.objectValue else { throw .unreadable }
        self.members = object
    }

    private func value(_ name: String) -> JSONValue? {
        guard let value = self.members[name], value != .null else { return nil }
        return value
    }

    func text(_ name: String) throws(LogsError) -> String? {
        guard let value = self.value(name) else { return nil }
        guard let text = value.stringValue else { throw .wrongType(name, expected: "a string") }
        return text
    }

    /// - Parameter range: Characters.
    func text(_ name: String, _ range: ClosedRange<Int>) throws(LogsError) -> String? {
        guard let text = try self.text(name) else { return nil }
        let count = text.unicodeScalars.count
        guard count >= range.lowerBound else {
            throw .constraint(text, at: name, "Member must have length greater than or equal to \(range.lowerBound)")
        }
        guard count <= range.upperBound else {
            throw .constraint(text, at: name, "Member must have length less than or equal to \(range.upperBound)")
        }
        return text
    }

    func flag(_ name: String) throws(LogsError) -> Bool {
        guard let value = self.value(name) else { return false }
        guard let flag = value.boolValue else { throw .wrongType(name, expected: "a boolean") }
        return flag
    }

    func time(_ name: String) throws(LogsError) -> WallTime? {
        guard let value = self.value(name) else { return nil }
        guard let milliseconds = value.intValue else { throw .wrongType(name, expected: "a whole number") }
        guard milliseconds >= 0 else {
            throw .constraint("\(milliseconds)", at: name, "Member must have value greater than or equal to 0")
        }
        return WallTime(milliseconds: Int64(milliseconds))
    }

    /// `limit`, from 1 to `maximum`, which is its default, too.
    func limit(_ maximum: Int) throws(LogsError) -> Int {
        guard let value = self.value("limit") else { return maximum }
        guard let limit = value.intValue else { throw .wrongType("limit", expected: "a whole number") }
        guard limit >= 1 else {
            throw .constraint("\(limit)", at: "limit", "Member must have value greater than or equal to 1")
        }
        guard limit <= maximum else {
            throw .constraint("\(limit)", at: "limit", "Member must have value less than or equal to \(maximum)")
        }
        return limit
    }

    func texts(_ name: String, maximum: Int) throws(LogsError) -> [String]? {
        guard let value = self.value(name) else { return nil }
        guard let elements = value.arrayValue else { throw .wrongType(name, expected: "a list") }
        var texts: [String] = []
        for element in elements {
            guard let text = element.stringValue else { throw .wrongType(name, expected: "a list of strings") }
            texts.append(text)
        }
        guard (1...maximum).contains(texts.count) else {
            throw .constraint(
                "[\(texts.joined(separator: ", "))]", at: name,
                texts.isEmpty
                    ? "Member must have length greater than or equal to 1"
                    : "Member must have length less than or equal to \(maximum)")
        }
        return texts
    }

    /// The group that `logGroupName` or `logGroupIdentifier` means, the latter a name or an ARN.
    func group(in scope: Scope) throws(LogsError) -> String {
        let name = try self.text("logGroupName", 1...512)
        let identifier = try self.text("logGroupIdentifier", 1...2_048)
        switch (name, identifier) {
        case (nil, nil): throw .missing("logGroupName")
        case (_?, _?): throw .twoGroupNames
        case (let name?, nil):
            return try LogsInput.checked(group: name)
        case (nil, let identifier?): return try LogsInput.group(identifier, in: scope)
        }
    }

    private static func checked(group name: String) throws(LogsError) -> String {
        guard name.utf8.allSatisfy(LogsInput.isGroupByte) else {
            throw .constraint(
                name, at: "logGroupName", #"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+"#)
        }
        return name
    }

    static func group(_ identifier: String, in scope: Scope) throws(LogsError) -> String {
        guard identifier.hasPrefix("arn:") else { return identifier }
        let parts = identifier.split(separator: ":", maxSplits: 6, omittingEmptySubsequences: false)
        guard parts.count == 7, parts[2] == "logs", parts[5] == "log-group" else {
            throw .invalid("The specified log group identifier is invalid.")
        }
        guard parts[3] == scope.region.name, parts[4] == scope.account.digits else { throw .foreignGroup }
        return String(parts[6].hasSuffix(":*") ? parts[6].dropLast(2) : parts[6])
    }

    private static func isGroupByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x23, 0x2D, 0x2E, 0x2F, 0x5F: true
        default: false
        }
    }
}
