import LambdaCore

/// A transaction that remembers what it changed, for the catalog to take over once it is committed.
final class RecordingTransaction: StoreTransaction {
    private let wrapped: any StoreTransaction
    private(set) var changes: [StoreChange] = []

    init(_ wrapped: any StoreTransaction) { self.wrapped = wrapped }

    func resource<Resource: StoredResource>(_ type: Resource.Type, at address: ResourceAddress) throws -> Resource? {
        try self.wrapped.resource(type, at: address)
    }

    func resources<Resource: StoredResource>(
        _ type: Resource.Type, in scope: Scope, name: String?, after: ResourceAddress?, limit: Int
    ) throws -> [Resource] {
        try self.wrapped.resources(type, in: scope, name: name, after: after, limit: limit)
    }

    func everything<Resource: StoredResource>(_ type: Resource.Type) throws -> [Resource] {
        try self.wrapped.everything(type)
    }

    func put<Resource: StoredResource>(_ resource: Resource) throws {
        try self.wrapped.put(resource)
        self.changes.append(.put(resource))
    }

    @discardableResult
    func remove<Resource: StoredResource>(_ type: Resource.Type, at address: ResourceAddress) throws -> Bool {
        let wasThere = try self.wrapped.remove(type, at: address)
        if wasThere { self.changes.append(.removed(Resource.kind, address)) }
        return wasThere
    }

    func next(_ counter: StoreCounter) throws -> Int { try self.wrapped.next(counter) }

    func newRevisionID() throws -> String { try self.wrapped.newRevisionID() }

    func takeUserSlot(for function: FunctionKey) throws -> Int { try self.wrapped.takeUserSlot(for: function) }

    func releaseUserSlot(of function: FunctionKey) throws { try self.wrapped.releaseUserSlot(of: function) }
}
