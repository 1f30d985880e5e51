import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `An event's payload and answer` {
    private let probe = RedactionProbe(secret: "hidden-word")
    private let bytes = Array(#""hidden-word""#.utf8)

    @Test func `are in no text that is made of it`() {
        let event = AcceptedEvent.sample(payload: #""hidden-word""#)
        let progress = EventProgress(age: EventAge(at: .sample()))
        let queued = QueuedEvent(sequence: 1, event: event, progress: progress)
        let delivery = EventDelivery(
            sequence: 2, requestID: event.requestID, function: event.function, functionARN: event.qualifiedARN,
            target: "arn:aws:sqs:us-east-1:000000000000:q",
            purpose: .deadLetter(status: 200, message: "hidden-word"), body: self.bytes, progress: progress)
        let answer = EventReport.Answer(payload: self.bytes, isFunctionError: true, executedVersion: "1")
        let report = EventReport(
            event: event, condition: .retriesExhausted, attempts: 1, answer: answer, now: event.receivedAt)
        #expect(!self.probe.leaks(in: self.bytes).isEmpty)
        let values: [Any] = [
            event, queued, delivery, answer, report, EventChange.add(queued), EventChange.addDelivery(delivery),
        ]
        for value in values { #expect(self.probe.leaks(in: value).isEmpty) }
    }
}
