import Engine
import LambdaCore
import Testing

@Suite struct `A line as long as a line may be` {
    @Test(arguments: [0, 1, 2])
    func `is followed by no empty line that nobody wrote`(newlines: Int) {
        var splitter = LogLineSplitter()
        var lines = splitter.append(repeatElement(0x41, count: Limits.logLineBytes))
        lines += splitter.append(repeatElement(0x0A, count: newlines) + Array("b\n".utf8))
        #expect(lines.map(\.count) == [Limits.logLineBytes] + repeatElement(0, count: max(0, newlines - 1)) + [1])
    }
}
