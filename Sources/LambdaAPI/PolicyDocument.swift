import LambdaCore

/// The statements of one resource, as they are added, removed and given back.
struct PolicyDocument: Sendable, Equatable {
    private(set) var statements: [PolicyRecord.Statement]

    init(_ statements: [PolicyRecord.Statement] = []) { self.statements = statements }

    var isEmpty: Bool { self.statements.isEmpty }

    /// Compact JSON, as GetPolicy and GetLayerVersionPolicy give it.
    var json: String {
        #"{"Version":"\#(ResourcePolicy.version)","Id":"default","Statement":["#
            + self.statements.map(\.json).joined(separator: ",") + "]}"
    }

    /// - Throws: Where the id is taken, or the document would be too long.
    mutating func add(_ statement: PolicyRecord.Statement) throws(APIError) {
        guard !self.statements.contains(where: { $0.id == statement.id }) else { throw .statementExists(statement.id) }
        var grown = self
        grown.statements.append(statement)
        let size = grown.json.utf8.count
        guard size <= Limits.policyBytes else { throw .policyTooLong(size) }
        self = grown
    }

    /// - Throws: Where no statement has the id.
    mutating func remove(_ id: String) throws(APIError) {
        guard let place = self.statements.firstIndex(where: { $0.id == id }) else { throw .statementNotFound(id) }
        self.statements.remove(at: place)
    }
}
