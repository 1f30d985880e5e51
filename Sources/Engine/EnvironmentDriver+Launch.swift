internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import NIOCore

/// From the request for a sandbox to the runtime's start, and the sandbox's end.
extension EnvironmentDriver {
    /// What a launch brought.
    private enum Launched: Sendable {
        case sandbox(SandboxDescriptors, Credentials)
        case failed(StartFailure)
    }

    func start() {
        let settings = self.settings
        self.launchBegan = self.now
        self.initBegan = self.now
        let lifecycle = self.lifecycleSettings
        self.change { try $0.startRequested(now: self.now, settings: lifecycle) }
        self.sandbox = .launching
        let request = Result { () throws(LaunchError) in try self.sandboxRequest(settings) }
        // Owned by this driver; both awaits have deadlines of their own, so it always ends.
        self.launchTask = Task { [parts = self.parts, function = self.function, loop = self.loop] in
            let result = await Self.launch(request, function: function, parts: parts, settings: settings)
            loop.execute { self.launchEnded(result) }
        }
    }

    private func sandboxRequest(_ settings: EngineSettings) throws(LaunchError) -> SandboxRequest {
        let function = self.function
        var fileSystem: SandboxRequest.FileSystem?
        // The model allows one at most.
        if let named = function.fileSystems.first {
            guard let directory = settings.fileSystems[named.arn] else {
                throw .notConfigured("file_systems of lambdad.conf names no directory for \(named.arn)")
            }
            fileSystem = .init(directory: directory, mountPath: named.mountPath)
        }
        return SandboxRequest(
            environment: self.id, functionName: function.key.name, userSlot: function.userSlot,
            root: self.manifest.root, codeDirectory: function.hotReloadPath ?? self.parts.codeDirectory(function.code),
            runtimeDirectory: self.manifest.directory,
            layerDirectories: function.layers.map { $0.hotReloadPath ?? self.parts.codeDirectory($0.code) },
            fileSystem: fileSystem, memorySize: function.memorySize, ephemeralStorage: function.ephemeralStorage,
            network: settings.network, servicesPort: settings.network == .loopback ? settings.servicesPort : nil,
            // Records of several workers would be mixed in one pipe.
            framesLog: self.manifest.isManaged && !self.manifest.isShared,
            tracesOut: settings.network == .loopback && self.parts.traceDaemon != nil)
    }

    private static func launch(
        _ request: Result<SandboxRequest, LaunchError>, function: FunctionRecord, parts: EngineParts,
        settings: EngineSettings
    ) async -> Launched {
        let credentials: Credentials
        do {
            credentials = try await parts.credentials.credentials(
                role: function.role, account: function.key.account, region: function.key.region,
                sessionName: parts.sessionName(function.key.name), duration: settings.credentialsDuration)
        } catch { return .failed(.credentials(error)) }
        do { return .sandbox(try await parts.launcher.launch(request.get()), credentials) } catch {
            return .failed(.sandbox(error))
        }
    }

    private func launchEnded(_ result: Launched) {
        self.launchTask = nil
        switch result {
        case .failed(let failure):
            self.sandbox = .gone
            if self.stopWhenLaunched {
                self.confirmStopped()
            } else {
                self.failStart(failure)
            }
        case .sandbox(let descriptors, let credentials):
            self.sandbox = .running
            self.descriptors = descriptors
            self.parts.reader.close(descriptors.pidfd)
            self.noteFreezer()
            if self.stopWhenLaunched {
                self.closeUnused(descriptors)
                self.stopSandbox()
            } else {
                self.open(descriptors, credentials)
            }
        }
    }

    /// The platform's part of the start failed.
    func failStart(_ failure: StartFailure) {
        guard self.machine.state == .starting else { return }
        self.logFailedInit(failure, began: self.initBegan, phase: "init")
        self.change { try $0.startFailed(failure) }
    }

    private func closeUnused(_ descriptors: SandboxDescriptors) {
        for descriptor in [descriptors.log, descriptors.runtimeListener, descriptors.control] {
            self.parts.reader.close(descriptor)
        }
        for descriptor in [descriptors.servicesListener, descriptors.frames, descriptors.traceSocket] {
            if let descriptor { self.parts.reader.close(descriptor) }
        }
    }

    /// Puts the descriptors on the event loop, then asks init to start the runtime.
    private func open(_ descriptors: SandboxDescriptors, _ credentials: Credentials) {
        let settings = self.settings
        var lifetime = settings.maximumAge
        if let expiration = credentials.expiration {
            let left = Duration.milliseconds(expiration.milliseconds - self.parts.time.wallTime.milliseconds)
            lifetime = min(lifetime, left - .seconds(self.function.timeout))
        }
        self.machine.credentialsEnd(at: self.now.advanced(by: lifetime))
        self.prepareRuntimeCommand(credentials, descriptors, settings: settings)
        do {
            self.servers.append(
                try self.parts.runtimeServer.serve(
                    listener: descriptors.runtimeListener, session: self.shared ?? self, on: self.loop))
            if let listener = descriptors.servicesListener, let relay = self.parts.servicesRelay {
                self.servers.append(try relay.relay(listener: listener, on: self.loop))
            }
            if let socket = descriptors.traceSocket, let daemon = self.parts.traceDaemon {
                self.servers.append(daemon.relay(socket: socket, on: self.loop))
            }
        } catch {
            self.failStart(.sandbox(.disconnected("the sandbox's sockets could not be used: \(error)")))
            return
        }
        let log = LogPipe.open(
            descriptor: descriptors.log, reader: self.parts.reader, on: self.loop,
            onBytes: { self.logBytesArrived($0) })
        let frames = LogPipe.openIfThere(
            descriptor: descriptors.frames, reader: self.parts.reader, on: self.loop,
            onBytes: { self.frameBytesArrived($0) })
        let control = InitChannel.open(
            descriptor: descriptors.control, on: self.loop, onEvent: { self.initReported($0) },
            onClosed: { self.controlClosed() })
        log.and(frames).and(control).whenComplete { result in
            switch result {
            case .success(let ((log, frames), control)):
                self.logPipe = log
                self.framePipe = frames
                self.control = control
                self.channelsOpened()
            case .failure(let error):
                self.failStart(.sandbox(.disconnected("the sandbox's sockets could not be used: \(error)")))
            }
        }
    }

    private func channelsOpened() {
        guard self.machine.state == .starting else {
            // Given up meanwhile; stopping closes what was just opened.
            self.closeChannels()
            return
        }
        self.knownKills = self.memoryKills()
        // What AWS calls init begins with the runtime, not with its sandbox.
        self.initBegan = self.now
        let timeout = self.lifecycleSettings.initTimeout
        self.change { try $0.initBegan(now: self.now, timeout: timeout) }
        self.beginInit(phase: self.firstPhase)
    }

    private func prepareRuntimeCommand(
        _ credentials: Credentials, _ descriptors: SandboxDescriptors, settings: EngineSettings
    ) {
        let isApart = settings.network == .loopback
        // Where the services endpoint has the Runtime API's port, that is not at the one address that SDKs would ask at.
        let isAtLoopback = !isApart || settings.servicesPort.map(Int.init) != Limits.runtimeAPIPort
        if self.initialization == .snapStart, isAtLoopback {
            self.restoring.credentials = ContainerCredentials(credentials, token: RequestID.random().text)
        }
        let address = isApart ? SandboxAddress.runtimeAPI : "127.0.0.1"
        let environment = EnvironmentVariables.strings(
            for: .init(
                function: self.function, manifest: self.manifest, source: self.source, credentials: credentials,
                runtimeAPI: "\(address):\(descriptors.runtimePort)", endpointURL: settings.endpointURL,
                initialization: self.initialization, framesLog: descriptors.frames != nil,
                containerCredentials: self.restoring.credentials.map { ($0.token, descriptors.runtimePort) },
                traceDaemon: isApart ? nil : self.parts.traceDaemon.map { ($0.host, $0.port) }))
        self.runtimeCommand = .start(
            tag: 0, arguments: RuntimeCommand.arguments(of: self.manifest, for: self.function),
            environment: environment, workingDirectory: "/var/task")
    }

    func stopSandbox() {
        switch self.sandbox {
        case .none, .gone:
            self.sandbox = .gone
            self.confirmStopped()
        case .launching:
            self.stopWhenLaunched = true
        case .stopping:
            break
        case .running:
            self.sandbox = .stopping
            // Whoever waits for init's figure of memory would wait for nobody, and the log ends here.
            if !self.memoryWaiters.isEmpty { self.memoryReported(self.peakMemory) }
            self.endProcesses { self.endSandbox() }
        }
    }

    private func endSandbox() {
        self.closeChannels()
        self.writeHeldLines()
        self.launchTask = Task { [launcher = self.parts.launcher, id = self.id, loop = self.loop] in
            await launcher.stop(id)
            loop.execute {
                self.sandbox = .gone
                self.launchTask = nil
                self.confirmStopped()
            }
        }
    }

    private func closeChannels() {
        self.drainLog()
        self.flushPartialLine()
        self.extensions.closed()
        self.abandonWaitingNext()
        self.shared?.closed()
        for server in self.servers { server.close() }
        self.servers = []
        self.logPipe?.close()
        self.framePipe?.close()
        self.control?.close()
        self.logPipe = nil
        self.framePipe = nil
        self.control = nil
    }

    private func confirmStopped() {
        if let descriptors = self.descriptors {
            for descriptor in [descriptors.memoryPeak, descriptors.memoryEvents, descriptors.freezer].compactMap(\.self)
            {
                self.parts.reader.close(descriptor)
            }
            self.descriptors = nil
        }
        // A failed launch may be confirmed in the same turn in which it failed.
        self.loop.assumeIsolated().execute {
            self.change {
                try $0.sandboxStopped()
                return .nothing
            }
            self.owner?.environmentStopped(self)
        }
    }
}
