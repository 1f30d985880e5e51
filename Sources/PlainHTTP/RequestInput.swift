package import NIOCore
package import NIOHTTP1

/// What came on a connection and was not taken yet, as the parts of requests.
///
/// A connection begins in the plain form, where its handler is the only one. The first request that is not plain goes to
/// NIO's decoder, with everything after it: see ``RequestDecoding``.
package struct RequestInput {
    package enum Step {
        case part(HTTPServerRequestPart)
        /// Nothing more is here.
        case nothing
        /// Not plain: these bytes are for the decoder.
        case notPlain(ByteBuffer)
    }

    private enum Form {
        case head
        /// Bytes of the body that are still to come; the end comes after the last.
        case body(left: Int)
        /// The decoder makes the parts.
        case decoded
    }

    private var form = Form.head
    private var bytes = ByteBuffer()
    private var parts = CircularBuffer<HTTPServerRequestPart>(initialCapacity: 0)

    package init() {}

    package var isEmpty: Bool { self.bytes.readableBytes == 0 && self.parts.isEmpty }

    package mutating func append(_ more: ByteBuffer) {
        if self.bytes.readableBytes == 0 {
            self.bytes = more
        } else {
            var more = more
            self.bytes.writeBuffer(&more)
        }
    }

    package mutating func append(_ part: HTTPServerRequestPart) { self.parts.append(part) }

    package mutating func next() -> Step {
        switch self.form {
        case .decoded:
            return self.parts.popFirst().map { .part($0) } ?? .nothing
        case .head:
            guard self.bytes.readableBytes > 0 else { return .nothing }
            guard let plain = PlainRequestHead(self.bytes.readableBytesUInt8Span) else {
                self.form = .decoded
                return .notPlain(self.takeBytes())
            }
            self.bytes.moveReaderIndex(forwardBy: plain.byteCount)
            self.form = .body(left: plain.bodyLength)
            return .part(.head(plain.head))
        case .body(left: 0):
            self.form = .head
            // The memory goes back to the channel, which reads into it again.
            if self.bytes.readableBytes == 0 { self.bytes = ByteBuffer() }
            return .part(.end(nil))
        case .body(let left):
            guard let piece = self.bytes.readSlice(length: min(left, self.bytes.readableBytes)),
                piece.readableBytes > 0
            else {
                self.bytes = ByteBuffer()
                return .nothing
            }
            self.form = .body(left: left - piece.readableBytes)
            return .part(.body(piece))
        }
    }

    private mutating func takeBytes() -> ByteBuffer {
        defer { self.bytes = ByteBuffer() }
        return self.bytes
    }
}
