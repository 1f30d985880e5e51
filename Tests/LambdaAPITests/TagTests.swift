import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let tagPath = "/2017-03-31/tags"
private let lambda = "arn:aws:lambda:us-east-1:123456789012"
private let uuid = "11112222-3333-4444-5555-666677778888"
private let pattern =
    #"arn:(aws[a-zA-Z-]*):lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:"#
    + #"(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|code-signing-config:csc-[a-z0-9]{17}|"#
    + #"event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|"#
    + "capacity-provider:[a-zA-Z0-9-_]+)"

private func malformed(_ arn: String) -> Refusal {
    .validation(
        "1 validation error detected: Value '\(arn)' at 'resource' failed to satisfy constraint: "
            + "Member must satisfy regular expression pattern: \(pattern)")
}

extension TestServer {
    fileprivate func tag(_ arn: String, _ body: String) async throws -> TestAnswer {
        try await self.request("POST", "\(tagPath)/\(arn)", body: #"{"Tags":\#(body)}"#)
    }

    fileprivate func tags(of arn: String) async throws -> JSONValue? {
        try await self.request("GET", "\(tagPath)/\(arn)").json()["Tags"]
    }
}

@Suite struct `Tags` {
    @Test func `of a function are merged, replaced, taken away and shown`() async throws {
        try await TestServer.run { server in
            try await server.createFunction(extra: #","Tags":{"a":"1"}"#)
            let arn = "\(lambda):function:f"
            #expect(try await server.tags(of: arn) == .object(["a": .string("1")]))

            let tagged = try await server.tag(arn, #"{"b":"2","a":"3"}"#)
            #expect(tagged.status == 204 && tagged.body.isEmpty)
            #expect(try await server.tags(of: arn) == .object(["a": .string("3"), "b": .string("2")]))
            let shown = try await server.request("GET", "/2015-03-31/functions/f").json()["Tags"]
            #expect(shown == .object(["a": .string("3"), "b": .string("2")]))

            let untagged = try await server.request("DELETE", "\(tagPath)/\(arn)?tagKeys=a&tagKeys=b&tagKeys=no")
            #expect(untagged.status == 204 && untagged.body.isEmpty)
            // An empty object, and nothing at all in GetFunction.
            #expect(try await server.tags(of: arn) == .object([:]))
            #expect(try await server.request("GET", "/2015-03-31/functions/f").json()["Tags"] == nil)
        }
    }

    @Test func `of a function are in its revision, and make no new generation`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let arn = "\(lambda):function:f"
            let path = "/2015-03-31/functions/f/configuration"
            let before = try await server.request("GET", path).json()["RevisionId"]
            _ = try await server.tag(arn, #"{"a":"1"}"#)
            let after = try await server.request("GET", path).json()["RevisionId"]
            #expect(before != nil && after != nil && before != after)
            let key = try TestServer.key()
            let stored = try await server.store.read { try $0.resource(LatestVersion.self, at: key.address) }
            #expect(stored?.record.generation == 1)
        }
    }

    @Test func `of mappings and code signing configurations work in the same way`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let mapping = try await server.request(
                "POST", "/2015-03-31/event-source-mappings",
                body: #"{"FunctionName":"f","EventSourceArn":"arn:aws:sqs:us-east-1:123456789012:q","Tags":{"k":"v"}}"#)
            let config = try await server.request(
                "POST", "/2020-04-22/code-signing-configs",
                body: #"{"AllowedPublishers":{"SigningProfileVersionArns":["arn:aws:signer:::/p"]},"Tags":{"k":"v"}}"#)
            let mappingARN = try #require(try mapping.json()["EventSourceMappingArn"]?.stringValue)
            let shape = try #require(try config.json()["CodeSigningConfig"]?.objectValue)
            for arn in [mappingARN, try #require(shape["CodeSigningConfigArn"]?.stringValue)] {
                #expect(try await server.tags(of: arn) == .object(["k": .string("v")]))
                #expect(try await server.tag(arn, #"{"l":"w"}"#).status == 204)
                #expect(try await server.request("DELETE", "\(tagPath)/\(arn)?tagKeys=k").status == 204)
                #expect(try await server.tags(of: arn) == .object(["l": .string("w")]))
            }
        }
    }

    @Test func `are at most fifty`() async throws {
        try await TestServer.run { server in
            func body(_ count: Int) -> String {
                "{" + (0..<count).map { #""k\#($0)":"v""# }.joined(separator: ",") + "}"
            }
            let limit = Refusal.invalid("Number of tags exceeds resource tag limit.")
            try await server.createFunction()
            let arn = "\(lambda):function:f"
            expect(try await server.tag(arn, body(51)), is: limit)
            #expect(try await server.tag(arn, body(50)).status == 204)
            #expect(try await server.tag(arn, #"{"k0":"other"}"#).status == 204)
            expect(try await server.tag(arn, #"{"one-more":"v"}"#), is: limit)
            #expect(try await server.tags(of: arn)?.objectValue?.count == 50)
        }
    }

    static let missing = [
        ("\(lambda):function:doesnotexist", Refusal.notFound("Function not found: \(lambda):function:doesnotexist")),
        (
            "\(lambda):event-source-mapping:\(uuid)",
            .notFound("Event source mapping not found: \(lambda):event-source-mapping:\(uuid)")
        ),
        (
            "\(lambda):capacity-provider:p",
            .notFound("Capacity provider not found: \(lambda):capacity-provider:p")
        ),
        (
            "\(lambda):code-signing-config:csc-0123456789abcdefg",
            Refusal(
                status: 404, code: "ResourceNotFoundException",
                body: #"{"Message":"The Lambda code signing configuration "#
                    + #"\#(lambda):code-signing-config:csc-0123456789abcdefg can not be found."}"#)
        ),
        (
            "\(lambda):function:f:1",
            .invalid(
                "Tags on function aliases and versions are not supported. Please specify a function ARN.")
        ),
        (
            "\(lambda):function:nobody:$LATEST",
            .invalid(
                "Tags on function aliases and versions are not supported. Please specify a function ARN.")
        ),
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:f",
            .notFound("Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")
        ),
        (
            "arn:aws:lambda:us-east-1:000000000001:function:f",
            Refusal(status: 403, code: "AccessDeniedException", body: #"{"Message":null}"#)
        ),
        ("arn:aws:something", malformed("arn:aws:something")),
        ("\(lambda):foobar:f", malformed("\(lambda):foobar:f")),
        ("\(lambda):capacity-provider:p:alias", malformed("\(lambda):capacity-provider:p:alias")),
        (
            "\(lambda):event-source-mapping:\(uuid):alias", malformed("\(lambda):event-source-mapping:\(uuid):alias")
        ),
    ]

    @Test(arguments: Tags.missing) func `of what has none are refused by all three operations`(
        arn: String, refusal: Refusal
    ) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            expect(try await server.tag(arn, #"{"a":"1"}"#), is: refusal)
            expect(try await server.request("GET", "\(tagPath)/\(arn)"), is: refusal)
            expect(try await server.request("DELETE", "\(tagPath)/\(arn)?tagKeys=a"), is: refusal)
        }
    }

    @Test func `that are none, and keys that are none, are refused each in its own way`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let arn = "\(lambda):function:f"
            expect(
                try await server.tag(arn, "{}"),
                is: .invalid("An error occurred and the request cannot be processed."))
            expect(
                try await server.request("DELETE", "\(tagPath)/\(arn)"),
                is: .validation(
                    "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: "
                        + "Member must not be null"))
        }
    }

    @Test func `of a function that is being updated do not change`() async throws {
        let store = MemoryStore()
        var record = FunctionRecord(
            key: try TestServer.key(), role: "r", runtime: "python3.11", handler: "a.b",
            code: CodeReference(digest: "d", base64: "s", size: 1), lastModified: ManualTime.start)
        record.state = .active
        record.updateStatus = .inProgress
        try await store.put(record)
        try await TestServer.run(store: store) { server in
            let arn = "\(lambda):function:f"
            let conflict = Refusal.conflict(
                "The operation cannot be performed at this time. An update is in progress for resource: \(arn)")
            expect(try await server.tag(arn, #"{"a":"1"}"#), is: conflict)
            expect(try await server.request("DELETE", "\(tagPath)/\(arn)?tagKeys=a"), is: conflict)
            #expect(try await server.tags(of: arn) == .object([:]))
        }
    }
}
