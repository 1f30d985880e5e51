internal import LambdaCore
internal import Lifecycle

/// Traces of invocations.
extension EnvironmentDriver {
    /// `nil` where the function only passes on what it gets.
    func trace(of ticket: InvocationTicket) -> InvocationTrace? {
        guard self.function.tracing == .active else { return nil }
        return InvocationTrace(header: ticket.invocation.traceHeader)
    }

    func times(of ticket: InvocationTicket, taken: Instant) -> InvocationTimes {
        InvocationTimes(received: ticket.invocation.receivedAt, taken: taken)
    }

    /// The runtime was started inside this invocation and is ready.
    func initInsideDone(_ current: Current) {
        guard let began = current.initBegan else { return }
        self.current?.times.initialization = .init(began: began, ended: self.now)
    }

    /// The first invocation of an environment tells of its init.
    func noteInit() {
        guard let began = self.initBegan, let duration = self.initDuration else { return }
        self.current?.times.initialization = .init(began: began, ended: began.advanced(by: duration))
    }

    /// The runtime named a cause with the error that it posts next.
    func errorCause(_ json: String) {
        guard self.current?.trace?.isSampled ?? false, let cause = TraceCause.posted(Array(json.utf8)) else { return }
        self.current?.trace?.failure = .init(cause: cause)
    }

    /// The runtime posted an error.
    func traceFailed(body: [UInt8], contentType: String?) {
        guard let trace = self.current?.trace, trace.isSampled, trace.failure == nil else { return }
        let error = try? JSONValue.parse(body).objectValue
        let posted = ErrorCause.cause(body: body, contentType: contentType).flatMap { TraceCause.posted($0) }
        self.current?.trace?.failure = .init(
            cause: posted
                ?? TraceCause.plain(
                    type: error?["errorType"]?.stringValue ?? "Runtime.Unknown",
                    message: error?["errorMessage"]?.stringValue ?? ""))
    }

    /// The platform answers for the function.
    func traceFailed(_ answer: FailureAnswer) {
        guard let trace = self.current?.trace, trace.isSampled, trace.failure == nil else { return }
        let message = (try? JSONValue.parse(answer.body))?.objectValue?["errorMessage"]?.stringValue ?? ""
        self.current?.trace?.failure = .init(cause: TraceCause.plain(type: answer.errorType, message: message))
    }

    /// The invocation is over.
    func sendTrace() {
        guard let daemon = self.parts.traceDaemon, let current = self.current, let trace = current.trace,
            trace.isSampled
        else { return }
        let now = self.now
        let datagrams = TraceSegments.datagrams(
            of: .init(
                trace: trace, times: current.times, ended: now, requestID: current.ticket.id,
                function: self.function.key, version: self.function.version, logGroup: self.source.logGroup),
            clock: .init(now: now, wall: self.parts.time.wallTime))
        for datagram in datagrams { daemon.send(datagram) }
    }
}
