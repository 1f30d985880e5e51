package import LambdaCore

/// The Runtime API's view of one runtime process: which call is allowed when.
///
/// Names of states are those of AWS's own supervisor, for they appear in its error messages.
package struct RuntimeSessionMachine: Sendable {
    /// A call that is not allowed now; becomes a 400 or 403 with AWS's text.
    package enum Refusal: Error, Equatable, Sendable {
        /// 403 `InvalidStateTransition`.
        case invalidTransition(from: String, to: String)
        /// 400 `InvalidRequestID`.
        case invalidRequestID

        package var errorType: String {
            switch self {
            case .invalidTransition: "InvalidStateTransition"
            case .invalidRequestID: "InvalidRequestID"
            }
        }

        package var message: String {
            switch self {
            case .invalidTransition(let from, let to):
                "State transition from \(from) to \(to) failed for runtime. Error: State transition is not allowed"
            case .invalidRequestID: "Invalid request ID"
            }
        }
    }

    package enum NextAction: Equatable, Sendable {
        /// The runtime's first `next`: its init is done. The caller waits.
        case initDone
        /// The invocation is over. The caller waits.
        case invocationDone(RequestID)
        /// Another connection waits already, or this one again. The caller waits.
        case wait
        /// The event is running: it is given again.
        case redeliver(RequestID)
        /// Its after-restore hooks are done. The caller waits.
        case restored
    }

    package enum RestoreAction: Equatable, Sendable {
        /// The hooks before the snapshot are done, and with them the init. The caller waits.
        case initDone
        /// Another connection waits already, or this one again. The caller waits.
        case wait
        /// The answer was lost with its connection: it is given again.
        case answer
    }

    private enum Phase: Sendable, Equatable {
        case started
        case initError
        /// It asked for its restore, and waits.
        case restoreReady
        /// Its restore was answered: its after-restore hooks run.
        case restoring
        case restoreError
        case ready
        case running(RequestID)
        /// Its response is on its way, piece by piece.
        case responding(RequestID)
        case responseSent(RequestID)
    }

    private var phase: Phase = .started

    package init() {}

    package var isWaitingForEvent: Bool { self.phase == .ready }
    package var isWaitingForRestore: Bool { self.phase == .restoreReady }
    /// Whether an init error is one of the after-restore hooks.
    package var isRestoring: Bool { self.phase == .restoring }

    package mutating func nextRequested() throws(Refusal) -> NextAction {
        switch self.phase {
        case .started:
            self.phase = .ready
            return .initDone
        case .ready:
            return .wait
        case .running(let request):
            return .redeliver(request)
        case .responseSent(let request):
            self.phase = .ready
            return .invocationDone(request)
        case .restoring:
            self.phase = .ready
            return .restored
        case .initError, .responding, .restoreReady, .restoreError:
            throw .invalidTransition(from: self.name, to: "Ready")
        }
    }

    /// The runtime is done with its hooks before the snapshot and asks to be restored.
    package mutating func restoreRequested() throws(Refusal) -> RestoreAction {
        switch self.phase {
        case .started:
            self.phase = .restoreReady
            return .initDone
        case .restoreReady:
            return .wait
        case .restoring:
            return .answer
        case .initError, .ready, .running, .responding, .responseSent, .restoreError:
            throw .invalidTransition(from: self.name, to: "RestoreReady")
        }
    }

    /// The waiting runtime is restored.
    package mutating func restoreAnswered() {
        guard self.phase == .restoreReady else {
            preconditionFailure("a runtime in state \(self.name) was restored")
        }
        self.phase = .restoring
    }

    /// An after-restore hook failed.
    package mutating func restoreErrorReceived() throws(Refusal) {
        guard self.phase == .restoring else { throw .invalidTransition(from: self.name, to: "RestoreError") }
        self.phase = .restoreError
    }

    /// An event goes to the waiting runtime.
    package mutating func eventDelivered(_ request: RequestID) {
        guard self.phase == .ready else {
            preconditionFailure("an event was delivered to a runtime in state \(self.name)")
        }
        self.phase = .running(request)
    }

    /// The request id is checked before the state, as AWS does.
    package mutating func responseReceived(for id: String) throws(Refusal) -> RequestID {
        try self.answered(id, as: "InvocationResponse")
    }

    /// The head of a streamed response is there, and its body follows.
    package mutating func responseBegan(for id: String) throws(Refusal) {
        self.phase = .responding(try self.answered(id, as: "InvocationResponse"))
    }

    /// The streamed response is over, whole or not.
    package mutating func responseEnded() {
        // The runtime may have been started anew meanwhile.
        guard case .responding(let request) = self.phase else { return }
        self.phase = .responseSent(request)
    }

    package mutating func errorReceived(for id: String) throws(Refusal) -> RequestID {
        try self.answered(id, as: "InvocationErrorResponse")
    }

    package mutating func initErrorReceived() throws(Refusal) {
        guard self.phase == .started else { throw .invalidTransition(from: self.name, to: "InitError") }
        self.phase = .initError
    }

    /// Whether `id` may be answered now; lets a body be refused before it is read.
    package func canAnswer(_ id: String, isError: Bool = false) throws(Refusal) {
        let target = isError ? "InvocationErrorResponse" : "InvocationResponse"
        switch self.phase {
        case .running(let request):
            guard request.text == id || request.text == id.lowercased() else { throw .invalidRequestID }
        case .responding(let request), .responseSent(let request):
            guard request.text == id || request.text == id.lowercased() else { throw .invalidRequestID }
            throw .invalidTransition(from: self.name, to: target)
        case .started, .initError, .ready, .restoreReady, .restoring, .restoreError:
            throw .invalidTransition(from: self.name, to: target)
        }
    }

    private mutating func answered(_ id: String, as target: String) throws(Refusal) -> RequestID {
        switch self.phase {
        case .running(let request):
            guard request.text == id || request.text == id.lowercased() else { throw .invalidRequestID }
            self.phase = .responseSent(request)
            return request
        case .responding(let request), .responseSent(let request):
            guard request.text == id || request.text == id.lowercased() else { throw .invalidRequestID }
            throw .invalidTransition(from: self.name, to: target)
        case .started, .initError, .ready, .restoreReady, .restoring, .restoreError:
            throw .invalidTransition(from: self.name, to: target)
        }
    }

    private var name: String {
        switch self.phase {
        case .started: "Started"
        case .initError: "InitError"
        case .restoreReady: "RestoreReady"
        case .restoring: "Restoring"
        case .restoreError: "RestoreError"
        case .ready: "Ready"
        case .running: "Running"
        case .responding: "InvocationResponse"
        case .responseSent: "RuntimeResponseSentState"
        }
    }
}
