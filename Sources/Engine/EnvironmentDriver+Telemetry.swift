internal import LambdaCore
internal import Lifecycle

/// The moments of an invocation that extensions and records tell of.
extension EnvironmentDriver {
    /// The runtime and those extensions that want to know get the event at the same moment.
    func eventGoesOut() { self.extensions.invoked(self.invokeEvent()) }

    private func invokeEvent() -> [UInt8] {
        guard let current = self.current else { return [] }
        let invocation = current.ticket.invocation
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.member("eventType", ExtensionMachine.Event.invoke.rawValue)
        json.member("deadlineMs", Int(current.deadline.milliseconds))
        json.member("requestId", invocation.requestID.text)
        json.member("invokedFunctionArn", invocation.invokedARN)
        let trace = current.trace?.header ?? invocation.traceHeader
        if !trace.isEmpty {
            json.object("tracing") { json in
                json.member("type", HeaderName.traceID)
                json.member("value", trace)
            }
        }
        json.endObject()
        return json.bytes
    }

    func answerCame(bytes: Int) {
        self.current?.times.answered = self.now
        self.current?.times.producedBytes = bytes
    }

    func runtimeIsBack() {
        self.current?.runtimeIsBack = true
        self.current?.times.runtimeDone = self.now
        // Otherwise with END, by which its lines have been read.
        guard self.extensions.hub != nil else { return }
        self.drainLog()
        self.tellRuntimeDone(.success)
    }
}
