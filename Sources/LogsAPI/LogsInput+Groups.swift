import LambdaCore

/// Members that only operations on stored groups have.
extension LogsInput {
    /// How a request names what its tags belong to.
    enum TagHolder {
        /// `logGroupName`
        case group
        /// `resourceArn`
        case resource
    }

    func group(_ holder: TagHolder, in scope: Scope) throws(LogsError) -> String {
        switch holder {
        case .group: return try self.group(in: scope)
        case .resource:
            guard let arn = try self.text("resourceArn", 1...1_011) else { throw .missing("resourceArn") }
            guard arn.hasPrefix("arn:") else { throw .invalid("The specified resource ARN is invalid.") }
            return try LogsInput.group(arn, in: scope)
        }
    }

    func stream() throws(LogsError) -> String {
        guard let name = try self.text("logStreamName", 1...512) else { throw .missing("logStreamName") }
        guard !name.utf8.contains(where: { $0 == 0x3A || $0 == 0x2A }) else {
            throw .constraint(name, at: "logStreamName", "Member must satisfy regular expression pattern: [^:*]*")
        }
        return name
    }

    func tags(isRequired: Bool) throws(LogsError) -> [String: String] {
        guard let value = self.members["tags"], value != .null else {
            if isRequired { throw .missing("tags") }
            return [:]
        }
        guard let members = value.objectValue else { throw .wrongType("tags", expected: "a map") }
        var tags: [String: String] = [:]
        for (key, value) in members.map({ ($0.key, $0.value) }) {
            guard let text = value.stringValue else { throw .wrongType("tags", expected: "a map of strings") }
            try LogsInput.check(tagKey: key)
            guard text.unicodeScalars.count <= Limits.tagValueCharacters else {
                throw .constraint(
                    text, at: "tags.\(key)",
                    "Member must have length less than or equal to \(Limits.tagValueCharacters)")
            }
            tags[key] = text
        }
        guard !tags.isEmpty else {
            throw .constraint("{}", at: "tags", "Member must have length greater than or equal to 1")
        }
        return tags
    }

    func tagKeys(_ holder: TagHolder) throws(LogsError) -> [String] {
        let name =
            switch holder {
            case .group: "tags"
            case .resource: "tagKeys"
            }
        guard let keys = try self.texts(name, maximum: Limits.tagsPerResource) else { throw .missing(name) }
        for key in keys { try LogsInput.check(tagKey: key) }
        return keys
    }

    private static func check(tagKey key: String) throws(LogsError) {
        guard (1...Limits.tagKeyCharacters).contains(key.unicodeScalars.count) else {
            throw .constraint(
                key, at: "tags",
                "Map keys must have length between 1 and \(Limits.tagKeyCharacters)")
        }
    }

    func retention() throws(LogsError) -> Int {
        guard let value = self.members["retentionInDays"], value != .null else { throw .missing("retentionInDays") }
        guard let days = value.intValue else { throw .wrongType("retentionInDays", expected: "a whole number") }
        guard Limits.logRetentionDays.contains(days) else {
            let allowed = Limits.logRetentionDays.map { String($0) }.joined(separator: ", ")
            throw .constraint("\(days)", at: "retentionInDays", "Member must satisfy enum value set: [\(allowed)]")
        }
        return days
    }

    func groupClass() throws(LogsError) -> String {
        let classes = ["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"]
        guard let name = try self.text("logGroupClass") else { return classes[0] }
        guard classes.contains(name) else {
            throw .constraint(
                name, at: "logGroupClass",
                "Member must satisfy enum value set: [\(classes.joined(separator: ", "))]")
        }
        return name
    }
}
