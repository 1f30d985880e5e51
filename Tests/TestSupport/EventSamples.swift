package import LambdaCore

extension AcceptedEvent {
    /// An event of the standard account's function `f`.
    package static func sample(
        _ number: Int = 1, function: String = "f", qualifier: String? = nil, payload: String = #"{"a":1}"#,
        tenantID: String? = nil, trace: String = "Root=1-0-0;Sampled=0"
    ) -> AcceptedEvent {
        let key = FunctionKey.named(function)
        return AcceptedEvent(
            requestID: .numbered(number), function: key, qualifier: qualifier,
            invokedARN: qualifier.map { "\(key.arn):\($0)" } ?? key.arn, payload: Array(payload.utf8),
            clientContext: #"{"client":{}}"#, traceHeader: trace, tenantID: tenantID,
            receivedAt: WallTime(milliseconds: 1_543_331_445_123))
    }
}

extension EventMoment {
    /// A moment of one boot whose clocks agree.
    package static func sample(milliseconds: Int64 = 0, boot: String = "boot-1") -> EventMoment {
        EventMoment(
            boot: boot, uptime: 1_000 + milliseconds, wall: WallTime(milliseconds: 1_543_331_445_123 + milliseconds))
    }
}

/// Moments by a manual clock.
package struct ManualMoments: EventMomentSource {
    private let clock: ManualClock

    package init(clock: ManualClock) { self.clock = clock }

    package var moment: EventMoment {
        EventMoment(
            boot: "boot-1", uptime: Int64(self.clock.now.nanoseconds / 1_000_000), wall: self.clock.wallTime)
    }
}
