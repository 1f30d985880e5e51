internal import LambdaCore
internal import NIOCore

/// What the watch of a pool's content asks and tells the pool.
protocol HotContentOwner: AnyObject {
    /// Whether anything may have the content as it was.
    var hasEnvironments: Bool { get }
    /// Every change up to the moment in which this invocation came has been reported.
    func contentIsTold(to ticket: InvocationTicket)
    /// ``HotContentWatch/isChanging`` and ``HotContentWatch/isUnwatched`` are as the event has left them.
    func contentReported(_ event: HostDirectoryEvent, of directory: String)
}

/// Has the ``HotContent`` of a pool's newest record watched, and holds invocations back until it is told of changes.
///
/// - Note: `@unchecked Sendable` because closures on its event loop capture it; every method is called on `loop`, as those
///   of its pool are.
final class HotContentWatch: @unchecked Sendable {
    private let directories: (any HostDirectoryWatching)?
    private let loop: any EventLoop
    weak var owner: (any HotContentOwner)?
    private var content = HotContent()
    /// Those that wait to be told whether the code has changed before they came.
    private(set) var held: [RequestID: InvocationTicket] = [:]

    init(directories: (any HostDirectoryWatching)?, loop: any EventLoop) {
        self.directories = directories
        self.loop = loop
    }

    /// Whether anything of it is a directory of the host, which may change.
    var isOfHost: Bool { !self.content.directories.isEmpty }
    var isChanging: Bool { self.content.isChanging }
    var isUnwatched: Bool { self.content.isUnwatched }

    /// The directories of this record, and no other's.
    func watch(_ record: FunctionRecord) {
        self.content.cancel()
        self.content = HotContent(of: record)
        guard self.isOfHost else { return }
        let number = self.content.number
        self.content.watch(with: self.directories) { [weak self, loop = self.loop] directory, event in
            guard let self else { return }
            loop.execute { self.reported(event, of: directory, number) }
        }
    }

    func stop() {
        self.content.cancel()
        self.content = HotContent()
    }

    private func reported(_ event: HostDirectoryEvent, of directory: String, _ number: UInt64) {
        // An earlier record's watch may have had this on its way.
        guard number == self.content.number else { return }
        self.content.reported(event, of: directory)
        self.owner?.contentReported(event, of: directory)
    }

    /// Has ``HotContentOwner/contentIsTold(to:)`` called for it, at once where nothing has it mounted yet.
    func hold(_ ticket: InvocationTicket) { self.hold(ticket, from: 0) }

    /// An environment has what was there when it started, also one that is still busy and may take this invocation next:
    /// none takes it before every change up to this moment is told.
    private func hold(_ ticket: InvocationTicket, from index: Int) {
        // A pool is kept while anything is held for it.
        guard let owner = self.owner else { return ticket.fail(.shuttingDown) }
        guard self.isOfHost, owner.hasEnvironments else { return owner.contentIsTold(to: ticket) }
        let id = ticket.id
        self.held[id] = ticket
        let isHeld = self.content.whenTold(from: index) { [loop = self.loop] next in
            loop.execute {
                if let ticket = self.held.removeValue(forKey: id) { self.hold(ticket, from: next) }
            }
        }
        guard !isHeld else { return }
        // What was told a moment ago may be on its way over this loop, and comes first.
        self.loop.assumeIsolated().execute {
            if let ticket = self.held.removeValue(forKey: id) { owner.contentIsTold(to: ticket) }
        }
    }

    func failHeld(_ failure: InvocationFailure) {
        for ticket in self.held.values { ticket.fail(failure) }
        self.held = [:]
    }
}
