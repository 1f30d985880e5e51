import FoundationEssentials
import Sandbox
import Testing

@Suite struct `A filter program` {
    private static func simulation(_ rules: String) throws -> FilterSimulation {
        FilterSimulation(try FilterProgram(policy: "default errno ENOSYS\n" + rules))
    }

    private static func number(_ call: String) throws -> Int32 {
        try #require(FilterProgram.number(ofCall: call))
    }

    @Test func `allows, denies, and answers anything else with the default`() throws {
        let filter = try Self.simulation("allow read\ndeny mount errno EPERM")
        #expect(filter.answer(number: try Self.number("read")) == .allow)
        #expect(filter.answer(number: try Self.number("mount")) == .errno(1))
        #expect(filter.answer(number: try Self.number("write")) == .errno(38))
    }

    @Test func `lets a denial win over an allowance, whatever their order`() throws {
        for rules in [
            "allow ioctl\ndeny ioctl errno EPERM when arg1 & 0xFF == 0x12",
            "deny ioctl errno EPERM when arg1 & 0xFF == 0x12\nallow ioctl",
        ] {
            let filter = try Self.simulation(rules)
            let ioctl = try Self.number("ioctl")
            #expect(filter.answer(number: ioctl, arguments: [0, 0x12]) == .errno(1))
            #expect(filter.answer(number: ioctl, arguments: [0, 0xFFFF_FFFF_0000_0012]) == .errno(1))
            #expect(filter.answer(number: ioctl, arguments: [0, 0x13]) == .allow)
        }
    }

    @Test func `compares 64 bits, and joins the conditions of one line`() throws {
        let filter = try Self.simulation("allow socket when arg0 == 1 and arg1 > 0x100000000")
        let socket = try Self.number("socket")
        #expect(filter.answer(number: socket, arguments: [1, 0x1_0000_0001]) == .allow)
        #expect(filter.answer(number: socket, arguments: [1, 0x1_0000_0000]) == .errno(38))
        #expect(filter.answer(number: socket, arguments: [0x1_0000_0001, 0x1_0000_0001]) == .errno(38))
    }

    @Test func `ends a process that makes a call of another architecture`() throws {
        let filter = try Self.simulation("allow read write getpid")
        for number: Int32 in 0...511 {
            #expect(filter.answer(number: number, architecture: FilterSimulation.i386) == .killProcess)
            #expect(filter.answer(number: number | 0x4000_0000) == .killProcess)
        }
    }

    @Test func `is not made with a call that no kernel has`() {
        #expect(throws: FilterError.invalid(line: 2, reason: "there is no system call raed")) {
            try FilterProgram(policy: "default errno ENOSYS\nallow raed")
        }
    }

    @Test func `keeps the kernel's limit of 4096 instructions`() throws {
        let program = try FilterProgram(policy: try DefaultPolicy.text())
        #expect(program.instructions.count % FilterProgram.instructionSize == 0)
        #expect(program.instructions.count / FilterProgram.instructionSize < 4_096)
    }
}

/// The policy that is packaged.
enum DefaultPolicy {
    static func text() throws -> String {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        return try String(contentsOfFile: "\(root)/packaging/seccomp/default.policy", encoding: .utf8)
    }
}
