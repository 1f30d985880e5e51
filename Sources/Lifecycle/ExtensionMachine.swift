package import LambdaCore

/// The extensions of one environment, from the start of its processes to their end: who is registered for what, which call
/// is allowed when, and whom the init and an invocation wait for.
///
/// Names of states are those of AWS's own supervisor, for they appear in its error messages and its log.
package struct ExtensionMachine: Sendable {
    /// What extensions can be told.
    package enum Event: String, Sendable, CaseIterable {
        case invoke = "INVOKE"
        case shutdown = "SHUTDOWN"
    }

    package enum ErrorReport: String, Sendable, CaseIterable {
        /// `/extension/init/error`
        case initError = "InitError"
        /// `/extension/exit/error`
        case exitError = "ExitError"

        /// What the invocation fails with when the process then ends.
        package var fatalType: String { "Extension.\(self.rawValue)" }
    }

    /// One extension, as the log shows it.
    package struct Member: Sendable, Equatable {
        package let name: String
        /// Given out at its registration.
        package let id: ExtensionID
        /// A program of its own, started before the runtime; otherwise a part of the runtime's process.
        package let isExternal: Bool
        package fileprivate(set) var events: Set<Event> = []
        package fileprivate(set) var errorType: String?
        fileprivate var phase: Phase
        /// The invocation waits for its `next`.
        fileprivate var isBusy = false

        package var state: String { self.phase.name }
        package var isRegistered: Bool { self.phase != .started && self.phase != .launchError }
    }

    fileprivate enum Phase: Sendable, Equatable {
        case started
        case launchError
        case registered
        /// It asked for the next event. Its connection may have closed since, and then it may ask again.
        case ready(isWaiting: Bool)
        /// An event is for it that its lost connection could not take.
        case owed
        case running
        case initError
        case exitError

        var name: String {
            switch self {
            case .started: "Started"
            case .launchError: "LaunchError"
            case .registered: "Registered"
            case .ready, .owed: "Ready"
            case .running: "Running"
            case .initError: "InitError"
            case .exitError: "ExitError"
            }
        }
    }

    /// What the environment does after something happened to an extension.
    package enum Action: Equatable, Sendable {
        case nothing
        /// Every external extension is registered.
        case startRuntime
        /// The runtime and all extensions are ready.
        case finishInit
        /// The last extension that the invocation waited for is back.
        case extensionsAreBack
    }

    package enum NextAction: Equatable, Sendable {
        /// The caller waits.
        case wait(then: Action)
        /// An event is due to it already.
        case deliver
    }

    package enum Beginning: Equatable, Sendable {
        case startRuntime
        case startExtensions
        /// There are more than AWS allows; this is the first that is too much.
        case tooMany(String)
    }

    private enum Stage: Sendable, Equatable {
        /// External extensions start; the runtime comes after them.
        case registering
        case runtimeStarting
        /// The runtime is ready and nobody registers any more; some are not at `next` yet.
        case settling
        case serving
    }

    package private(set) var members: [Member] = []
    /// The first error that an extension reported: it names what its process's end makes fail.
    package private(set) var fatalError: ErrorReport?
    private var stage = Stage.registering

    /// Whether extensions may be told of invocations; not in an environment that holds several of them.
    private let takesInvoke: Bool

    package init(takesInvoke: Bool = true) { self.takesInvoke = takesInvoke }

    /// As before the first init.
    package mutating func reset() { self = ExtensionMachine(takesInvoke: self.takesInvoke) }

    package var isRegistrationOpen: Bool { self.stage == .registering || self.stage == .runtimeStarting }
    /// Whether an init waits for it, or an invocation or the end of the environment tells somebody.
    package var isEmpty: Bool { self.members.isEmpty }
    /// Nobody that an invocation waits for is still at work.
    package var isIdle: Bool { !self.members.contains { $0.isBusy } }

    // MARK: Init

    /// The programs to start, by their file names.
    package mutating func began(externals: [String], id: () -> ExtensionID) -> Beginning {
        self.reset()
        for name in externals {
            var member = Member(name: name, id: id(), isExternal: true, phase: .started)
            guard self.members.count < Limits.extensions else {
                member.phase = .launchError
                member.errorType = "TooManyExtensions"
                self.members.append(member)
                return .tooMany(name)
            }
            self.members.append(member)
        }
        guard self.members.isEmpty else { return .startExtensions }
        self.stage = .runtimeStarting
        return .startRuntime
    }

    /// Its program could not be executed.
    package mutating func launchFailed(_ name: String, errorType: String) {
        guard let place = self.place(ofExternal: name) else { return }
        self.members[place].phase = .launchError
        self.members[place].errorType = errorType
    }

    /// - Parameter id: For an internal one; an external one has its own.
    package mutating func registered(
        _ name: String, events: [String], id: @autoclosure () -> ExtensionID
    ) throws(ExtensionRefusal) -> (id: ExtensionID, action: Action) {
        guard !name.isEmpty else { throw .emptyName }
        guard let place = self.place(ofExternal: name) else {
            return (try self.registeredInternal(name, events: events, id: id()), .nothing)
        }
        let events = try self.events(events, isExternal: true)
        guard self.members[place].phase == .started else {
            throw .invalidTransition(from: self.members[place].state, to: "Registered", who: name)
        }
        self.members[place].phase = .registered
        self.members[place].events = events
        let id = self.members[place].id
        guard self.stage == .registering, self.members.allSatisfy({ $0.phase != .started }) else {
            return (id, .nothing)
        }
        self.stage = .runtimeStarting
        return (id, .startRuntime)
    }

    private mutating func registeredInternal(
        _ name: String, events: [String], id: @autoclosure () -> ExtensionID
    ) throws(ExtensionRefusal) -> ExtensionID {
        let events = try self.events(events, isExternal: false)
        guard self.isRegistrationOpen else { throw .registrationClosed }
        guard !self.members.contains(where: { $0.name == name }) else { throw .nameTaken }
        guard self.members.count < Limits.extensions else { throw .tooMany }
        let member = Member(name: name, id: id(), isExternal: false, events: events, phase: .registered)
        self.members.append(member)
        return member.id
    }

    private func events(_ texts: [String], isExternal: Bool) throws(ExtensionRefusal) -> Set<Event> {
        var events: Set<Event> = []
        for text in texts {
            guard let event = Event(rawValue: text), event != .invoke || self.takesInvoke else {
                throw .invalidEvent(text)
            }
            guard isExternal || event == .invoke else { throw .shutdownForInternal }
            events.insert(event)
        }
        return events
    }

    /// The runtime asked for its first event.
    package mutating func runtimeBecameReady() -> Action {
        guard self.stage == .runtimeStarting else { return .nothing }
        self.stage = .settling
        return self.settled()
    }

    private mutating func settled() -> Action {
        guard self.stage == .settling,
            self.members.allSatisfy({ if case .ready = $0.phase { true } else { false } })
        else { return .nothing }
        self.stage = .serving
        return .finishInit
    }

    // MARK: Events

    package mutating func nextRequested(_ id: ExtensionID) throws(ExtensionRefusal) -> NextAction {
        guard let place = self.members.firstIndex(where: { $0.id == id }), self.members[place].isRegistered else {
            throw .unknown(id)
        }
        switch self.members[place].phase {
        case .registered, .ready(isWaiting: false):
            self.members[place].phase = .ready(isWaiting: true)
            return .wait(then: self.settled())
        case .running:
            self.members[place].phase = .ready(isWaiting: true)
            guard self.members[place].isBusy else { return .wait(then: .nothing) }
            self.members[place].isBusy = false
            return .wait(then: self.isIdle ? .extensionsAreBack : .nothing)
        case .owed:
            self.members[place].phase = .running
            return .deliver
        case .ready(isWaiting: true), .started, .launchError, .initError, .exitError:
            throw .invalidTransition(from: self.members[place].state, to: "Ready", who: id.text)
        }
    }

    /// The connection in which it waited closed.
    package mutating func nextAbandoned(_ id: ExtensionID) {
        guard let place = self.members.firstIndex(where: { $0.id == id }),
            self.members[place].phase == .ready(isWaiting: true)
        else { return }
        self.members[place].phase = .ready(isWaiting: false)
    }

    /// An event goes to the runtime. Gives those whose `next` is to be answered with it; others get it when they ask.
    package mutating func invoked() -> [ExtensionID] {
        self.release(.invoke) { $0.isBusy = true }
    }

    /// The environment ends. Gives those whose `next` is to be answered.
    package mutating func shutdownBegan() -> [ExtensionID] {
        for place in self.members.indices {
            self.members[place].isBusy = false
            // Whoever still works on an invocation hears of the end when it asks for the next one.
            if self.members[place].events.contains(.shutdown), self.members[place].phase == .running {
                self.members[place].phase = .owed
            }
        }
        return self.release(.shutdown) { _ in }
    }

    private mutating func release(_ event: Event, _ mark: (inout Member) -> Void) -> [ExtensionID] {
        var waiting: [ExtensionID] = []
        for place in self.members.indices where self.members[place].events.contains(event) {
            guard case .ready(let isWaiting) = self.members[place].phase else { continue }
            self.members[place].phase = isWaiting ? .running : .owed
            mark(&self.members[place])
            if isWaiting { waiting.append(self.members[place].id) }
        }
        return waiting
    }

    // MARK: Errors and ends

    package mutating func errorReported(
        _ report: ErrorReport, by id: ExtensionID, type: String
    ) throws(ExtensionRefusal) {
        guard let place = self.members.firstIndex(where: { $0.id == id }), self.members[place].isRegistered else {
            throw .unknownReporter
        }
        let isAllowed: Bool
        switch (self.members[place].phase, report) {
        // A repetition is taken and changes nothing: the first error counts.
        case (.initError, .initError), (.exitError, .exitError): return
        case (.registered, _), (.ready, .exitError), (.owed, .exitError), (.running, .exitError): isAllowed = true
        case (.ready, .initError), (.owed, .initError), (.running, .initError), (.initError, .exitError),
            (.exitError, .initError), (.started, _), (.launchError, _):
            isAllowed = false
        }
        guard isAllowed else {
            throw .invalidTransition(from: self.members[place].state, to: report.rawValue, who: id.text)
        }
        self.members[place].phase = report == .initError ? .initError : .exitError
        self.members[place].errorType = type
        if self.fatalError == nil { self.fatalError = report }
    }

    /// What the end of an external extension's process makes fail, outside of a shutdown. Its state stays what it was, and
    /// is shown so.
    package func exited(_ exit: InitEvent.Exit) -> ExtensionFailure {
        let words =
            switch exit {
            case .status(0): "exit code 0"
            case .status(let status): "exit status \(status)"
            case .signal(let number): "signal: \(SignalName.text(number))"
            }
        return ExtensionFailure(type: self.fatalError?.fatalType ?? "Extension.Crash", words: words)
    }

    package func member(_ id: ExtensionID) -> Member? {
        self.members.first { $0.id == id && $0.isRegistered }
    }

    private func place(ofExternal name: String) -> Int? {
        self.members.firstIndex { $0.isExternal && $0.name == name }
    }
}
