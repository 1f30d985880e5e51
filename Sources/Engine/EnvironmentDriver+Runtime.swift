internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import NIOCore

/// The runtime process: its start, its exits, and its calls to the Runtime API.
extension EnvironmentDriver {
    private static let bootstrapPlaces = ["/var/task/bootstrap", "/opt/bootstrap", "/var/runtime/bootstrap"]

    /// Starts the runtime. OS-only runtimes try the places of a bootstrap one after the other.
    func startRuntime(bootstrap index: Int = 0) {
        guard case .start(_, let arguments, let environment, let directory)? = self.runtimeCommand else { return }
        // The last words of the one before it, which may be the beginning of a record.
        self.drainLog()
        self.flushPartialLine()
        self.session = RuntimeSessionMachine()
        // A connection of the one before it that is not seen to be closed yet must not get the event.
        self.abandonWaitingNext()
        self.runtimeTag += 1
        self.runtimeIsAlive = true
        self.bootstrapIndex = index
        let command = arguments.isEmpty ? [Self.bootstrapPlaces[index]] : arguments
        self.control?.send(
            .start(tag: self.runtimeTag, arguments: command, environment: environment, workingDirectory: directory))
    }

    func initReported(_ event: InitEvent) {
        if self.extensions.initReported(event) { return }
        switch event {
        case .started, .listed, .socket:
            break
        case .startFailed(let tag, let number):
            guard tag == self.runtimeTag else { return }
            self.executionFailed(errno: number)
        case .exited(let tag, let exit):
            guard tag == self.runtimeTag, self.runtimeIsAlive else { return }
            self.runtimeIsAlive = false
            if !self.extensions.runtimeEndedInShutdown() { self.runtimeEnded(exit) }
        case .memory(let peakBytes):
            self.memoryReported(peakBytes)
        case .allKilled:
            self.extensions.processesEnded()
            guard self.machine.state == .resetting else { return }
            let settings = self.lifecycleSettings
            self.change { try $0.resetFinished(now: self.now, settings: settings) }
            if self.machine.state == .ready { self.owner?.environmentBecameFree(self) }
        }
    }

    /// The program could not be executed: `ENOENT` and `EACCES` of a bootstrap let the next place be tried.
    private func executionFailed(errno number: Int32) {
        let isOSOnly = self.manifest.command.isEmpty
        if isOSOnly, self.bootstrapIndex + 1 < Self.bootstrapPlaces.count {
            self.startRuntime(bootstrap: self.bootstrapIndex + 1)
            return
        }
        self.runtimeIsAlive = false
        let text =
            isOSOnly
            ? "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
            : "\(self.manifest.command.first ?? "") could not be executed: errno \(number)"
        self.initFailed(.invalidEntrypoint(text))
    }

    private func runtimeEnded(_ exit: InitEvent.Exit) {
        // A shell that starts the runtime tells of a signal by a status.
        let isKill = exit == .signal(9) || exit == .status(128 + 9)
        let outOfMemory = self.wasKilledForMemory() && isKill
        if let failure = self.extensions.runtimeEnded(exit) { return self.extensionFailed(failure) }
        if let shared = self.shared, self.machine.state == .invoking || self.machine.state == .draining {
            shared.broke(.runtimeExited(exit, outOfMemory: outOfMemory))
        } else if self.machine.state == .starting || self.current?.machine.isWaitingForRuntime ?? false {
            self.initFailed(.runtimeExited(exit, outOfMemory: outOfMemory))
        } else if self.current != nil {
            self.invocationFailed(.runtimeExited(exit, outOfMemory: outOfMemory))
        } else if self.machine.state == .ready {
            // It died while it waited. Nobody is harmed if nobody meets it.
            self.parts.logger.info("the idle runtime ended: \(exit)", metadata: self.logMetadata)
            self.change { try $0.drainRequested() }
        }
    }

    /// The init of a fresh environment, which is then tried again inside the first invocation, or the one inside an invocation
    /// failed.
    func initFailed(_ failure: StartFailure) {
        if self.machine.state == .starting, self.shared != nil || self.initialization != .onDemand {
            // No invocation waits for this one alone, in which it could be tried again; none has an init of SnapStart inside.
            self.logFailedInit(failure, began: self.initBegan, phase: "init")
            self.change { try $0.startFailed(failure) }
        } else if self.machine.state == .starting {
            self.change { try $0.initFailed(failure, now: self.now) }
        } else if let current = self.current {
            self.logFailedInit(failure, began: current.initBegan, phase: "invoke")
            self.invocationFailed(.initFailed(failure))
        }
    }

    func controlClosed() {
        if self.sandbox == .stopping { self.extensions.sandboxVanished() }
        guard self.sandbox == .running else { return }
        let outOfMemory = self.wasKilledForMemory()
        self.extensions.sandboxVanished()
        if self.current != nil { self.invocationFailed(.sandboxEnded(outOfMemory: outOfMemory)) }
        self.shared?.failAll(.sandboxEnded(outOfMemory: outOfMemory))
        self.change { $0.sandboxVanished() }
    }

    /// Whether the kernel killed for lack of memory since this was last asked.
    private func wasKilledForMemory() -> Bool {
        let kills = self.memoryKills()
        defer { self.knownKills = kills }
        return kills > self.knownKills
    }

    /// `oom_kill` of `memory.events`; 0 without the memory controller.
    func memoryKills() -> UInt64 {
        guard let events = self.descriptors?.memoryEvents else { return 0 }
        let text = String(decoding: self.parts.reader.readFile(events), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
        return line.flatMap { UInt64($0.dropFirst("oom_kill ".count)) } ?? 0
    }

    func abandonWaitingNext() {
        self.waitingNext = []
        self.restoring.waiting = nil
    }
}

extension EnvironmentDriver: RuntimeSession {
    var restoreSession: (any RestoreSession)? { self.initialization == .snapStart ? self : nil }

    func next(
        connection: ObjectIdentifier, respond: @escaping (Result<RuntimeEvent, RuntimeRefusal>) -> Void
    ) {
        self.loop.preconditionInEventLoop()
        do {
            let action = try self.session.nextRequested()
            self.waitingNext.append((connection, respond))
            self.runtimeAsked(action)
        } catch {
            respond(.failure(RuntimeRefusal(status: 403, errorType: error.errorType, message: error.message)))
        }
    }

    private func runtimeAsked(_ action: RuntimeSessionMachine.NextAction) {
        switch action {
        case .initDone:
            // What the init printed is in the pipe by now; it stands before START, whichever descriptor told first.
            self.drainLog()
            self.extensions.runtimeBecameReady()
        case .invocationDone:
            self.runtimeFinishedInvocation()
        case .wait:
            self.deliverIfPossible()
        case .restored:
            self.runtimeWasRestored()
        case .redeliver:
            // The answer to the first delivery was lost with its connection.
            self.current?.isDelivered = false
            self.deliverIfPossible()
        }
    }

    func nextAbandoned(_ connection: ObjectIdentifier) {
        self.waitingNext.removeAll { $0.connection == connection }
        if self.restoring.waiting?.connection == connection { self.restoring.waiting = nil }
    }

    func checkAnswer(requestID: String, invocationID: String?, isError: Bool) -> RuntimeReply {
        do { try self.session.canAnswer(requestID, isError: isError) } catch { return Self.reply(error) }
        if let invocationID, let current = self.current, invocationID != current.invocationID.text {
            return .refused(status: 400, errorType: "InvalidInvocationId", message: "Invalid invocation ID")
        }
        return .accepted
    }

    func response(requestID: String, contentType: String?, body: Payload) -> RuntimeReply {
        do { _ = try self.session.responseReceived(for: requestID) } catch { return Self.reply(error) }
        self.runtimeAnswered(body, contentType: contentType, isFunctionError: false)
        return .accepted
    }

    func responseTooLarge(requestID: String) -> RuntimeReply {
        do { _ = try self.session.responseReceived(for: requestID) } catch { return Self.reply(error) }
        let limit = self.responseLimit
        self.runtimeFailed(FailureAnswer.responseTooLarge(limit: limit))
        return .tooLarge(limit: limit)
    }

    func responseModeInvalid(requestID: String) -> RuntimeReply {
        self.brokenResponse(
            requestID, type: "Runtime.InvalidResponseModeHeader", status: 400,
            errorType: "InvalidFunctionResponseMode", message: "Invalid function response mode")
    }

    func responseTruncated(requestID: String) -> RuntimeReply {
        self.brokenResponse(
            requestID, type: "Runtime.TruncatedResponse", status: 400, errorType: "TruncatedHTTPRequest",
            message: "HTTP request detected as truncated")
    }

    private func brokenResponse(
        _ requestID: String, type: String, status: Int, errorType: String, message: String
    ) -> RuntimeReply {
        do {
            let request = try self.session.responseReceived(for: requestID)
            self.runtimeFailed(FailureAnswer.plain(type: type, request: request, text: message))
        } catch { return Self.reply(error) }
        return .refused(status: status, errorType: errorType, message: message)
    }

    func invocationError(
        requestID: String, errorType: String?, contentType: String?, body: ByteBuffer
    ) -> RuntimeReply {
        do { _ = try self.session.errorReceived(for: requestID) } catch { return Self.reply(error) }
        let posted = Array(body.readableBytesView)
        self.traceFailed(body: posted, contentType: contentType)
        let answer = ErrorCause.answer(body: posted, contentType: contentType)
        self.runtimeAnswered(Payload(answer.body), contentType: answer.contentType, isFunctionError: true)
        return .accepted
    }

    func initError(errorType: String?, body: ByteBuffer) -> RuntimeReply {
        // AWS takes an error of an after-restore hook here, too.
        guard !self.session.isRestoring else { return self.restoreError(errorType: errorType) }
        do { try self.session.initErrorReceived() } catch { return Self.reply(error) }
        let failure = StartFailure.initError(
            type: RuntimeErrorType.accepted(errorType), body: Array(body.readableBytesView))
        // After this turn, so that the runtime has its 202 before its sandbox goes.
        self.loop.assumeIsolated().execute { self.initFailed(failure) }
        return .accepted
    }

    static func reply(_ refusal: RuntimeSessionMachine.Refusal) -> RuntimeReply {
        switch refusal {
        case .invalidTransition:
            .refused(status: 403, errorType: refusal.errorType, message: refusal.message)
        case .invalidRequestID:
            .refused(status: 400, errorType: refusal.errorType, message: refusal.message)
        }
    }
}
