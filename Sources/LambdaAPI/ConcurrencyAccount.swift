import LambdaCore

/// How the concurrency of one account and region is given out: a decision on values, read in one transaction.
struct ConcurrencyAccount: Sendable {
    /// The account's limit.
    let limit: Int
    /// What must stay for functions without a share of their own.
    let minimumUnreserved: Int
    /// `ReservedConcurrentExecutions` of the functions that have one.
    private(set) var reserved: [FunctionKey: Int] = [:]
    private var provisioned: [ProvisionedConcurrencyRecord] = []

    init(limit: Int, minimumUnreserved: Int, scope: Scope, in store: any StoreReading) throws {
        self.init(
            limit: limit, minimumUnreserved: minimumUnreserved,
            properties: try store.resources(FunctionProperties.self, in: scope),
            provisioned: try store.resources(ProvisionedConcurrencyRecord.self, in: scope))
    }

    init(
        limit: Int, minimumUnreserved: Int, properties: [FunctionProperties],
        provisioned: [ProvisionedConcurrencyRecord]
    ) {
        self.limit = limit
        self.minimumUnreserved = minimumUnreserved
        for function in properties { self.reserved[function.key] = function.reservedConcurrency }
        self.provisioned = provisioned
    }

    /// Environments provisioned for a function, all of its versions and aliases together, except for one qualifier.
    func provisioned(for key: FunctionKey, except qualifier: String? = nil) -> Int {
        self.provisioned.reduce(0) { sum, record in
            record.function == key && record.qualifier != qualifier ? sum + record.requested : sum
        }
    }

    /// What is left for everybody where one function's share, or its provisioned qualifier, is not counted.
    private func unreserved(without key: FunctionKey, qualifier: String? = nil) -> Int {
        let reserved = self.reserved.reduce(0) { $1.key == key ? $0 : $0 + $1.value }
        // Provisioned concurrency of a function with a share is part of that share.
        let provisioned = self.provisioned.reduce(0) { sum, record in
            guard self.reserved[record.function] == nil else { return sum }
            // A share that the function is about to get will cover what it has provisioned.
            if record.function == key, qualifier == nil || qualifier == record.qualifier { return sum }
            return sum + record.requested
        }
        return self.limit - reserved - provisioned
    }

    /// Whether a function may have `share` reserved.
    func checkReservation(_ share: Int, for key: FunctionKey) throws(APIError) {
        guard self.unreserved(without: key) - share >= self.minimumUnreserved else {
            throw .reservationTooLarge(minimum: self.minimumUnreserved)
        }
        let provisioned = self.provisioned(for: key)
        guard share >= provisioned else { throw .reservationBelowProvisioned(share, provisioned: provisioned) }
    }

    /// Whether a qualifier of a function may have `requested` environments, in the place of what it has.
    func checkProvisioning(_ requested: Int, for key: FunctionKey, qualifier: String) throws(APIError) {
        if let share = self.reserved[key] {
            guard self.provisioned(for: key, except: qualifier) + requested <= share else {
                throw .provisionedAboveReserved
            }
            return
        }
        let unreserved = self.unreserved(without: key, qualifier: qualifier)
        guard requested <= unreserved else { throw .provisionedAboveUnreserved(unreserved) }
        guard unreserved - requested >= self.minimumUnreserved else {
            throw .provisionedTooLarge(minimum: self.minimumUnreserved)
        }
    }
}

extension ControlPlane {
    func concurrencyAccount(of scope: Scope, in store: any StoreReading) throws -> ConcurrencyAccount {
        try ConcurrencyAccount(
            limit: self.configuration.accountConcurrency,
            minimumUnreserved: self.configuration.minimumUnreservedConcurrency, scope: scope, in: store)
    }
}
