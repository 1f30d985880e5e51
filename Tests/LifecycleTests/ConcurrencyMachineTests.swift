import LambdaCore
import Lifecycle
import TestSupport
import Testing

private typealias Settings = ConcurrencyMachine.Settings

/// An account with a clock, asked as pools ask.
private struct Account {
    var machine: ConcurrencyMachine
    let clock = ManualClock()

    init(limit: Int = 1_000, rate: Int = 0, scaling: Int = 0) {
        self.machine = ConcurrencyMachine(
            Settings(accountLimit: limit, invocationRate: rate, scalingRate: scaling))
    }

    static func name(_ text: String) throws -> FunctionName { try #require(FunctionName(text)) }

    mutating func arrive(
        _ function: String = "f", isEvent: Bool = false, hasProvisioned: Bool = false, needsStart: Bool = false
    ) throws -> ConcurrencyMachine.Admission {
        self.machine.invocationArrived(
            .init(
                function: try Self.name(function), isEvent: isEvent, hasProvisioned: hasProvisioned,
                needsStart: needsStart),
            now: self.clock.now)
    }

    /// How many of `count` invocations that come now are not throttled.
    mutating func admitted(of count: Int, _ function: String = "f", needsStart: Bool = false) throws -> Int {
        var admitted = 0
        for _ in 0..<count {
            if case .throttled = try self.arrive(function, needsStart: needsStart) { continue }
            admitted += 1
        }
        return admitted
    }

    mutating func end(_ function: String = "f", wasAnswered: Bool = false) throws {
        self.machine.invocationEnded(of: try Self.name(function), wasAnswered: wasAnswered)
    }

    mutating func answer(_ function: String = "f") throws {
        self.machine.invocationAnswered(of: try Self.name(function))
    }

    mutating func share(_ function: String, _ reserved: Int?, provisioned: Int = 0) throws {
        self.machine.shareChanged(of: try Self.name(function), reserved: reserved, provisioned: provisioned)
    }
}

private let free = ConcurrencyMachine.Admission.onDemand(mayStart: true)

@Suite struct `The concurrency of an account` {
    @Test func `is what its functions without a share have together`() throws {
        var account = Account(limit: 3)
        #expect(try account.arrive("f") == free)
        #expect(try account.arrive("g") == free)
        #expect(try account.arrive("g") == free)
        #expect(try account.arrive("f") == .throttled(.concurrentInvocations))
        try account.end("g")
        #expect(try account.arrive("f") == free)
        #expect(try account.arrive("h") == .throttled(.concurrentInvocations))
    }

    @Test func `is less what is reserved, and what functions without a share keep ready`() throws {
        var account = Account(limit: 10)
        try account.share("reserved", 4, provisioned: 3)
        try account.share("ready", nil, provisioned: 2)
        #expect(try account.admitted(of: 10) == 4)
        // Each of the shares is untouched by that.
        #expect(try account.admitted(of: 10, "reserved") == 1)
        #expect(try account.arrive("ready") == .throttled(.concurrentInvocations))
        try account.share("reserved", nil)
        try account.share("ready", nil)
        #expect(try account.admitted(of: 10) == 5)
    }

    @Test func `of a share is a function's alone, all versions together`() throws {
        var account = Account(limit: 100)
        try account.share("f", 2)
        #expect(try account.admitted(of: 2) == 2)
        #expect(try account.arrive() == .throttled(.reservedConcurrentInvocations))
        #expect(try account.arrive("g") == free)
        try account.end()
        #expect(try account.arrive() == free)
    }

    @Test func `of a share is less what the function keeps ready`() throws {
        var account = Account(limit: 100)
        try account.share("f", 5, provisioned: 3)
        #expect(try account.admitted(of: 5) == 2)
        // All of it kept ready leaves nothing for anybody else, the unpublished version included.
        try account.share("g", 3, provisioned: 3)
        #expect(try account.arrive("g") == .throttled(.reservedConcurrentInvocations))
        #expect(try account.arrive("g", hasProvisioned: true) == .provisioned)
    }

    @Test func `of a share of 0 switches the function off, whatever is ready`() throws {
        var account = Account()
        try account.share("f", 0)
        #expect(try account.arrive() == .throttled(.reservedConcurrentInvocations))
        #expect(try account.arrive(isEvent: true, hasProvisioned: true) == .throttled(.reservedConcurrentInvocations))
    }

    @Test func `may be lowered below what runs: that goes on, and nothing more begins until it is over`() throws {
        var account = Account(limit: 100)
        try account.share("f", 3)
        #expect(try account.admitted(of: 3) == 3)
        try account.share("f", 1)
        for _ in 0..<2 {
            #expect(try account.arrive() == .throttled(.reservedConcurrentInvocations))
            try account.end()
        }
        #expect(try account.arrive() == .throttled(.reservedConcurrentInvocations))
        try account.end()
        #expect(try account.arrive() == free)
    }

    @Test func `moves with what runs when a function gets a share, and when it loses it`() throws {
        var account = Account(limit: 10)
        #expect(try account.admitted(of: 4) == 4)
        try account.share("f", 5)
        // The four are the function's own now: the others have the rest, 5, whole.
        #expect(try account.admitted(of: 10, "g") == 5)
        #expect(try account.admitted(of: 10) == 1)
        try account.share("f", nil)
        #expect(try account.arrive("g") == .throttled(.concurrentInvocations))
        for _ in 0..<5 { try account.end() }
        #expect(try account.admitted(of: 10, "g") == 5)
    }

    @Test func `is not used by what runs where it is kept ready`() throws {
        var account = Account(limit: 1)
        for _ in 0..<5 { #expect(try account.arrive(hasProvisioned: true) == .provisioned) }
        #expect(try account.arrive() == free)
    }

    @Test func `is free for the next caller with the answer, and for the next environment with the end`() throws {
        var account = Account(limit: 1)
        #expect(try account.arrive() == free)
        try account.answer()
        #expect(try account.arrive() == .onDemand(mayStart: false))
        #expect(try account.arrive() == .throttled(.concurrentInvocations))
        try account.end(wasAnswered: true)
        #expect(try account.arrive() == .throttled(.concurrentInvocations))
        try account.end()
        #expect(try account.arrive() == free)
    }

    @Test func `keeps no function that is gone, and counts what still runs of it until then`() throws {
        var account = Account(limit: 2)
        #expect(try account.admitted(of: 2) == 2)
        account.machine.functionDeleted(try Account.name("f"))
        #expect(account.machine.count == 1)
        #expect(try account.arrive("g") == .throttled(.concurrentInvocations))
        try account.end()
        #expect(try account.arrive("g") == free)
        try account.end()
        #expect(account.machine.held(by: try Account.name("f")) == 0)
        try account.end("g")
        account.machine.functionDeleted(try Account.name("g"))
        #expect(account.machine.count == 0)
    }

    @Test func `of a function that is made again counts the old one's last invocations`() throws {
        var account = Account(limit: 10)
        try account.share("f", 2)
        #expect(try account.arrive() == free)
        account.machine.functionDeleted(try Account.name("f"))
        try account.share("f", 1)
        #expect(try account.arrive() == .throttled(.reservedConcurrentInvocations))
        try account.end()
        #expect(account.machine.count == 1)
        #expect(try account.arrive() == free)
    }
}

@Suite struct `The rate of invocations` {
    @Test func `is ten a second for each of the concurrency, refilled continuously`() throws {
        var account = Account(limit: 2, rate: 10)
        for _ in 0..<20 {
            #expect(try account.arrive() == free)
            try account.end()
        }
        #expect(try account.arrive() == .throttled(.invocationRate))
        account.clock.advance(by: .milliseconds(49))
        #expect(try account.arrive() == .throttled(.invocationRate))
        account.clock.advance(by: .milliseconds(1))
        #expect(try account.arrive() == free)
        try account.end()
        #expect(try account.arrive() == .throttled(.invocationRate))
        // A second of rest brings one second's worth, an hour no more.
        account.clock.advance(by: .seconds(3_600))
        var admitted = 0
        while case .onDemand = try account.arrive() {
            admitted += 1
            try account.end()
        }
        #expect(admitted == 20)
    }

    @Test func `of a share is the function's own, with a reason of its own`() throws {
        var account = Account(limit: 100, rate: 10)
        try account.share("f", 1)
        for _ in 0..<10 {
            #expect(try account.arrive() == free)
            try account.end()
        }
        #expect(try account.arrive() == .throttled(.reservedInvocationRate))
        #expect(try account.arrive("g") == free)
    }

    @Test func `comes after the concurrency, and is not touched where that refuses`() throws {
        var account = Account(limit: 1, rate: 10)
        #expect(try account.arrive() == free)
        for _ in 0..<100 { #expect(try account.arrive() == .throttled(.concurrentInvocations)) }
        try account.end()
        #expect(try account.admitted(of: 1) == 1)
    }

    @Test func `is not asked of asynchronous invocations, nor where environments are kept ready`() throws {
        var account = Account(limit: 1, rate: 1)
        #expect(try account.arrive() == free)
        try account.end()
        #expect(try account.arrive() == .throttled(.invocationRate))
        #expect(try account.arrive(hasProvisioned: true) == .provisioned)
        #expect(try account.arrive(isEvent: true) == free)
    }

    @Test func `can be switched off`() throws {
        var account = Account(limit: 1, rate: 0)
        for _ in 0..<10_000 {
            #expect(try account.arrive() == free)
            try account.end()
        }
    }
}

@Suite struct `The scaling rate` {
    @Test func `is so many starts of each function in ten seconds, refilled continuously`() throws {
        var account = Account(scaling: 10)
        #expect(try account.admitted(of: 15, needsStart: true) == 10)
        #expect(try account.arrive(needsStart: true) == .throttled(.concurrentInvocations))
        #expect(try account.admitted(of: 15, "g", needsStart: true) == 10)
        account.clock.advance(by: .seconds(1))
        #expect(try account.admitted(of: 3, needsStart: true) == 1)
        account.clock.advance(by: .seconds(100))
        #expect(try account.admitted(of: 15, needsStart: true) == 10)
    }

    @Test func `is not asked where an environment is idle`() throws {
        var account = Account(scaling: 1)
        #expect(try account.arrive(needsStart: true) == free)
        #expect(try account.arrive(needsStart: true) == .throttled(.concurrentInvocations))
        #expect(try account.arrive() == free)
    }

    @Test func `costs neither concurrency nor request rate where it refuses`() throws {
        var account = Account(limit: 2, rate: 1, scaling: 1)
        #expect(try account.arrive(needsStart: true) == free)
        for _ in 0..<10 { #expect(try account.arrive(needsStart: true) == .throttled(.concurrentInvocations)) }
        #expect(try account.arrive() == free)
    }
}

@Suite struct `Environments of tenants` {
    @Test func `are 2.5 for each of the function's concurrency`() throws {
        var account = Account(limit: 100)
        let name = try Account.name("f")
        try account.share("f", 2)
        for _ in 0..<5 { #expect(account.machine.tenantEnvironmentWanted(by: name) == true) }
        #expect(account.machine.tenantEnvironmentWanted(by: name) == false)
        account.machine.tenantEnvironmentGone(of: name)
        #expect(account.machine.tenantEnvironmentWanted(by: name) == true)
        #expect(account.machine.tenantEnvironmentWanted(by: name) == false)
        try account.share("f", nil)
        for _ in 0..<245 { #expect(account.machine.tenantEnvironmentWanted(by: name) == true) }
        #expect(account.machine.tenantEnvironmentWanted(by: name) == false)
        account.machine.functionDeleted(name)
        for _ in 0..<250 { account.machine.tenantEnvironmentGone(of: name) }
        #expect(account.machine.count == 0)
    }
}

@Suite struct `An account's books, whatever happens in whatever order` {
    private static let functions = ["f", "g", "h"]

    /// An invocation that runs: its function, and whether it was answered.
    private struct Running {
        let function: String
        var isAnswered = false
    }

    @Test func `agree with a count of what runs`() throws {
        for seed in UInt64(1)...400 {
            var random = SplitMix64(seed: seed)
            var account = Account(limit: 6)
            var running: [Running] = []
            var shares: [String: Int] = [:]
            for _ in 0..<120 {
                let function = try #require(Self.functions.randomElement(using: &random))
                switch Int.random(in: 0..<8, using: &random) {
                case 0..<4:
                    let unanswered = running.filter { !$0.isAnswered }
                    let limit = shares[function] ?? 6 - shares.values.reduce(0, +)
                    let mine = unanswered.count {
                        shares[function] == nil ? shares[$0.function] == nil : $0.function == function
                    }
                    let admission = try account.arrive(function)
                    let wasAdmitted = if case .onDemand = admission { true } else { false }
                    verify(wasAdmitted == (mine < limit), "seed \(seed): \(function) at \(mine) of \(limit)")
                    if wasAdmitted { running.append(Running(function: function)) }
                case 4:
                    guard let index = running.indices.randomElement(using: &random), !running[index].isAnswered else {
                        continue
                    }
                    running[index].isAnswered = true
                    try account.answer(running[index].function)
                case 5, 6:
                    guard let index = running.indices.randomElement(using: &random) else { continue }
                    let ended = running.remove(at: index)
                    try account.end(ended.function, wasAnswered: ended.isAnswered)
                default:
                    let share = Int.random(in: 0..<4, using: &random)
                    shares[function] = share == 3 ? nil : share
                    try account.share(function, shares[function])
                }
            }
            for ended in running { try account.end(ended.function, wasAnswered: ended.isAnswered) }
            for function in Self.functions {
                verify(account.machine.held(by: try Account.name(function)) == 0, "\(seed)")
            }
        }
    }
}
