package import LambdaCore
import Synchronization

/// What of the store invocations need, in memory: the invocation path never waits for the database.
///
/// A view that is built from the store at start and changed by every committed transaction; see ``apply(_:)``. During an
/// update it holds the old record for invocations until the update is done, for that is what AWS invokes meanwhile.
package final class FunctionCatalog: Sendable {
    /// What is known of one function.
    struct Entry: Sendable {
        /// `$LATEST` as the API shows it.
        var latest: FunctionRecord?
        /// `$LATEST` as invocations run it.
        var runnable: FunctionRecord?
        var properties: FunctionProperties?
        var versions: [String: FunctionRecord] = [:]
        var aliases: [String: AliasRecord] = [:]
        /// By qualifier, empty for the function itself.
        var policies: [String: PolicyRecord] = [:]
        /// The same policies ready to be asked: a request must not read them anew.
        var resourcePolicies: [String: ResourcePolicy] = [:]
        var urls: [String: FunctionURLRecord] = [:]
        var eventInvokeConfigs: [String: EventInvokeConfigRecord] = [:]
        var provisioned: [String: ProvisionedConcurrencyRecord] = [:]

        /// The version that a qualifier names, as the API shows it: `$LATEST` for none, an alias's own version for an alias.
        func shown(_ qualifier: String?) -> FunctionRecord? {
            guard let qualifier, qualifier != FunctionRecord.latest else { return self.latest }
            if let version = self.versions[qualifier] { return version }
            guard let alias = self.aliases[qualifier] else { return nil }
            return alias.version == FunctionRecord.latest ? self.latest : self.versions[alias.version]
        }

        /// `$LATEST`, then the published versions by their numbers.
        var allVersions: [FunctionRecord] {
            (self.latest.map { [$0] } ?? []) + self.versions.values.sorted { $0.versionNumber < $1.versionNumber }
        }

        var isEmpty: Bool {
            self.latest == nil && self.properties == nil && self.versions.isEmpty && self.aliases.isEmpty
                && self.policies.isEmpty && self.urls.isEmpty && self.eventInvokeConfigs.isEmpty
                && self.provisioned.isEmpty
        }
    }

    /// What the invocation plane must be told after a change.
    enum Effect: Sendable, Equatable {
        case changed(FunctionRecord)
        case concurrency(FunctionConcurrency)
        case versionDeleted(VersionKey)
        case functionDeleted(FunctionKey)
    }

    fileprivate struct State {
        var entries: [FunctionKey: Entry] = [:]
        /// Names of every scope's functions in the order of their bytes.
        var names: [Scope: [FunctionName]] = [:]
        /// Function URLs by their ids.
        var urls: [String: FunctionURLRecord] = [:]
        /// Bytes of the code of functions and layers in every scope.
        var codeStorage: [Scope: Int] = [:]
        /// Bytes of each layer version, to be taken away where it is removed.
        var layerSizes: [ResourceAddress: Int] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// `$LATEST` as invocations run it.
    package func record(_ key: FunctionKey) -> FunctionRecord? { self.state.withLock { $0.entries[key]?.runnable } }

    func entry(_ key: FunctionKey) -> Entry? { self.state.withLock { $0.entries[key] } }

    /// What `look` takes from a function's entry; a copy of all of it costs a retain for each of its texts.
    func look<Value>(at key: FunctionKey, _ look: (Entry) -> Value?) -> Value? where Value: Sendable {
        self.state.withLock { $0.entries[key].flatMap(look) }
    }

    func url(id: String) -> FunctionURLRecord? { self.state.withLock { $0.urls[id] } }

    package var count: Int { self.state.withLock { state in state.names.values.reduce(0) { $0 + $1.count } } }

    /// Entries of a scope in the order of their names, after `after`, at most `limit`.
    func page(of scope: Scope, after: FunctionName?, limit: Int) -> [Entry] {
        self.state.withLock { state in
            let names = state.names[scope] ?? []
            let start = after.map { Self.place(after: $0, in: names) } ?? 0
            return names[start...].prefix(max(0, limit)).compactMap { name in
                state.entries[FunctionKey(account: scope.account, region: scope.region, name: name)]
            }
        }
    }

    /// All versions of a scope's functions: names in the order of their bytes, versions as in ``Entry/allVersions``.
    ///
    /// - Parameter after: Name and number of the version to begin after; the number of `$LATEST` is 0.
    func versions(of scope: Scope, after: (name: FunctionName, number: Int)?, limit: Int) -> [FunctionRecord] {
        self.state.withLock { state in
            let names = state.names[scope] ?? []
            let start = after.map { after in Self.place(of: after.name, in: names) } ?? 0
            var found: [FunctionRecord] = []
            for name in names[start...] {
                guard found.count < limit else { break }
                let key = FunctionKey(account: scope.account, region: scope.region, name: name)
                var versions = state.entries[key]?.allVersions ?? []
                if let after, after.name == name { versions.removeAll { $0.versionNumber <= after.number } }
                found += versions.prefix(limit - found.count)
            }
            return found
        }
    }

    /// Bytes of code that an account's functions and layers take in one region.
    package func codeStorage(of scope: Scope) -> Int { self.state.withLock { $0.codeStorage[scope] ?? 0 } }

    /// Functions whose creation or update is between its two writes.
    func unfinished() -> [FunctionKey] {
        self.state.withLock { state in
            state.entries.values.compactMap { $0.latest }.filter { FunctionTransition.isUnfinished($0) }.map { $0.key }
        }
    }

    /// Functions with versions that wait for their preparation.
    func unprepared() -> [FunctionKey] {
        self.state.withLock { state in
            state.entries.values.compactMap { entry in
                entry.versions.values.first { $0.isRestored && $0.state == .pending }?.key
            }
        }
    }

    /// Takes committed changes over, all at once.
    func apply(_ changes: [StoreChange]) -> [Effect] {
        guard !changes.isEmpty else { return [] }
        return self.state.withLock { state in
            let touched = Set(changes.compactMap(\.functionOfConcurrency))
            let before = touched.reduce(into: [:]) { $0[$1] = state.entries[$1]?.concurrency(of: $1) }
            let effects = changes.compactMap { state.apply($0) }
            // Last, when all of the transaction is known. A deleted function has been told of whole.
            return effects
                + touched.compactMap { key in
                    guard let entry = state.entries[key], entry.latest != nil else { return nil }
                    let after = entry.concurrency(of: key)
                    let isSame =
                        after == before[key] ?? FunctionConcurrency(function: key, reserved: nil, provisioned: [])
                    return isSame ? nil : .concurrency(after)
                }
        }
    }

    /// Where `name` is, or would be.
    private static func place(of name: FunctionName, in names: [FunctionName]) -> Int {
        names.partitioningIndex { !$0.text.utf8.lexicographicallyPrecedes(name.text.utf8) }
    }

    /// Where the first name after `name` is.
    private static func place(after name: FunctionName, in names: [FunctionName]) -> Int {
        names.partitioningIndex { name.text.utf8.lexicographicallyPrecedes($0.text.utf8) }
    }
}

extension FunctionCatalog.State {
    fileprivate mutating func apply(_ change: StoreChange) -> FunctionCatalog.Effect? {
        switch change {
        case .put(let resource): self.put(resource)
        case .removed(let kind, let address): self.remove(kind, at: address)
        }
    }

    private mutating func put(_ resource: any StoredResource) -> FunctionCatalog.Effect? {
        switch resource {
        case let latest as LatestVersion: return self.put(latest.record)
        case let version as PublishedVersion:
            self.entries[version.record.key, default: .init()].versions[version.record.version] = version.record
            return .changed(version.record)
        case let properties as FunctionProperties:
            let before = self.entries[properties.key]?.properties?.codeStorage ?? 0
            self.codeStorage[properties.key.scope, default: 0] += properties.codeStorage - before
            self.entries[properties.key, default: .init()].properties = properties
        case let layer as LayerVersionRecord:
            let before = self.layerSizes.updateValue(layer.code.size, forKey: layer.address) ?? 0
            self.codeStorage[layer.scope, default: 0] += layer.code.size - before
        case let alias as AliasRecord: self.entries[alias.function, default: .init()].aliases[alias.name] = alias
        case let policy as PolicyRecord:
            self.entries[policy.function, default: .init()].policies[policy.qualifier] = policy
            self.entries[policy.function, default: .init()].resourcePolicies[policy.qualifier] = ResourcePolicy(policy)
        case let url as FunctionURLRecord:
            self.entries[url.function, default: .init()].urls[url.qualifier] = url
            self.urls[url.id] = url
        case let config as EventInvokeConfigRecord:
            self.entries[config.function, default: .init()].eventInvokeConfigs[config.qualifier] = config
        case let provisioned as ProvisionedConcurrencyRecord:
            self.entries[provisioned.function, default: .init()].provisioned[provisioned.qualifier] = provisioned
        // The other kinds are read from the store.
        default: break
        }
        return nil
    }

    private mutating func put(_ record: FunctionRecord) -> FunctionCatalog.Effect? {
        let isNew = self.entries[record.key]?.latest == nil
        self.entries[record.key, default: .init()].latest = record
        if isNew {
            let name = record.key.name
            let place = self.names[record.key.scope, default: []]
                .partitioningIndex { !$0.text.utf8.lexicographicallyPrecedes(name.text.utf8) }
            self.names[record.key.scope, default: []].insert(name, at: place)
        }
        guard record.updateStatus != .inProgress || isNew else { return nil }
        let before = self.entries[record.key]?.runnable
        self.entries[record.key, default: .init()].runnable = record
        // One that is being made has no environment that could be out of date, and a new revision id makes none so.
        let isSame = before?.state == record.state && before?.generation == record.generation
        return record.state == .pending || isSame ? nil : .changed(record)
    }

    private mutating func remove(_ kind: ResourceKind, at address: ResourceAddress) -> FunctionCatalog.Effect? {
        if kind == .layerVersion, let size = self.layerSizes.removeValue(forKey: address) {
            self.codeStorage[address.scope, default: 0] -= size
        }
        guard let name = FunctionName(address.name) else { return nil }
        let key = FunctionKey(account: address.scope.account, region: address.scope.region, name: name)
        defer { if self.entries[key]?.isEmpty == true { self.entries[key] = nil } }
        switch kind {
        case .function:
            guard self.entries[key]?.latest != nil else { return nil }
            self.entries[key]?.latest = nil
            self.entries[key]?.runnable = nil
            self.names[key.scope]?.removeAll { $0 == name }
            return .functionDeleted(key)
        case .version:
            let version = String(Int(address.part) ?? 0)
            self.entries[key]?.versions[version] = nil
            return .versionDeleted(VersionKey(function: key, version: version))
        case .functionProperties:
            self.codeStorage[key.scope, default: 0] -= self.entries[key]?.properties?.codeStorage ?? 0
            self.entries[key]?.properties = nil
        case .alias: self.entries[key]?.aliases[address.part] = nil
        case .policy:
            self.entries[key]?.policies[address.part] = nil
            self.entries[key]?.resourcePolicies[address.part] = nil
        case .functionURL:
            if let url = self.entries[key]?.urls.removeValue(forKey: address.part) { self.urls[url.id] = nil }
        case .eventInvokeConfig: self.entries[key]?.eventInvokeConfigs[address.part] = nil
        case .provisionedConcurrency: self.entries[key]?.provisioned[address.part] = nil
        case .codeSigningConfig, .eventSourceMapping, .layerVersion, .logGroup, .logStream, .runtimeManagement: break
        }
        return nil
    }
}

extension [FunctionName] {
    /// The first index whose element satisfies `predicate`; the array is so ordered that all later ones do, too.
    fileprivate func partitioningIndex(where predicate: (FunctionName) -> Bool) -> Int {
        var low = 0
        var high = self.count
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
