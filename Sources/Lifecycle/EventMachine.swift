package import LambdaCore

/// The life of one asynchronous invocation: waiting, running, waiting again, over.
///
/// A function's error is tried again as often as the function's configuration says. A throttle, or a failure of the
/// platform, is not the function's: it is tried again until the event is too old, and is not counted.
///
/// Source: Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation".
package struct EventMachine: Sendable, Equatable {
    package struct Settings: Sendable, Equatable {
        /// Before the first retry of a function's error; before the second it is twice as long.
        package var retryBase: Duration
        /// Of an event whose function sets none.
        package var maximumAge: Duration
        /// After throttles and failures of the platform.
        package var backoff: Backoff

        package init(
            retryBase: Duration = Limits.eventRetryBase, maximumAge: Duration = .seconds(Limits.eventAge.upperBound),
            backoff: Backoff = .standard
        ) {
            self.retryBase = retryBase
            self.maximumAge = maximumAge
            self.backoff = backoff
        }
    }

    /// What the function's configuration says now.
    package struct Rules: Sendable, Equatable {
        package var maximumRetryAttempts: Int
        package var maximumAge: Duration
        package var isSwitchedOff: Bool
        /// It is one invocation too many of a chain that comes back to its function.
        package var isLoop = false

        package init(maximumRetryAttempts: Int, maximumAge: Duration, isSwitchedOff: Bool) {
            self.maximumRetryAttempts = maximumRetryAttempts
            self.maximumAge = maximumAge
            self.isSwitchedOff = isSwitchedOff
        }

        package init(_ target: EventTarget, _ settings: Settings, event: AcceptedEvent) {
            self.init(
                maximumRetryAttempts: target.config?.maximumRetryAttempts ?? Limits.eventRetries.upperBound,
                maximumAge: target.config?.maximumEventAge.map { .seconds($0) } ?? settings.maximumAge,
                isSwitchedOff: target.isSwitchedOff)
            self.isLoop = target.endsLoops && Lineage.isLoop(event.traceHeader, of: event.function)
        }
    }

    /// Why an event is over, in the words of its record.
    package enum Condition: String, Sendable {
        case success = "Success"
        case retriesExhausted = "RetriesExhausted"
        case eventAgeExceeded = "EventAgeExceeded"
        case zeroReservedConcurrency = "ZeroReservedConcurrency"
        case recursiveInvocation = "RecursiveInvocation"
    }

    package enum Outcome: Sendable, Equatable {
        case succeeded
        /// Its own, also a timeout or a crash.
        case functionError
        /// The function did not run, or nobody knows what became of it.
        case refused
    }

    package enum Start: Sendable, Equatable {
        case run
        case finish(Condition)
        /// It was asked too early.
        case wait(untilAge: Duration)
    }

    package enum End: Sendable, Equatable {
        case finish(Condition)
        case retry(atAge: Duration)
    }

    private enum State: Sendable, Equatable { case waiting, running, over }

    private var state = State.waiting
    /// Answers of the function so far.
    package private(set) var attempts: Int
    /// Refusals since the last answer.
    package private(set) var setbacks: Int
    package private(set) var dueAge: Duration

    package init(_ progress: EventProgress) {
        self.attempts = progress.attempts
        self.setbacks = progress.setbacks
        self.dueAge = progress.dueAge
    }

    /// Its time may have come.
    package mutating func timeCame(age: Duration, rules: Rules) -> Start {
        precondition(self.state == .waiting, "an event runs once at a time")
        guard !rules.isSwitchedOff else { return .finish(self.over(.zeroReservedConcurrency)) }
        guard !rules.isLoop else { return .finish(self.over(.recursiveInvocation)) }
        // Also an event that was not tried at all, because the machine was off: its sender counted on that.
        guard age < rules.maximumAge else { return .finish(self.over(.eventAgeExceeded)) }
        guard age >= self.dueAge else { return .wait(untilAge: self.dueAge) }
        self.state = .running
        return .run
    }

    package mutating func ended(_ outcome: Outcome, age: Duration, rules: Rules, settings: Settings) -> End {
        precondition(self.state == .running, "an event that ends has run")
        switch outcome {
        case .succeeded:
            self.attempts += 1
            return .finish(self.over(.success))
        case .functionError:
            self.attempts += 1
            self.setbacks = 0
            return self.retry(age: age, rules: rules, settings: settings)
        case .refused:
            self.setbacks += 1
            return self.backOff(age: age, rules: rules, settings.backoff)
        }
    }

    private mutating func retry(age: Duration, rules: Rules, settings: Settings) -> End {
        guard !rules.isSwitchedOff else { return .finish(self.over(.zeroReservedConcurrency)) }
        guard self.attempts <= rules.maximumRetryAttempts else { return .finish(self.over(.retriesExhausted)) }
        let due = age + settings.retryBase * self.attempts
        // It would be too old by then, so its sender is told at once.
        guard due < rules.maximumAge else { return .finish(self.over(.eventAgeExceeded)) }
        return self.wait(untilAge: due)
    }

    private mutating func backOff(age: Duration, rules: Rules, _ backoff: Backoff) -> End {
        guard !rules.isSwitchedOff else { return .finish(self.over(.zeroReservedConcurrency)) }
        guard age < rules.maximumAge else { return .finish(self.over(.eventAgeExceeded)) }
        // Not beyond its end: an event that waits is told of in time.
        return self.wait(untilAge: min(age + backoff.delay(after: self.setbacks), rules.maximumAge))
    }

    private mutating func wait(untilAge due: Duration) -> End {
        self.dueAge = due
        self.state = .waiting
        return .retry(atAge: due)
    }

    private mutating func over(_ condition: Condition) -> Condition {
        self.state = .over
        return condition
    }
}

/// Waits that double from the shortest to the longest; by default from a second to five minutes.
///
/// Source: Lambda developer guide, as above, for throttles and system errors.
package struct Backoff: Sendable, Equatable {
    package static let standard = Backoff(
        shortest: Limits.eventBackoff.lowerBound, longest: Limits.eventBackoff.upperBound)

    private let shortest: Duration
    private let longest: Duration

    /// - Parameter longest: Not shorter than `shortest`.
    package init(shortest: Duration, longest: Duration) {
        self.shortest = shortest
        self.longest = max(shortest, longest)
    }

    /// - Parameter failures: How often in a row it has failed by now.
    package func delay(after failures: Int) -> Duration {
        guard failures > 1 else { return self.shortest }
        // Twenty doublings of a millisecond are a quarter of an hour.
        return min(self.shortest * (1 << min(failures - 1, 20)), self.longest)
    }
}
