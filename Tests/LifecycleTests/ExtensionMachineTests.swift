import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `The extensions of an environment` {
    /// Two external ones, `a` and `b`, with ids 1 and 2.
    private static func started(_ names: [String] = ["a", "b"]) -> ExtensionMachine {
        var machine = ExtensionMachine()
        var number = 0
        _ = machine.began(externals: names) {
            number += 1
            return .numbered(number)
        }
        return machine
    }

    /// `a` wants both events, `b` SHUTDOWN only, `c` is internal and wants INVOKE; all wait for their next event.
    private static func serving() throws -> ExtensionMachine {
        var machine = self.started()
        _ = try machine.registered("a", events: ["INVOKE", "SHUTDOWN"], id: .numbered(9))
        _ = try machine.registered("b", events: ["SHUTDOWN"], id: .numbered(9))
        _ = try machine.registered("c", events: ["INVOKE"], id: .numbered(3))
        _ = machine.runtimeBecameReady()
        for number in 1...3 { _ = try machine.nextRequested(.numbered(number)) }
        return machine
    }

    // MARK: Init

    @Test func `are none where there is no file, and then nobody waits for them`() {
        var machine = ExtensionMachine()
        #expect(machine.began(externals: []) { .numbered(1) } == .startRuntime)
        #expect(machine.runtimeBecameReady() == .finishInit)
        #expect(machine.isEmpty)
        #expect(machine.isIdle)
    }

    @Test func `let the runtime start once all external ones are registered`() throws {
        var machine = Self.started()
        let first = try machine.registered("a", events: [], id: .numbered(9))
        #expect(first.id == .numbered(1))
        #expect(first.action == .nothing)
        #expect(try machine.registered("inside", events: ["INVOKE"], id: .numbered(9)).action == .nothing)
        #expect(try machine.registered("b", events: ["INVOKE"], id: .numbered(9)).action == .startRuntime)
    }

    @Test func `end the init once the runtime and all of them wait for an event`() throws {
        var machine = Self.started(["a"])
        _ = try machine.registered("a", events: [], id: .numbered(9))
        let inner = try machine.registered("c", events: [], id: .numbered(2)).id
        #expect(try machine.nextRequested(.numbered(1)) == .wait(then: .nothing))
        #expect(machine.runtimeBecameReady() == .nothing)
        #expect(try machine.nextRequested(inner) == .wait(then: .finishInit))
        #expect(machine.members.map(\.state) == ["Ready", "Ready"])
    }

    @Test func `are ten at most`() throws {
        let names = (1...11).map { "e\($0)" }
        var machine = ExtensionMachine()
        #expect(machine.began(externals: names) { .random() } == .tooMany("e11"))
        #expect(machine.members.last?.state == "LaunchError")
        #expect(machine.members.last?.errorType == "TooManyExtensions")

        machine = Self.started(Array(names.prefix(9)))
        _ = try machine.registered("inner", events: [], id: .random())
        #expect(throws: ExtensionRefusal.tooMany) { try machine.registered("inner2", events: [], id: .random()) }
    }

    // MARK: Refusals

    @Test func `are refused with AWS's words`() throws {
        var machine = Self.started(["a"])
        func refusal(_ name: String, _ events: [String]) -> [String] {
            do {
                _ = try machine.registered(name, events: events, id: .numbered(5))
                return []
            } catch { return [error.errorType, error.message] }
        }
        #expect(refusal("", []) == ["Extension.InvalidExtensionName", "Empty extension name"])
        #expect(refusal("a", ["X"]) == ["Extension.InvalidEventType", "X: ErrorInvalidEventType"])
        #expect(
            refusal("c", ["INVOKE", "SHUTDOWN"]) == [
                "Extension.InvalidEventType", "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension",
            ])
        #expect(refusal("a", ["INVOKE"]) == [])
        #expect(
            refusal("a", []) == [
                "Extension.InvalidExtensionState",
                "State transition from Registered to Registered failed for extension a. "
                    + "Error: State transition is not allowed",
            ])
        #expect(refusal("c", []) == [])
        #expect(
            refusal("c", []) == ["Extension.InvalidExtensionState", "Extension with this name already registered"])
        _ = machine.runtimeBecameReady()
        #expect(refusal("d", []) == ["Extension.RegistrationClosed", "Extension registration closed already"])
    }

    @Test func `hear of no invocation where an environment holds several`() throws {
        var machine = ExtensionMachine(takesInvoke: false)
        _ = machine.began(externals: ["a"]) { .numbered(1) }
        for name in ["a", "inside"] {
            let refusal = #expect(throws: ExtensionRefusal.self) {
                try machine.registered(name, events: ["INVOKE"], id: .numbered(9))
            }
            #expect(refusal?.message == "INVOKE: ErrorInvalidEventType")
        }
        #expect(try machine.registered("a", events: ["SHUTDOWN"], id: .numbered(9)).action == .startRuntime)
    }

    @Test func `are not known before they are registered, nor by another id`() throws {
        var machine = Self.started(["a"])
        #expect(throws: ExtensionRefusal.unknown(.numbered(1))) { try machine.nextRequested(.numbered(1)) }
        #expect(throws: ExtensionRefusal.unknownReporter) {
            try machine.errorReported(.initError, by: .numbered(7), type: "x")
        }
        #expect(machine.member(.numbered(1)) == nil)
    }

    @Test func `wait in one call at a time, and may ask again when its connection is lost`() throws {
        var machine = try Self.serving()
        #expect(
            throws: ExtensionRefusal.invalidTransition(
                from: "Ready", to: "Ready", who: RequestID.numbered(1).text)
        ) { try machine.nextRequested(.numbered(1)) }
        machine.nextAbandoned(.numbered(1))
        #expect(try machine.nextRequested(.numbered(1)) == .wait(then: .nothing))
    }

    // MARK: Invocations

    @Test func `hear of an invocation where they want to, and it waits for those`() throws {
        var machine = try Self.serving()
        #expect(machine.invoked() == [.numbered(1), .numbered(3)])
        #expect(!machine.isIdle)
        #expect(try machine.nextRequested(.numbered(3)) == .wait(then: .nothing))
        #expect(try machine.nextRequested(.numbered(1)) == .wait(then: .extensionsAreBack))
        #expect(machine.isIdle)
    }

    @Test func `get an event later that came while nobody waited`() throws {
        var machine = try Self.serving()
        machine.nextAbandoned(.numbered(1))
        #expect(machine.invoked() == [.numbered(3)])
        #expect(try machine.nextRequested(.numbered(1)) == .deliver)
        _ = try machine.nextRequested(.numbered(3))
        #expect(!machine.isIdle)
        #expect(try machine.nextRequested(.numbered(1)) == .wait(then: .extensionsAreBack))
    }

    // MARK: Errors

    @Test(arguments: ExtensionMachine.ErrorReport.allCases)
    func `may report an error before the first event, and the first report counts`(
        report: ExtensionMachine.ErrorReport
    ) throws {
        var machine = Self.started(["a"])
        _ = try machine.registered("a", events: [], id: .numbered(9))
        try machine.errorReported(report, by: .numbered(1), type: "Extension.Mine")
        try machine.errorReported(report, by: .numbered(1), type: "Extension.Other")
        #expect(machine.members[0].errorType == "Extension.Mine")
        #expect(machine.members[0].state == report.rawValue)
        #expect(
            machine.exited(.status(3))
                == ExtensionFailure(type: "Extension.\(report.rawValue)", words: "exit status 3"))
    }

    @Test func `may not report an init error after that, but an exit error`() throws {
        var machine = try Self.serving()
        #expect(
            throws: ExtensionRefusal.invalidTransition(
                from: "Ready", to: "InitError", who: RequestID.numbered(1).text)
        ) { try machine.errorReported(.initError, by: .numbered(1), type: "x") }
        try machine.errorReported(.exitError, by: .numbered(1), type: "x")
        _ = machine.invoked()
        try machine.errorReported(.exitError, by: .numbered(3), type: "y")
        #expect(machine.members.map(\.state) == ["ExitError", "Ready", "ExitError"])
    }

    @Test(arguments: [
        (InitEvent.Exit.status(0), "exit code 0"), (.status(1), "exit status 1"),
        (.signal(11), "signal: segmentation fault"),
    ])
    func `crash with AWS's words`(exit: InitEvent.Exit, words: String) throws {
        let machine = try Self.serving()
        #expect(machine.exited(exit) == ExtensionFailure(type: "Extension.Crash", words: words))
    }

    // MARK: The end

    @Test func `hear of the end where they want to, also when they are at work`() throws {
        var machine = try Self.serving()
        _ = machine.invoked()
        #expect(machine.shutdownBegan() == [.numbered(2)])
        #expect(try machine.nextRequested(.numbered(1)) == .deliver)
        #expect(try machine.nextRequested(.numbered(3)) == .wait(then: .nothing))
    }

    /// Whatever extensions do, in whatever order: an invocation waits for exactly those that were told of it and have not
    /// asked again, and nobody is told twice.
    @Test(arguments: 0..<200)
    func `never keep an invocation for nothing, and never let it go too early`(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        var machine = try Self.serving()
        var owing: Set<ExtensionID> = []
        var told: Set<ExtensionID> = []
        for _ in 0..<400 {
            let id = ExtensionID.numbered(Int.random(in: 1...3, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where machine.isIdle:
                let released = machine.invoked()
                owing = [.numbered(1), .numbered(3)]
                verify(told.isDisjoint(with: released), "told twice")
                told = Set(released)
            case 1:
                machine.nextAbandoned(id)
            case 2, 3:
                guard let action = try? machine.nextRequested(id) else { continue }
                switch action {
                case .deliver:
                    verify(owing.contains(id) && !told.contains(id), "an event for nobody")
                    told.insert(id)
                case .wait(let then):
                    if told.remove(id) != nil {
                        owing.remove(id)
                        verify((then == .extensionsAreBack) == owing.isEmpty, "seed \(seed): \(then)")
                    }
                }
            default: break
            }
            verify(machine.isIdle == owing.isEmpty, "seed \(seed)")
        }
    }
}
