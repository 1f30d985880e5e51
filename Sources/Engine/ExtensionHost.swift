internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// What the extensions of an environment ask of it.
protocol ExtensionOwner: AnyObject {
    /// Every external extension is registered: the runtime comes next.
    func extensionsAreRegistered()
    /// The runtime and every extension are ready.
    func initIsFinished()
    /// The last extension that the invocation waited for is back.
    func extensionsAreBack()
    /// One could not be started, or its process ended.
    func extensionFailed(_ failure: ExtensionFailure)
    func extensionWrote(_ lines: [[UInt8]])
    func tell(_ record: PlatformRecord)
    func signalRuntime(_ number: Int32)
    /// How long the end of those that are there takes at most.
    func extensionsNeed(_ time: Duration)
}

/// Performs what ``ExtensionMachine`` and ``ExtensionShutdownMachine`` decide for one environment: starts and ends the
/// processes of external extensions, answers their calls, holds who waits for an event. Bound to the environment's event loop.
///
/// The calls themselves are in `ExtensionHost+Session.swift`, the end in `ExtensionHost+Shutdown.swift`.
///
/// - Note: `@unchecked Sendable` because closures on its event loop capture it; no other thread touches it.
final class ExtensionHost: @unchecked Sendable {
    typealias Waiting = (connection: ObjectIdentifier, respond: (ExtensionReply) -> Void)

    static let directory = "/opt/extensions"
    /// A layer that brings this file switches extensions off, as in the runtime emulator.
    private static let switchOff = "/opt/disable-extensions-jwigqn8j"
    /// Tags of runtimes count from 1; those of extensions, from here. No environment lives long enough for them to meet.
    private static let firstTag: UInt32 = 1 << 31
    private static let listTag: UInt32 = 1
    private static let switchOffTag: UInt32 = 2

    let function: FunctionRecord
    let parts: EngineParts
    let loop: any EventLoop
    weak var owner: (any ExtensionOwner)?

    var machine = ExtensionMachine()
    var waiting: [ExtensionID: Waiting] = [:]
    /// What those who were released while nobody waited for them get when they ask.
    var dueEvent: [UInt8] = []
    var dueIsInvoke = true
    /// Processes of external extensions that are there.
    var processes: [UInt32: String] = [:]
    private(set) var isDisabled = false
    /// File names, once the directory has been looked at.
    private var externals: [String]?
    private var lastTag = ExtensionHost.firstTag
    private var variables: [String] = []

    var control: InitChannel?
    private(set) var sockets: SandboxSockets?
    /// What external extensions write, where it is told apart from what the runtime writes.
    private(set) var logPipe: LogPipe?
    private var hasLog = false
    private var splitter = LogLineSplitter()

    var shutdown: ExtensionShutdownMachine?
    var shutdownReason = ExtensionShutdownMachine.Reason.spindown
    var afterShutdown: (() -> Void)?
    var shutdownTimer: Scheduled<Void>?

    /// `nil` once the init is over and nobody has subscribed.
    private(set) var hub: TelemetryHub?

    init(function: FunctionRecord, parts: EngineParts, loop: any EventLoop) {
        self.function = function
        self.parts = parts
        self.loop = loop
    }

    /// An invocation waits for nobody.
    var isIdle: Bool { self.machine.isIdle }

    // MARK: The sandbox

    /// - Parameter variables: The runtime's environment.
    func opened(control: InitChannel, variables: [String]) {
        self.control = control
        self.variables = EnvironmentVariables.forExtensions(variables)
        if let passing = self.parts.passing {
            self.sockets = SandboxSockets(passing: passing, reader: self.parts.reader, control: control)
        }
    }

    /// The sandbox goes; what its extensions wrote is read.
    func closed() {
        self.drainLog()
        self.waiting = [:]
        self.hub?.close()
        self.hub = nil
        self.sockets?.close()
        self.sockets = nil
        self.logPipe?.close()
        self.logPipe = nil
        self.control = nil
    }

    // MARK: Init

    /// The init begins: external extensions first, where there are any, then the runtime.
    ///
    /// - Parameter hubIsOpen: Called once what happens is kept for subscribers.
    func beginInit(_ hubIsOpen: () -> Void) {
        self.hub?.close()
        self.hub = TelemetryHub(time: self.parts.time, isJSONLog: self.function.logging.format == "JSON")
        hubIsOpen()
        guard self.externals == nil else { return self.startExtensions() }
        // Only layers bring anything to /opt.
        guard !self.function.layers.isEmpty else {
            self.externals = []
            return self.startExtensions()
        }
        self.control?.send(.list(tag: Self.listTag, directory: Self.directory))
        self.control?.send(.list(tag: Self.switchOffTag, directory: Self.switchOff))
    }

    private func startExtensions() {
        let names = self.isDisabled ? [] : self.externals ?? []
        switch self.machine.began(externals: names, id: { ExtensionID.random() }) {
        case .startRuntime:
            self.owner?.extensionsAreRegistered()
        case .tooMany:
            self.owner?.extensionFailed(
                ExtensionFailure(type: "Extension.LaunchError", words: ExtensionRefusal.tooMany.message))
        case .startExtensions:
            self.owner?.extensionsNeed(self.shutdownLimit)
            self.openLog()
            for name in names { self.start(name) }
        }
    }

    private func start(_ name: String) {
        self.lastTag += 1
        self.processes[self.lastTag] = name
        let arguments = ["\(Self.directory)/\(name)"]
        self.control?.send(
            self.hasLog
                ? .startLogged(
                    tag: self.lastTag, arguments: arguments, environment: self.variables, workingDirectory: "/")
                : .start(tag: self.lastTag, arguments: arguments, environment: self.variables, workingDirectory: "/"))
    }

    private func openLog() {
        guard !self.hasLog, let passing = self.parts.passing, let pipe = passing.logPipe() else { return }
        let isSent = self.control?.send(.log, with: pipe.write, by: passing) ?? false
        self.parts.reader.close(pipe.write)
        guard isSent else { return self.parts.reader.close(pipe.read) }
        self.hasLog = true
        LogPipe.open(
            descriptor: pipe.read, reader: self.parts.reader, on: self.loop,
            onBytes: { [weak self] bytes in
                guard let self else { return }
                self.wrote(self.splitter.append(bytes.readableBytesView))
            }
        ).whenSuccess { [weak self] pipe in
            guard let self, self.control != nil else { return pipe.close() }
            self.logPipe = pipe
        }
    }

    func drainLog() {
        guard let pipe = self.logPipe else { return }
        self.wrote(self.splitter.append(pipe.drain()))
        if let partial = self.splitter.takePartial() { self.wrote([partial]) }
    }

    private func wrote(_ lines: [[UInt8]]) {
        if !lines.isEmpty { self.owner?.extensionWrote(lines) }
    }

    func runtimeBecameReady() {
        self.owner?.tell(.initRuntimeDone(self.initializationType, self.phase, .success))
        self.perform(self.machine.runtimeBecameReady())
    }

    /// `invoke` where the init runs inside an invocation.
    var phase = PlatformRecord.Phase.`init`
    var initializationType = PlatformRecord.InitializationType.onDemand

    func perform(_ action: ExtensionMachine.Action) {
        switch action {
        case .nothing: break
        case .startRuntime: self.owner?.extensionsAreRegistered()
        case .finishInit:
            self.tellStates()
            self.closeSubscriptions()
            self.owner?.initIsFinished()
        case .extensionsAreBack: self.owner?.extensionsAreBack()
        }
    }

    /// One line for each extension, at the end of an init.
    func tellStates() {
        for member in self.machine.members {
            let events = ExtensionMachine.Event.allCases.filter(member.events.contains).map(\.rawValue)
            self.owner?.tell(
                .extension(name: member.name, state: member.state, events: events, errorType: member.errorType))
        }
    }

    private func closeSubscriptions() {
        self.hub?.closeHistory()
        if self.hub?.subscribers.isEmpty ?? false { self.hub = nil }
    }

    // MARK: Invocations

    /// The event goes to the runtime at this moment.
    func invoked(_ event: @autoclosure () -> [UInt8]) {
        guard !self.machine.isEmpty else { return }
        let released = self.machine.invoked()
        self.dueEvent = event()
        self.dueIsInvoke = true
        for id in released { self.waiting.removeValue(forKey: id)?.respond(self.eventReply()) }
    }

    func eventReply() -> ExtensionReply {
        guard self.dueIsInvoke else { return ExtensionReply(status: 200, contentType: nil, body: self.dueEvent) }
        return ExtensionReply(
            status: 200, headers: [(HeaderName.extensionEventID, ExtensionID.random().text)], body: self.dueEvent)
    }

    // MARK: What init reports

    /// Returns whether the report was about extensions.
    func initReported(_ event: InitEvent) -> Bool {
        switch event {
        case .listed(let tag, let number, let files):
            self.listed(tag: tag, errno: number, files)
            return true
        case .socket(let tag, let number):
            self.sockets?.reported(tag: tag, errno: number)
            return true
        case .startFailed(let tag, let number):
            guard tag > Self.firstTag else { return false }
            self.startFailed(tag: tag, errno: number)
            return true
        case .exited(let tag, let exit):
            guard tag > Self.firstTag else { return false }
            self.exited(tag: tag, exit)
            return true
        case .started, .memory, .allKilled:
            return false
        }
    }

    private func listed(tag: UInt32, errno number: Int32, _ files: [String]) {
        switch tag {
        case Self.listTag:
            // In the order of names, whatever the order in the file system is. No directory means no extension.
            self.externals = number == 0 ? files.sorted() : []
        case Self.switchOffTag:
            // Not a directory: the file is there.
            self.isDisabled = number == Self.notADirectory
            self.startExtensions()
        default:
            break
        }
    }

    /// Linux's numbers: this file needs no C library for two of them.
    private static let notADirectory: Int32 = 20
    private static let accessDenied: Int32 = 13

    private func startFailed(tag: UInt32, errno number: Int32) {
        guard let name = self.processes.removeValue(forKey: tag) else { return }
        let isDenied = number == Self.accessDenied
        self.machine.launchFailed(name, errorType: isDenied ? "PermissionDenied" : "UnknownError")
        let reason = isDenied ? "permission denied" : "errno \(number)"
        self.owner?.extensionFailed(
            ExtensionFailure(
                type: "Extension.LaunchError", words: "fork/exec \(Self.directory)/\(name): \(reason)"))
    }

    private func exited(tag: UInt32, _ exit: InitEvent.Exit) {
        guard let name = self.processes.removeValue(forKey: tag) else { return }
        if self.shutdown != nil { return self.extensionEndedInShutdown(name) }
        self.drainLog()
        self.owner?.extensionFailed(self.machine.exited(exit))
    }

    /// What a runtime's end makes fail where an extension reported an error before; `nil` where none did.
    func runtimeEnded(_ exit: InitEvent.Exit) -> ExtensionFailure? {
        self.machine.fatalError.map { ExtensionFailure(type: $0.fatalType, words: FailureAnswer.words(of: exit)) }
    }

    /// Every process but init is gone; the next init starts from the beginning.
    func processesEnded() {
        self.drainLog()
        self.processes = [:]
        self.waiting = [:]
        self.machine.reset()
        self.hub?.close()
        self.hub = nil
    }
}
