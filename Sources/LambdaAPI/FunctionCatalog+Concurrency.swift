package import LambdaCore

extension FunctionCatalog: VersionLookup {
    package func isCurrent(_ record: FunctionRecord) -> Bool {
        let generation = self.look(at: record.key) { entry in
            (record.isLatest ? entry.runnable : entry.versions[record.version])?.generation
        }
        return generation == record.generation
    }
}

extension FunctionCatalog.Entry {
    /// What the function has of its account's concurrency, with the versions that its configurations are for now.
    func concurrency(of key: FunctionKey) -> FunctionConcurrency {
        FunctionConcurrency(
            function: key, reserved: self.properties?.reservedConcurrency,
            provisioned: self.provisioned.values.sorted { $0.qualifier < $1.qualifier }.map { record in
                .init(record, shares: self.shares(of: record))
            })
    }

    private func shares(of record: ProvisionedConcurrencyRecord) -> [FunctionConcurrency.Share] {
        let routing = self.aliases[record.qualifier].map { AliasRouting($0) } ?? .init(version: record.qualifier)
        var counts = [(routing.version, record.requested)]
        if let additional = routing.additional {
            let part = Int((Double(record.requested) * additional.weight).rounded())
            counts = [(routing.version, record.requested - part), (additional.version, part)]
        }
        return counts.compactMap { version, count in
            guard count > 0, let function = self.versions[version] else { return nil }
            return .init(function: function, count: count)
        }
    }
}

extension StoreChange {
    /// The function whose part of its account's concurrency this may change.
    var functionOfConcurrency: FunctionKey? {
        switch self {
        case .put(let resource):
            switch resource {
            case let version as PublishedVersion: version.record.key
            case let properties as FunctionProperties: properties.key
            case let alias as AliasRecord: alias.function
            case let provisioned as ProvisionedConcurrencyRecord: provisioned.function
            default: nil
            }
        case .removed(let kind, let address):
            switch kind {
            case .version, .functionProperties, .alias, .provisionedConcurrency:
                FunctionName(address.name).map { name in
                    FunctionKey(account: address.scope.account, region: address.scope.region, name: name)
                }
            default: nil
            }
        }
    }
}
