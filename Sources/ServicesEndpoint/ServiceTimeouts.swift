/// How long calls of the services endpoint may take.
package struct ServiceTimeouts: Sendable, Equatable {
    /// Until a connection stands.
    package var connect: Duration
    /// Until an answer is whole, connecting included.
    package var answer: Duration
    /// Until an object is here whole, connecting included.
    package var object: Duration

    package init(
        connect: Duration = .seconds(5), answer: Duration = .seconds(10), object: Duration = .seconds(60)
    ) {
        self.connect = connect
        self.answer = answer
        self.object = object
    }
}

extension HTTPExchange.Limits {
    init(_ timeouts: ServiceTimeouts) { self.init(connect: timeouts.connect, total: timeouts.answer) }
}
