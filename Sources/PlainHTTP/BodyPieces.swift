package import LambdaCore
package import NIOCore

/// A body in the buffers in which it came: nothing is copied to put them together, and they are written as they are.
package struct BodyPieces: Sendable {
    /// A smaller piece is copied: its buffer may be many times as large, and a body in small pieces would hold all of those.
    private static let ownPiece = 32_768

    /// Beside the others, for most bodies are this and nothing else.
    private var first = ByteBuffer()
    private var others: [ByteBuffer] = []
    package private(set) var count = 0
    /// Whether the last of the others was made here, so that more can be put into it.
    private var hasTail = false

    package init() {}

    package init(_ buffer: ByteBuffer) {
        self.first = buffer
        self.count = buffer.readableBytes
    }

    package mutating func append(_ buffer: ByteBuffer) {
        defer { self.count += buffer.readableBytes }
        if self.count == 0 {
            self.first = buffer
        } else if buffer.readableBytes >= Self.ownPiece {
            self.others.append(buffer)
            self.hasTail = false
        } else {
            self.copy(buffer)
        }
    }

    private mutating func copy(_ buffer: ByteBuffer) {
        var buffer = buffer
        if !self.hasTail {
            var tail = ByteBuffer()
            tail.reserveCapacity(2 * Self.ownPiece)
            self.others.append(tail)
            self.hasTail = true
        }
        let last = self.others.count - 1
        self.others[last].writeBuffer(&buffer)
        // Full but for less than a piece: the next gets another, so that none is copied to grow.
        if self.others[last].readableBytes >= Self.ownPiece { self.hasTail = false }
    }

    package var buffers: [ByteBuffer] { self.count > 0 ? [self.first] + self.others : [] }

    /// A copy.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(self.count)
        bytes.append(contentsOf: self.first.readableBytesView)
        for buffer in self.others { bytes.append(contentsOf: buffer.readableBytesView) }
        return bytes
    }

    /// One buffer; a copy where there are several.
    package var joined: ByteBuffer {
        guard !self.others.isEmpty else { return self.first }
        var whole = ByteBuffer()
        whole.reserveCapacity(self.count)
        for var buffer in self.buffers { whole.writeBuffer(&buffer) }
        return whole
    }
}

/// Pieces on their way through modules that do not know buffers.
private final class CarriedPieces: PayloadCarrier {
    let pieces: BodyPieces

    init(_ pieces: BodyPieces) { self.pieces = pieces }

    var count: Int { self.pieces.count }
    var bytes: [UInt8] { self.pieces.bytes }
}

extension Payload {
    /// Small bodies are copied: their buffers go back to the socket that reads into them again, and they leave in one piece with
    /// the head that is written before them.
    private static let copiedBytes = 16_384

    package init(_ pieces: BodyPieces) {
        if pieces.count <= Self.copiedBytes {
            self.init(pieces.bytes)
        } else {
            self.init(carrying: CarriedPieces(pieces))
        }
    }

    /// In its buffer, however small it is: for bytes that leave at once.
    package init(_ buffer: ByteBuffer) { self.init(carrying: CarriedPieces(BodyPieces(buffer))) }

    /// The buffers in which the bytes came, or one that is made.
    package var buffers: [ByteBuffer] {
        if let carried = self.carrier as? CarriedPieces { return carried.pieces.buffers }
        return self.count > 0 ? [ByteBuffer(bytes: self.bytes)] : []
    }

    /// Writes an array behind what is in `head`; gives the buffers that are to follow `head` where the bytes came in such.
    package func write(into head: inout ByteBuffer) -> [ByteBuffer] {
        if let carried = self.carrier as? CarriedPieces { return carried.pieces.buffers }
        head.writeBytes(self.bytes)
        return []
    }
}
