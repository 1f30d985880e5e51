import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let functions = "/2015-03-31/functions"
private let accessPoint = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0"

/// How one member is given, shown, replaced and taken away.
struct MemberCase: Sendable, CustomTestStringConvertible {
    /// Its name.
    let member: String
    var given: String
    /// As it was given, where `nil`.
    var shown: String?
    var cleared: String?
    /// `nil` where the member is absent then.
    var shownCleared: String?

    var testDescription: String { self.member }
}

@Suite struct `A member of a function` {
    static let cases = [
        MemberCase(
            member: "VpcConfig", given: #"{"SubnetIds":["subnet-1a","subnet-2"],"SecurityGroupIds":["sg-1"]}"#,
            shown:
                #"{"SubnetIds":["subnet-1a","subnet-2"],"SecurityGroupIds":["sg-1"],"VpcId":"vpc-1a","Ipv6AllowedForDualStack":false}"#,
            cleared: #"{"SubnetIds":[],"SecurityGroupIds":[]}"#,
            shownCleared: #"{"SubnetIds":[],"SecurityGroupIds":[],"VpcId":"","Ipv6AllowedForDualStack":false}"#),
        MemberCase(
            member: "DeadLetterConfig", given: #"{"TargetArn":"arn:aws:sqs:us-east-1:123456789012:q"}"#,
            cleared: #"{"TargetArn":""}"#),
        MemberCase(member: "KMSKeyArn", given: #""arn:aws:kms:us-east-1:123456789012:key/k""#, cleared: #""""#),
        MemberCase(
            member: "FileSystemConfigs", given: #"[{"Arn":"\#(accessPoint)","LocalMountPath":"/mnt/data"}]"#,
            cleared: "[]"),
        MemberCase(
            member: "Environment", given: #"{"Variables":{"AB":"a\"b\\\n"}}"#, cleared: "{}",
            shownCleared: #"{"Variables":{}}"#),
        MemberCase(
            member: "TracingConfig", given: #"{"Mode":"Active"}"#, cleared: #"{"Mode":"PassThrough"}"#,
            shownCleared: #"{"Mode":"PassThrough"}"#),
        MemberCase(
            member: "EphemeralStorage", given: #"{"Size":1024}"#, cleared: #"{"Size":512}"#,
            shownCleared: #"{"Size":512}"#),
        MemberCase(
            member: "SnapStart", given: #"{"ApplyOn":"PublishedVersions"}"#,
            shown: #"{"ApplyOn":"PublishedVersions","OptimizationStatus":"Off"}"#, cleared: #"{"ApplyOn":"None"}"#,
            shownCleared: #"{"ApplyOn":"None","OptimizationStatus":"Off"}"#),
        MemberCase(
            member: "LoggingConfig",
            given: #"{"LogFormat":"JSON","ApplicationLogLevel":"DEBUG","SystemLogLevel":"WARN","LogGroup":"/g"}"#,
            cleared: #"{"LogFormat":"Text"}"#, shownCleared: #"{"LogFormat":"Text","LogGroup":"/g"}"#),
        MemberCase(member: "MemorySize", given: "512", cleared: "128", shownCleared: "128"),
        MemberCase(member: "Timeout", given: "900", cleared: "3", shownCleared: "3"),
        MemberCase(member: "Description", given: #""d""#, cleared: #""""#, shownCleared: #""""#),
        MemberCase(member: "Handler", given: #""x.y""#, cleared: #""a.b""#, shownCleared: #""a.b""#),
    ]

    @Test(arguments: cases) func `is kept, given back, kept by other updates, and taken away by its empty value`(
        each: MemberCase
    ) async throws {
        @Sendable func json(_ text: String?) throws -> JSONValue? {
            try text.map { try JSONValue.parse(Array($0.utf8)) }
        }
        try await TestServer.run(configure: { $0.fileSystems = { $0 == accessPoint ? "/srv/data" : nil } }) { server in
            let member = #","Runtime":"python3.13","\#(each.member)":\#(each.given)"#
            try await server.createFunction("made", extra: member)
            let shown = try json(each.shown ?? each.given)
            #expect(try await server.configuration("made")[each.member] == shown)

            try await server.createFunction(extra: #","Runtime":"python3.13""#)
            try await server.update("configuration", #"{"\#(each.member)":\#(each.given)}"#)
            #expect(try await server.configuration()[each.member] == shown)
            try await server.update("configuration", #"{"Role":"arn:aws:iam::123456789012:role/other"}"#)
            try await server.update("code", #"{"ZipFile":"UEsDBA=="}"#)
            #expect(try await server.configuration()[each.member] == shown)
            let listed = try await server.request("GET", functions).json()["Functions"]?.arrayValue?.first
            #expect(listed?.objectValue?[each.member] == shown)
            guard let cleared = each.cleared else { return }
            try await server.update("configuration", #"{"\#(each.member)":\#(cleared)}"#)
            #expect(try await server.configuration()[each.member] == json(each.shownCleared))
        }
    }

    @Test func `that only a creation takes is kept for good`() async throws {
        try await TestServer.run { server in
            try await server.createFunction(extra: #","TenancyConfig":{"TenantIsolationMode":"PER_TENANT"}"#)
            let shown: JSONValue = .object(["TenantIsolationMode": .string("PER_TENANT")])
            #expect(try await server.configuration()["TenancyConfig"] == shown)
            try await server.update("configuration", #"{"Timeout":5,"TenancyConfig":{"TenantIsolationMode":"x"}}"#)
            #expect(try await server.configuration()["TenancyConfig"] == shown)
        }
    }

    @Test func `of SnapStart holds the runtime to those that have it`() async throws {
        try await TestServer.run { server in
            try await server.createFunction(
                extra: #","Runtime":"python3.13","SnapStart":{"ApplyOn":"PublishedVersions"}"#)
            let answer = try await server.request(
                "PUT", "\(functions)/f/configuration", body: #"{"Runtime":"python3.11"}"#)
            #expect(
                answer.text
                    == #"{"Type":"User","message":"python3.11 is not supported for SnapStart enabled functions."}"#)
        }
    }

    @Test(arguments: [0, 7]) func `of the function as a whole is shown where it is set`(reserved: Int) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            #expect(try await server.request("GET", "\(functions)/f").json()["Concurrency"] == nil)
            let key = try TestServer.key()
            try await server.store.write { transaction in
                var properties = try #require(try transaction.resource(FunctionProperties.self, at: key.address))
                properties.reservedConcurrency = reserved
                try transaction.put(properties)
            }
            try await server.api.loadFunctions()
            #expect(
                try await server.request("GET", "\(functions)/f").json()["Concurrency"]
                    == .object(["ReservedConcurrentExecutions": .number(String(reserved))]))
        }
    }
}

@Suite struct `A function's name` {
    @Test func `is refused by the model where its ARN is longer than 140 characters`() async throws {
        try await TestServer.run { server in
            let name = "arn:aws:lambda:us-east-1:123456789012:function:" + String(repeating: "a", count: 94)
            let answer = try await server.request("POST", functions, body: TestServer.createBody(name))
            #expect(answer.header("x-amzn-ErrorType") == "ValidationException")
            #expect(
                answer.text.contains(
                    "Value '\(name)' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 140"
                ))
        }
    }

    @Test(arguments: [
        ("arn:aws:lambda:us-east-1:123456789012:function:g", 201, ""), ("123456789012:function:g", 201, ""),
        ("function:g", 201, ""), ("g:$LATEST", 201, ""),
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:g", 404,
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"
        ),
        ("arn:aws:lambda:us-east-1:210987654321:function:g", 403, #"{"Message":null}"#),
        ("invalid:function:name", 400, "Member must satisfy regular expression pattern: "),
        ("g:$latest", 400, "Member must satisfy regular expression pattern: "), ("g:1", 400, "cannot name a version"),
    ]) func `may be an ARN of this place`(name: String, status: Int, text: String) async throws {
        try await TestServer.run { server in
            let answer = try await server.request("POST", functions, body: TestServer.createBody(name))
            #expect(answer.status == status, "\(answer.text)")
            #expect(text.isEmpty || answer.text.contains(text), "\(answer.text)")
            guard status == 201 else { return }
            #expect(try answer.json()["FunctionName"]?.stringValue == "g")
            #expect(
                try answer.json()["FunctionArn"]?.stringValue == "arn:aws:lambda:us-east-1:123456789012:function:g")
        }
    }
}

@Suite struct `A creation that waits` {
    @Test(arguments: ["", #","Publish":true"#]) func `is answered once the function is active`(
        extra: String
    ) async throws {
        try await TestServer.run(configure: { $0.synchronousCreate = true }) { server in
            let answer = try await server.request("POST", functions, body: TestServer.createBody(extra: extra))
            #expect(answer.status == 201)
            let shape = try answer.json()
            #expect(shape["State"]?.stringValue == "Active")
            #expect(shape["LastUpdateStatus"]?.stringValue == "Successful")
            #expect(shape["Version"]?.stringValue == (extra.isEmpty ? "$LATEST" : "1"))
            #expect(try await server.request("POST", "\(functions)/f/invocations").status == 200)
        }
    }
}

@Suite struct `A function that is deleted` {
    @Test func `takes all with it that is its own, and nothing else`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            try await server.createFunction("f2")
            _ = try await server.publish()
            let key = try TestServer.key()
            let other = try TestServer.key("f2")
            try await server.store.write { transaction in
                for function in [key, other] {
                    for qualifier in ["", "1", "live"] {
                        try transaction.put(
                            PolicyRecord(function: function, qualifier: qualifier, statements: [], revisionID: "r"))
                        try transaction.put(
                            FunctionURLRecord(
                                function: function, qualifier: qualifier, id: "\(function.name)\(qualifier)",
                                authType: .none, invokeMode: .buffered, cors: nil, created: ManualTime.start))
                        try transaction.put(
                            EventInvokeConfigRecord(
                                function: function, qualifier: qualifier, modified: ManualTime.start))
                        try transaction.put(
                            ProvisionedConcurrencyRecord(
                                function: function, qualifier: qualifier, requested: 1, modified: ManualTime.start))
                        try transaction.put(
                            RuntimeManagementRecord(
                                version: VersionKey(function: function, version: qualifier), updateRuntimeOn: "Auto",
                                runtimeVersionARN: nil))
                    }
                    try transaction.put(
                        AliasRecord(
                            function: function, name: "live", version: "$LATEST", summary: "", additionalWeights: [:],
                            revisionID: "r"))
                }
            }
            #expect(try await Self.counts(of: key, in: server.store) == [1, 1, 1, 1, 3, 3, 3, 3, 3])
            #expect(try await server.request("DELETE", "\(functions)/f?Qualifier=1").status == 204)
            // What was the version's own goes with it; its URL cannot be, for URLs are of functions and aliases.
            #expect(try await Self.counts(of: key, in: server.store) == [1, 1, 0, 1, 2, 3, 2, 2, 2])
            #expect(try await server.request("DELETE", "\(functions)/f").status == 204)
            #expect(try await Self.counts(of: key, in: server.store) == [0, 0, 0, 0, 0, 0, 0, 0, 0])
            #expect(try await Self.counts(of: other, in: server.store) == [1, 1, 0, 1, 3, 3, 3, 3, 3])
        }
    }

    private static func counts(of key: FunctionKey, in store: MemoryStore) async throws -> [Int] {
        try await store.read { store in
            func count<Resource: StoredResource>(_ type: Resource.Type) throws -> Int {
                try store.resources(type, in: key.scope, name: key.name.text).count
            }
            return [
                try count(LatestVersion.self), try count(FunctionProperties.self), try count(PublishedVersion.self),
                try count(AliasRecord.self), try count(PolicyRecord.self), try count(FunctionURLRecord.self),
                try count(EventInvokeConfigRecord.self), try count(ProvisionedConcurrencyRecord.self),
                try count(RuntimeManagementRecord.self),
            ]
        }
    }

    @Test func `is missed by whoever names a version of it, without the version`() async throws {
        try await TestServer.run { server in
            let answer = try await server.request("DELETE", "\(functions)/f?Qualifier=1")
            #expect(answer.status == 404)
            #expect(
                answer.text
                    == #"{"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:f"}"#
            )
        }
    }
}
