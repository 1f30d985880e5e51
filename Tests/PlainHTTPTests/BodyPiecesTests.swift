import LambdaCore
import NIOCore
import PlainHTTP
import Testing

@Suite struct `A body in pieces` {
    private static func piece(_ count: Int, _ byte: UInt8) -> ByteBuffer { ByteBuffer(repeating: byte, count: count) }

    @Test func `keeps the buffers of large pieces, and none of many small ones`() {
        var pieces = BodyPieces()
        for number in 0..<4 { pieces.append(Self.piece(65_536, UInt8(number))) }
        #expect(pieces.buffers.count == 4)
        for number in 0..<10_000 { pieces.append(Self.piece(10, UInt8(truncatingIfNeeded: number))) }
        #expect(pieces.buffers.count == 8, "each holds what small pieces come to, not one of them")
        pieces.append(Self.piece(65_536, 9))
        pieces.append(Self.piece(1, 10))
        var expected: [UInt8] = []
        for number in 0..<4 { expected += [UInt8](repeating: UInt8(number), count: 65_536) }
        for number in 0..<10_000 { expected += [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 10) }
        expected += [UInt8](repeating: 9, count: 65_536) + [10]
        #expect(pieces.count == expected.count)
        #expect(pieces.bytes == expected)
        #expect(Array(pieces.joined.readableBytesView) == expected)
        #expect(pieces.buffers.reduce(0) { $0 + $1.readableBytes } == expected.count)
    }

    @Test(arguments: [0, 1, 16_384, 16_385, 200_000]) func `is the same payload, however large it is`(count: Int) {
        var pieces = BodyPieces()
        var left = count
        while left > 0 {
            pieces.append(Self.piece(min(left, 50_000), UInt8(truncatingIfNeeded: left)))
            left -= min(left, 50_000)
        }
        let payload = Payload(pieces)
        #expect(payload.count == count)
        #expect(payload == Payload(pieces.bytes))
        #expect((payload.carrier == nil) == (count <= 16_384), "small ones are arrays")
        var head = ByteBuffer(string: "head")
        let rest = payload.write(into: &head)
        #expect(head.readableBytes + rest.reduce(0) { $0 + $1.readableBytes } == 4 + count)
        #expect(payload.buffers.reduce(0) { $0 + $1.readableBytes } == count)
    }
}
