import Engine
import LambdaCore
import TestSupport
import Testing

/// A frame as awslambdaric writes it.
func frame(_ message: String, type: UInt32 = 0xA55A_0003, length: UInt32? = nil) -> [UInt8] {
    let count = length ?? UInt32(message.utf8.count)
    let time: UInt64 = 1_700_000_000_000_000
    return (0..<4).map { UInt8(truncatingIfNeeded: type >> (24 - 8 * $0)) }
        + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
        + (0..<8).map { UInt8(truncatingIfNeeded: time >> (56 - 8 * $0)) } + Array(message.utf8)
}

@Suite struct `Framed log records` {
    private func texts(_ records: [LogRecord]) -> [String] {
        records.map { String(decoding: $0.message, as: UTF8.self) }
    }

    @Test func `are one event each, line breaks and all, without the newline at the end`() {
        var splitter = LogFrameSplitter()
        let records = splitter.append(frame("first\nsecond\n") + frame("third") + frame("") + frame("\n\n"))
        #expect(self.texts(records) == ["first\nsecond", "third", "", "\n"])
        #expect(splitter.takePartial() == nil)
    }

    /// Source: the frame types of awslambdaric, and of the client for Node.js.
    private static let types: [(UInt32, LogLevel?)] = [
        (0xA55A_0002, nil), (0xA55A_0003, nil), (0xA55A_0006, .trace), (0xA55A_0007, .trace), (0xA55A_000A, .debug),
        (0xA55A_000B, .debug), (0xA55A_000E, .info), (0xA55A_000F, .info), (0xA55A_0012, .warn), (0xA55A_0013, .warn),
        (0xA55A_0016, .error), (0xA55A_0017, .error), (0xA55A_001A, .fatal), (0xA55A_001B, .fatal),
    ]

    @Test(arguments: types) func `tell their level by their type`(type: UInt32, level: LogLevel?) {
        var splitter = LogFrameSplitter()
        #expect(splitter.append(frame("m", type: type)) == [LogRecord(message: [0x6D], level: level)])
    }

    @Test(arguments: UInt64(1)...50) func `are the same in whatever pieces they arrive`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var bytes: [UInt8] = []
        for number in 0..<40 {
            switch Int.random(in: 0...3, using: &random) {
            case 0: bytes += Array("plain \(number)\n".utf8)
            case 1: bytes += [0xA5, 0x5A, UInt8.random(in: 0...9, using: &random)] + Array("broken \(number)\n".utf8)
            default: bytes += frame("record\n\(number)", type: 0xA55A_0003 | UInt32(number % 7) << 2)
            }
        }
        var whole = LogFrameSplitter()
        let expected = whole.append(bytes)
        #expect(expected.count > 30)
        var pieces = LogFrameSplitter()
        var records: [LogRecord] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(Int.random(in: 1...30, using: &random))
            records += pieces.append(part)
            rest = rest.dropFirst(part.count)
        }
        #expect(records == expected)
        #expect(pieces.takePartial() == whole.takePartial())
    }

    /// The beginning of what is no frame, and what is logged of it with the text that follows.
    private static let broken: [[UInt8]] = [
        Array("plain".utf8), [0xA5], [0xA5, 0x5A], [0xA5, 0x5A, 0x00], [0xA5, 0x5A, 0x00, 0x01],
        [0xA5, 0x5A, 0x00, 0x1F],
        [0xA5, 0x5A, 0x00, 0x23], [0xA5, 0x5A, 0x01, 0x03], [0xA5, 0x5A, 0x00, 0x03, 0xFF, 0xFF, 0xFF, 0xFF],
        [0xA5, 0x5A, 0x00, 0x03, 0x01, 0x00, 0x00, 0x01],
    ]

    @Test(arguments: broken) func `that are broken are plain text up to the newline, and the next one counts again`(
        beginning: [UInt8]
    ) {
        var splitter = LogFrameSplitter()
        let records = splitter.append(beginning + Array("text\n".utf8) + frame("good", type: 0xA55A_0017))
        #expect(
            records == [
                LogRecord(message: beginning + Array("text".utf8)),
                LogRecord(message: Array("good".utf8), level: .error),
            ])
    }

    @Test func `lose nothing where a broken length looks like newlines`() {
        var splitter = LogFrameSplitter()
        let records = splitter.append(
            [0xA5, 0x5A, 0x00, 0x03, 0x0A, 0x0A, 0x0A, 0x41] + Array("b\n".utf8) + frame("good"))
        #expect(records.map(\.message) == [[0xA5, 0x5A, 0x00, 0x03], [], [], Array("Ab".utf8), Array("good".utf8)])
    }

    @Test func `that a dead runtime left unfinished are kept as far as they came, and the next one begins anew`() {
        for count in 1..<frame("message").count {
            var splitter = LogFrameSplitter()
            let begun = Array(frame("message", type: 0xA55A_0017).prefix(count))
            let whole = splitter.append(begun)
            #expect(whole.isEmpty)
            let partial = splitter.takePartial()
            switch count {
            case ..<16: #expect(partial == LogRecord(message: begun))
            case 16: #expect(partial == nil)
            default: #expect(partial == LogRecord(message: Array(begun.dropFirst(16)), level: .error))
            }
            #expect(self.texts(splitter.append(frame("next"))) == ["next"])
        }
    }

    @Test(arguments: [0, 1, 2, 5]) func `longer than a line may be are cut there`(more: Int) {
        var splitter = LogFrameSplitter()
        let text = String(repeating: "l", count: 2 * Limits.logLineBytes) + String(repeating: "m", count: more)
        let records = splitter.append(frame(text + "\n", type: 0xA55A_0013) + frame("next"))
        #expect(
            records.map(\.message.count)
                == [Limits.logLineBytes, Limits.logLineBytes] + (more > 0 ? [more] : []) + [4])
        #expect(records.dropLast().allSatisfy { $0.level == .warn })
    }

    @Test func `may be as long as is believed, and no longer`() {
        var splitter = LogFrameSplitter()
        let longest = splitter.append(frame("x", length: UInt32(Limits.logFrameBytes)) + frame("\n"))
        #expect(longest.isEmpty)
        // The second frame is a part of the first one's message.
        #expect(splitter.takePartial()?.message.count == 1 + frame("\n").count)
    }
}
