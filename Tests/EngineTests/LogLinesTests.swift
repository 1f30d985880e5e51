import Engine
import LambdaCore
import TestSupport
import Testing

@Suite struct `A function's output` {
    private func texts(_ lines: [[UInt8]]) -> [String] { lines.map { String(decoding: $0, as: UTF8.self) } }

    private static let outputs: [(String, [String], String?)] = [
        ("", [], nil), ("a\n", ["a"], nil), ("a\nb\n", ["a", "b"], nil), ("a\nb", ["a"], "b"),
        ("\n\n", ["", ""], nil), ("a\r\n", ["a\r"], nil), ("no end", [], "no end"),
    ]

    @Test(arguments: outputs)
    func `is cut at each newline, and what has none is kept`(text: String, lines: [String], rest: String?) {
        var splitter = LogLineSplitter()
        #expect(self.texts(splitter.append(text.utf8)) == lines)
        let partial = splitter.takePartial()
        #expect(partial.map { String(decoding: $0, as: UTF8.self) } == rest)
        #expect(splitter.takePartial() == nil)
    }

    @Test(arguments: UInt64(1)...100)
    func `makes the same lines in whatever pieces it arrives`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let bytes = (0..<2_000).map { _ in UInt8.random(in: 0...20, using: &random) }
        var whole = LogLineSplitter()
        let expected = whole.append(bytes)
        var pieces = LogLineSplitter()
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = min(rest.count, Int.random(in: 1...50, using: &random))
            lines += pieces.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        #expect(lines == expected)
        #expect(pieces.takePartial() == whole.takePartial())
    }

    @Test func `need not be text`() {
        var splitter = LogLineSplitter()
        #expect(splitter.append([0xFF, 0x00, 0xC0, 0x0A]) == [[0xFF, 0x00, 0xC0]])
    }

    @Test func `is split where a line has no end in sight`() {
        var splitter = LogLineSplitter()
        let lines = splitter.append(repeatElement(0x41, count: 2 * Limits.logLineBytes + 5))
        #expect(lines.map(\.count) == [Limits.logLineBytes, Limits.logLineBytes])
        #expect(splitter.takePartial()?.count == 5)
    }
}

@Suite struct `The tail of a log` {
    @Test func `is all of a short one`() {
        var tail = LogTail()
        tail.append(line: Array("START".utf8))
        tail.append(line: [])
        tail.append(line: Array("END".utf8))
        #expect(String(decoding: tail.contents, as: UTF8.self) == "START\n\nEND\n")
    }

    @Test func `is the last four kibibytes of a long one, cut at a byte`() {
        var tail = LogTail()
        var everything: [UInt8] = []
        for number in 0..<2_000 {
            let line = Array("line \(number)".utf8)
            tail.append(line: line)
            everything += line + [0x0A]
        }
        #expect(tail.contents == Array(everything.suffix(4_096)))
    }

    @Test func `is the end of one line that is longer`() {
        var tail = LogTail()
        tail.append(line: Array(repeating: 0x41, count: 100_000) + Array("the end".utf8))
        #expect(tail.contents.count == 4_096)
        #expect(tail.contents.suffix(8) == Array("the end\n".utf8)[...])
    }
}
