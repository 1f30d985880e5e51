package import LambdaCore

/// Which of many things is done next: bounded in number, in turn between their owners, each owner's in order.
///
/// An owner has at most as many under way as are free beside: one owner alone takes half of all places, two a third
/// each. So whoever comes next finds a place at once, however slow or many the others' are.
package struct FairScheduleMachine<Owner: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        let id: Int64
        let owner: Owner
    }

    private struct Line: Sendable {
        var ready: ArraySlice<Int64> = []
        var running = 0
    }

    private let limit: Int
    private var running: [Int64: Owner] = [:]
    private var lines: [Owner: Line] = [:]
    /// Owners that have something ready, the next one first.
    private var turns: ArraySlice<Owner> = []
    private var waiting = DueHeap<Entry>()

    /// - Parameter limit: How many are under way at one time, at least 1.
    package init(limit: Int) { self.limit = max(1, limit) }

    package var runningCount: Int { self.running.count }
    /// When the next thing is due that waits for its time.
    package var nextDue: Instant? { self.waiting.first }

    /// Takes a thing that is to be done from `due` on.
    package mutating func add(_ id: Int64, of owner: Owner, due: Instant) {
        self.waiting.insert(Entry(id: id, owner: owner), due: due)
    }

    /// What is to be begun now.
    package mutating func start(now: Instant) -> [Int64] {
        while let entry = self.waiting.pop(ifDueBy: now) { self.makeReady(entry) }
        var started: [Int64] = []
        // Each owner that has to wait is passed over once.
        var passed = 0
        while self.running.count < self.limit, passed < self.turns.count, let owner = self.turns.popFirst() {
            guard let id = self.take(from: owner) else {
                self.turns.append(owner)
                passed += 1
                continue
            }
            passed = 0
            started.append(id)
        }
        return started
    }

    /// What was begun has ended; it may be added again.
    package mutating func ended(_ id: Int64) {
        guard let owner = self.running.removeValue(forKey: id) else { return }
        self.lines[owner]?.running -= 1
        if let line = self.lines[owner], line.running == 0, line.ready.isEmpty { self.lines[owner] = nil }
    }

    private mutating func makeReady(_ entry: Entry) {
        let isFirst = self.lines[entry.owner]?.ready.isEmpty ?? true
        self.lines[entry.owner, default: Line()].ready.append(entry.id)
        if isFirst { self.turns.append(entry.owner) }
    }

    /// The owner's next thing, where it may have one more; the owner then takes its turn behind the others.
    private mutating func take(from owner: Owner) -> Int64? {
        guard let line = self.lines[owner], line.running == 0 || line.running < self.limit - self.running.count,
            let id = self.lines[owner]?.ready.popFirst()
        else { return nil }
        self.lines[owner]?.running += 1
        self.running[id] = owner
        if self.lines[owner]?.ready.isEmpty == false { self.turns.append(owner) }
        return id
    }
}

/// A binary heap: the earliest first, and of equals the one that came first.
private struct DueHeap<Element: Sendable>: Sendable {
    private struct Node: Sendable {
        let due: Instant
        let order: UInt64
        let element: Element

        func precedes(_ other: Node) -> Bool { (self.due, self.order) < (other.due, other.order) }
    }

    private var nodes: [Node] = []
    private var inserted: UInt64 = 0

    var first: Instant? { self.nodes.first?.due }

    mutating func insert(_ element: Element, due: Instant) {
        self.inserted += 1
        self.nodes.append(Node(due: due, order: self.inserted, element: element))
        var place = self.nodes.count - 1
        while place > 0, self.nodes[place].precedes(self.nodes[(place - 1) / 2]) {
            self.nodes.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    mutating func pop(ifDueBy now: Instant) -> Element? {
        guard let top = self.nodes.first, top.due <= now else { return nil }
        self.nodes.swapAt(0, self.nodes.count - 1)
        self.nodes.removeLast()
        var place = 0
        while true {
            let children = (2 * place + 1)..<min(2 * place + 3, max(self.nodes.count, 2 * place + 1))
            guard let least = children.min(by: { self.nodes[$0].precedes(self.nodes[$1]) }),
                self.nodes[least].precedes(self.nodes[place])
            else { return top.element }
            self.nodes.swapAt(place, least)
            place = least
        }
    }
}
