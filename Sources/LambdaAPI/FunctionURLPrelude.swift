import LambdaCore

/// The beginning of a streamed answer of type ``contentType``: JSON with status, headers and cookies, then eight NUL bytes,
/// then the body.
///
/// Takes bytes as they come, however they are cut. Once the end of the prelude was seen, NUL bytes have no meaning.
struct FunctionURLPrelude: Sendable {
    enum Step: Sendable, Equatable {
        /// The prelude has not ended yet.
        case more
        /// What the prelude says, and the bytes of the body that came with its end.
        case whole(HTTPEnvelope, body: [UInt8])
        /// Not a prelude.
        case broken
    }

    static let contentType = "application/vnd.awslambda.http-integration-response"
    private static let delimiterLength = 8

    private var bytes: [UInt8] = []
    /// How many of the last bytes are NUL.
    private var zeros = 0
    private var isOver = false

    /// - Parameter more: Not to be called again once it has answered anything but ``Step/more``.
    mutating func take(_ more: some Collection<UInt8>) -> Step {
        precondition(!self.isOver, "the prelude is over")
        var index = more.startIndex
        while index != more.endIndex {
            let byte = more[index]
            index = more.index(after: index)
            self.bytes.append(byte)
            self.zeros = byte == 0 ? self.zeros + 1 : 0
            if self.zeros == Self.delimiterLength { return self.end(body: Array(more[index...])) }
            // JSON holds no NUL, so one that is no part of the delimiter is the end of hope.
            if byte != 0, self.bytes.count > 1, self.bytes[self.bytes.count - 2] == 0 { return self.fail() }
            if self.bytes.count > Limits.httpHeadBytes { return self.fail() }
        }
        return .more
    }

    private mutating func fail() -> Step {
        self.isOver = true
        self.bytes = []
        return .broken
    }

    private mutating func end(body: [UInt8]) -> Step {
        self.isOver = true
        let text = Array(self.bytes.dropLast(Self.delimiterLength))
        self.bytes = []
        guard let object = (try? JSONValue.parse(text))?.objectValue, let envelope = try? HTTPEnvelope(object) else {
            return .broken
        }
        return .whole(envelope, body: body)
    }
}
