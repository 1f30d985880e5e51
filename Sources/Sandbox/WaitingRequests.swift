internal import LambdaCore

/// What the client has asked for and has no answer to.
struct WaitingRequests: Sendable {
    typealias LaunchResult = Result<SandboxDescriptors, LaunchError>

    struct Launch: Sendable {
        let deadline: Instant
        let resume: @Sendable (LaunchResult) -> Void
    }

    struct Stop: Sendable {
        let deadline: Instant
        let resume: @Sendable () -> Void
    }

    var launches: [EnvironmentID: Launch] = [:]
    var stops: [EnvironmentID: [Stop]] = [:]

    var nextDeadline: Instant? {
        let stops = self.stops.values.joined().map(\.deadline).min()
        let launches = self.launches.values.map(\.deadline).min()
        return [stops, launches].compactMap { $0 }.min()
    }

    mutating func takeAll() -> WaitingRequests {
        defer { self = WaitingRequests() }
        return self
    }

    mutating func takeExpired(at now: Instant) -> WaitingRequests {
        var late = WaitingRequests()
        for (environment, launch) in self.launches where launch.deadline <= now {
            late.launches[environment] = launch
            self.launches[environment] = nil
        }
        for (environment, waiting) in self.stops {
            let expired = waiting.filter { $0.deadline <= now }
            guard !expired.isEmpty else { continue }
            late.stops[environment] = expired
            let rest = waiting.filter { $0.deadline > now }
            self.stops[environment] = rest.isEmpty ? nil : rest
        }
        return late
    }
}
