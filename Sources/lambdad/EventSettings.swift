internal import Engine
internal import LambdaCore
internal import Lifecycle
internal import Synchronization

/// Settings of asynchronous invocations.
extension EventSettings {
    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        let age = Limits.eventAge.upperBound
        let backoff = Limits.eventBackoff
        self.init(
            machine: .init(
                retryBase: try reader.seconds(
                    "async_retry_base", or: Int(Limits.eventRetryBase.components.seconds), range: 0...3_600, .reload),
                maximumAge: try reader.seconds("async_maximum_age", or: age, range: Limits.eventAge, .reload),
                backoff: Backoff(
                    shortest: try reader.seconds(
                        "async_backoff_min", or: Int(backoff.lowerBound.components.seconds), range: 1...3_600,
                        .reload),
                    longest: try reader.seconds(
                        "async_backoff_max", or: Int(backoff.upperBound.components.seconds), range: 1...3_600,
                        .reload))),
            queueLimit: try reader.number("async_queue_limit", or: 100_000, range: 1...1_000_000, .reload),
            queueBytes: try reader.number("async_queue_megabytes", or: 1_024, range: 1...1_048_576, .reload)
                * 1_048_576,
            deliveryAge: try reader.seconds("async_delivery_age", or: age, range: 0...1_209_600, .reload),
            concurrentEvents: try reader.number("async_concurrency", or: Limits.concurrentEvents, range: 1...65_536),
            memoryBytes: try reader.number(
                "async_memory", or: Limits.eventMemoryBytes / 1_048_576, range: 0...65_536) * 1_048_576,
            concurrentDeliveries: try reader.number(
                "async_deliveries", or: Limits.concurrentDeliveries, range: 1...1_024))
    }
}

/// The settings in force, replaced whole by a reload.
final class CurrentEventSettings: Sendable {
    private let value: Mutex<EventSettings>

    init(_ settings: EventSettings) { self.value = Mutex(settings) }

    var now: EventSettings { self.value.withLock { $0 } }
    func replace(with settings: EventSettings) { self.value.withLock { $0 = settings } }
}
