import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let functions = "/2015-03-31/functions"
private let arn = "arn:aws:lambda:us-east-1:123456789012:function:f"

extension TestServer {
    /// Makes function `f` with version 1 and alias `live`, past the API.
    fileprivate func storeVersionAndAlias() async throws {
        try await self.createFunction()
        let key = try TestServer.key()
        var version = FunctionRecord(
            key: key, role: "r", runtime: "python3.11", handler: "a.b",
            code: CodeReference(digest: "d", base64: "s", size: 1), lastModified: ManualTime.start)
        version.version = "1"
        version.state = .active
        version.revisionID = "of-version"
        let alias = AliasRecord(
            function: key, name: "live", version: "1", summary: "", additionalWeights: [:], revisionID: "of-alias")
        try await self.store.write { [version] transaction in
            try transaction.put(PublishedVersion(version))
            try transaction.put(alias)
        }
    }

    fileprivate func add(
        _ sid: String = "s3", to function: String = "f", principal: String = "s3.amazonaws.com", query: String = "",
        extra: String = ""
    ) async throws -> TestAnswer {
        try await self.request(
            "POST", "\(functions)/\(function)/policy\(query)",
            body: #"{"StatementId":"\#(sid)","Action":"lambda:InvokeFunction","Principal":"\#(principal)"\#(extra)}"#)
    }

    fileprivate func policy(_ function: String = "f", query: String = "") async throws -> TestAnswer {
        try await self.request("GET", "\(functions)/\(function)/policy\(query)")
    }
}

@Suite struct `A permission of a function` {
    struct Rendering: Sendable, CustomTestStringConvertible {
        let input: String
        /// After `"Effect":"Allow",`.
        let statement: String
        var testDescription: String { self.input }

        init(_ input: String, _ statement: String) {
            self.input = input
            self.statement = statement
        }
    }

    private static let invoke = #""Action":"lambda:InvokeFunction","Resource":"\#(arn)""#

    @Test(arguments: [
        Rendering(
            #""Action":"lambda:InvokeFunction","Principal":"s3.amazonaws.com","SourceArn":"arn:aws:s3:::b""#,
            #""Principal":{"Service":"s3.amazonaws.com"},\#(invoke),"Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"}}"#
        ),
        Rendering(
            #""Action":"lambda:InvokeFunction","Principal":"*","SourceAccount":"123456789012""#,
            #""Principal":"*",\#(invoke),"Condition":{"StringEquals":{"AWS:SourceAccount":"123456789012"}}"#),
        Rendering(
            #""Action":"lambda:InvokeFunction","Principal":"123456789012""#,
            #""Principal":{"AWS":"arn:aws:iam::123456789012:root"},\#(invoke)"#),
        Rendering(
            #""Action":"lambda:InvokeFunction","Principal":"arn:aws:iam::123456789012:user/path/u""#,
            #""Principal":{"AWS":"arn:aws:iam::123456789012:user/path/u"},\#(invoke)"#),
        Rendering(
            #""Action":"lambda:InvokeFunctionUrl","Principal":"*","SourceArn":"arn:aws:s3:::b","SourceAccount":"123456789012","PrincipalOrgID":"o-1234567890","FunctionUrlAuthType":"NONE""#,
            #""Principal":"*","Action":"lambda:InvokeFunctionUrl","Resource":"\#(arn)","Condition":{"StringEquals":{"AWS:SourceAccount":"123456789012","lambda:FunctionUrlAuthType":"NONE","aws:PrincipalOrgID":"o-1234567890"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"}}"#
        ),
        Rendering(
            #""Action":"lambda:InvokeFunction","Principal":"*","EventSourceToken":"amzn1.ask.skill.x""#,
            #""Principal":"*",\#(invoke),"Condition":{"StringEquals":{"lambda:EventSourceToken":"amzn1.ask.skill.x"}}"#
        ),
        Rendering(
            #""Action":"lambda:InvokeFunction","Principal":"*","InvokedViaFunctionUrl":true"#,
            #""Principal":"*",\#(invoke),"Condition":{"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}"#),
        Rendering(
            #""Action":"*","Principal":"alexa-appkit.amazon.com""#,
            #""Principal":{"Service":"alexa-appkit.amazon.com"},"Action":"*","Resource":"\#(arn)""#),
    ])
    func `is the statement that AWS makes of it, to the byte`(rendering: Rendering) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request(
                "POST", "\(functions)/f/policy", body: #"{"StatementId":"sid",\#(rendering.input)}"#)
            #expect(answer.status == 201, "\(answer.text)")
            let statement = #"{"Sid":"sid","Effect":"Allow",\#(rendering.statement)}"#
            #expect(try answer.json() == ["Statement": .string(statement)])
            let policy = try await server.policy().json()
            #expect(
                policy["Policy"]?.stringValue
                    == #"{"Version":"2012-10-17","Id":"default","Statement":[\#(statement)]}"#)
        }
    }

    @Test func `belongs to the function, the version or the alias that it was given to`() async throws {
        let store = MemoryStore()
        try await TestServer.run(store: store) { server in try await server.storeVersionAndAlias() }
        try await TestServer.run(store: store) { server in
            for (name, query, resource) in [
                ("f", "", arn), ("f", "?Qualifier=1", arn + ":1"), ("f:live", "", arn + ":live"),
            ] {
                let missing = try await server.policy(name, query: query)
                #expect(missing.status == 404)
                let answer = try await server.add(to: name, query: query)
                #expect(answer.status == 201, "\(answer.text)")
                let text = try await server.policy(name, query: query).json()["Policy"]?.stringValue ?? ""
                #expect(text.contains(#""Resource":"\#(resource)""#) && !text.contains("},{"))
            }
            // The same by another name.
            let same = try await server.policy("f:1")
            #expect(same.text == (try await server.policy(query: "?Qualifier=1")).text)
        }
    }

    @Test func `gives a new revision to its policy and to what that belongs to, the same`() async throws {
        let store = MemoryStore()
        try await TestServer.run(store: store) { server in try await server.storeVersionAndAlias() }
        try await TestServer.run(store: store) { server in
            let key = try TestServer.key()
            func revisions() async throws -> [String?] {
                try await store.read { store in
                    [
                        try store.resource(LatestVersion.self, at: key.address)?.record.revisionID,
                        try store.resource(
                            PublishedVersion.self, at: key.address(part: ResourceAddress.number(1)))?.record.revisionID,
                        try store.resource(AliasRecord.self, at: key.address(part: "live"))?.revisionID,
                    ]
                }
            }
            var known = try await revisions()
            for (place, query) in ["", "?Qualifier=1", "?Qualifier=live"].enumerated() {
                // The first permission is checked against the function's, version's or alias's own revision.
                let own = known[place] ?? ""
                #expect(try await server.add(query: query, extra: #","RevisionId":"other""#).status == 412)
                #expect(try await server.add(query: query, extra: #","RevisionId":"\#(own)""#).status == 201)
                let policy = try await server.policy(query: query).json()["RevisionId"]?.stringValue
                let after = try await revisions()
                #expect(policy == after[place] && policy != known[place])
                known[place] = after[place]
                // The others keep theirs.
                #expect(after == known)

                let stale = try await server.request(
                    "DELETE", "\(functions)/f/policy/s3\(query.isEmpty ? "?" : query + "&")RevisionId=\(own)")
                #expect(stale.status == 412)
                let removed = try await server.request(
                    "DELETE", "\(functions)/f/policy/s3\(query.isEmpty ? "?" : query + "&")RevisionId=\(policy ?? "")")
                #expect(removed.status == 204 && removed.body.isEmpty)
                #expect(try await server.policy(query: query).status == 404)
                let last = try await revisions()
                #expect(last[place] != known[place])
                known = last
            }
        }
    }

    @Test func `is removed alone`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            #expect(try await server.add("a").status == 201)
            #expect(try await server.add("b", principal: "sqs.amazonaws.com").status == 201)
            #expect(try await server.request("DELETE", "\(functions)/f/policy/a").status == 204)
            let policy = try await server.policy().json()["Policy"]?.stringValue ?? ""
            #expect(policy.contains(#""Sid":"b""#) && !policy.contains(#""Sid":"a""#))
        }
    }

    @Test func `that would make the policy too long is refused, and nothing is kept of it`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let name = String(repeating: "x", count: 900)
            var answer = try await server.add("s0")
            var count = 0
            while answer.status == 201, count < 100 {
                count += 1
                answer = try await server.add("s\(count)", extra: #","SourceArn":"arn:aws:s3:::\#(name)""#)
            }
            #expect(answer.status == 400 && answer.header("x-amzn-ErrorType") == "PolicyLengthExceededException")
            let policy = try await server.policy().json()["Policy"]?.stringValue ?? ""
            #expect(policy.utf8.count <= 20_480 && policy.utf8.count > 19_000)
            #expect(!policy.contains(#""Sid":"s\#(count)""#))
            // With one statement more, and a comma before it.
            let size = policy.utf8.count + 1 + statementSize(sid: "s\(count)", name: name)
            #expect(
                answer.text
                    == #"{"Type":"User","message":"The final policy size (\#(size)) is bigger than the limit (20480)."}"#
            )
        }
    }

    private func statementSize(sid: String, name: String) -> Int {
        (#"{"Sid":"\#(sid)","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"\#(arn)","#
            + #""Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::\#(name)"}}}"#).utf8.count
    }

    @Test func `is there after a restart`() async throws {
        let store = MemoryStore()
        try await TestServer.run(store: store) { server in
            try await server.createFunction()
            #expect(try await server.add().status == 201)
        }
        try await TestServer.run(store: store) { server in
            let policy = try await server.policy()
            #expect(policy.status == 200)
        }
    }
}

@Suite struct `An operation on permissions that is refused` {
    struct Case: Sendable, CustomTestStringConvertible {
        let request: String
        let body: String
        let status: Int
        let code: String
        let message: String
        var testDescription: String { "\(self.request): \(self.message)" }

        init(_ request: String, _ status: Int, _ code: String, _ message: String) {
            self.init(request, "", status, code, message)
        }

        init(_ request: String, _ body: String, _ status: Int, _ code: String, _ message: String) {
            self.request = request
            self.body = body
            self.status = status
            self.code = code
            self.message = message
        }
    }

    private static func grant(_ members: String = "") -> String {
        #"{"StatementId":"s3","Action":"lambda:InvokeFunction","Principal":"s3.amazonaws.com"\#(members)}"#
    }

    private static let notFound = "ResourceNotFoundException"
    private static let invalid = "InvalidParameterValueException"
    private static let nothing = "The resource you requested does not exist."

    /// On a function `f` with a statement `taken`, a version 1 without a policy, and nothing else. Recorded from AWS.
    private static let recorded: [Case] = [
        Case(
            "POST f/policy", #"{"StatementId":"example.com","Action":"lambda:InvokeFunction","Principal":"*"}"#, 400,
            "ValidationException",
            "1 validation error detected: Value 'example.com' at 'statementId' failed to satisfy constraint: "
                + "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)"),
        Case(
            "POST f/policy?Qualifier=invalid-qualifier-with-%3F-char", grant(), 400, "ValidationException",
            "1 validation error detected: Value 'invalid-qualifier-with-?-char' at 'qualifier' failed to satisfy "
                + #"constraint: Member must satisfy regular expression pattern: \$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"#
        ),
        Case(
            "POST f:alias-not-42/policy?Qualifier=42", grant(), 400, invalid,
            "The derived qualifier from the function name does not match the specified qualifier."),
        Case(
            "POST f:$LATEST/policy?Qualifier=$LATEST", grant(), 400, invalid,
            "We currently do not support adding policies for $LATEST."),
        Case(
            "POST f/policy", #"{"StatementId":"s","Action":"lambda:InvokeFunction","Principal":"invalid.nonaws.com"}"#,
            400, invalid, "The provided principal was invalid. Please check the principal and try again."),
        Case("GET doesnotexist/policy", 404, notFound, nothing),
        Case("GET f/policy?Qualifier=77", 404, notFound, nothing),
        Case("GET f:1/policy", 404, notFound, nothing),
        Case(
            "POST doesnotexist/policy", grant(), 404, notFound,
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:doesnotexist"),
        Case(
            "POST f:alias-doesnotexist/policy", grant(), 404, notFound,
            "Cannot find alias arn: \(arn):alias-doesnotexist"),
        Case("POST f/policy?Qualifier=42", grant(), 404, notFound, "Function not found: \(arn):42"),
        Case("POST f:42/policy", grant(), 404, notFound, "Function not found: \(arn):42"),
        Case(
            "POST f/policy?Qualifier=valid-with-$-but-doesnotexist", grant(), 404, notFound,
            "Function not found: \(arn):valid-with-$-but-doesnotexist"),
        Case(
            "POST f/policy", #"{"StatementId":"taken","Action":"lambda:InvokeFunction","Principal":"*"}"#, 409,
            "ResourceConflictException",
            "The statement id (taken) provided already exists. Please provide a new statement id, or remove the existing statement."
        ),
        Case(
            "DELETE doesnotexist/policy/s3", 404, notFound,
            "No policy found for: arn:aws:lambda:us-east-1:123456789012:function:doesnotexist"),
        Case(
            "DELETE f/policy/s3?Qualifier=alias-doesnotexist", 404, notFound,
            "Cannot find alias arn: \(arn):alias-doesnotexist"),
        Case("DELETE f/policy/s3?Qualifier=1", 404, notFound, "No policy is associated with the given resource."),
        Case(
            "DELETE f/policy/non-existent", 404, notFound, "Statement non-existent is not found in resource policy."),
        Case(
            "POST f/policy", grant(#","RevisionId":"wrong""#), 412, "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id"
        ),
        Case(
            "POST f:1/policy", grant(#","RevisionId":"wrong""#), 412, "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id"
        ),
        Case(
            "DELETE f/policy/taken?RevisionId=wrong", 412, "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id"
        ),
    ]

    private static let others: [Case] = [
        Case("DELETE f/policy/s3?Qualifier=42", 404, notFound, "Function not found: \(arn):42"),
        Case(
            "DELETE f/policy/s3?Qualifier=$LATEST", 404, notFound, "No policy is associated with the given resource."),
        Case("GET f/policy?Qualifier=$LATEST", 404, notFound, nothing),
        Case("POST f:01/policy", grant(), 404, notFound, "Function not found: \(arn):01"),
        Case(
            "POST f:99999999999999999999/policy", grant(), 404, notFound,
            "Function not found: \(arn):99999999999999999999"),
        Case(
            "POST f/policy", grant(#","FunctionUrlAuthType":"NONE""#), 400, invalid,
            "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action"),
        Case(
            "POST f/policy",
            #"{"StatementId":"s","Action":"lambda:InvokeFunctionUrl","Principal":"*","InvokedViaFunctionUrl":true}"#,
            400,
            invalid, "InvokedViaFunctionUrl is only supported for lambda:InvokeFunction action"),
        Case(
            "POST f/policy", grant(#","EventSourceToken":"t","SourceAccount":"123456789012""#), 400, invalid,
            "EventSourceToken cannot be used together with SourceArn or SourceAccount."),
    ]

    @Test(arguments: recorded + others)
    func `is answered in AWS's words`(failure: Case) async throws {
        let store = MemoryStore()
        try await TestServer.run(store: store) { server in try await server.storeVersionAndAlias() }
        try await store.write { transaction in
            _ = try transaction.remove(AliasRecord.self, at: try TestServer.key().address(part: "live"))
        }
        try await TestServer.run(store: store) { server in
            #expect(try await server.add("taken").status == 201)
            let parts = failure.request.split(separator: " ").map { String($0) }
            let answer = try await server.request(parts[0], "\(functions)/\(parts[1])", body: failure.body)
            #expect(answer.status == failure.status)
            #expect(answer.header("x-amzn-ErrorType") == failure.code)
            let key = failure.code == Self.notFound ? "Message" : "message"
            var body: JSONObject = [key: .string(failure.message)]
            if failure.code != "ValidationException" { body["Type"] = .string("User") }
            #expect(try answer.json() == body)
            // Nothing has changed.
            let policy = try await server.policy().json()["Policy"]?.stringValue ?? ""
            #expect(policy.contains("taken") && !policy.contains("},{"))
        }
    }

    @Test(arguments: [
        "s3", "S3.amazonaws.com", ".amazonaws.com", "12345678901", "arn:aws:iam::123456789012:user/",
        "arn:aws:iam::123456789012:policy/p", "arn:aws:iam:us-east-1:123456789012:root", "arn:aws:s3:::b",
        "arn:aws:iam::123456789012:user", "s3.amazonaws.com.example.com",
    ])
    func `has a principal that is none`(principal: String) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.add(principal: principal)
            #expect(answer.status == 400 && answer.text.contains("The provided principal was invalid."))
        }
    }
}
