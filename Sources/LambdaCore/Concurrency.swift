/// Which limit an invocation met.
///
/// Source: Lambda API reference, `TooManyRequestsException`, `Reason`.
package enum ThrottleReason: String, Sendable, Equatable, CaseIterable {
    /// The account's unreserved concurrency, the scaling rate of a function, or this machine's environments are used up.
    case concurrentInvocations = "ConcurrentInvocationLimitExceeded"
    case reservedConcurrentInvocations = "ReservedFunctionConcurrentInvocationLimitExceeded"
    case invocationRate = "FunctionInvocationRateLimitExceeded"
    case reservedInvocationRate = "ReservedFunctionInvocationRateLimitExceeded"
}

/// How an environment came to be: `AWS_LAMBDA_INITIALIZATION_TYPE`.
package enum InitializationType: String, Sendable, Equatable {
    /// For an invocation that found none.
    case onDemand = "on-demand"
    /// Ahead of every invocation, because a configuration asks for it.
    case provisionedConcurrency = "provisioned-concurrency"
    /// For a published version whose function asks for SnapStart.
    case snapStart = "snap-start"
}

/// What a function has of its account's concurrency, and which of its environments are to be kept ready.
package struct FunctionConcurrency: Sendable, Equatable {
    /// A version's part of a provisioned configuration.
    package struct Share: Sendable, Equatable {
        package let function: FunctionRecord
        package let count: Int

        package init(function: FunctionRecord, count: Int) {
            self.function = function
            self.count = count
        }
    }

    /// One provisioned configuration, resolved to the versions that it is for now.
    package struct Provisioned: Sendable, Equatable {
        package let qualifier: String
        package let requested: Int
        package let modified: WallTime
        /// Those of an alias follow it; one with weights has two.
        package let shares: [Share]

        package init(_ record: ProvisionedConcurrencyRecord, shares: [Share]) {
            self.qualifier = record.qualifier
            self.requested = record.requested
            self.modified = record.modified
            self.shares = shares
        }
    }

    package let function: FunctionKey
    /// `ReservedConcurrentExecutions`, of all versions together; 0 switches the function off.
    package let reserved: Int?
    /// In the order of the qualifiers.
    package let provisioned: [Provisioned]

    package init(function: FunctionKey, reserved: Int?, provisioned: [Provisioned]) {
        self.function = function
        self.reserved = reserved
        self.provisioned = provisioned
    }

    /// Environments that are to be kept ready, of all versions together.
    package var provisionedTotal: Int { self.provisioned.reduce(0) { $0 + $1.requested } }
}

/// Where an invocation that comes late asks whether what it would run is still there.
package protocol VersionLookup: Sendable {
    /// Whether the version exists and is made from the same as `record`.
    func isCurrent(_ record: FunctionRecord) -> Bool
}
