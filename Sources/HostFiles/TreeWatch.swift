internal import Glibc
internal import LambdaCore

/// Looks for changes in one tree, on the thread of its ``WatchedTree``: by what the kernel tells, or by looking again.
final class TreeWatch {
    /// By what means changes are seen.
    private enum Means {
        case kernel(Inotify)
        case polling(fingerprint: UInt64)
        /// The directory is not there; it may come back, as the product of a build does.
        case missing
    }

    private let path: String
    private let settings: WatchSettings
    private var means = Means.missing
    /// Names from the watched directory to each directory that the kernel watches.
    private var places: [Int32: [[UInt8]]] = [:]
    private(set) var nextLook: Instant?

    /// Watches, or begins to look.
    ///
    /// - Parameter since: Nanoseconds since 1970.
    /// - Returns: Whether something changed at or after `since`.
    /// - Throws: where the directory is there and cannot be watched.
    init(path: String, settings: WatchSettings, since: Int64, now: Instant) throws(HostFileError) {
        self.path = path
        self.settings = settings
        self.changedAtFirst = false
        self.changedAtFirst = try self.begin(now: now).map { $0 >= since } ?? true
    }

    private(set) var changedAtFirst: Bool

    /// To wait on for input; `nil` where the kernel tells nothing.
    var descriptor: Int32? {
        switch self.means {
        case .kernel(let inotify): inotify.number
        case .polling, .missing: nil
        }
    }

    /// Takes what the kernel tells, and looks where it is time to.
    ///
    /// - Returns: Whether something changed.
    func look(now: Instant) throws(HostFileError) -> Bool {
        if self.descriptor != nil { return try self.takeEvents(now: now) }
        guard let due = self.nextLook, now >= due else { return false }
        let before = self.means
        try self.begin(now: now)
        switch (before, self.means) {
        case (.polling(let old), .polling(let new)): return old != new
        case (.missing, .missing): return false
        case (.missing, _), (.polling, _), (.kernel, _): return true
        }
    }

    // MARK: Beginning

    /// Begins anew. Returns the time of the latest change, or `nil` where the directory is not there.
    @discardableResult
    private func begin(now: Instant) throws(HostFileError) -> Int64? {
        self.places = [:]
        let root: OpenDirectory
        do {
            root = try OpenDirectory(path: self.path)
        } catch {
            guard error.errno == ENOENT || error.errno == ENOTDIR else { throw error }
            self.means = .missing
            self.nextLook = now.advanced(by: self.settings.pollInterval)
            return nil
        }
        switch self.settings.strategy {
        case .polling: return try self.poll(root, now: now)
        case .event: return try self.watch(root)
        case .auto:
            if MountTable.isShared(device: try root.status().device) { return try self.poll(root, now: now) }
            do {
                return try self.watch(root)
            } catch {
                // The kernel has no more watches or instances for this user; a look needs none.
                guard [ENOSPC, EMFILE, ENFILE, ENOMEM].contains(error.errno) else { throw error }
                return try self.poll(root, now: now)
            }
        }
    }

    private func watch(_ root: borrowing OpenDirectory) throws(HostFileError) -> Int64 {
        let inotify = try Inotify()
        let latest = try self.watchAll(inotify, root, at: [])
        self.means = .kernel(inotify)
        self.nextLook = nil
        return latest
    }

    private func watchAll(
        _ inotify: Inotify, _ directory: borrowing OpenDirectory, at place: [[UInt8]]
    ) throws(HostFileError) -> Int64 {
        let number = inotify.number
        let scan = try DirectoryScan(
            root: directory, place: place, patterns: self.settings.patterns, limit: self.settings.entryLimit
        ) {
            inner, place throws(HostFileError) in
            guard self.places.count < self.settings.watchLimit else {
                throw HostFileError(step: "watch more than \(self.settings.watchLimit) directories", errno: ENOSPC)
            }
            self.places[try Inotify.add(inner, to: number)] = place
        }
        return scan.latestChange
    }

    private func poll(_ root: borrowing OpenDirectory, now: Instant) throws(HostFileError) -> Int64 {
        let began = Monotonic.now
        let scan = try DirectoryScan(
            root: root, place: [], patterns: self.settings.patterns, limit: self.settings.entryLimit
        ) { _, _ in }
        // A look that takes long is taken seldom: at most a tenth of the time goes into it.
        let pause = max(self.settings.pollInterval, Monotonic.now.since(began) * 10)
        self.means = .polling(fingerprint: scan.fingerprint)
        self.nextLook = now.advanced(by: pause)
        return scan.latestChange
    }

    // MARK: What the kernel tells

    private func takeEvents(now: Instant) throws(HostFileError) -> Bool {
        let events: [Inotify.Event]
        switch self.means {
        case .kernel(let inotify): events = inotify.read()
        case .polling, .missing: return false
        }
        var changed = false
        var mustBeginAnew = false
        for event in events {
            switch self.meaning(of: event) {
            case .nothing: break
            case .change: changed = true
            case .newDirectory(let place):
                changed = true
                // Where that fails, beginning anew says why, or polls.
                if !self.watchNew(place) { mustBeginAnew = true }
            case .beginAnew:
                changed = true
                mustBeginAnew = true
            }
        }
        if mustBeginAnew { try self.begin(now: now) }
        return changed
    }

    private enum Meaning {
        case nothing
        case change
        case newDirectory([[UInt8]])
        /// The places of directories are other ones than they were, or something was not told.
        case beginAnew
    }

    private func meaning(of event: Inotify.Event) -> Meaning {
        if event.has(Int(IN_Q_OVERFLOW)) { return .beginAnew }
        guard let place = self.places[event.watch] else { return .nothing }
        if event.has(Int(IN_IGNORED)) {
            self.places[event.watch] = nil
            return place.isEmpty ? .beginAnew : .nothing
        }
        if event.name.isEmpty {
            // About a directory itself; where it lies in another, that one tells the same by its name.
            let isGone = event.has(Int(IN_DELETE_SELF)) || event.has(Int(IN_MOVE_SELF))
            return place.isEmpty && isGone ? .beginAnew : .nothing
        }
        let names = place + [event.name]
        let path = RelativePath(names)
        guard event.isDirectory else { return self.settings.patterns.matter(path) ? .change : .nothing }
        if self.settings.patterns.excludes(path) { return .nothing }
        if event.has(Int(IN_CREATE)) { return .newDirectory(names) }
        if event.has(Int(IN_MOVED_FROM)) || event.has(Int(IN_MOVED_TO)) { return .beginAnew }
        return event.has(Int(IN_DELETE)) ? .change : .nothing
    }

    /// Returns whether the new directory is watched with all that is in it, or is gone again.
    private func watchNew(_ place: [[UInt8]]) -> Bool {
        do {
            var directory = try OpenDirectory(path: self.path)
            for name in place {
                guard let inner = try directory.directory(name) else { return true }
                directory = inner
            }
            switch self.means {
            case .kernel(let inotify): _ = try self.watchAll(inotify, directory, at: place)
            case .polling, .missing: break
            }
            return true
        } catch {
            return false
        }
    }
}
