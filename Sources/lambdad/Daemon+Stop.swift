internal import Engine
internal import Journal
internal import LambdaAPI
internal import LambdaCore
internal import Lifecycle
internal import Logging

/// The end of the daemon: what runs ends by limits of its own, and nothing begins any more.
extension Daemon {
    /// How long clients may take to read their last answers once everything is stopped.
    private static let closingLimit = Duration.seconds(5)
    /// How often the end is looked at again: an invocation that had arrived may have begun meanwhile, with a time of its own.
    private static let lookInterval = Duration.seconds(5)
    /// What is asked of systemd beyond the drain, for the ends of sandboxes and the rest of the log.
    private static let afterwards = Duration.seconds(15)

    /// Connections first: they end when their invocations have. What is not over at the limit is stopped.
    func stop(
        server: APIServer, plane: InvocationPlane, queue: EventPlane, configured: Duration?, _ logger: Logger
    ) async {
        logger.info(
            "stopping: running invocations may finish",
            metadata: ["limit": "\(configured.map { "\($0)" } ?? "their own timeouts")"])
        self.manager.stopping()
        self.manager.status("draining")
        // Before the plane refuses: events that it refused would only be scheduled again.
        queue.close()
        let limit = DrainLimit(began: self.time.now, configured: configured)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                await server.drain()
                // What runs asynchronously has no connection that would end with it.
                await queue.finished()
            }
            tasks.addTask {
                await self.waitForEnd(of: limit, plane)
                guard !Task.isCancelled else { return }
                await plane.drain(within: .zero)
                do { try await Task.sleep(for: Self.closingLimit) } catch { return }
                // A client that does not read its answer keeps nobody here: its connection is cut.
                server.closeConnections()
            }
            await tasks.next()
            tasks.cancelAll()
        }
        // Everybody is answered; a runtime that has not asked for more yet is still at work, and its time is not over.
        await plane.drain(within: limit.left(now: self.time.now, longestWork: await plane.longestWork()))
    }

    /// Returns at the limit, which systemd is told of in time, or when it is cancelled.
    private func waitForEnd(of limit: DrainLimit, _ plane: InvocationPlane) async {
        while true {
            let left = limit.left(now: self.time.now, longestWork: await plane.longestWork())
            guard left > .zero else { return }
            self.manager.extendTimeout(left + Self.afterwards)
            do { try await Task.sleep(for: min(left, Self.lookInterval)) } catch { return }
        }
    }
}
