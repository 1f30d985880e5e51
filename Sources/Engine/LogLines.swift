internal import LambdaCore

/// Cuts a stream of bytes into lines. A line longer than ``Limits/logLineBytes`` is split there.
package struct LogLineSplitter: Sendable {
    private var partial: [UInt8] = []
    /// The last piece was cut at the limit: a newline right after it ends that piece and is no empty line.
    private var endsInCut = false

    package init() {}

    /// The whole lines that `bytes` completes, without their newlines.
    package mutating func append(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in bytes {
            if byte == 0x0A {
                if !self.endsInCut { lines.append(self.partial) }
                self.endsInCut = false
                self.partial.removeAll(keepingCapacity: true)
            } else {
                self.partial.append(byte)
                self.endsInCut = self.partial.count >= Limits.logLineBytes
                guard self.endsInCut else { continue }
                lines.append(self.partial)
                self.partial.removeAll(keepingCapacity: false)
            }
        }
        return lines
    }

    /// The line that was begun and not ended, where there is one.
    package mutating func takePartial() -> [UInt8]? {
        guard !self.partial.isEmpty else { return nil }
        defer { self.partial = [] }
        return self.partial
    }
}

/// The last bytes of one invocation's log.
package struct LogTail: Sendable {
    private var bytes: [UInt8] = []

    package init() {}

    package mutating func append(line: [UInt8]) {
        self.bytes.append(contentsOf: line)
        self.bytes.append(0x0A)
        // Trimmed at twice the limit, so that the cost of trimming is spread over many lines.
        if self.bytes.count > 2 * Limits.logTailBytes { self.trim() }
    }

    package var contents: [UInt8] { Array(self.bytes.suffix(Limits.logTailBytes)) }

    private mutating func trim() { self.bytes = Array(self.bytes.suffix(Limits.logTailBytes)) }
}
