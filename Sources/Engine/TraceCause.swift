package import LambdaCore

/// The `cause` of a failed segment: what a runtime gives in `Lambda-Runtime-Function-XRay-Error-Cause`, or what the platform
/// knows itself.
///
/// Source: X-Ray developer guide, "Errors and exceptions" of segments; the emulator's model of the header.
package enum TraceCause {
    /// What a runtime posted, as far as it is a cause and fits. Returns `nil` where none of its parts says anything.
    ///
    /// One that is longer than ``Limits/traceCauseBytes`` loses the ends of its lists, the more the longer it is, and at
    /// last everything but its message.
    package static func posted(_ json: [UInt8], segment: () -> String = TraceContext.newSegment) -> JSONValue? {
        guard let given = try? JSONValue.parse(json).objectValue else { return nil }
        let exceptions = (given["exceptions"]?.arrayValue ?? []).compactMap { self.exception($0, segment) }
        let paths = (given["paths"]?.arrayValue ?? []).filter { $0.stringValue != nil }
        let directory = given["working_directory"]?.stringValue ?? ""
        let message = given["message"]?.stringValue ?? ""
        guard !exceptions.isEmpty || !paths.isEmpty || !directory.isEmpty || !message.isEmpty else { return nil }
        for share in [1, 0.8, 0.6, 0.4, 0.2, 0] {
            let cause = self.cause(
                exceptions: self.cut(exceptions, to: share), paths: self.cut(paths, to: share), directory: directory,
                message: message)
            if cause.serialized.count <= Limits.traceCauseBytes { return cause }
        }
        return self.cause(
            exceptions: [], paths: [], directory: "", message: String(message.prefix(Limits.traceCauseBytes / 8)))
    }

    /// One exception in the platform's words, or from the members of a function's own error.
    package static func plain(
        type: String, message: String, segment: () -> String = TraceContext.newSegment
    ) -> JSONValue {
        self.cause(
            exceptions: [
                .object([
                    "id": .string(segment()), "type": .string(type),
                    "message": .string(String(message.prefix(Limits.traceCauseBytes / 8))),
                ])
            ], paths: [], directory: "/var/task", message: "")
    }

    private static func cause(
        exceptions: [JSONValue], paths: [JSONValue], directory: String, message: String
    ) -> JSONValue {
        var cause = JSONObject()
        cause["working_directory"] = .string(directory.isEmpty ? "/var/task" : directory)
        if !paths.isEmpty { cause["paths"] = .array(paths) }
        if !exceptions.isEmpty { cause["exceptions"] = .array(exceptions) }
        if !message.isEmpty { cause["message"] = .string(message) }
        return .object(cause)
    }

    /// An exception needs an id of its own, which runtimes do not give.
    private static func exception(_ given: JSONValue, _ segment: () -> String) -> JSONValue? {
        guard let given = given.objectValue else { return nil }
        var exception: JSONObject = ["id": .string(segment())]
        for member in ["message", "type"] { exception[member] = given[member]?.stringValue.map { .string($0) } }
        if let stack = given["stack"]?.arrayValue {
            exception["stack"] = .array(
                stack.compactMap { frame in
                    guard let frame = frame.objectValue else { return nil }
                    var kept = JSONObject()
                    for member in ["path", "label"] { kept[member] = frame[member]?.stringValue.map { .string($0) } }
                    kept["line"] = frame["line"]?.intValue.map { .number(String($0)) }
                    return .object(kept)
                })
        }
        return .object(exception)
    }

    /// Lists and the stacks inside, cut to a share of their length.
    private static func cut(_ values: [JSONValue], to share: Double) -> [JSONValue] {
        guard share < 1 else { return values }
        return values.prefix(Int((Double(values.count) * share).rounded(.up))).map { value in
            guard var object = value.objectValue, let stack = object["stack"]?.arrayValue else { return value }
            object["stack"] = .array(Array(stack.prefix(Int(Double(stack.count) * share))))
            return .object(object)
        }
    }
}
