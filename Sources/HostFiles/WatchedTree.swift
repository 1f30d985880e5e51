internal import Glibc
internal import LambdaCore
internal import Synchronization

/// One directory that is watched, by a thread of its own, and everybody who listens to it.
final class WatchedTree: Sendable {
    typealias Listener = @Sendable (HostDirectoryEvent) -> Void

    private struct State {
        var listeners: [UInt64: Listener] = [:]
        /// What a listener that comes later has to be told first.
        var latest: HostDirectoryEvent?
        var isEnded = false
        /// Something may have been taken from the kernel, or seen, that is not told yet.
        var isLooking = true
        /// What the kernel tells by, for as long as it is open.
        var descriptor: Int32?
        /// Who waits until everything is told.
        var waiting: [@Sendable () -> Void] = []
    }

    private let path: String
    private let settings: WatchSettings
    private let since: Int64
    private let state = Mutex(State())
    /// Two ends of a socket; what is written to the one ends the thread's wait at the other.
    private let wakeUp: Int32
    private let wakeWriter: Int32

    init(path: String, settings: WatchSettings) throws(HostFileError) {
        self.path = path
        self.settings = settings
        self.since = Monotonic.fileTime
        var ends: [Int32] = [-1, -1]
        // Safety: both numbers are written before the call returns, and only then.
        try HostFileError.check(
            unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends), "make a wake-up")
        (self.wakeUp, self.wakeWriter) = (ends[0], ends[1])
    }

    /// No thread of this tree is left then, for it holds the tree.
    deinit {
        _ = Glibc.close(self.wakeUp)
        _ = Glibc.close(self.wakeWriter)
    }

    /// Returns `false` where the tree has ended, and listens to nothing.
    ///
    /// Listeners are called under the lock, so that what each is told keeps its order; they must not block, and must not
    /// call back.
    func listen(_ number: UInt64, _ listener: @escaping Listener) -> Bool {
        self.state.withLock { state in
            guard !state.isEnded else { return false }
            state.listeners[number] = listener
            if let latest = state.latest, latest != .settled { listener(latest) }
            return true
        }
    }

    /// Returns whether that was the last one; the tree ends then.
    func forget(_ number: UInt64) -> Bool {
        let isLast = self.state.withLock { state in
            guard state.listeners.removeValue(forKey: number) != nil, state.listeners.isEmpty else { return false }
            state.isEnded = true
            return true
        }
        if isLast { self.wake() }
        return isLast
    }

    /// See ``HostDirectoryWatch/whenTold(_:)``. What the kernel has to tell is there the moment that a file is written.
    func whenTold(_ body: @escaping @Sendable () -> Void) -> Bool {
        self.state.withLock { state in
            guard !state.isEnded else { return false }
            guard state.isLooking || Self.isReadable(state.descriptor) else { return false }
            state.waiting.append(body)
            return true
        }
    }

    /// The life of the thread.
    func run() {
        var machine = ReloadMachine(settings: self.settings.reload)
        self.lookBegins()
        do throws(HostFileError) {
            let watch = try TreeWatch(
                path: self.path, settings: self.settings, since: self.since, now: Monotonic.now)
            if watch.changedAtFirst { self.tell(machine.changed(now: Monotonic.now)) }
            self.lookEnded(watch.descriptor)
            while !self.state.withLock({ $0.isEnded }) {
                self.wait(for: watch.descriptor, until: [machine.deadline, watch.nextLook].compactMap(\.self).min())
                // Before the look: it has settled where nothing is seen after the quiet has passed.
                let now = Monotonic.now
                self.lookBegins()
                if try watch.look(now: now) { self.tell(machine.changed(now: Monotonic.now)) }
                self.tell(machine.timerFired(now: now))
                self.lookEnded(watch.descriptor)
            }
        } catch {
            self.tell(.lost("\(self.path): \(error)"))
        }
        self.lookEnded(nil)
    }

    /// The descriptor may be closed by the look.
    private func lookBegins() {
        self.state.withLock { state in
            state.isLooking = true
            state.descriptor = nil
        }
    }

    private func lookEnded(_ descriptor: Int32?) {
        self.state.withLock { state in
            state.isLooking = false
            state.descriptor = descriptor
            // What was written after the look has read is for the next one; who asked after that waits for it.
            if Self.isReadable(descriptor) { return }
            for body in state.waiting { body() }
            state.waiting = []
        }
    }

    private static func isReadable(_ descriptor: Int32?) -> Bool {
        guard let descriptor else { return false }
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // Safety: one element, as the count says; it returns at once.
        return unsafe poll(&wanted, 1, 0) > 0
    }

    private func tell(_ event: HostDirectoryEvent?) {
        guard let event else { return }
        self.state.withLock { state in
            state.latest = event
            for listener in state.listeners.values { listener(event) }
        }
    }

    private func wake() {
        let byte: [UInt8] = [0]
        // Safety: the array lives for the call. A socket that nobody has written to has room.
        _ = unsafe Glibc.write(self.wakeWriter, byte, byte.count)
    }

    private func wait(for descriptor: Int32?, until deadline: Instant?) {
        var wanted = [pollfd(fd: self.wakeUp, events: Int16(POLLIN), revents: 0)]
        if let descriptor { wanted.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)) }
        var limit: Int32 = -1
        // Rounded up: waking early would only mean to wait again.
        if let deadline {
            limit = Int32(clamping: max(0, deadline.since(Monotonic.now).nanoseconds + 999_999) / 1_000_000)
        }
        // Safety: the array has as many elements as its count says. An interrupted wait is one that ended early.
        _ = unsafe poll(&wanted, nfds_t(wanted.count), limit)
    }
}
