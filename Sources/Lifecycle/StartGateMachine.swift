package import LambdaCore

/// How many environments start at once on the whole machine, and who is next: one function's burst must not delay the
/// cold start of another, so functions take turns.
package struct StartGateMachine: Sendable {
    private let limit: Int
    private var running = 0
    private var turns: [FunctionKey] = []
    private var queued: [FunctionKey: Int] = [:]

    package init(limit: Int = Limits.concurrentStarts) { self.limit = limit }

    /// Returns whether the start may begin now; otherwise ``startEnded()`` names the function when its turn comes.
    package mutating func startWanted(by function: FunctionKey) -> Bool {
        guard self.running >= self.limit else {
            self.running += 1
            return true
        }
        if self.queued[function, default: 0] == 0 { self.turns.append(function) }
        self.queued[function, default: 0] += 1
        return false
    }

    /// A start ended, well or badly. Gives the function that may start one now.
    package mutating func startEnded() -> FunctionKey? {
        self.running -= 1
        guard !self.turns.isEmpty else { return nil }
        let next = self.turns.removeFirst()
        let left = self.queued[next, default: 0] - 1
        self.queued[next] = left > 0 ? left : nil
        if left > 0 { self.turns.append(next) }
        self.running += 1
        return next
    }
}
