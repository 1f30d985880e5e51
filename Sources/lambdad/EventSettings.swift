internal import Engine
internal import LambdaCore
internal import Lifecycle
internal import Synchronization

/// Settings of asynchronous invocations.
extension EventSettings {
    static let keys: Set<String> = [
        "async_retry_base", "async_maximum_age", "async_queue_limit", "async_queue_megabytes", "async_delivery_age",
    ]

    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        let age = Limits.eventAge.upperBound
        self.init(
            machine: .init(
                retryBase: try reader.seconds(
                    "async_retry_base", or: Int(Limits.eventRetryBase.components.seconds), range: 0...3_600),
                maximumAge: try reader.seconds("async_maximum_age", or: age, range: Limits.eventAge)),
            queueLimit: try reader.number("async_queue_limit", or: 100_000, range: 1...1_000_000),
            queueBytes: try reader.number("async_queue_megabytes", or: 1_024, range: 1...1_048_576) * 1_048_576,
            deliveryAge: try reader.seconds("async_delivery_age", or: age, range: 0...1_209_600))
    }
}

/// The settings in force, replaced whole by a reload.
final class CurrentEventSettings: Sendable {
    private let value: Mutex<EventSettings>

    init(_ settings: EventSettings) { self.value = Mutex(settings) }

    var now: EventSettings { self.value.withLock { $0 } }
    func replace(with settings: EventSettings) { self.value.withLock { $0 = settings } }
}
