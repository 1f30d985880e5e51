import FoundationEssentials
import Glibc
import HostFiles
import LambdaCore
import Synchronization
import Testing

/// A directory of the test's own, and what is told of it.
private final class Workplace {
    let path: String
    private let isOwn: Bool
    let watcher: DirectoryWatcher
    private var watch: (any HostDirectoryWatch)?
    private let events: AsyncStream<HostDirectoryEvent>
    private let continuation: AsyncStream<HostDirectoryEvent>.Continuation

    /// - Parameter path: Where the directory is there already; it is not this one's then.
    init(
        _ settings: WatchSettings, files: [String] = ["app.py"], at path: String? = nil, isThere: Bool = true
    ) throws {
        self.path = path ?? "/tmp/lambdad-test-\(UUID().uuidString)"
        self.isOwn = path == nil
        self.watcher = DirectoryWatcher { settings }
        (self.events, self.continuation) = AsyncStream.makeStream(of: HostDirectoryEvent.self)
        guard self.isOwn, isThere else { return }
        try self.make()
        for file in files { try self.write("old", to: file) }
    }

    deinit {
        self.watch?.cancel()
        if self.isOwn { try? FileManager.default.removeItem(atPath: self.path) }  // what is left lies in /tmp
    }

    func make(_ name: String = "") throws {
        try FileManager.default.createDirectory(atPath: "\(self.path)/\(name)", withIntermediateDirectories: true)
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(self.path)/\(name)"))
    }

    /// Runs a shell script in the directory to its end.
    func run(_ script: String) throws {
        // Safety: the string lives for the call.
        try #require(unsafe system("cd '\(self.path)' && { \(script)\n}") == 0)
    }

    func begin() { self.watch = self.watcher.watch(self.path) { [continuation] in continuation.yield($0) } }

    /// Nothing is told from here on; what was told and not taken is still there.
    func end() {
        self.watch?.cancel()
        self.continuation.finish()
    }

    /// The next thing that is told; `nil` at the end. Where nothing is told, the suite's time limit ends the wait.
    func next() async -> HostDirectoryEvent? {
        for await event in self.events { return event }
        return nil
    }

    /// A change is told, and its end.
    func expectChange(_ comment: Comment? = nil) async {
        #expect(await self.next() == .changing, comment)
        #expect(await self.next() == .settled, comment)
    }
}

private let means: [WatchSettings.Strategy] = [.event, .polling]

@Suite(.timeLimit(.minutes(1))) struct `A watched directory` {
    private static func settings(
        _ strategy: WatchSettings.Strategy, include: [String] = [], exclude: [String] = WatchSettings.standardExcludes,
        quiet: Duration = .milliseconds(150), limit: Int = Limits.watchedDirectories,
        entryLimit: Int = Limits.watchedEntries
    ) -> WatchSettings {
        WatchSettings(
            strategy: strategy, patterns: PathPatterns(include: include, exclude: exclude), quiet: quiet,
            pollInterval: .milliseconds(10), watchLimit: limit, entryLimit: entryLimit)
    }

    /// Every kind of change, one after the other; each is told by itself.
    @Test(arguments: means) func `tells every change once`(means: WatchSettings.Strategy) async throws {
        let work = try Workplace(Self.settings(means), files: ["app.py"])
        try work.make("lib/deep")
        try work.write("x", to: "lib/deep/m.py")
        work.begin()
        // Made before the watch could be ready, or after: told either way.
        try work.write("first", to: "app.py")
        await work.expectChange("first")
        for script in [
            "echo more >>app.py", "echo other >lib/deep/m.py", "echo new >new.py", "mv new.py newer.py", "rm newer.py",
            "mkdir made", "echo in >made/in.py", "echo again >made/in.py", "mkdir -p made/a/b/c",
            "echo deep >made/a/b/c/d.py", "mv made/a made/z", "echo moved >made/z/b/c/d.py", "mv lib other",
            "echo x >other/deep/m.py", "rm -r made", "chmod 600 app.py", "ln -s /etc link", "rm link",
            "cp app.py .tmp && mv .tmp app.py",
        ] {
            try work.run(script)
            await work.expectChange("\(script)")
        }
    }

    @Test(arguments: means) func `tells nothing of what does not matter`(means: WatchSettings.Strategy) async throws {
        let work = try Workplace(Self.settings(means, include: ["*.py"], exclude: ["build", "*_old.py"]))
        try work.make("build")
        work.begin()
        try work.run("echo x >app.py")
        await work.expectChange()
        let everything = try Workplace(Self.settings(means, exclude: [], quiet: .milliseconds(600)), at: work.path)
        everything.begin()
        try work.run("echo x >notes.txt; echo x >a_old.py; echo x >build/x.py; mkdir build/sub; echo x >build/sub/y.py")
        try work.run("cat app.py >/dev/null; ls -lR >/dev/null")
        // Another, to which all of it matters and which waits for longer, has been told of it by now.
        await everything.expectChange()
        work.end()
        #expect(await work.next() == nil)
    }

    @Test(arguments: means) func `does not follow a symlink out`(means: WatchSettings.Strategy) async throws {
        let outside = try Workplace(Self.settings(means, quiet: .milliseconds(600)), files: ["secret"])
        let work = try Workplace(Self.settings(means))
        try work.run("ln -s '\(outside.path)' way; ln -s '\(outside.path)/secret' file")
        work.begin()
        try work.run("echo x >app.py")
        await work.expectChange()
        outside.begin()
        try outside.write("new", to: "secret")
        await outside.expectChange()
        work.end()
        #expect(await work.next() == nil)
    }

    @Test(arguments: means) func `may go and come back`(means: WatchSettings.Strategy) async throws {
        let work = try Workplace(Self.settings(means))
        work.begin()
        try work.run("echo x >app.py")
        await work.expectChange("at first")
        try work.run("rm -r '\(work.path)'")
        await work.expectChange("gone")
        try work.make()
        await work.expectChange("back")
        try work.write("new", to: "app.py")
        await work.expectChange("watched again")
    }

    @Test(arguments: means) func `may come later`(means: WatchSettings.Strategy) async throws {
        let work = try Workplace(Self.settings(means), isThere: false)
        work.begin()
        await work.expectChange("not there")
        try work.make()
        await work.expectChange("there")
    }

    @Test func `is polled where it has more directories than may be watched, and given up where it must not be`()
        async throws
    {
        for (strategy, isPolled) in [(WatchSettings.Strategy.auto, true), (.event, false)] {
            let work = try Workplace(Self.settings(strategy, limit: 2))
            for name in ["a", "b", "c"] { try work.make(name) }
            work.begin()
            if isPolled {
                try work.write("new", to: "c/x.py")
                await work.expectChange()
            } else {
                guard case .lost(let reason)? = await work.next() else {
                    Issue.record("it was not given up")
                    return
                }
                #expect(reason.hasPrefix("\(work.path): watch more than 2 directories"))
            }
        }
    }

    @Test(arguments: means) func `is given up where it has more files than may be looked at`(
        means: WatchSettings.Strategy
    ) async throws {
        #expect(WatchSettings().entryLimit == 131_072)
        let small = try Workplace(Self.settings(means, entryLimit: 3), files: ["a.py", "b.py", "c.py"])
        small.begin()
        try small.write("new", to: "a.py")
        await small.expectChange("as many as may be")
        let large = try Workplace(Self.settings(means, entryLimit: 3), files: ["a.py", "b.py", "c.py", "d.py"])
        large.begin()
        guard case .lost(let reason)? = await large.next() else {
            Issue.record("it was not given up")
            return
        }
        #expect(reason.hasPrefix("\(large.path): look at more than 3 files"))
    }

    @Test func `is one of 64 at most, until another is given up`() throws {
        let places = try (0...Limits.watchedTrees).map { _ in try Workplace(Self.settings(.event)) }
        let watcher = DirectoryWatcher { Self.settings(.event) }
        let lost = Mutex<[String]>([])
        func watch(_ place: Workplace) -> any HostDirectoryWatch {
            watcher.watch(place.path) { event in
                if case .lost(let reason) = event { lost.withLock { $0.append(reason) } }
            }
        }
        func reasons() -> [String] { lost.withLock { Array($0) } }
        var watches = places.dropLast().map(watch)
        #expect(watches.count == 64)
        #expect(reasons() == [])
        _ = watch(places[64])
        #expect(reasons().count == 1)
        #expect(reasons().first?.hasPrefix("\(places[64].path): watch more than 64 trees") == true)
        watches.removeFirst().cancel()
        watches.append(watch(places[64]))
        #expect(reasons().count == 1)
        for watch in watches { watch.cancel() }
    }

    /// Whoever asks after a write is never left with what was before it, however soon the question comes.
    @Test func `is known to have changed the moment that it is written to`() async throws {
        let work = try Workplace(Self.settings(.event, quiet: .milliseconds(20)))
        work.begin()
        try work.write("x", to: "app.py")
        await work.expectChange()
        let changes = Mutex(0)
        let watch = work.watcher.watch(work.path) { event in if event == .changing { changes.withLock { $0 += 1 } } }
        defer { watch.cancel() }
        for round in 1...100 {
            try work.write("x", to: "app.py")
            await withCheckedContinuation { continuation in
                if !watch.whenTold({ continuation.resume() }) { continuation.resume() }
            }
            // A machine that is slow may tell one write as two changes, but never as none.
            #expect(changes.withLock { $0 } >= round)
            await work.expectChange()
        }
    }

    @Test func `is watched once for all who ask, and each is told until it cancels`() async throws {
        let work = try Workplace(Self.settings(.event))
        work.begin()
        try work.write("1", to: "app.py")
        await work.expectChange()
        let (stream, continuation) = AsyncStream.makeStream(of: HostDirectoryEvent.self)
        let second = work.watcher.watch(work.path) { continuation.yield($0) }
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
        let third = work.watcher.watch(work.path) { _ in }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count <= threads + 2)
        try work.write("2", to: "app.py")
        var told = stream.makeAsyncIterator()
        #expect(await told.next() == .changing)
        #expect(await told.next() == .settled)
        await work.expectChange()
        second.cancel()
        third.cancel()
        continuation.finish()
        try work.write("3", to: "app.py")
        await work.expectChange()
        #expect(await told.next() == nil)
    }
}
