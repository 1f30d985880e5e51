package import LambdaCore
package import NIOCore
internal import NIOHTTP1
internal import SigV4

/// Sends what is told of asynchronous invocations to queues, topics, buses and buckets of the configured services endpoint.
package struct ServiceDeliveries: DeliverySender {
    private static let acceptedStatus = 200..<300
    /// Of a server's answer, in the operator's log.
    private static let shownBytes = 300

    private let exchange: HTTPExchange
    private let serviceCredentials: Credentials
    private let time: any TimeSource

    /// - Parameter serviceCredentials: Sign the requests; the identity that may send to the destinations.
    package init(
        endpoint: ServicesEndpointAddress, serviceCredentials: Credentials, group: any EventLoopGroup,
        time: any TimeSource, timeouts: ServiceTimeouts = .init()
    ) {
        self.exchange = HTTPExchange(address: endpoint, limits: HTTPExchange.Limits(timeouts), group: group)
        self.serviceCredentials = serviceCredentials
        self.time = time
    }

    package func send(_ delivery: EventDelivery) async throws(DeliveryError) {
        guard let request = DeliveryRequest(delivery, endpoint: self.exchange.address.description) else {
            throw DeliveryError(text: "nothing can be sent to such a target")
        }
        let answer: HTTPExchange.Answer
        do {
            answer = try await self.exchange.send(
                request.method == .put ? .PUT : .POST, request.path, headers: self.headers(of: request),
                body: request.body)
        } catch { throw DeliveryError(text: error.text) }
        guard Self.acceptedStatus.contains(answer.status) else {
            let words = String(decoding: answer.body.prefix(Self.shownBytes), as: UTF8.self)
            throw DeliveryError(text: "the services endpoint answered with HTTP status \(answer.status): \(words)")
        }
        if request.service == .events { try Self.checkEntries(answer.body) }
    }

    private func headers(of request: DeliveryRequest) -> [(name: String, value: String)] {
        var headers = [(name: "Host", value: self.exchange.address.authority)] + request.headers
        if request.service == .s3 { headers.append(("X-Amz-Content-Sha256", BodyHash.text(of: request.body))) }
        return headers
            + RequestSigner.sign(
                method: request.method.rawValue, path: request.path, headers: headers, body: request.body,
                service: request.service.rawValue, region: request.region, credentials: self.serviceCredentials,
                now: self.time.wallTime)
    }

    /// PutEvents answers 200 also where it took nothing.
    private static func checkEntries(_ body: [UInt8]) throws(DeliveryError) {
        let answer: JSONValue
        do { answer = try JSONValue.parse(body) } catch {
            throw DeliveryError(text: "the answer to PutEvents cannot be read")
        }
        guard answer.objectValue?["FailedEntryCount"]?.intValue == 0 else {
            throw DeliveryError(text: "PutEvents refused the event")
        }
    }
}
