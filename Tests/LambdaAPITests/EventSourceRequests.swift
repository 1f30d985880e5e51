import LambdaAPI
import LambdaCore
import Testing

/// What the tests of event source mappings ask for.
enum EventSource {
    static let path = "/2015-03-31/event-source-mappings"
    static let queue = "arn:aws:sqs:us-east-1:123456789012:q"
    static let fifo = "arn:aws:sqs:us-east-1:123456789012:q.fifo"
    static let kinesis = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
    static let dynamoDB = "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2026-01-01T00:00:00.000"
    static let cluster = "arn:aws:kafka:us-east-1:123456789012:cluster/c/11112222-3333-4444-5555-666677778888-1"
    static let broker = "arn:aws:mq:us-east-1:123456789012:broker:b:b-11112222-3333-4444-5555-666677778888"
    static let documents = "arn:aws:rds:us-east-1:123456789012:cluster:d"
    static let secret =
        #""SourceAccessConfigurations":[{"Type":"BASIC_AUTH","URI":"arn:aws:secretsmanager:us-east-1:1:secret:s"}]"#
    static let function = "arn:aws:lambda:us-east-1:123456789012:function:f"

    static func servers(_ servers: String...) -> String {
        let list = servers.map { "\"\($0)\"" }.joined(separator: ",")
        return #""SelfManagedEventSource":{"Endpoints":{"KAFKA_BOOTSTRAP_SERVERS":[\#(list)]}}"#
    }

    /// The body of a creation from an ARN, with what is given after it.
    static func body(_ arn: String, _ members: String..., function: String = "f") -> String {
        let all = [#""FunctionName":"\#(function)""#, #""EventSourceArn":"\#(arn)""#] + members
        return "{\(all.joined(separator: ","))}"
    }

    /// The body of a creation from a self-managed cluster.
    static func kafka(_ members: String...) -> String {
        "{\(([#""FunctionName":"f""#] + members).joined(separator: ","))}"
    }
}

extension TestServer {
    func map(_ body: String) async throws -> TestAnswer {
        try await self.request("POST", EventSource.path, body: body)
    }

    /// The shape of a mapping that must be made.
    func mapped(_ body: String) async throws -> JSONObject {
        let answer = try await self.map(body)
        try #require(answer.status == 202, "\(answer.text)")
        return try answer.json()
    }

    /// The id of a mapping that is made, once it is at rest.
    func settledMapping(_ body: String) async throws -> String {
        let uuid = try #require(try await self.mapped(body)["UUID"]?.stringValue)
        _ = try await self.settled(uuid)
        return uuid
    }

    /// The mapping once no change of it is under way.
    func settled(_ uuid: String) async throws -> JSONObject {
        // Each turn waits for an answer of the server, which does the second write meanwhile.
        for _ in 0..<10_000 {
            let shape = try await self.request("GET", "\(EventSource.path)/\(uuid)").json()
            if ["Enabled", "Disabled"].contains(shape["State"]?.stringValue) { return shape }
        }
        throw NotSettled()
    }

    /// Returns once the mapping is gone.
    func gone(_ uuid: String) async throws {
        for _ in 0..<10_000 {
            if try await self.request("GET", "\(EventSource.path)/\(uuid)").status == 404 { return }
        }
        throw NotSettled()
    }

    private struct NotSettled: Error {}
}
