import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let layers = "/2018-10-31/layers"
private let arn = "arn:aws:lambda:us-east-1:123456789012:layer:l"

@Suite struct `A policy of a layer version` {
    private static let grant = #""Action":"lambda:GetLayerVersion","Principal":"*""#
    private let path = "\(layers)/l/versions/1/policy"

    private static func statement(_ sid: String) -> String {
        #"{"Sid":"\#(sid)","Effect":"Allow","Principal":"*","Action":"lambda:GetLayerVersion","Resource":"\#(arn):1"}"#
    }

    @Test func `grows and shrinks by statements, each time with a new revision`() async throws {
        try await TestServer.run { server in
            #expect(try await server.publishLayer().status == 201)
            let first = try await server.request(
                "POST", self.path, body: #"{"StatementId":"s1",\#(Self.grant)}"#)
            #expect(first.status == 201)
            #expect(
                try first.json() == ["Statement": .string(Self.statement("s1")), "RevisionId": .string("revision-1")])
            let second = try await server.request(
                "POST", "\(self.path)?RevisionId=revision-1", body: #"{"StatementId":"s2",\#(Self.grant)}"#)
            #expect(second.status == 201)
            let policy = try await server.request("GET", self.path).json()
            let document =
                #"{"Version":"2012-10-17","Id":"default","Statement":[\#(Self.statement("s1")),\#(Self.statement("s2"))]}"#
            #expect(policy == ["Policy": .string(document), "RevisionId": .string("revision-2")])
            let removed = try await server.request("DELETE", "\(self.path)/s2?RevisionId=revision-2")
            #expect(removed.status == 204 && removed.body.isEmpty)
            #expect(try await server.request("GET", self.path).json()["RevisionId"]?.stringValue == "revision-3")
            #expect(try await server.request("DELETE", "\(self.path)/s1").status == 204)
            #expect(try await server.request("GET", self.path).status == 404)
        }
    }

    @Test func `takes no revision from the body, where it is not looked for`() async throws {
        try await TestServer.run { server in
            #expect(try await server.publishLayer().status == 201)
            let answer = try await server.request(
                "POST", self.path, body: #"{"StatementId":"s1",\#(Self.grant),"RevisionId":"wrong"}"#)
            #expect(answer.status == 201)
        }
    }

    @Test(arguments: [
        ("123456789012", #"{"AWS":"arn:aws:iam::123456789012:root"}"#),
        ("arn:aws:iam::123456789012:root", #"{"AWS":"arn:aws:iam::123456789012:root"}"#),
    ])
    func `names accounts by their root`(principal: String, rendered: String) async throws {
        try await TestServer.run { server in
            #expect(try await server.publishLayer().status == 201)
            let answer = try await server.request(
                "POST", self.path,
                body: #"{"StatementId":"s","Action":"lambda:GetLayerVersion","Principal":"\#(principal)"}"#)
            #expect(
                try answer.json()["Statement"]?.stringValue
                    == #"{"Sid":"s","Effect":"Allow","Principal":\#(rendered),"Action":"lambda:GetLayerVersion","Resource":"\#(arn):1"}"#
            )
        }
    }

    @Test func `is not copied to the next version, and goes with its own`() async throws {
        try await TestServer.run { server in
            #expect(try await server.publishLayer().status == 201)
            #expect(
                try await server.request("POST", self.path, body: #"{"StatementId":"s1",\#(Self.grant)}"#).status == 201
            )
            #expect(try await server.publishLayer().status == 201)
            #expect(try await server.request("GET", "\(layers)/l/versions/2/policy").status == 404)
            #expect(try await server.request("DELETE", "\(layers)/l/versions/1").status == 204)
            let gone = try await server.request("GET", self.path)
            #expect(gone.text.contains("Layer version \(arn):1 does not exist."))
        }
    }
}

@Suite struct `An operation on layers that is refused` {
    struct Case: Sendable, CustomTestStringConvertible {
        let request: String
        let body: String
        let status: Int
        let code: String
        let message: String
        var testDescription: String { "\(self.request): \(self.message)" }

        init(_ request: String, body: String = "", _ status: Int, _ code: String, _ message: String) {
            self.request = request
            self.body = body
            self.status = status
            self.code = code
            self.message = message
        }
    }

    private static let grant = #"{"StatementId":"s9","Action":"lambda:GetLayerVersion","Principal":"*"}"#
    private static let nothing = "The resource you requested does not exist."
    private static let invalid = "InvalidParameterValueException"
    private static let notFound = "ResourceNotFoundException"
    private static let stale =
        "The Revision Id provided does not match the latest Revision Id. "
        + "Call the GetLayerPolicy API to retrieve the latest Revision Id"

    /// On a layer `l` of two versions, of which the first has a statement `s1`. Recorded from AWS.
    private static let recorded: [Case] = [
        Case("GET /l/versions/0", 400, invalid, "Layer Version Cannot be less than 1"),
        Case("GET /l/versions/-1", 400, invalid, "Layer Version Cannot be less than 1"),
        Case("DELETE /l/versions/-1", 400, invalid, "Layer Version Cannot be less than 1"),
        Case("GET /l/versions/9", 404, notFound, nothing),
        Case("GET /layerdoesnotexist/versions/1", 404, notFound, nothing),
        Case("GET ?find=LayerVersion&Arn=\(arn):9", 404, notFound, nothing),
        Case(
            "GET ?CompatibleArchitecture=archdoesnotexist", 400, "ValidationException",
            "1 validation error detected: Value 'archdoesnotexist' at 'compatibleArchitecture' failed to satisfy "
                + "constraint: Member must satisfy enum value set: [x86_64, arm64]"),
        Case(
            "GET /l/versions/2/policy", 404, notFound, "No policy is associated with the given resource."),
        Case(
            "POST /l/versions/1/policy", body: #"{"StatementId":"s9","Action":"*","Principal":"*"}"#, 400,
            "ValidationException",
            "1 validation error detected: Value '*' at 'action' failed to satisfy constraint: "
                + "Member must satisfy regular expression pattern: lambda:GetLayerVersion"),
        Case(
            "POST /l/versions/1/policy",
            body: #"{"StatementId":"s1","Action":"lambda:GetLayerVersion","Principal":"*"}"#, 409,
            "ResourceConflictException",
            "The statement id (s1) provided already exists. Please provide a new statement id, or remove the existing statement."
        ),
        Case("POST /l/versions/1/policy?RevisionId=wrong", body: grant, 412, "PreconditionFailedException", stale),
        Case("DELETE /l/versions/1/policy/s1?RevisionId=wrong", 412, "PreconditionFailedException", stale),
        Case(
            "POST /l-doesnotexist/versions/1/policy", body: grant, 404, notFound,
            "Layer version \(arn)-doesnotexist:1 does not exist."),
        Case(
            "GET /l-doesnotexist/versions/1/policy", 404, notFound,
            "Layer version \(arn)-doesnotexist:1 does not exist."),
        Case(
            "DELETE /l-doesnotexist/versions/1/policy/s1", 404, notFound,
            "Layer version \(arn)-doesnotexist:1 does not exist."),
        Case("POST /l/versions/9/policy", body: grant, 404, notFound, "Layer version \(arn):9 does not exist."),
        Case("GET /l/versions/9/policy", 404, notFound, "Layer version \(arn):9 does not exist."),
        Case("DELETE /l/versions/9/policy/s1", 404, notFound, "Layer version \(arn):9 does not exist."),
        Case(
            "DELETE /l/versions/1/policy/doesnotexist", 404, notFound,
            "Statement doesnotexist is not found in resource policy."),
    ]

    private static let others: [Case] = [
        Case("GET ?find=LayerVersion&Arn=\(arn):99999999999999999999", 404, notFound, nothing),
        Case("GET ?find=LayerVersion&Arn=\(arn):0", 400, invalid, "Layer Version Cannot be less than 1"),
        Case("DELETE /l/versions/2/policy/s1", 404, notFound, "No policy is associated with the given resource."),
        Case("POST /l/versions/0/policy", body: grant, 400, invalid, "Layer Version Cannot be less than 1"),
        Case(
            "POST /arn:aws:lambda:eu-west-1:123456789012:layer:l/versions",
            body: #"{"Content":{"ZipFile":"UEs="}}"#, 404, notFound,
            "Layers from 'eu-west-1' are not reachable in this region ('us-east-1')"),
        Case(
            "GET ?MaxItems=51", 400, "ValidationException",
            "1 validation error detected: Value '51' at 'maxItems' failed to satisfy constraint: "
                + "Member must have value less than or equal to 50"),
        Case(
            "POST /l/versions",
            body: #"{"Content":{"ZipFile":"UEs="},"CompatibleArchitectures":["x86_64","arm64","arm64"]}"#,
            400, "ValidationException",
            "1 validation error detected: Value '[x86_64, arm64, arm64]' at 'compatibleArchitectures' failed to satisfy "
                + "constraint: Member must have length less than or equal to 2"),
    ]

    @Test(arguments: recorded + others)
    func `is answered in AWS's words`(failure: Case) async throws {
        try await TestServer.run { server in
            #expect(try await server.publishLayer().status == 201)
            #expect(try await server.publishLayer().status == 201)
            let open = try await server.request(
                "POST", "\(layers)/l/versions/1/policy",
                body: #"{"StatementId":"s1","Action":"lambda:GetLayerVersion","Principal":"*"}"#)
            #expect(open.status == 201)
            let parts = failure.request.split(separator: " ").map { String($0) }
            let answer = try await server.request(parts[0], layers + parts[1], body: failure.body)
            #expect(answer.status == failure.status)
            #expect(answer.header("x-amzn-ErrorType") == failure.code)
            let key = failure.code == Self.notFound ? "Message" : "message"
            var body: JSONObject = [key: .string(failure.message)]
            if failure.code != "ValidationException" { body["Type"] = .string("User") }
            #expect(try answer.json() == body)
            // Nothing has changed.
            let policy = try await server.request("GET", "\(layers)/l/versions/1/policy").json()
            #expect(policy["RevisionId"]?.stringValue == "revision-1")
        }
    }

    @Test func `names sixteen runtimes`() async throws {
        try await TestServer.run { server in
            let list = Array(repeating: #""python3.11""#, count: 16).joined(separator: ",")
            let answer = try await server.publishLayer(extra: #","CompatibleRuntimes":[\#(list)]"#)
            #expect(answer.status == 400)
            #expect(
                answer.text.contains(
                    "at 'compatibleRuntimes' failed to satisfy constraint: Member must have length less than or equal to 15"
                ))
        }
    }

    @Test func `brings too large a zip`() async throws {
        try await TestServer.run { server in
            let answer = try await server.publishLayer(zip: String(repeating: "AAAA", count: 17_476_267))
            #expect(answer.status == 413)
            #expect(answer.text == #"{"message":"Zipped size must be smaller than 52428800 bytes"}"#)
        }
    }
}
