package import LambdaCore
package import NIOCore
internal import NIOHTTP1
internal import SigV4

/// Execution role credentials from the configured services endpoint, by STS's AssumeRole.
package struct STSRoleCredentials: RoleCredentialsProvider {
    /// Seconds that AssumeRole accepts.
    ///
    /// Source: AWS Security Token Service API reference, `AssumeRole`, `DurationSeconds`.
    package static let durationSeconds = 900...43_200

    private static let contentType = "application/x-www-form-urlencoded; charset=utf-8"

    private let exchange: HTTPExchange
    private let serviceCredentials: Credentials
    private let time: any TimeSource

    /// - Parameters:
    ///   - serviceCredentials: Sign the request; the identity that may assume the functions' roles.
    ///   - connectTimeout: Until the connection stands.
    ///   - totalTimeout: Until the answer is whole, connecting included.
    package init(
        endpoint: ServicesEndpointAddress, serviceCredentials: Credentials, group: any EventLoopGroup,
        time: any TimeSource, connectTimeout: Duration = .seconds(5), totalTimeout: Duration = .seconds(10)
    ) {
        self.exchange = HTTPExchange(
            address: endpoint, limits: HTTPExchange.Limits(connect: connectTimeout, total: totalTimeout), group: group)
        self.serviceCredentials = serviceCredentials
        self.time = time
    }

    package func credentials(
        role: String, account: AccountID, region: Region, sessionName: String, duration: Duration
    ) async throws(RoleCredentialsError) -> Credentials {
        let body = Self.form(role: role, sessionName: sessionName, duration: duration)
        var headers: [(name: String, value: String)] = [
            ("Host", self.exchange.address.authority), (HeaderName.contentType, Self.contentType),
        ]
        headers += RequestSigner.sign(
            method: "POST", path: "/", headers: headers, body: body, service: "sts", region: region,
            credentials: self.serviceCredentials, now: self.time.wallTime)
        let answer: HTTPExchange.Answer
        do {
            answer = try await self.exchange.send(.POST, "/", headers: headers, body: body)
        } catch {
            throw .unavailable(error.text)
        }
        return try AssumeRoleAnswer.credentials(status: answer.status, body: answer.body)
    }

    private static func form(role: String, sessionName: String, duration: Duration) -> [UInt8] {
        let seconds = Int(clamping: duration.components.seconds)
        let members = [
            ("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", role), ("RoleSessionName", sessionName),
            (
                "DurationSeconds",
                String(min(max(seconds, Self.durationSeconds.lowerBound), Self.durationSeconds.upperBound))
            ),
        ]
        let pairs = members.map { name, value in "\(name)=\(PercentEncoding.encode(value, keepSlash: false))" }
        return Array(pairs.joined(separator: "&").utf8)
    }
}
