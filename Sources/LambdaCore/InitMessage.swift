/// What lambdad says to a sandbox's init over the control socket.
///
/// A frame is a 32-bit length (of what follows), one byte of kind, and the kind's fields; integers are little-endian,
/// byte strings have a 32-bit length before them. The other end is `Sources/lambda-init/main.c`.
package enum InitRequest: Equatable, Sendable {
    /// Start a process with the function's uid and no capability, in a process group of its own.
    case start(tag: UInt32, arguments: [String], environment: [String], workingDirectory: String)
    /// Send a signal to the process group of the process with this tag.
    case signal(tag: UInt32, number: Int32)
    /// Kill everything but init itself; answered by ``InitEvent/allKilled`` once nothing else is left.
    case killAll
    /// Ask for the peak resident memory of everything in the sandbox; answered by ``InitEvent/memory(peakBytes:)``.
    case memory
    /// Ask for the files of a directory, directories left out; answered by ``InitEvent/listed(tag:errno:files:)``.
    case list(tag: UInt32, directory: String)
    /// Ask for a TCP socket in the sandbox's network, over the carrier that goes along; see ``DescriptorPassing``.
    case socket(tag: UInt32)
    /// The descriptor that goes along takes what processes write that are started as ``startLogged``.
    case log
    /// The same as ``start``, with standard output and error of its own.
    case startLogged(tag: UInt32, arguments: [String], environment: [String], workingDirectory: String)

    /// Bytes of one frame at most, either way. Arguments and environment are far below it.
    package static let frameLimit = 262_144

    package var frame: [UInt8] {
        var body: [UInt8] = []
        switch self {
        case .start(let tag, let arguments, let environment, let workingDirectory):
            body.append(1)
            body.append(start: tag, arguments, environment, workingDirectory)
        case .signal(let tag, let number):
            body.append(2)
            body.append(littleEndian: tag)
            body.append(littleEndian: UInt32(bitPattern: number))
        case .killAll:
            body.append(3)
        case .memory:
            body.append(4)
        case .list(let tag, let directory):
            body.append(5)
            body.append(littleEndian: tag)
            body.append(string: directory)
        case .socket(let tag):
            body.append(6)
            body.append(littleEndian: tag)
        case .log:
            body.append(7)
        case .startLogged(let tag, let arguments, let environment, let workingDirectory):
            body.append(8)
            body.append(start: tag, arguments, environment, workingDirectory)
        }
        var frame: [UInt8] = []
        frame.append(littleEndian: UInt32(body.count))
        return frame + body
    }
}

/// What a sandbox's init reports over the control socket.
package enum InitEvent: Equatable, Sendable {
    /// How a process ended.
    package enum Exit: Equatable, Sendable {
        case status(Int32)
        case signal(Int32)
    }

    case started(tag: UInt32, pid: Int32)
    /// The program could not be executed. `errno` says why.
    case startFailed(tag: UInt32, errno: Int32)
    case exited(tag: UInt32, Exit)
    /// Sum of the peak resident sizes of the processes that are there now.
    case memory(peakBytes: UInt64)
    case allKilled
    /// Names of files, in no order; `errno` is 0 where the directory could be read.
    case listed(tag: UInt32, errno: Int32, files: [String])
    /// The socket is at the carrier's other end, where `errno` is 0.
    case socket(tag: UInt32, errno: Int32)

    /// Decodes the part of a frame that comes after its length. Returns `nil` for what is not of this protocol.
    package init?(body: some Collection<UInt8>) {
        let bytes = Array(body)
        guard let kind = bytes.first else { return nil }
        func word(_ offset: Int) -> UInt32? {
            guard offset + 4 <= bytes.count else { return nil }
            return (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
        }
        switch kind {
        case 16:
            guard let tag = word(1), let pid = word(5) else { return nil }
            self = .started(tag: tag, pid: Int32(bitPattern: pid))
        case 17:
            guard let tag = word(1), let number = word(5) else { return nil }
            self = .startFailed(tag: tag, errno: Int32(bitPattern: number))
        case 18:
            guard let tag = word(1), let signalled = word(5), let number = word(9) else { return nil }
            let value = Int32(bitPattern: number)
            self = .exited(tag: tag, signalled == 0 ? .status(value) : .signal(value))
        case 19:
            guard let low = word(1), let high = word(5) else { return nil }
            self = .memory(peakBytes: UInt64(high) << 32 | UInt64(low))
        case 20:
            self = .allKilled
        case 21:
            guard let tag = word(1), let number = word(5), let count = word(9) else { return nil }
            var files: [String] = []
            var position = 13
            for _ in 0..<count {
                guard let length = word(position), Int(length) <= bytes.count - position - 4 else { return nil }
                let name = bytes[(position + 4)..<(position + 4 + Int(length))]
                files.append(String(decoding: name, as: UTF8.self))
                position += 4 + Int(length)
            }
            self = .listed(tag: tag, errno: Int32(bitPattern: number), files: files)
        case 22:
            guard let tag = word(1), let number = word(5) else { return nil }
            self = .socket(tag: tag, errno: Int32(bitPattern: number))
        default:
            return nil
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(littleEndian value: UInt32) {
        for shift in [UInt32(0), 8, 16, 24] { self.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    fileprivate mutating func append(string: String) {
        self.append(littleEndian: UInt32(string.utf8.count))
        self.append(contentsOf: string.utf8)
    }

    fileprivate mutating func append(
        start tag: UInt32, _ arguments: [String], _ environment: [String], _ workingDirectory: String
    ) {
        self.append(littleEndian: tag)
        self.append(strings: arguments)
        self.append(strings: environment)
        self.append(string: workingDirectory)
    }

    fileprivate mutating func append(strings: [String]) {
        self.append(littleEndian: UInt32(strings.count))
        for string in strings { self.append(string: string) }
    }
}
