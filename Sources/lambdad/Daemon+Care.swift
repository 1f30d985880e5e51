internal import Engine
internal import Foundation
internal import Journal
internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import NIOCore
internal import SigV4
internal import Store

/// What happens while the daemon runs: reloads, the watchdog, the log of transitions, the collection of old code.
extension Daemon {
    /// `systemctl reload`: the configuration, the credentials and the manifests are read again. A file that is wrong changes
    /// nothing and is logged.
    func reload(
        from current: Configuration, settings: CurrentSettings, runtimes: RuntimeCatalog, book: CredentialBook,
        _ logger: Logger
    ) -> Configuration {
        self.manager.reloading()
        defer { self.manager.ready() }
        do {
            let new = try self.file.read()
            try self.loadCredentials(into: book, new)
            var engine = new.engineSettings
            // The endpoint is part of what a restart builds; the rest takes effect with the next event.
            engine.servicesPort = settings.now.servicesPort
            engine.servicesURL = settings.now.servicesURL
            settings.replace(with: engine)
            self.loadRuntimes(into: runtimes, new, logger)
            let later = new.restartOnlyDifferences(from: current)
            if !later.isEmpty {
                logger.warning("changed settings that need a restart: \(later.joined(separator: ", "))")
            }
            logger.info("the configuration was reloaded")
            return new
        } catch {
            logger.error("the configuration was not reloaded, the old one stays: \(error)")
            return current
        }
    }

    /// Says once what is set here and has no effect.
    func warn(_ logger: Logger) {
        let names = self.configuration.ignoredVariables
        guard !names.isEmpty else { return }
        logger.warning("variables that have no effect here, ignoring them: \(names.joined(separator: ", "))")
    }

    func loadRuntimes(into catalog: RuntimeCatalog, _ configuration: Configuration, _ logger: Logger) {
        let problems = catalog.load(
            directories: configuration.runtimeDirectories, allowsSubstitution: configuration.allowsSubstitution)
        for problem in problems { logger.warning("\(problem)") }
        if catalog.ids.isEmpty { logger.warning("no runtime is installed: every CreateFunction will be refused") }
    }

    func readCredentials(_ configuration: Configuration) throws -> String {
        do { return try String(contentsOfFile: configuration.credentialsPath, encoding: .utf8) } catch {
            throw StartError(
                description: "\(configuration.credentialsPath) cannot be read: \(error.localizedDescription)")
        }
    }

    /// Without signatures, no key is needed and the file may be missing.
    func loadCredentials(into book: CredentialBook, _ configuration: Configuration) throws {
        let isNeeded = configuration.auth == .sigv4 || configuration.servicesEndpoint != nil
        guard isNeeded || FileManager.default.fileExists(atPath: configuration.credentialsPath) else { return }
        do {
            let count = try book.replaceFileKeys(with: try self.readCredentials(configuration))
            if configuration.auth == .sigv4, count == 0 {
                throw StartError(description: "\(configuration.credentialsPath) holds no key: nobody could sign")
            }
        } catch let error as CredentialFileError {
            throw StartError(description: "\(configuration.credentialsPath): \(error)")
        }
    }

    /// The watchdog is fed from an event loop: a loop that hangs stops feeding it.
    func watch(_ loop: any EventLoop, _ logger: Logger) {
        guard let interval = self.manager.watchdogInterval() else { return }
        let half = TimeAmount.nanoseconds(interval.nanoseconds / 2)
        let manager = self.manager
        loop.scheduleRepeatedTask(initialDelay: .zero, delay: half) { _ in manager.watchdog() }
    }

    /// Every transition goes to the log; the two of a warm invocation only where debugging is on.
    func logTransitions(of events: EnvironmentEvents, _ logger: Logger) {
        // Asked once: a logger is a large value, and two transitions of every warm call come here.
        let logsWarm = logger.logLevel <= .debug
        events.listen { event in
            let isWarm =
                (event.from == .ready && event.to == .invoking) || (event.from == .invoking && event.to == .ready)
            guard logsWarm || !isWarm else { return }
            logger.log(
                level: isWarm ? .debug : .info, "environment \(event.from.rawValue) -> \(event.to.rawValue)",
                metadata: [
                    "function": "\(event.version.function.name)", "version": "\(event.version.version)",
                    "environment": "\(event.environment)",
                ])
        }
    }

    /// Removes code that neither a function nor an environment uses, and lets the database shrink.
    func collect(
        on loop: any EventLoop, store: SQLiteResourceStore, code: ContentAddressedCodeStore, plane: InvocationPlane,
        _ logger: Logger
    ) {
        loop.scheduleRepeatedAsyncTask(initialDelay: .seconds(30), delay: Self.collectionInterval) { _ in
            loop.makeFutureWithTask {
                do {
                    var live = await plane.codeInUse()
                    live.formUnion(try await store.codeDigests())
                    let removed = try await code.collect(keeping: live)
                    if removed > 0 {
                        logger.info("removed code that nothing refers to", metadata: ["count": "\(removed)"])
                    }
                } catch { logger.warning("old code was not looked for: \(error)") }
                do { try await store.returnSpace() } catch {
                    logger.warning("the database keeps space that it does not need: \(error)")
                }
            }
        }
    }
}
