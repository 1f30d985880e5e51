import LambdaCore
import LambdaShapes
import Logging
import NIOHTTP1

/// Asynchronous invocations: their way from the API to the queue.
extension ControlPlane {
    /// Hands a checked event to the queue, and answers once it is on disk.
    func accept(_ event: AcceptedEvent, answer: APIResponse) async throws(APIError) -> APIResponse {
        guard let events else { throw .eventInvocation }
        do { try await events.accept(event) } catch {
            if case .failed(let reason) = error {
                self.log.error(
                    "the event queue failed", metadata: ["request": "\(event.requestID)", "reason": "\(reason)"])
            }
            throw APIError(error)
        }
        return answer
    }

    /// InvokeAsync, which AWS has deprecated and still serves.
    func invokeAsync(_ call: Call) async throws(APIError) -> APIResponse {
        guard self.events != nil else { throw .eventInvocation }
        let (key, qualifier) = try self.subject(of: call)
        // Which version it will be is decided when it runs; tracing is asked of the one that it would be now.
        let record = try self.catalog.runnable(key, qualifier: qualifier, runsNow: false, draw: { 1 })
        try TenancyRule.check(nil, for: record)
        let payload = try Invoker.eventPayload(call.request.body, self.configuration.payloads)
        let event = AcceptedEvent(
            requestID: call.requestID, function: key, qualifier: qualifier,
            invokedARN: qualifier.map { "\(key.arn):\($0)" } ?? key.arn,
            payload: payload, clientContext: nil,
            traceHeader: self.traces.complete(
                call.request.headers.first(name: HeaderName.traceID), for: record, now: call.request.arrival
            ).text,
            receivedAt: call.request.arrival)
        let status = Operation.InvokeAsync.successStatus
        return try await self.accept(event, answer: .json(["Status": .number(String(status))], status: status))
    }
}
