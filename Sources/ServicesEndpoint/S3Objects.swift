package import LambdaCore
package import NIOCore
internal import NIOHTTP1
internal import SigV4

/// Objects of the configured services endpoint, by S3's GetObject with the bucket in the path.
///
/// Source: Amazon S3 API reference, `GetObject` and "Error responses".
package struct S3Objects: ObjectFetching {
    /// Of an error document; a longer one is none.
    private static let errorBytes = 65_536

    private let endpoint: ServicesEndpointAddress
    private let serviceCredentials: Credentials
    private let group: any EventLoopGroup
    private let time: any TimeSource
    private let connectTimeout: Duration
    private let totalTimeout: Duration

    /// - Parameters:
    ///   - serviceCredentials: Sign the requests; the identity that may read the buckets.
    ///   - connectTimeout: Until the connection stands.
    ///   - totalTimeout: Until the object is here whole, connecting included.
    package init(
        endpoint: ServicesEndpointAddress, serviceCredentials: Credentials, group: any EventLoopGroup,
        time: any TimeSource, connectTimeout: Duration = .seconds(5), totalTimeout: Duration = .seconds(60)
    ) {
        self.endpoint = endpoint
        self.serviceCredentials = serviceCredentials
        self.group = group
        self.time = time
        self.connectTimeout = connectTimeout
        self.totalTimeout = totalTimeout
    }

    package func object(
        bucket: String, key: String, version: String?, region: Region, limit: Int
    ) async throws(ObjectFetchError) -> [UInt8] {
        let answer: HTTPExchange.Answer
        do {
            answer = try await self.get(
                path: "/\(bucket)/\(PercentEncoding.encode(key, keepSlash: true))",
                query: version.map { "versionId=\(PercentEncoding.encode($0, keepSlash: false))" } ?? "",
                region: region, limit: limit)
        } catch {
            throw error.isTooLong ? .tooLarge(limit: limit) : .unavailable(error.text)
        }
        guard answer.status == 200 else { throw Self.refusal(answer) }
        return answer.body
    }

    private func get(
        path: String, query: String, region: Region, limit: Int
    ) async throws(HTTPExchange.Failure) -> HTTPExchange.Answer {
        var headers = [("Host", self.endpoint.authority), ("X-Amz-Content-Sha256", BodyHash.ofNothing)]
            .map { (name: $0.0, value: $0.1) }
        headers += RequestSigner.sign(
            method: "GET", path: path, query: query, headers: headers, body: [], service: "s3", region: region,
            credentials: self.serviceCredentials, now: self.time.wallTime)
        let exchange = HTTPExchange(
            address: self.endpoint,
            limits: HTTPExchange.Limits(
                connect: self.connectTimeout, total: self.totalTimeout, bodyBytes: max(limit, Self.errorBytes)),
            group: self.group)
        let answer = try await exchange.send(
            .GET, query.isEmpty ? path : "\(path)?\(query)", headers: headers)
        guard answer.status != 200 || answer.body.count <= limit else {
            throw HTTPExchange.Failure(text: "the object is longer than \(limit) bytes", isTooLong: true)
        }
        return answer
    }

    /// S3's own code and message; a server's own trouble is none of the caller's.
    private static func refusal(_ answer: HTTPExchange.Answer) -> ObjectFetchError {
        // What is no error document has nothing to tell but its status.
        let error = answer.body.count <= self.errorBytes ? try? XMLElement(parsing: answer.body) : nil
        guard let error, error.name == "Error", let code = error.value("Code") else {
            return .unavailable("the services endpoint answered GetObject with HTTP status \(answer.status)")
        }
        let message = error.value("Message") ?? ""
        guard (300..<500).contains(answer.status) else {
            return .unavailable("the services endpoint answered GetObject with \(answer.status) \(code): \(message)")
        }
        return .refused(code: code, message: message)
    }
}
