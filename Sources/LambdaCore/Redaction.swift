// Environment values, payloads and tokens have no textual form: whatever logs or interpolates one of these values, or
// something that holds one, gets its name and its size. `Credentials` has its own beside its declaration.

extension FunctionRecord: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String {
        "FunctionRecord(\(self.key.arn), generation \(self.generation), \(self.environment?.count ?? 0) variables)"
    }
    package var debugDescription: String { self.description }
}

extension Invocation: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String {
        "Invocation(\(self.requestID) of \(self.invokedARN), \(self.content.count) bytes)"
    }
    package var debugDescription: String { self.description }
}

extension InvocationAnswer: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String {
        "InvocationAnswer(\(self.content.count) bytes of \(self.contentType)\(self.isFunctionError ? ", an error" : ""))"
    }
    package var debugDescription: String { self.description }
}

extension InitRequest: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String {
        switch self {
        case .start(let tag, let arguments, let environment, _):
            "start(tag: \(tag), \(arguments), \(environment.count) variables)"
        case .signal(let tag, let number): "signal(tag: \(tag), number: \(number))"
        case .killAll: "killAll"
        case .memory: "memory"
        case .list(let tag, let directory): "list(tag: \(tag), \(directory))"
        case .socket(let tag): "socket(tag: \(tag))"
        case .log: "log"
        case .startLogged(let tag, let arguments, let environment, _):
            "startLogged(tag: \(tag), \(arguments), \(environment.count) variables)"
        }
    }
    package var debugDescription: String { self.description }
}
