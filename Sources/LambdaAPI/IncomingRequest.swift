import LambdaCore
import NIOHTTP1

/// A request whose head is there, and whose body is read into it.
///
/// One of each connection at most; a class, so that passing it on costs one retain and its body grows in place.
final class IncomingRequest {
    let head: HTTPRequestHead
    let target: RequestTarget
    let subject: RequestSubject
    let requestID: RequestID
    let arrival: WallTime
    var body = RequestBody()
    /// Held where the body is large.
    var share: BodyBudget.Share?

    init(
        head: HTTPRequestHead, target: RequestTarget, subject: RequestSubject, requestID: RequestID, arrival: WallTime
    ) {
        self.head = head
        self.target = target
        self.subject = subject
        self.requestID = requestID
        self.arrival = arrival
    }
}
