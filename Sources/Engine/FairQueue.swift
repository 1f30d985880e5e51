internal import LambdaCore
internal import Lifecycle
internal import Synchronization

/// Things that wait for their time and their turn, kept by number, with a timer for the next of them.
final class FairQueue<Owner: Hashable & Sendable, Item: Sendable>: Sendable {
    private struct State {
        var schedule: FairScheduleMachine<Owner>
        var items: [Int64: Item] = [:]
        /// When the timer rings next.
        var armed: Instant?
        var isOpen = true
    }

    private let state: Mutex<State>
    private let time: any TimeSource
    private let alarm: any Alarm
    /// Numbers whose turn it is.
    let turns: AsyncStream<Int64>
    private let turn: AsyncStream<Int64>.Continuation

    init(limit: Int, time: any TimeSource, alarm: any Alarm) {
        self.state = Mutex(State(schedule: FairScheduleMachine(limit: limit)))
        self.time = time
        self.alarm = alarm
        (self.turns, self.turn) = AsyncStream.makeStream()
    }

    var count: Int { self.state.withLock { $0.items.count } }

    func item(_ number: Int64) -> Item? { self.state.withLock { $0.items[number] } }

    /// Takes an item, or takes it back after its turn.
    func put(_ item: Item, _ number: Int64, of owner: Owner, after delay: Duration) {
        let due = self.time.now.advanced(by: delay)
        self.state.withLock { state in
            state.schedule.ended(number)
            state.items[number] = item
            state.schedule.add(number, of: owner, due: due)
        }
        self.advance()
    }

    /// It is over with an item whose turn it was.
    func remove(_ number: Int64) {
        self.state.withLock { state in
            state.schedule.ended(number)
            state.items[number] = nil
        }
        self.advance()
    }

    /// Nothing begins any more; ``turns`` ends.
    func close() {
        self.state.withLock { $0.isOpen = false }
        self.turn.finish()
    }

    /// Gives turns to what is due, and sets the timer for what is due next.
    func advance() {
        let now = self.time.now
        let (numbers, wait) = self.state.withLock { state -> ([Int64], Duration?) in
            guard state.isOpen else { return ([], nil) }
            let numbers = state.schedule.start(now: now)
            if let armed = state.armed, armed <= now { state.armed = nil }
            guard let next = state.schedule.nextDue, state.armed.map({ next < $0 }) ?? true else {
                return (numbers, nil)
            }
            state.armed = next
            return (numbers, next.since(now))
        }
        for number in numbers { self.turn.yield(number) }
        if let wait { self.alarm.ring(after: wait) { [weak self] in self?.advance() } }
    }
}
