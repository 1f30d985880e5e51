import Sandbox

/// Runs a compiled filter as the kernel does, so that a test can ask about any call without making it.
struct FilterSimulation {
    enum Answer: Equatable {
        case allow
        case errno(UInt16)
        case killProcess
        /// An action or an instruction that no filter of ours should have.
        case other(UInt32)
    }

    static let x86: UInt32 = 0xC000_003E
    static let i386: UInt32 = 0x4000_0003

    private struct Instruction {
        let code: UInt16
        let ifTrue: Int
        let ifFalse: Int
        let constant: UInt32
    }

    private let instructions: [Instruction]

    init(_ program: FilterProgram) {
        let bytes = program.instructions
        self.instructions = stride(from: 0, to: bytes.count, by: FilterProgram.instructionSize).map { start in
            Instruction(
                code: UInt16(bytes[start]) | UInt16(bytes[start + 1]) << 8, ifTrue: Int(bytes[start + 2]),
                ifFalse: Int(bytes[start + 3]), constant: Self.word(bytes, at: start + 4))
        }
    }

    func answer(number: Int32, arguments: [UInt64] = [], architecture: UInt32 = Self.x86) -> Answer {
        let data = Self.data(number: number, arguments: arguments, architecture: architecture)
        var accumulator: UInt32 = 0
        var position = 0
        while position < self.instructions.count {
            let instruction = self.instructions[position]
            let constant = instruction.constant
            position += 1
            switch instruction.code {
            case 0x20: accumulator = Self.word(data, at: Int(constant))
            case 0x54: accumulator &= constant
            case 0x05: position += Int(constant)
            case 0x15: position += accumulator == constant ? instruction.ifTrue : instruction.ifFalse
            case 0x25: position += accumulator > constant ? instruction.ifTrue : instruction.ifFalse
            case 0x35: position += accumulator >= constant ? instruction.ifTrue : instruction.ifFalse
            case 0x06: return Self.answer(action: constant)
            default: return .other(UInt32(instruction.code))
            }
        }
        return .other(UInt32.max)
    }

    private static func answer(action: UInt32) -> Answer {
        switch action & 0xFFFF_0000 {
        case 0x7FFF_0000: .allow
        case 0x0005_0000: .errno(UInt16(action & 0xFFFF))
        case 0x8000_0000: .killProcess
        default: .other(action)
        }
    }

    /// `struct seccomp_data`: number, architecture, instruction pointer, six arguments.
    private static func data(number: Int32, arguments: [UInt64], architecture: UInt32) -> [UInt8] {
        let padded = arguments + [UInt64](repeating: 0, count: 6 - arguments.count)
        return Self.bytes(UInt64(UInt32(bitPattern: number)), 4) + Self.bytes(UInt64(architecture), 4)
            + Self.bytes(0, 8) + padded.flatMap { Self.bytes($0, 8) }
    }

    private static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    private static func word(_ bytes: [UInt8], at start: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
    }
}
