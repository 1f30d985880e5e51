internal import CSandbox
internal import LambdaCore

/// epoll, with a token for each registration. A token is never used twice, so that an event which was already fetched
/// for a descriptor that is closed meanwhile means nothing.
final class EventLoop {
    private static let batch = 32

    private let epoll: Descriptor
    private var lastToken: UInt64 = 0

    init() throws(SystemError) {
        self.epoll = Descriptor(owning: try checked(lsb_epoll_create(), "make an event loop"))
    }

    /// Watches for input and hang-up. Closing the descriptor ends it, where no other process has it too.
    func add(_ descriptor: Int32) throws(SystemError) -> UInt64 {
        self.lastToken += 1
        try checked(lsb_epoll_add(self.epoll.number, descriptor, self.lastToken), "watch a descriptor")
        return self.lastToken
    }

    /// Call before closing: a child that was cloned meanwhile may hold the descriptor for a moment longer.
    func remove(_ descriptor: Int32) { _ = lsb_epoll_remove(self.epoll.number, descriptor) }

    /// - Parameter limit: How long to wait; without end where `nil`.
    func wait(_ limit: Duration?) throws(SystemError) -> [UInt64] {
        var timeout: Int32 = -1
        if let limit {
            // Rounded up: waking early would only mean to wait again.
            timeout = Int32(clamping: max(0, (limit.nanoseconds + 999_999) / 1_000_000))
        }
        var failure: Int32 = 0
        // Safety: at most `batch` tokens are written, the buffer's capacity.
        let tokens = unsafe [UInt64](unsafeUninitializedCapacity: Self.batch) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            let got = unsafe lsb_epoll_wait(self.epoll.number, start, Int32(Self.batch), timeout)
            failure = min(0, got)
            count = Int(max(0, got))
        }
        try checked(failure, "wait for events")
        return tokens
    }

    static var now: Instant { Instant(nanoseconds: lsb_now()) }
}
