package import LambdaCore
package import Lifecycle
package import Logging
package import NIOCore

/// What the configuration says about asynchronous invocations. Read at each use.
package struct EventSettings: Sendable, Equatable {
    package var machine: EventMachine.Settings
    /// Events that the queue holds at most, waiting and running ones alike.
    package var queueLimit: Int
    /// Bytes of their payloads together.
    package var queueBytes: Int
    /// How long a delivery to a destination is tried.
    package var deliveryAge: Duration
    /// Events that run at one time, and bytes of waiting ones' payloads that are kept in memory; both from the start on.
    package var concurrentEvents: Int
    package var memoryBytes: Int
    /// Deliveries that are made at one time, from the start on.
    package var concurrentDeliveries: Int

    package init(
        machine: EventMachine.Settings = .init(), queueLimit: Int = 100_000, queueBytes: Int = 1_073_741_824,
        deliveryAge: Duration = .seconds(Limits.eventAge.upperBound),
        concurrentEvents: Int = Limits.concurrentEvents, memoryBytes: Int = Limits.eventMemoryBytes,
        concurrentDeliveries: Int = Limits.concurrentDeliveries
    ) {
        self.machine = machine
        self.queueLimit = queueLimit
        self.queueBytes = queueBytes
        self.deliveryAge = deliveryAge
        self.concurrentEvents = concurrentEvents
        self.memoryBytes = memoryBytes
        self.concurrentDeliveries = concurrentDeliveries
    }
}

/// Calls back later. One that is not needed any more does no harm.
package protocol Alarm: Sendable {
    func ring(after delay: Duration, _ body: @escaping @Sendable () -> Void)
}

/// An event loop's timers.
package struct EventLoopAlarm: Alarm {
    private let loop: any EventLoop

    package init(loop: any EventLoop) { self.loop = loop }

    package func ring(after delay: Duration, _ body: @escaping @Sendable () -> Void) {
        self.loop.scheduleTask(in: .nanoseconds(max(0, delay.nanoseconds)), body)
    }
}

/// What the event plane works with.
package struct EventParts: Sendable {
    package let store: any EventStore
    package let sink: any InvocationSink
    package let lookup: any FunctionLookup
    /// `nil` where no services endpoint is configured.
    package let sender: (any DeliverySender)?
    package let time: any TimeSource
    package let moments: any EventMomentSource
    package let alarm: any Alarm
    package let settings: @Sendable () -> EventSettings
    package let logger: Logger

    package init(
        store: any EventStore, sink: any InvocationSink, lookup: any FunctionLookup,
        sender: (any DeliverySender)? = nil, time: any TimeSource, moments: any EventMomentSource, alarm: any Alarm,
        settings: @escaping @Sendable () -> EventSettings, logger: Logger
    ) {
        self.store = store
        self.sink = sink
        self.lookup = lookup
        self.sender = sender
        self.time = time
        self.moments = moments
        self.alarm = alarm
        self.settings = settings
        self.logger = logger
    }
}
