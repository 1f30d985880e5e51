internal import Glibc
package import LambdaCore
internal import Synchronization

/// Watches directories of the host. Two who watch the same directory share what is done for it.
package final class DirectoryWatcher: HostDirectoryWatching {
    private struct State {
        var trees: [String: WatchedTree] = [:]
        var lastNumber: UInt64 = 0
    }

    private struct Watch: HostDirectoryWatch {
        let watcher: DirectoryWatcher
        let tree: WatchedTree
        let path: String
        let number: UInt64

        func whenTold(_ body: @escaping @Sendable () -> Void) -> Bool { self.tree.whenTold(body) }
        func cancel() { self.watcher.cancel(self) }
    }

    /// Where nothing is watched there is nothing to cancel.
    private struct NoWatch: HostDirectoryWatch {
        func whenTold(_ body: @escaping @Sendable () -> Void) -> Bool { false }
        func cancel() {}
    }

    private let settings: @Sendable () -> WatchSettings
    private let state = Mutex(State())

    /// - Parameter settings: Asked for each directory that is not being watched already.
    package init(settings: @escaping @Sendable () -> WatchSettings) { self.settings = settings }

    package func watch(
        _ directory: String, onEvent: @escaping @Sendable (HostDirectoryEvent) -> Void
    ) -> any HostDirectoryWatch {
        do {
            let settings = self.settings()
            // Under one lock, so that a tree that its last listener leaves at this moment is not joined.
            return try self.state.withLock { state in
                state.lastNumber += 1
                let number = state.lastNumber
                if let tree = state.trees[directory], tree.listen(number, onEvent) {
                    return Watch(watcher: self, tree: tree, path: directory, number: number)
                }
                guard state.trees.count < Limits.watchedTrees else {
                    throw HostFileError(step: "watch more than \(Limits.watchedTrees) trees", errno: EMFILE)
                }
                let tree = try WatchedTree(path: directory, settings: settings)
                _ = tree.listen(number, onEvent)
                try TreeThread.start { tree.run() }
                state.trees[directory] = tree
                return Watch(watcher: self, tree: tree, path: directory, number: number)
            }
        } catch {
            onEvent(.lost("\(directory): \(error)"))
            return NoWatch()
        }
    }

    private func cancel(_ watch: Watch) {
        self.state.withLock { state in
            guard watch.tree.forget(watch.number), state.trees[watch.path] === watch.tree else { return }
            state.trees[watch.path] = nil
        }
    }
}

/// A thread that ends by itself.
private enum TreeThread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func start(_ body: @escaping @Sendable () -> Void) throws(HostFileError) {
        // Safety: the retained work is taken over by the new thread, or released below where there is none.
        let work = unsafe Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let error = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, unsafe work.toOpaque())
        guard error == 0 else {
            unsafe work.release()
            throw HostFileError(step: "start a watcher's thread", errno: error)
        }
        _ = pthread_detach(thread)
    }
}
