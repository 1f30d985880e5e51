import Engine
import LambdaCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

/// Directories whose events the test makes up.
private final class FakeDirectories: HostDirectoryWatching {
    private struct Watch: HostDirectoryWatch {
        let number: Int
        let directories: FakeDirectories
        func whenTold(_ body: @escaping @Sendable () -> Void) -> Bool { self.directories.hold(body) }
        func cancel() { self.directories.remove(self.number) }
    }

    private struct State {
        var last = 0
        var watches: [Int: (directory: String, onEvent: @Sendable (HostDirectoryEvent) -> Void)] = [:]
    }

    private let state = Mutex(State())
    /// What asked whether something is untold, while the test says that there is.
    private let untold = Mutex<[@Sendable () -> Void]?>(nil)

    /// From here on something may have changed that is not told.
    func beginUntold() { self.untold.withLock { $0 = [] } }

    func endUntold() {
        let waiting = self.untold.withLock { untold in
            defer { untold = nil }
            return untold ?? []
        }
        for body in waiting { body() }
    }

    private func hold(_ body: @escaping @Sendable () -> Void) -> Bool {
        self.untold.withLock { untold in
            guard untold != nil else { return false }
            untold?.append(body)
            return true
        }
    }

    func watch(
        _ directory: String, onEvent: @escaping @Sendable (HostDirectoryEvent) -> Void
    ) -> any HostDirectoryWatch {
        self.state.withLock { state in
            state.last += 1
            state.watches[state.last] = (directory, onEvent)
            return Watch(number: state.last, directories: self)
        }
    }

    var watched: [String] { self.state.withLock { $0.watches.values.map(\.directory).sorted() } }

    func tell(_ event: HostDirectoryEvent, of directory: String) {
        for watch in self.state.withLock({ $0.watches.values.filter { $0.directory == directory } }) {
            watch.onEvent(event)
        }
    }

    private func remove(_ number: Int) { self.state.withLock { $0.watches[number] = nil } }
}

private struct Workplace {
    let directories = FakeDirectories()
    let engine: EngineFixture

    init() { self.engine = EngineFixture(directories: self.directories) }

    func function() throws -> FunctionRecord {
        var function = try self.engine.function()
        function.hotReloadPath = "/src/app"
        function.layers = [
            .init(versionARN: "l", code: CodeReference(digest: "", base64: "", size: 0), hotReloadPath: "/src/layer"),
            .init(versionARN: "m", code: CodeReference(digest: "m", base64: "", size: 1)),
        ]
        return function
    }

    /// What was told before has arrived: both travel over the same event loop.
    func settle() async { _ = await self.engine.plane.codeInUse() }

    /// Runs one invocation to its end in a sandbox that is made for it.
    func serve(_ body: String) async throws -> FakeSandbox {
        let answer = self.engine.invoke(try self.function())
        let sandbox = try #require(await self.engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(id, body)
        _ = Task { try await runtime.next() }
        #expect(try await answer.value.get().payload == Array(body.utf8))
        return sandbox
    }
}

@Suite struct `Code that somebody works on` {
    @Test func `is watched with the layers that are of the host, as long as there are environments`() async throws {
        let work = Workplace()
        let sandbox = try await work.serve("1")
        #expect(work.directories.watched == ["/src/app", "/src/layer"])
        sandbox.vanish()
        #expect(await work.engine.nextStopped() == sandbox.environment)
        await work.settle()
        #expect(work.directories.watched == [])
    }

    @Test(arguments: ["/src/app", "/src/layer"])
    func `is run from a fresh environment after a change`(directory: String) async throws {
        let work = Workplace()
        let old = try await work.serve("1")
        work.directories.tell(.changing, of: directory)
        #expect(await work.engine.nextStopped() == old.environment)
        let answer = work.engine.invoke(try work.function())
        await work.settle()
        #expect(work.engine.launcher.isIdle)
        work.directories.tell(.settled, of: directory)
        let new = try #require(await work.engine.launcher.nextSandbox())
        new.vanish()
        _ = await answer.value
        #expect(new.environment != old.environment)
    }

    @Test func `is watched no more where nobody came until it had settled`() async throws {
        let work = Workplace()
        let old = try await work.serve("1")
        work.directories.tell(.changing, of: "/src/app")
        #expect(await work.engine.nextStopped() == old.environment)
        await work.settle()
        #expect(work.directories.watched == ["/src/app", "/src/layer"])
        work.directories.tell(.settled, of: "/src/app")
        await work.settle()
        #expect(work.directories.watched == [])
    }

    @Test func `is not ended under an invocation that runs, and no later one meets it`() async throws {
        let work = Workplace()
        let first = work.engine.invoke(try work.function())
        let old = try #require(await work.engine.launcher.nextSandbox())
        let runtime = try await old.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        work.directories.tell(.changing, of: "/src/app")
        let second = work.engine.invoke(try work.function())
        await work.settle()
        // It waits until what is being written is whole.
        #expect(work.engine.launcher.isIdle)
        work.directories.tell(.settled, of: "/src/app")
        let new = try #require(await work.engine.launcher.nextSandbox())
        let newRuntime = try await new.runtime()
        let secondID = try #require(try await newRuntime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await newRuntime.respond(secondID, "\"new\"")
        #expect(try await second.value.get().payload == Array("\"new\"".utf8))

        _ = try await runtime.respond(id, "\"old\"")
        _ = Task { try await runtime.next() }
        #expect(try await first.value.get().payload == Array("\"old\"".utf8))
        #expect(await work.engine.nextStopped() == old.environment)
    }

    @Test func `is started for who waited when its version is deleted, and goes after that`() async throws {
        let work = Workplace()
        let old = try await work.serve("1")
        work.directories.tell(.changing, of: "/src/app")
        #expect(await work.engine.nextStopped() == old.environment)
        let waiting = work.engine.invoke(try work.function())
        await work.settle()
        #expect(work.engine.launcher.isIdle)
        work.engine.plane.versionDeleted(try work.function().versionKey)
        let last = try #require(await work.engine.launcher.nextSandbox())
        let runtime = try await last.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(id, "\"last\"")
        _ = Task { try await runtime.next() }
        #expect(try await waiting.value.get().payload == Array("\"last\"".utf8))
        #expect(await work.engine.nextStopped() == last.environment)
        #expect(work.directories.watched == [])
    }

    @Test func `is not run from an idle environment before every change is told`() async throws {
        let work = Workplace()
        let old = try await work.serve("1")
        work.directories.beginUntold()
        let answer = work.engine.invoke(try work.function())
        await work.settle()
        work.directories.tell(.changing, of: "/src/app")
        work.directories.endUntold()
        #expect(await work.engine.nextStopped() == old.environment)
        await work.settle()
        #expect(work.engine.launcher.isIdle)
        work.directories.tell(.settled, of: "/src/app")
        let new = try #require(await work.engine.launcher.nextSandbox())
        new.vanish()
        #expect(await answer.value == .failure(.startFailed("the sandbox ended while it was starting")))
    }

    @Test func `is not run from a busy environment that is free next, before every change is told`() async throws {
        let work = Workplace()
        let first = work.engine.invoke(try work.function())
        let old = try #require(await work.engine.launcher.nextSandbox())
        let runtime = try await old.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(id, "1")
        _ = try await first.value.get()
        // Answered, and not yet asking for more.
        work.directories.beginUntold()
        let second = work.engine.invoke(try work.function())
        await work.settle()
        _ = Task { try await runtime.next() }
        work.directories.tell(.changing, of: "/src/app")
        work.directories.endUntold()
        #expect(await work.engine.nextStopped() == old.environment)
        work.directories.tell(.settled, of: "/src/app")
        let new = try #require(await work.engine.launcher.nextSandbox())
        new.vanish()
        #expect(await second.value == .failure(.startFailed("the sandbox ended while it was starting")))
    }

    @Test func `is run from the idle environment where nothing had changed`() async throws {
        let work = Workplace()
        let first = work.engine.invoke(try work.function(), tail: true)
        let sandbox = try #require(await work.engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(id, "1")
        async let event = runtime.next()
        _ = try await first.value.get()
        await work.settle()
        work.directories.beginUntold()
        let second = work.engine.invoke(try work.function())
        await work.settle()
        work.directories.endUntold()
        let secondID = try #require(try await event.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(secondID, "2")
        #expect(try await second.value.get().payload == Array("2".utf8))
        #expect(work.engine.launcher.isIdle)
    }

    @Test func `that changes in two places is waited for in both`() async throws {
        let work = Workplace()
        let running = work.engine.invoke(try work.function())
        let old = try #require(await work.engine.launcher.nextSandbox())
        let runtime = try await old.runtime()
        _ = try await runtime.next()
        for directory in ["/src/app", "/src/layer"] { work.directories.tell(.changing, of: directory) }
        let waiting = work.engine.invoke(try work.function())
        work.directories.tell(.settled, of: "/src/layer")
        await work.settle()
        #expect(work.engine.launcher.isIdle)
        work.directories.tell(.settled, of: "/src/app")
        let new = try #require(await work.engine.launcher.nextSandbox())
        for sandbox in [old, new] { sandbox.vanish() }
        _ = (await running.value, await waiting.value)
    }

    @Test func `gets a fresh environment each time where changes cannot be told any more`() async throws {
        let work = Workplace()
        let first = work.engine.invoke(try work.function())
        let old = try #require(await work.engine.launcher.nextSandbox())
        let runtime = try await old.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        work.directories.tell(.changing, of: "/src/app")
        work.directories.tell(.lost("too many"), of: "/src/app")
        await work.settle()
        for body in ["1", "2"] {
            let fresh = try await work.serve(body)
            #expect(await work.engine.nextStopped() == fresh.environment)
        }
        _ = try await runtime.respond(id, "0")
        _ = Task { try await runtime.next() }
        #expect(try await first.value.get().payload == Array("0".utf8))
        #expect(await work.engine.nextStopped() == old.environment)
    }

    @Test func `gets a fresh environment each time where nothing watches`() async throws {
        let engine = EngineFixture()
        var function = try engine.function()
        function.hotReloadPath = "/src/app"
        for _ in 0..<2 {
            let answer = engine.invoke(function)
            let sandbox = try #require(await engine.launcher.nextSandbox())
            let runtime = try await sandbox.runtime()
            let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
            _ = try await runtime.respond(id, "1")
            _ = Task { try await runtime.next() }
            _ = try await answer.value.get()
            #expect(await engine.nextStopped() == sandbox.environment)
        }
    }
}
