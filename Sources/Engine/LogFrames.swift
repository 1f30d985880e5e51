internal import LambdaCore

/// One piece of a function's output that is one event of its log.
package struct LogRecord: Sendable, Equatable {
    /// Without the newline at its end; a framed record may have others inside.
    package var message: [UInt8]
    /// As the record's frame says; `nil` for plain lines and for frames without a level.
    package var level: LogLevel?

    package init(message: [UInt8], level: LogLevel? = nil) {
        self.message = message
        self.level = level
    }
}

/// Cuts the stream of framed records, which managed runtimes write, into records.
///
/// A frame is a type of 4 bytes (`A55A0002` for JSON, `A55A0003` for text, the level from bit 2 on), the length of the
/// message in 4 bytes, the time in microseconds since 1970 in 8, and the message; integers are big-endian. What is no
/// frame is taken for plain text up to the next newline, so that nothing is lost by a broken writer.
///
/// Source: awslambdaric and aws-lambda-nodejs-runtime-interface-client, which write it.
package struct LogFrameSplitter: Sendable {
    private enum State: Sendable {
        /// ``begun`` is the beginning of a frame's header.
        case header
        /// ``begun`` is the beginning of a message, or of what is left of it after a cut.
        case message(remaining: Int, level: LogLevel?, wasCut: Bool)
        case text
    }

    private static let headerBytes = 16
    private static let magic: [UInt8] = [0xA5, 0x5A, 0x00]

    private var state = State.header
    private var begun: [UInt8] = []
    private var lines = LogLineSplitter()

    package init() {}

    /// The whole records that `bytes` completes. A message longer than ``Limits/logLineBytes`` is cut there.
    package mutating func append(_ bytes: some Sequence<UInt8>) -> [LogRecord] {
        var records: [LogRecord] = []
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            switch self.state {
            case .header: self.takeHeader(from: &rest, &records)
            case .message(let remaining, let level, let wasCut):
                let part = rest.prefix(min(remaining, Limits.logLineBytes - self.begun.count))
                self.begun += part
                rest = rest.dropFirst(part.count)
                self.messageGrew(remaining: remaining - part.count, level, wasCut: wasCut, &records)
            case .text: self.takeText(from: &rest, &records)
            }
        }
        return records
    }

    /// What was begun and not ended, where there is something: its writer is gone, and the next one begins anew.
    package mutating func takePartial() -> LogRecord? {
        defer {
            self.state = .header
            self.begun = []
        }
        switch self.state {
        case .header: return self.begun.isEmpty ? nil : LogRecord(message: self.begun)
        case .message(_, let level, _):
            return self.begun.isEmpty ? nil : LogRecord(message: self.begun, level: level)
        case .text: return self.lines.takePartial().map { LogRecord(message: $0) }
        }
    }

    private mutating func takeHeader(from rest: inout ArraySlice<UInt8>, _ records: inout [LogRecord]) {
        while self.begun.count < Self.headerBytes, let byte = rest.popFirst() {
            self.begun.append(byte)
            guard Self.canBegin(self.begun) else {
                var text = self.begun[...]
                self.begun = []
                // A length may look like newlines.
                while !text.isEmpty { self.takeText(from: &text, &records) }
                return
            }
        }
        guard self.begun.count == Self.headerBytes else { return }
        let (length, level) = (Self.length(self.begun), LogLevel(rawValue: self.begun[3] >> 2))
        self.begun = []
        // An empty message is whole with its header.
        self.messageGrew(remaining: length, level, wasCut: false, &records)
    }

    /// Up to the next newline, where a frame may begin again.
    private mutating func takeText(from rest: inout ArraySlice<UInt8>, _ records: inout [LogRecord]) {
        let line = rest.firstIndex(of: 0x0A).map { rest[...$0] } ?? rest
        records += self.lines.append(line).map { LogRecord(message: $0) }
        rest = rest.dropFirst(line.count)
        self.state = line.last == 0x0A ? .header : .text
    }

    private mutating func messageGrew(
        remaining: Int, _ level: LogLevel?, wasCut: Bool, _ records: inout [LogRecord]
    ) {
        let isWhole = remaining == 0
        guard isWhole || self.begun.count == Limits.logLineBytes else {
            return self.state = .message(remaining: remaining, level: level, wasCut: wasCut)
        }
        self.state = isWhole ? .header : .message(remaining: remaining, level: level, wasCut: true)
        // Runtimes end a message with a newline, which ends the event and is no part of it.
        if isWhole, self.begun.last == 0x0A { self.begun.removeLast() }
        if !wasCut || !self.begun.isEmpty { records.append(LogRecord(message: self.begun, level: level)) }
        self.begun = []
    }

    /// Whether these bytes, the last of which is new, can be the beginning of a header.
    private static func canBegin(_ header: [UInt8]) -> Bool {
        let last = header[header.count - 1]
        switch header.count {
        case 1...3: return last == Self.magic[header.count - 1]
        case 4:
            let kind = last & 0x03
            return (kind == 2 || kind == 3) && last >> 2 <= LogLevel.fatal.rawValue
        case 8: return self.length(header) <= Limits.logFrameBytes
        default: return true
        }
    }

    private static func length(_ header: [UInt8]) -> Int { header[4..<8].reduce(0) { $0 << 8 | Int($1) } }
}
