internal import LambdaCore

/// How much one request may read of the journal before it answers with what it has, and how many may wait to.
package struct JournalReadBounds: Sendable, Equatable {
    package var lines: Int
    package var time: Duration
    package var waiting: Int

    package init(
        lines: Int = Limits.logLinesPerRequest, time: Duration = Limits.logReadTime,
        waiting: Int = Limits.waitingLogReads
    ) {
        self.lines = lines
        self.time = time
        self.waiting = waiting
    }
}
