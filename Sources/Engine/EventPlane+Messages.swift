internal import LambdaCore
internal import Lifecycle
internal import Logging

/// What the end of an asynchronous invocation brings about.
extension EventPlane {
    struct Messages {
        var deliveries: [EventDelivery] = []
        /// Invocations of functions that are destinations.
        var events: [AcceptedEvent] = []
    }

    /// The record for the destination, and the event for the dead letter queue: either, both or none.
    func messages(of report: EventReport, _ target: EventTarget) -> Messages {
        var messages = Messages()
        if let destination = report.destination(target.config) {
            if let function = FunctionTarget(arn: destination) {
                messages.events.append(self.event(for: function, report))
            } else {
                messages.deliveries.append(
                    self.delivery(
                        to: destination, .destination(succeeded: report.succeeded), report.record, report))
            }
        }
        if let letter = report.deadLetter, let queue = target.function.deadLetterTarget {
            messages.deliveries.append(self.delivery(to: queue, letter, report.event.payload, report))
        }
        return messages
    }

    private func delivery(
        to target: String, _ purpose: EventDelivery.Purpose, _ body: [UInt8], _ report: EventReport
    ) -> EventDelivery {
        EventDelivery(
            sequence: self.newSequence(), requestID: report.event.requestID, function: report.event.function,
            functionARN: report.event.qualifiedARN, target: target, purpose: purpose, body: body,
            progress: EventProgress(age: EventAge(at: self.parts.moments.moment)))
    }

    /// A new invocation with an id of its own, in the same trace.
    private func event(for target: FunctionTarget, _ report: EventReport) -> AcceptedEvent {
        AcceptedEvent(
            requestID: .random(), function: target.function, qualifier: target.qualifier,
            invokedARN: target.qualifier.map { "\(target.function.arn):\($0)" } ?? target.function.arn,
            payload: report.record, clientContext: nil,
            traceHeader: Lineage.header(report.event.traceHeader, reaching: target.function),
            receivedAt: report.now)
    }
}

/// A function as a destination's ARN names it: `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`.
struct FunctionTarget: Equatable {
    let function: FunctionKey
    let qualifier: String?

    /// `nil` for an ARN of something else.
    init?(arn: String) {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 7 || parts.count == 8, parts[0] == "arn", parts[2] == "lambda", parts[5] == "function",
            let region = Region(parts[3]), let account = AccountID(parts[4]), let name = FunctionName(parts[6])
        else { return nil }
        self.function = FunctionKey(account: account, region: region, name: name)
        self.qualifier = parts.count == 8 ? parts[7] : nil
    }
}
