/// What is known of a log group beside its lines: that somebody made it, or deleted it, and what was set on it.
///
/// Lines come from functions and are not the store's. A group that functions alone brought into being has no record.
package struct LogGroupRecord: StoredResource {
    package static let kind = ResourceKind.logGroup

    package let scope: Scope
    package let name: String
    package var created: WallTime
    /// Whether the group is there without a line, too; not so where only a deletion is remembered.
    package var isMade: Bool
    /// Lines up to this time are shown no more: the group was deleted then.
    package var emptied: WallTime?
    /// Days that a line is shown; `nil`: for as long as it is kept.
    package var retention: Int?
    package var tags: [String: String]
    package var kmsKey: String?
    /// `STANDARD`, `INFREQUENT_ACCESS` or `DELIVERY`.
    package var groupClass: String

    package init(scope: Scope, name: String, created: WallTime, isMade: Bool) {
        self.scope = scope
        self.name = name
        self.created = created
        self.isMade = isMade
        self.tags = [:]
        self.groupClass = "STANDARD"
    }

    package var address: ResourceAddress { ResourceAddress(scope: self.scope, name: self.name) }

    /// The earliest time of a line that is shown.
    package func earliest(now: WallTime) -> WallTime? {
        let kept = self.retention.map { now.advanced(by: .seconds(-$0 * 86_400)) }
        let afterEnd = self.emptied.map { WallTime(milliseconds: $0.milliseconds + 1) }
        return [kept, afterEnd].compactMap { $0 }.max()
    }
}

/// A log stream that somebody made, with lines or without.
package struct LogStreamRecord: StoredResource {
    package static let kind = ResourceKind.logStream

    package let scope: Scope
    package let group: String
    package let name: String
    package let created: WallTime

    package init(scope: Scope, group: String, name: String, created: WallTime) {
        self.scope = scope
        self.group = group
        self.name = name
        self.created = created
    }

    package var address: ResourceAddress { ResourceAddress(scope: self.scope, name: self.group, part: self.name) }
}
