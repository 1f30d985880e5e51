import Engine
import LambdaCore
import TestSupport
import Testing

@Suite struct `The spans of an invocation` {
    private let clock = ManualClock()

    /// Milliseconds after the event came.
    private func at(_ milliseconds: Int) -> Instant { self.clock.now.advanced(by: .milliseconds(milliseconds)) }

    private func times(began: Int?, answered: Int?) -> InvocationTimes {
        var times = InvocationTimes(received: self.at(0), taken: self.at(1))
        times.delivered = self.at(10)
        times.responseBegan = began.map(self.at)
        times.answered = answered.map(self.at)
        return times
    }

    private func spans(began: Int?, answered: Int?) -> [PlatformRecord.Span] {
        let begin = self.at(0)
        return self.times(began: began, answered: answered).spans(until: self.at(350)) { instant in
            WallTime(milliseconds: 1_000).advanced(by: instant.since(begin))
        }
    }

    private func span(_ name: PlatformRecord.SpanName, _ start: Int64, _ duration: Int) -> PlatformRecord.Span {
        .init(name, start: WallTime(milliseconds: 1_000 + start), duration: .milliseconds(duration))
    }

    @Test func `have the time that a streamed response takes`() {
        #expect(
            self.spans(began: 30, answered: 330) == [
                self.span(.responseLatency, 10, 20), self.span(.responseDuration, 30, 300),
                self.span(.runtimeOverhead, 330, 20),
            ])
    }

    @Test func `of a response that is taken whole have none for it`() {
        #expect(
            self.spans(began: nil, answered: 330) == [
                self.span(.responseLatency, 10, 320), self.span(.responseDuration, 330, 0),
                self.span(.runtimeOverhead, 330, 20),
            ])
    }

    @Test func `are not there where nothing was answered, also where a stream had begun`() {
        #expect(self.spans(began: nil, answered: nil) == [])
        #expect(self.spans(began: 30, answered: nil) == [])
    }
}
