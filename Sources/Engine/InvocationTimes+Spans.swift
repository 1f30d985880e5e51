package import LambdaCore

extension InvocationTimes {
    /// The parts of an invocation as the Telemetry API tells them; none of one that was not answered.
    ///
    /// - Parameters:
    ///   - done: When the runtime asked for the next event, or its invocation ended otherwise.
    ///   - wallTime: What the clocks on the wall showed at a moment.
    package func spans(until done: Instant, wallTime: (Instant) -> WallTime) -> [PlatformRecord.Span] {
        guard let delivered = self.delivered, let answered = self.answered else { return [] }
        // A buffered response is taken whole, so that it begins when it ends.
        let began = self.responseBegan ?? answered
        return [
            .init(.responseLatency, start: wallTime(delivered), duration: began.since(delivered)),
            .init(.responseDuration, start: wallTime(began), duration: answered.since(began)),
            .init(.runtimeOverhead, start: wallTime(answered), duration: done.since(answered)),
        ]
    }
}
