import Synchronization

/// Bounds the memory that large request bodies take, all connections together.
final class BodyBudget: Sendable {
    /// Bodies up to this size take no share; the number of connections bounds them.
    static let freeBytes = 65_536

    /// A part of the budget, given back when nobody holds it any more.
    final class Share: Sendable {
        private let budget: BodyBudget
        private let bytes: Int

        fileprivate init(budget: BodyBudget, bytes: Int) {
            self.budget = budget
            self.bytes = bytes
        }

        deinit { self.budget.giveBack(self.bytes) }
    }

    private let left: Mutex<Int>

    init(bytes: Int) { self.left = Mutex(bytes) }

    /// Returns `nil` where the budget has not so much left.
    func share(of bytes: Int) -> Share? {
        let isTaken = self.left.withLock { left in
            guard left >= bytes else { return false }
            left -= bytes
            return true
        }
        return isTaken ? Share(budget: self, bytes: bytes) : nil
    }

    private func giveBack(_ bytes: Int) { self.left.withLock { $0 += bytes } }
}
