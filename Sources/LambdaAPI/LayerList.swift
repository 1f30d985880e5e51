import LambdaCore

/// Which layer versions a list shows: those that say of themselves that they go with what was asked for.
struct LayerFilter: Sendable, Equatable {
    let runtime: String?
    let architecture: String?

    init(_ input: JSONObject) {
        self.runtime = input["CompatibleRuntime"]?.stringValue
        self.architecture = input["CompatibleArchitecture"]?.stringValue
    }

    func admits(_ record: LayerVersionRecord) -> Bool {
        if let runtime, record.compatibleRuntimes?.contains(runtime) != true { return false }
        if let architecture, record.compatibleArchitectures?.contains(architecture) != true { return false }
        return true
    }
}

extension StoreReading {
    /// Versions of one layer, the newest first.
    ///
    /// - Parameters:
    ///   - before: Only those with a lower number, where given.
    ///   - limit: At most so many.
    func versions(
        of layer: LayerReference, before: Int?, matching filter: LayerFilter, limit: Int
    ) throws -> [LayerVersionRecord] {
        let all = try self.resources(LayerVersionRecord.self, in: layer.scope, name: layer.name)
        return Array(
            all.reversed().lazy.filter { record in (before.map { record.number < $0 } ?? true) && filter.admits(record)
            }
            .prefix(limit))
    }

    /// The newest matching version of each layer that has one, in the order of the layers' names.
    ///
    /// - Parameters:
    ///   - after: Only layers whose names come after this one, where given.
    ///   - limit: At most so many.
    func latestVersions(
        in scope: Scope, after: String?, matching filter: LayerFilter, limit: Int
    ) throws -> [LayerVersionRecord] {
        var found: [LayerVersionRecord] = []
        var last = after
        while found.count < limit {
            // Behind every version of the last layer: numbers begin with a digit, and all digits come before this.
            let place = last.map { ResourceAddress(scope: scope, name: $0, part: "~") }
            let next = try self.resources(LayerVersionRecord.self, in: scope, name: nil, after: place, limit: 1)
            guard let name = next.first?.layer else { break }
            let layer = LayerReference(scope: scope, name: name)
            found += try self.versions(of: layer, before: nil, matching: filter, limit: 1)
            last = name
        }
        return found
    }
}
