import LambdaCore
import NIOCore
import NIOFoundationEssentialsCompat
import PlainHTTP
import SigV4

/// The body of a request while it comes.
///
/// Small ones are arrays, and so are those that somebody reads as one. The payload of an invocation may be of megabytes: it
/// stays in the buffers in which it comes, and its hash and its syntax are known when its last byte is there.
struct RequestBody {
    /// The payload of an invocation, whose syntax is checked.
    struct Payloads {
        var validator = JSONValidator()
        /// `nil` where nobody will ask for it.
        var hash: BodyHash.Running?
        var pieces = BodyPieces()
    }

    /// Bytes up to which a body is one array, whatever it is.
    private static let smallBytes = 65_536

    private var array: [UInt8] = []
    /// Set where the body is an invocation's payload.
    private var payload: Payloads?

    /// - Parameters:
    ///   - length: What was promised; `nil` where it comes in chunks.
    ///   - isPayload: Whether it is the payload of an invocation.
    ///   - isHashed: Whether the hash of it will be asked for.
    init(length: Int?, isPayload: Bool, isHashed: @autoclosure () -> Bool) {
        if isPayload, length.map({ $0 > Self.smallBytes }) ?? true {
            self.payload = Payloads(hash: isHashed() ? BodyHash.Running() : nil)
        } else if let length, length > 0 {
            // No more than a small request's: memory is given for bytes, not for words.
            self.array.reserveCapacity(min(length, Self.smallBytes))
        }
    }

    /// Nothing.
    init() {}

    var count: Int { self.payload.map(\.pieces.count) ?? self.array.count }

    mutating func append(_ buffer: ByteBuffer) {
        guard self.payload != nil else {
            self.array.append(contentsOf: buffer.readableBytesView)
            return
        }
        self.payload?.validator.take(buffer.readableBytesUInt8Span)
        self.payload?.hash?.take(buffer.readableBytesView)
        self.payload?.pieces.append(buffer)
    }

    /// A copy, where it came in pieces.
    var bytes: [UInt8] { self.payload.map(\.pieces.bytes) ?? self.array }

    var content: Payload { self.payload.map { Payload($0.pieces) } ?? Payload(self.array) }

    var hashText: String { self.payload?.hash?.text ?? BodyHash.text(of: self.bytes) }

    func checkJSON() throws(JSONSyntaxError) {
        guard let payload = self.payload else { return try JSONValue.check(self.array) }
        try JSONValue.check(payload.validator) { payload.pieces.bytes }
    }
}
