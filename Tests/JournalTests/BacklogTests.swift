import Journal
import LambdaCore
import Synchronization
import Testing

@Suite struct `A log backlog` {
    private func backlog(bytes: Int = 100, entries: Int = 8) -> LogBacklog {
        LogBacklog(bounds: LogBacklog.Bounds(bytes: bytes, entries: entries))
    }

    private func entries(_ count: Int, bytes: Int = 1) throws -> [FunctionLogEntry] {
        let source = try sampleSource()
        return (0..<count).map { _ in sampleEntry([UInt8](repeating: 0x61, count: bytes), source: source) }
    }

    @Test(arguments: [(7, 1, true), (8, 1, false), (3, 33, true), (4, 25, false), (1, 100, false)])
    func `has room below both bounds only`(count: Int, bytes: Int, hasRoom: Bool) throws {
        var backlog = self.backlog()
        #expect(backlog.append(try self.entries(count, bytes: bytes)).hasRoom == hasRoom)
    }

    @Test func `takes all that it is given, even above its bounds`() throws {
        var backlog = self.backlog()
        _ = backlog.append(try self.entries(20))
        guard case .write(let taken) = backlog.nextTurn() else {
            Issue.record("there is something to write")
            return
        }
        #expect(taken.count == 20)
    }

    @Test func `counts entries until they are settled, not until they are taken`() throws {
        var backlog = self.backlog()
        _ = backlog.append(try self.entries(8))
        _ = backlog.nextTurn()
        #expect(!backlog.hasRoom)
        let calls = Mutex(0)
        #expect(backlog.whenDrained { calls.withLock { $0 += 1 } } == nil)
        #expect(backlog.settled(count: 4, bytes: 4).isEmpty, "half is not below half")
        for resume in backlog.settled(count: 1, bytes: 1) { resume() }
        #expect(calls.withLock { $0 } == 1)
        #expect(backlog.settled(count: 3, bytes: 3).isEmpty, "each is called once")
    }

    @Test func `calls back at once when there is room`() {
        var backlog = self.backlog()
        #expect(backlog.whenDrained {} != nil)
    }

    @Test func `wakes a writer that waits, once`() throws {
        var backlog = self.backlog()
        #expect(!backlog.append(try self.entries(1)).wake, "the writer has not asked yet")
        _ = backlog.nextTurn()
        guard case .wait(nil) = backlog.nextTurn() else {
            Issue.record("there is nothing left to write and no flush to wait for")
            return
        }
        #expect(backlog.append(try self.entries(1)).wake)
        #expect(!backlog.append(try self.entries(1)).wake)
    }

    @Test func `finishes a flush when what came before it is settled, or at its deadline`() throws {
        var backlog = self.backlog()
        let now = ContinuousClock().now
        _ = backlog.append(try self.entries(2))
        _ = backlog.flush(deadline: now.advanced(by: .seconds(5))) { _ in }
        _ = backlog.append(try self.entries(2))
        _ = backlog.flush(deadline: now.advanced(by: .seconds(9))) { _ in }
        #expect(backlog.finishedFlushes(now: now).isEmpty)
        _ = backlog.settled(count: 2, bytes: 2)
        #expect(backlog.finishedFlushes(now: now).map(\.isComplete) == [true])
        #expect(backlog.finishedFlushes(now: now.advanced(by: .seconds(8))).isEmpty)
        #expect(backlog.finishedFlushes(now: now.advanced(by: .seconds(9))).map(\.isComplete) == [false])
    }

    @Test func `ends only when it is closed and empty`() throws {
        var backlog = self.backlog()
        _ = backlog.append(try self.entries(1))
        _ = backlog.close()
        guard case .write = backlog.nextTurn() else {
            Issue.record("what is left is written first")
            return
        }
        guard case .end = backlog.nextTurn() else {
            Issue.record("nothing is left")
            return
        }
    }
}
