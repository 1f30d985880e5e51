/// An account's part of one region: nothing in one scope is ever seen from another.
package struct Scope: Hashable, Sendable, Codable {
    package let account: AccountID
    package let region: Region

    package init(account: AccountID, region: Region) {
        self.account = account
        self.region = region
    }
}

/// What kinds of things the store keeps. The raw value is in the database: it is never changed.
package enum ResourceKind: String, Sendable, CaseIterable, Codable {
    case alias
    case codeSigningConfig = "code-signing-config"
    case eventInvokeConfig = "event-invoke-config"
    case eventSourceMapping = "event-source-mapping"
    /// `$LATEST` of a function.
    case function
    /// What belongs to a function as a whole.
    case functionProperties = "function-properties"
    case functionURL = "function-url"
    case layerVersion = "layer-version"
    case logGroup = "log-group"
    case logStream = "log-stream"
    /// The resource policy of a function, a version or an alias.
    case policy
    case provisionedConcurrency = "provisioned-concurrency"
    case runtimeManagement = "runtime-management"
    /// A published version of a function.
    case version
}

/// Where a resource is kept: a name in a scope, and a part of it where the kind has parts.
///
/// The store pages through a kind in the order of (name, part), both compared byte by byte.
package struct ResourceAddress: Hashable, Sendable, Codable, Comparable {
    package let scope: Scope
    /// The function's or layer's name, or the id of what stands for itself.
    package let name: String
    /// An alias, a version number (see ``number(_:)``), or empty.
    package let part: String

    package init(scope: Scope, name: String, part: String = "") {
        self.scope = scope
        self.name = name
        self.part = part
    }

    /// A version number as a part that sorts as numbers do.
    package static func number(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 12 - digits.utf8.count)) + digits
    }

    package static func < (left: ResourceAddress, right: ResourceAddress) -> Bool {
        if left.scope != right.scope {
            return (left.scope.account.digits, left.scope.region.name)
                < (right.scope.account.digits, right.scope.region.name)
        }
        return Self.precedes((left.name, left.part), (right.name, right.part))
    }

    /// Byte by byte, as SQLite and PostgreSQL's "C" collation do; Swift's own `<` on strings normalises.
    package static func precedes(_ left: (name: String, part: String), _ right: (name: String, part: String)) -> Bool {
        if left.name != right.name { return left.name.utf8.lexicographicallyPrecedes(right.name.utf8) }
        return left.part.utf8.lexicographicallyPrecedes(right.part.utf8)
    }
}

/// A thing that the store keeps whole, under one address.
package protocol StoredResource: Codable, Sendable, Equatable {
    static var kind: ResourceKind { get }
    var address: ResourceAddress { get }
}

/// One committed change, for whoever keeps a view of the store in memory.
package enum StoreChange: Sendable {
    case put(any StoredResource)
    case removed(ResourceKind, ResourceAddress)
}
