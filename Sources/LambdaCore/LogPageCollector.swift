/// Collects the events of one page until a bound is reached.
package struct LogPageCollector {
    /// What an event counts beside the bytes of its message, as in AWS's limits.
    private static let eventOverhead = 26

    private let query: LogQuery
    private var bytes = 0
    package private(set) var page = LogPage()

    package init(_ query: LogQuery) { self.query = query }

    /// Looks at an event that the query's streams and times allow. Returns `false` where it is one too many: the page is
    /// full, and the event begins the next one.
    package mutating func take(_ event: StoredLogEvent) -> Bool {
        guard self.query.matches(event.message) else {
            self.page.lastExamined = event.position
            return true
        }
        let size = event.message.count + Self.eventOverhead
        // A page has at least one event, or its caller would never come past it.
        guard self.page.events.count < self.query.maximumEvents,
            self.page.events.isEmpty || self.bytes + size <= self.query.maximumBytes
        else { return false }
        self.bytes += size
        self.page.events.append(event)
        self.page.lastExamined = event.position
        return true
    }

    /// The page where the reader has done as much as it may, and goes on behind `position`.
    package func stopped(at position: LogPosition) -> LogPage {
        var page = self.page
        page.lastExamined = position
        return page
    }

    /// The page where nothing further was there.
    package func finished() -> LogPage {
        var page = self.page
        page.isComplete = true
        return page
    }
}
