import LambdaCore
import Lifecycle
import TestSupport
import Testing

/// A runtime's states, by AWS's names (Runtime API, table of state rules).
private enum RuntimeState: String, CaseIterable, Sendable {
    case started = "Started"
    case ready = "Ready"
    case running = "Running"
    case responseSent = "RuntimeResponseSentState"
    case initError = "InitError"
    case restoreReady = "RestoreReady"
    case restoring = "Restoring"
    case restoreError = "RestoreError"

    /// A session in this state; request 1 is the one that runs or ran.
    func session() throws -> RuntimeSessionMachine {
        var session = RuntimeSessionMachine()
        if self == .initError { try session.initErrorReceived() }
        if [.restoreReady, .restoring, .restoreError].contains(self) { _ = try session.restoreRequested() }
        if [.restoring, .restoreError].contains(self) { session.restoreAnswered() }
        if self == .restoreError { try session.restoreErrorReceived() }
        guard [.ready, .running, .responseSent].contains(self) else { return session }
        _ = try session.nextRequested()
        if self == .ready { return session }
        session.eventDelivered(.numbered(1))
        if self == .responseSent { _ = try session.responseReceived(for: RequestID.numbered(1).text) }
        return session
    }
}

private typealias Refusal = RuntimeSessionMachine.Refusal

@Suite struct `The Runtime API's rules of state` {
    private static let running = RequestID.numbered(1)

    @Test(arguments: RuntimeState.allCases)
    private func `say what next does`(state: RuntimeState) throws {
        var session = try state.session()
        switch state {
        case .started: #expect(try session.nextRequested() == .initDone)
        case .ready: #expect(try session.nextRequested() == .wait)
        case .running: #expect(try session.nextRequested() == .redeliver(Self.running))
        case .responseSent: #expect(try session.nextRequested() == .invocationDone(Self.running))
        case .restoring: #expect(try session.nextRequested() == .restored)
        case .initError, .restoreReady, .restoreError:
            #expect(throws: Refusal.invalidTransition(from: state.rawValue, to: "Ready")) {
                try session.nextRequested()
            }
        }
        #expect(session.isWaitingForEvent == [.started, .ready, .responseSent, .restoring].contains(state))
    }

    @Test(arguments: RuntimeState.allCases)
    private func `say what a restore does`(state: RuntimeState) throws {
        var session = try state.session()
        switch state {
        case .started: #expect(try session.restoreRequested() == .initDone)
        case .restoreReady: #expect(try session.restoreRequested() == .wait)
        case .restoring: #expect(try session.restoreRequested() == .answer)
        case .ready, .running, .responseSent, .initError, .restoreError:
            #expect(throws: Refusal.invalidTransition(from: state.rawValue, to: "RestoreReady")) {
                try session.restoreRequested()
            }
        }
        #expect(session.isWaitingForRestore == [.started, .restoreReady].contains(state))
        #expect(session.isRestoring == (state == .restoring))
    }

    @Test(arguments: RuntimeState.allCases)
    private func `say what an error of a restore does`(state: RuntimeState) throws {
        var session = try state.session()
        if state == .restoring {
            try session.restoreErrorReceived()
            #expect(throws: Refusal.invalidTransition(from: "RestoreError", to: "Ready")) {
                try session.nextRequested()
            }
        } else {
            #expect(throws: Refusal.invalidTransition(from: state.rawValue, to: "RestoreError")) {
                try session.restoreErrorReceived()
            }
        }
    }

    @Test(arguments: RuntimeState.allCases)
    private func `say what a response does`(state: RuntimeState) throws {
        var session = try state.session()
        let id = Self.running.text
        if state == .running {
            try session.canAnswer(id)
            #expect(try session.responseReceived(for: id) == Self.running)
            #expect(try session.nextRequested() == .invocationDone(Self.running))
        } else {
            let refusal = Refusal.invalidTransition(from: state.rawValue, to: "InvocationResponse")
            #expect(throws: refusal) { try session.canAnswer(id) }
            #expect(throws: refusal) { try session.responseReceived(for: id) }
        }
    }

    @Test(arguments: RuntimeState.allCases)
    private func `say what an error does`(state: RuntimeState) throws {
        var session = try state.session()
        if state == .running {
            #expect(try session.errorReceived(for: Self.running.text) == Self.running)
            #expect(try session.nextRequested() == .invocationDone(Self.running))
        } else {
            #expect(throws: Refusal.invalidTransition(from: state.rawValue, to: "InvocationErrorResponse")) {
                try session.errorReceived(for: Self.running.text)
            }
        }
    }

    @Test(arguments: RuntimeState.allCases)
    private func `say what an init error does`(state: RuntimeState) throws {
        var session = try state.session()
        if state == .started {
            try session.initErrorReceived()
            #expect(throws: Refusal.self) { try session.nextRequested() }
        } else {
            #expect(throws: Refusal.invalidTransition(from: state.rawValue, to: "InitError")) {
                try session.initErrorReceived()
            }
        }
    }

    @Test(arguments: RuntimeState.allCases, ["next", "response", "error", "init/error", "restore", "restore/error"])
    private func `are not changed by a call that they refuse`(state: RuntimeState, call: String) throws {
        var session = try state.session()
        let before = try session.nextAfterwards()
        let wasRefused: Bool
        do {
            switch call {
            case "next": _ = try session.nextRequested()
            case "response": _ = try session.responseReceived(for: RequestID.numbered(7).text)
            case "error": _ = try session.errorReceived(for: RequestID.numbered(7).text)
            case "restore": _ = try session.restoreRequested()
            case "restore/error": try session.restoreErrorReceived()
            default: try session.initErrorReceived()
            }
            wasRefused = false
        } catch { wasRefused = true }
        guard wasRefused else { return }
        #expect(try session.nextAfterwards() == before)
    }

    @Test(arguments: [RuntimeState.running, .responseSent], ["", "nonsense", RequestID.numbered(2).text])
    private func `refuse an id that is not the current one before they look at the state`(
        state: RuntimeState, id: String
    ) throws {
        var session = try state.session()
        #expect(throws: Refusal.invalidRequestID) { try session.canAnswer(id) }
        #expect(throws: Refusal.invalidRequestID) { try session.responseReceived(for: id) }
        #expect(throws: Refusal.invalidRequestID) { try session.errorReceived(for: id) }
    }

    @Test func `take the id in capitals, too`() throws {
        var session = try RuntimeState.ready.session()
        let id = try #require(RequestID("8f507cfc-abcd-4697-b07a-ac58fc914c95"))
        session.eventDelivered(id)
        #expect(try session.responseReceived(for: "8F507CFC-ABCD-4697-B07A-AC58FC914C95") == id)
    }

    @Test func `let an event be answered once`() throws {
        var session = try RuntimeState.responseSent.session()
        #expect(throws: Refusal.invalidTransition(from: "RuntimeResponseSentState", to: "InvocationResponse")) {
            try session.responseReceived(for: Self.running.text)
        }
        #expect(throws: Refusal.invalidTransition(from: "RuntimeResponseSentState", to: "InvocationErrorResponse")) {
            try session.errorReceived(for: Self.running.text)
        }
    }

    @Test func `refuse the answer to an earlier event once another is current`() throws {
        var session = try RuntimeState.responseSent.session()
        _ = try session.nextRequested()
        session.eventDelivered(.numbered(2))
        #expect(throws: Refusal.invalidRequestID) { try session.responseReceived(for: Self.running.text) }
        #expect(try session.responseReceived(for: RequestID.numbered(2).text) == .numbered(2))
    }

    @Test func `give the same event again for as long as it is not answered`() throws {
        var session = try RuntimeState.running.session()
        #expect(try session.nextRequested() == .redeliver(Self.running))
        #expect(try session.nextRequested() == .redeliver(Self.running))
        #expect(try session.responseReceived(for: Self.running.text) == Self.running)
    }

    @Test func `are refused in AWS's own words`() {
        let state = Refusal.invalidTransition(from: "Started", to: "InvocationResponse")
        #expect(state.errorType == "InvalidStateTransition")
        #expect(
            state.message == "State transition from Started to InvocationResponse failed for runtime. "
                + "Error: State transition is not allowed")
        #expect(Refusal.invalidRequestID.errorType == "InvalidRequestID")
        #expect(Refusal.invalidRequestID.message == "Invalid request ID")
    }

    @Test func `end the process when the platform itself breaks them`() async {
        await #expect(processExitsWith: .failure) {
            var session = RuntimeSessionMachine()
            session.eventDelivered(.numbered(1))
        }
        await #expect(processExitsWith: .failure) {
            var session = RuntimeSessionMachine()
            session.restoreAnswered()
        }
    }
}

extension RuntimeSessionMachine {
    /// What a copy would do at the next `next`: tells states apart without changing this one.
    fileprivate func nextAfterwards() throws -> String {
        var copy = self
        do { return "\(try copy.nextRequested())" } catch { return error.message }
    }
}
