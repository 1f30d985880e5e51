import Testing

/// An error answer as it must be on the wire, to the byte: the case of the message's key shows in raw bodies only.
struct Refusal: Sendable, CustomTestStringConvertible {
    let status: Int
    let code: String
    let body: String

    /// 400 InvalidParameterValueException
    static func invalid(_ text: String) -> Refusal {
        Refusal(
            status: 400, code: "InvalidParameterValueException",
            body: #"{"Type":"User","message":"\#(self.escaped(text))"}"#)
    }

    /// 400 ValidationException
    static func validation(_ text: String) -> Refusal {
        Refusal(status: 400, code: "ValidationException", body: #"{"message":"\#(self.escaped(text))"}"#)
    }

    /// 404 ResourceNotFoundException
    static func notFound(_ text: String) -> Refusal {
        Refusal(
            status: 404, code: "ResourceNotFoundException",
            body: #"{"Type":"User","Message":"\#(self.escaped(text))"}"#)
    }

    /// 409 ResourceConflictException
    static func conflict(_ text: String) -> Refusal {
        Refusal(
            status: 409, code: "ResourceConflictException",
            body: #"{"Type":"User","message":"\#(self.escaped(text))"}"#)
    }

    var testDescription: String { "\(self.code): \(self.body)" }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }
}

func expect(_ answer: TestAnswer, is refusal: Refusal, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(answer.status == refusal.status, sourceLocation: sourceLocation)
    #expect(answer.header("x-amzn-ErrorType") == refusal.code, sourceLocation: sourceLocation)
    #expect(answer.text == refusal.body, sourceLocation: sourceLocation)
}
