package import LambdaCore

/// Collects the members of a request from path, query, headers and body, and holds them against the model.
package enum InputReader {
    /// - Parameters:
    ///   - labels: The path's labels, as ``Operation/route(method:path:query:)`` gives them.
    ///   - query: Decoded. A repeated parameter counts once, except where the member is a list.
    ///   - header: The value of a header, whatever the case of its name.
    ///   - body: `nil` where there is none, or where it is raw bytes.
    /// - Returns: The modelled members that are there, by the model's names. JSON nulls and unknown members are left
    ///   out, and so is a raw payload.
    package static func read(
        _ operation: Operation, labels: [String: String], query: [(name: String, value: String)],
        header: (String) -> String?, body: JSONValue?
    ) throws(InputError) -> JSONObject {
        let members = operation.descriptor?.members ?? []
        let bodyMembers = try self.bodyMembers(of: body, hasPayload: operation.payloadMember != nil)
        var input = JSONObject()
        for member in members {
            switch member.location {
            case .body:
                input[member.name] = try self.typed(bodyMembers[member.name], member.shape)
            case .payload:
                guard case .structure = member.shape else { continue }
                input[member.name] = try self.typed(body, member.shape)
            case .path(let name):
                input[member.name] = try self.typed(text: labels[name], member.shape)
            case .header(let name):
                input[member.name] = try self.typed(text: header(name), member.shape)
            case .query(let name):
                let texts = query.lazy.filter { $0.name == name }.map { $0.value }
                input[member.name] = try TypedValue.read(texts: Array(texts), as: member.shape)
            }
        }
        try self.validate(input, members: members)
        return input
    }

    private static func typed(_ value: JSONValue?, _ shape: Shape) throws(InputError) -> JSONValue? {
        guard let value else { return nil }
        return try TypedValue.read(value, as: shape)
    }

    private static func typed(text: String?, _ shape: Shape) throws(InputError) -> JSONValue? {
        guard let text else { return nil }
        return try TypedValue.read(text: text, as: shape)
    }

    /// The body's own members; none where the whole body is one member.
    private static func bodyMembers(of body: JSONValue?, hasPayload: Bool) throws(InputError) -> JSONObject {
        guard !hasPayload else { return JSONObject() }
        switch body {
        case nil, .null: return JSONObject()
        case .object(let object): return object
        case .array: throw .serialization(TypedValue.listNotExpected)
        case .bool, .number, .string: throw .serialization(TypedValue.mapExpected)
        }
    }

    private static func validate(_ input: JSONObject, members: [Member]) throws(InputError) {
        var check = ConstraintCheck()
        check.structure(input, members: members, path: "", isTopLevel: true)
        guard !check.violations.isEmpty else { return }
        let count = check.violations.count
        let errors = count == 1 ? "1 validation error" : "\(count) validation errors"
        throw .validation("\(errors) detected: \(check.violations.joined(separator: "; "))")
    }
}
