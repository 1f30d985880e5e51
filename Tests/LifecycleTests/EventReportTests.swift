import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `The report of an event` {
    private func report(
        _ condition: EventMachine.Condition, attempts: Int = 1, qualifier: String? = nil, answer: String? = nil,
        isError: Bool = false
    ) -> EventReport {
        EventReport(
            event: .sample(qualifier: qualifier), condition: condition, attempts: attempts,
            answer: answer.map { .init(payload: Array($0.utf8), isFunctionError: isError, executedVersion: "$LATEST") },
            now: WallTime(milliseconds: 1_543_331_445_123))
    }

    private static let head =
        #"{"version":"1.0","timestamp":"2018-11-27T15:10:45.123Z","requestContext":"#
        + #"{"requestId":"00000000-0000-4000-8000-000000000001","functionArn":"#
        + #""arn:aws:lambda:us-east-1:000000000000:function:f:"#

    @Test func `is AWS's record of a success`() {
        let record = self.report(.success, answer: #"{"b": 2.50}"#).record
        #expect(
            String(decoding: record, as: UTF8.self) == Self.head
                + #"$LATEST","condition":"Success","approximateInvokeCount":1},"requestPayload":{"a":1},"#
                + #""responseContext":{"statusCode":200,"executedVersion":"$LATEST"},"responsePayload":{"b": 2.50}}"#)
    }

    @Test func `is AWS's record of an error`() {
        let record = self.report(
            .retriesExhausted, attempts: 3, qualifier: "live", answer: #"{"errorMessage":"x"}"#, isError: true
        ).record
        #expect(
            String(decoding: record, as: UTF8.self) == Self.head
                + #"live","condition":"RetriesExhausted","approximateInvokeCount":3},"requestPayload":{"a":1},"#
                + #""responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"#
                + #""responsePayload":{"errorMessage":"x"}}"#)
    }

    @Test func `has no response where the function did not run`() {
        let record = self.report(.zeroReservedConcurrency, attempts: 0).record
        #expect(
            String(decoding: record, as: UTF8.self) == Self.head
                + #"$LATEST","condition":"ZeroReservedConcurrency","approximateInvokeCount":0},"#
                + #""requestPayload":{"a":1}}"#)
    }

    @Test(arguments: [("not json", #""not json""#), ("", "null"), ("\u{1}\"", #""\u0001\"""#)])
    func `is JSON also where the answer is none`(answer: String, member: String) {
        let text = String(decoding: self.report(.success, answer: answer).record, as: UTF8.self)
        #expect(text.hasSuffix(#","responsePayload":\#(member)}"#))
    }

    @Test func `names the destination of its kind only`() {
        var config = EventInvokeConfigRecord(
            function: .named("f"), qualifier: "$LATEST", modified: WallTime(milliseconds: 0))
        config.onSuccess = "arn:s"
        config.onFailure = "arn:f"
        #expect(self.report(.success).destination(config) == "arn:s")
        for condition in [
            EventMachine.Condition.retriesExhausted, .eventAgeExceeded, .zeroReservedConcurrency,
            .recursiveInvocation,
        ] { #expect(self.report(condition).destination(config) == "arn:f") }
        #expect(self.report(.success).destination(nil) == nil)
    }

    @Test func `puts the error's message into a dead letter, at most 1 KiB of it`() {
        #expect(self.report(.success, answer: "1").deadLetter == nil)
        let short = self.report(.retriesExhausted, answer: #"{"errorMessage":"it broke"}"#, isError: true)
        #expect(short.deadLetter == .deadLetter(status: 200, message: "it broke"))
        let long = self.report(
            .retriesExhausted, answer: #"{"errorMessage":"x\#(String(repeating: "é", count: 600))"}"#, isError: true)
        #expect(
            long.deadLetter == .deadLetter(status: 200, message: "x" + String(repeating: "é", count: 511)))
        #expect(
            self.report(.recursiveInvocation).deadLetter == .deadLetter(status: 400, message: Lineage.loopText))
        #expect(self.report(.eventAgeExceeded).deadLetter == .deadLetter(status: 429, message: "Rate Exceeded."))
    }
}
