/// What becomes of a directory of the host that is mounted as it is, while somebody works in it.
package enum HostDirectoryEvent: Sendable, Equatable {
    /// Something changed, and more may follow.
    case changing
    /// Nothing has changed for a while, or changes have not ended for so long that waiting for more is no use.
    case settled
    /// Changes are no longer told; says why.
    case lost(String)
}

/// Tells of changes in directories of the host.
package protocol HostDirectoryWatching: Sendable {
    /// Watches a directory with all that is below it until the watch is cancelled. Symlinks are not followed.
    ///
    /// Returns at once. A change that is made after this call is told, although the watch may be ready later.
    ///
    /// - Parameter onEvent: Called on any thread, and must not block; ``HostDirectoryEvent/changing`` and
    ///   ``HostDirectoryEvent/settled`` take turns.
    func watch(
        _ directory: String, onEvent: @escaping @Sendable (HostDirectoryEvent) -> Void
    ) -> any HostDirectoryWatch
}

/// A directory that is being watched.
package protocol HostDirectoryWatch: Sendable {
    /// Whether something may have changed that is not told yet. Where that is so, `body` is called after it was told, on
    /// any thread and in the order of the events; it must not block, and must not call back.
    ///
    /// Whoever asks before a use of the directory's content misses no change that was made before the question.
    func whenTold(_ body: @escaping @Sendable () -> Void) -> Bool

    /// No event is told from here on, but for one that is being told at this moment.
    func cancel()
}
