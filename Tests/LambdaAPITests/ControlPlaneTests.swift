import LambdaAPI
import LambdaCore
import SigV4
import Testing

private let functions = "/2015-03-31/functions"

@Suite struct `CreateFunction` {
    @Test func `answers Pending with every default, and makes the function active`() async throws {
        try await TestServer.run { server in
            let answer = try await server.request("POST", functions, body: TestServer.createBody())
            #expect(answer.status == 201)
            var shape = try answer.json()
            let runtimeVersion = try #require(
                shape["RuntimeVersionConfig"]?.objectValue?["RuntimeVersionArn"]?.stringValue)
            #expect(runtimeVersion.wholeMatch(of: /arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}/) != nil)
            shape["RuntimeVersionConfig"] = nil
            let expected = """
                {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f",\
                "Runtime":"python3.11","Role":"arn:aws:iam::123456789012:role/r","Handler":"a.b","CodeSize":2,\
                "Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-02T03:04:05.000+0000",\
                "CodeSha256":"sha2","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},\
                "RevisionId":"revision-1","PackageType":"Zip","Architectures":["x86_64"],\
                "EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},\
                "LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending",\
                "StateReason":"The function is being created.","StateReasonCode":"Creating"}
                """
            #expect(String(decoding: JSONValue.object(shape).serialized, as: UTF8.self) == expected)
            guard case .changed(let record) = await server.sink.nextEvent() else {
                Issue.record("the sink was not told")
                return
            }
            #expect(record.state == .active)
            #expect(record.revisionID == "revision-2")
            let read = try await server.request("GET", "\(functions)/f/configuration").json()
            #expect(read["State"]?.stringValue == "Active")
            #expect(read["LastUpdateStatus"]?.stringValue == "Successful")
            #expect(read["StateReason"] == nil)
        }
    }

    @Test func `keeps what was asked for`() async throws {
        let extra = """
            ,"Description":"d","Timeout":900,"MemorySize":10240,"EphemeralStorage":{"Size":10240},\
            "Environment":{"Variables":{"AB":"1"}},"TracingConfig":{"Mode":"Active"},"Tags":{"k":"v"},\
            "LoggingConfig":{"LogFormat":"JSON","LogGroup":"g"},"Layers":[],"VpcConfig":{"SubnetIds":[],\
            "SecurityGroupIds":[]},"ImageConfig":{},"FileSystemConfigs":[],"KMSKeyArn":"",\
            "DeadLetterConfig":{"TargetArn":""},"SnapStart":{"ApplyOn":"None"},"Publish":false,\
            "PackageType":"Zip","Architectures":["x86_64"]
            """
        try await TestServer.run { server in
            try await server.createFunction(extra: extra)
            let answer = try await server.request("GET", "\(functions)/f").json()
            let shape = try #require(answer["Configuration"]?.objectValue)
            #expect(shape["Timeout"]?.intValue == 900)
            #expect(shape["MemorySize"]?.intValue == 10_240)
            #expect(shape["Environment"] == .object(["Variables": .object(["AB": .string("1")])]))
            #expect(shape["TracingConfig"] == .object(["Mode": .string("Active")]))
            #expect(
                shape["LoggingConfig"]
                    == .object([
                        "LogFormat": .string("JSON"), "ApplicationLogLevel": .string("INFO"),
                        "SystemLogLevel": .string("INFO"), "LogGroup": .string("g"),
                    ]))
            #expect(answer["Tags"] == .object(["k": .string("v")]))
        }
    }

    @Test func `refuses a name that is taken`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request("POST", functions, body: TestServer.createBody())
            #expect(answer.status == 409)
            #expect(answer.header("x-amzn-ErrorType") == "ResourceConflictException")
            #expect(answer.text == #"{"Type":"User","message":"Function already exist: f"}"#)
        }
    }

    static let invalid: [(String, String)] = [
        (
            #","Environment":{"Variables":{"AWS_REGION":"x","OK":"1","_HANDLER":"y"}}"#,
            // The model's pattern for names refuses the underscore before the list of reserved keys is asked.
            "at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: ["
        ),
        (
            #","Environment":{"Variables":{"AWS_REGION":"x","OK":"1","LAMBDA_TASK_ROOT":"y"}}"#,
            "Reserved keys used in this request: AWS_REGION, LAMBDA_TASK_ROOT"
        ),
        (
            #","Timeout":901"#,
            "Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900"
        ),
        (
            #","Timeout":0"#,
            "Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1"
        ),
        (
            #","MemorySize":10241"#,
            "Value '10241' at 'memorySize' failed to satisfy constraint: Member must have value less than or equal to 10240"
        ),
        (
            #","MemorySize":127"#,
            "at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128"
        ),
        (
            #","EphemeralStorage":{"Size":511}"#,
            "at 'ephemeralStorage.size' failed to satisfy constraint: Member must have value greater than or equal to 512"
        ),
        (
            #","Handler":"a b""#,
            "at 'handler' failed to satisfy constraint: Member must satisfy regular expression pattern:"
        ),
        (
            #","Role":"r1""#,
            "Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::"
        ),
        (#","Runtime":"python3.12""#, "The runtime python3.12 is not installed on this server."),
        (
            #","Runtime":"cobol""#,
            "Value cobol at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: ["
        ),
        (#","Architectures":["arm64"]"#, "The architecture arm64 is not available on this server"),
        (
            #","Architectures":["x86_64","arm64"]"#,
            "Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1"
        ),
        (
            #","Layers":["arn:aws:lambda:us-east-1:123456789012:layer:l:1"]"#,
            "Layers is not available on this server yet."
        ),
        (#","VpcConfig":{"SubnetIds":["subnet-1"]}"#, "VpcConfig is not available on this server yet."),
        (#","PackageType":"Image""#, "PackageType is not available on this server yet."),
        (#","Publish":true"#, "Publish is not available on this server yet."),
        (#","ImageConfig":{"Command":["c"]}"#, "ImageConfig is not available on this server yet."),
        (#","SnapStart":{"ApplyOn":"PublishedVersions"}"#, "SnapStart is not available on this server yet."),
        (#","Code":{"S3Bucket":"bucket","S3Key":"k"}"#, "Code.S3Bucket is not available on this server yet."),
        (#","Code":{"ImageUri":"i"}"#, "Code.ImageUri is not available on this server yet."),
        (#","Code":{}"#, "Please provide the code as Code.ZipFile"),
        (#","Code":{"ZipFile":"*"}"#, "is not base64"),
        (
            #","LoggingConfig":{"LogFormat":"Text","SystemLogLevel":"WARN"}"#,
            "LogLevel is not supported when LogFormat is set to"
        ),
        (#","Timeout":"3""#, "can not be converted to an Integer"),
        (
            #","Handler":null"#,
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        ),
    ]

    @Test(arguments: invalid) func `refuses`(member: String, text: String) async throws {
        try await TestServer.run { server in
            // The last of two members with one name counts.
            let answer = try await server.request("POST", functions, body: TestServer.createBody(extra: member))
            #expect(answer.status == 400, "\(answer.text)")
            let message = try #require(try answer.json()["message"]?.stringValue)
            #expect(message.contains(text), "\(message)")
            #expect(try await server.request("GET", "\(functions)/f").status == 404)
        }
    }

    @Test func `refuses a name of more than 64 characters in AWS's two-faced way`() async throws {
        try await TestServer.run { server in
            let name = String(repeating: "a", count: 65)
            let answer = try await server.request("POST", functions, body: TestServer.createBody(name))
            #expect(answer.header("x-amzn-ErrorType") == "InvalidParameterValueException")
            #expect(
                answer.text
                    == #"{"Type":"User","message":"1 validation error detected: Value '\#(name)' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64"}"#
            )
        }
    }

    @Test func `measures the environment as compact JSON and shows it`() async throws {
        try await TestServer.run { server in
            func body(_ length: Int) -> String {
                TestServer.createBody(
                    extra: #","Environment":{"Variables":{"LARGE":"\#(String(repeating: "x", count: length))"}}"#)
            }
            // {"LARGE":""} are 12 bytes.
            let answer = try await server.request("POST", functions, body: body(4_085))
            #expect(answer.status == 400)
            #expect(answer.text.contains(#"exceeded the 4KB limit. String measured: {\"LARGE\":\"xxx"#))
            #expect(try await server.request("POST", functions, body: body(4_084)).status == 201)
        }
    }

    @Test func `takes fifty tags and no more`() async throws {
        try await TestServer.run { server in
            func body(_ count: Int) -> String {
                TestServer.createBody(
                    extra: #","Tags":{\#((0..<count).map { #""k\#($0)":"v""# }.joined(separator: ","))}"#)
            }
            let answer = try await server.request("POST", functions, body: body(51))
            #expect(answer.text == #"{"Type":"User","message":"Number of tags exceeds resource tag limit."}"#)
            #expect(try await server.request("POST", functions, body: body(50)).status == 201)
        }
    }

    static let refusedZips: [(CodeError, Int, String)] = [
        (
            .unreadable("no end record"), 400,
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ),
        (
            .unsafeEntry(name: "../x", reason: "leaves the root"), 400,
            "Could not unzip uploaded file. The entry '../x' leaves the root."
        ),
        (.tooLargeUnzipped(limit: 262_144_000), 400, "Unzipped size must be smaller than 262144000 bytes"),
        (.tooManyEntries(limit: 65_536), 400, "The zip must have fewer than 65536 entries."),
        (.failed("disk"), 500, "An error occurred and the request cannot be processed."),
    ]

    @Test(arguments: refusedZips) func `keeps nothing of a zip that is refused`(
        refusal: (CodeError, Int, String)
    ) async throws {
        try await TestServer.run { server in
            server.code.refuse(with: refusal.0)
            let answer = try await server.request("POST", functions, body: TestServer.createBody())
            #expect(answer.status == refusal.1)
            let shape = try answer.json()
            #expect((shape["message"] ?? shape["Message"])?.stringValue == refusal.2)
            #expect(try await server.request("GET", "\(functions)/f").status == 404)
        }
    }

    @Test func `over the request limit is refused before the body is there`() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(
                "POST \(functions) HTTP/1.1\r\nHost: h\r\n\(TestServer.authorization())\r\nContent-Length: 70167211\r\n\r\n"
            )
            let answer = try await client.answer()
            #expect(answer.status == 413)
            #expect(
                answer.text
                    == #"{"message":"Request must be smaller than 70167211 bytes for the CreateFunction operation"}"#)
            try await client.close()
        }
    }

    @Test(arguments: ["{", "nope", #"{"FunctionName":}"#, "[]"]) func `of a body that is no JSON object is refused`(
        body: String
    ) async throws {
        try await TestServer.run { server in
            let answer = try await server.request("POST", functions, body: body)
            #expect(answer.status == 400)
            #expect(answer.header("x-amzn-ErrorType") == "SerializationException")
        }
    }
}

@Suite struct `A function's reader` {
    @Test func `gets a link from which the zip can really be read, for ten minutes`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let code = try #require(try await server.request("GET", "\(functions)/f").json()["Code"]?.objectValue)
            #expect(code["RepositoryType"]?.stringValue == "S3")
            let location = try #require(code["Location"]?.stringValue)
            let link = try #require(location.firstRange(of: "/_lambdad/")).lowerBound
            #expect(location.hasPrefix("http://localhost/_lambdad/code/digest2?X-Amz-Algorithm="))
            let path = String(location[link...])
            let answer = try await server.request("GET", path, headers: [])
            #expect(answer.status == 200)
            #expect(answer.header("Content-Type") == "application/zip")
            #expect(answer.text == "PK")
            #expect(
                try await server.request("GET", path.replacing("digest2", with: "digest3"), headers: []).status == 403)
            #expect(try await server.request("GET", "/_lambdad/code/digest2", headers: []).status == 403)
            server.time.advance(by: .seconds(601))
            #expect(try await server.request("GET", path, headers: []).status == 403)
        }
    }

    @Test func `sees the qualifier in the ARN where it gave one`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let plain = try await server.request("GET", "\(functions)/f/configuration").json()
            #expect(plain["FunctionArn"]?.stringValue == "arn:aws:lambda:us-east-1:123456789012:function:f")
            let latest = try await server.request("GET", "\(functions)/f/configuration?Qualifier=%24LATEST").json()
            #expect(latest["FunctionArn"]?.stringValue == "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST")
        }
    }

    @Test(arguments: [("g", ""), ("f:1", ":1"), ("f?Qualifier=%24latest", ":$latest"), ("g:$LATEST", ":$LATEST")])
    func `is told what was not found`(name: String, suffix: String) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request("GET", "\(functions)/\(name)")
            #expect(answer.status == 404)
            let bare = name.prefix(1)
            #expect(
                answer.text
                    == #"{"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:\#(bare)\#(suffix)"}"#
            )
        }
    }

    @Test func `sees no function of another account or region`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            for other in [
                TestServer.authorization(account: "210987654321"), TestServer.authorization(region: "eu-west-1"),
            ] {
                #expect(try await server.request("GET", "\(functions)/f", headers: [other]).status == 404)
                #expect(try await server.request("GET", functions, headers: [other]).text == #"{"Functions":[]}"#)
            }
        }
    }

    @Test func `lists in order, page by page, without states`() async throws {
        try await TestServer.run { server in
            for name in ["b", "a", "c"] { try await server.createFunction(name) }
            let first = try await server.request("GET", "\(functions)/?MaxItems=2").json()
            let names = first["Functions"]?.arrayValue?.compactMap { $0.objectValue?["FunctionName"]?.stringValue }
            #expect(names == ["a", "b"])
            let listed = try #require(first["Functions"]?.arrayValue?.first?.objectValue)
            #expect(
                listed["State"] == nil && listed["LastUpdateStatus"] == nil && listed["RuntimeVersionConfig"] == nil)
            let marker = try #require(first["NextMarker"]?.stringValue)
            let second = try await server.request(
                "GET", "\(functions)?FunctionVersion=ALL&Marker=\(PercentEncoding.encode(marker, keepSlash: false))"
            ).json()
            let arns = second["Functions"]?.arrayValue?.compactMap { $0.objectValue?["FunctionArn"]?.stringValue }
            #expect(arns == ["arn:aws:lambda:us-east-1:123456789012:function:c:$LATEST"])
            #expect(second["NextMarker"] == nil)
            #expect(try await server.request("GET", "\(functions)?Marker=%2A").status == 400)
        }
    }
}

@Suite struct `An update` {
    @Test func `of the configuration is answered InProgress, then done, and tells the invocation plane`() async throws {
        try await TestServer.run { server in
            try await server.createFunction(extra: #","Environment":{"Variables":{"AB":"1"}}"#)
            let answer = try await server.request(
                "PUT", "\(functions)/f/configuration", body: #"{"Timeout":7,"Environment":{}}"#)
            #expect(answer.status == 200, "\(answer.text)")
            let shape = try answer.json()
            #expect(shape["Timeout"]?.intValue == 7)
            #expect(shape["Environment"] == .object(["Variables": .object([:])]))
            #expect(shape["LastUpdateStatus"]?.stringValue == "InProgress")
            #expect(shape["LastUpdateStatusReason"]?.stringValue == "The function is being created.")
            #expect(shape["LastUpdateStatusReasonCode"]?.stringValue == "Creating")
            guard case .changed(let record) = await server.sink.nextEvent() else {
                Issue.record("the sink was not told")
                return
            }
            #expect(record.timeout == 7 && record.updateStatus == .successful && record.generation == 2)
            let revisions = [shape["RevisionId"]?.stringValue, record.revisionID]
            #expect(revisions == ["revision-3", "revision-4"])
        }
    }

    @Test func `of the code changes hash, size and generation`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request("PUT", "\(functions)/f/code", body: #"{"ZipFile":"UEsDBA=="}"#)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try answer.json()["CodeSha256"]?.stringValue == "sha4")
            guard case .changed(let record) = await server.sink.nextEvent() else {
                Issue.record("the sink was not told")
                return
            }
            #expect(record.code.digest == "digest4" && record.generation == 2)
        }
    }

    @Test func `of the code with DryRun changes nothing`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request(
                "PUT", "\(functions)/f/code", body: #"{"ZipFile":"UEsDBA==","DryRun":true}"#)
            #expect(answer.status == 200)
            #expect(try answer.json()["CodeSha256"]?.stringValue == "sha4")
            let stored = try await server.request("GET", "\(functions)/f/configuration").json()
            #expect(stored["CodeSha256"]?.stringValue == "sha2")
            #expect(stored["RevisionId"]?.stringValue == "revision-2")
        }
    }

    @Test(arguments: [("code", #""ZipFile":"UEsDBA==""#), ("configuration", #""Timeout":7"#)])
    func `against another revision is refused`(part: String, change: String) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let stale = try await server.request(
                "PUT", "\(functions)/f/\(part)", body: #"{\#(change),"RevisionId":"revision-1"}"#)
            #expect(stale.status == 412)
            #expect(stale.header("x-amzn-ErrorType") == "PreconditionFailedException")
            #expect(stale.text.contains("Call the GetFunction/GetAlias API to retrieve the latest Revision Id"))
            let fresh = try await server.request(
                "PUT", "\(functions)/f/\(part)", body: #"{\#(change),"RevisionId":"revision-2"}"#)
            #expect(fresh.status == 200, "\(fresh.text)")
        }
    }

    @Test(arguments: ["code", "configuration"]) func `of a function in transition is a conflict`(part: String)
        async throws
    {
        let store = FakeFunctionStore()
        let record = FunctionRecord(
            key: try TestServer.key(), role: "r", runtime: "python3.11", handler: "a.b",
            code: CodeReference(digest: "d", base64: "s", size: 1), lastModified: ManualTime.start)
        store.put(record)
        try await TestServer.run(store: store) { server in
            let pending = try await server.request("PUT", "\(functions)/f/\(part)", body: #"{"ZipFile":"UEs="}"#)
            #expect(pending.status == 409)
            #expect(pending.text.contains("The function is currently in the following state: Pending"))
            var updating = record
            updating.state = .active
            updating.updateStatus = .inProgress
            store.put(updating)
            let busy = try await server.request("PUT", "\(functions)/f/\(part)", body: #"{"ZipFile":"UEs="}"#)
            #expect(
                busy.text
                    == #"{"Type":"User","message":"The operation cannot be performed at this time. An update is in progress for resource: arn:aws:lambda:us-east-1:123456789012:function:f"}"#
            )
        }
    }

    @Test func `that a crash interrupted is finished at start`() async throws {
        let store = FakeFunctionStore()
        store.put(
            FunctionRecord(
                key: try TestServer.key(), role: "r", runtime: "python3.11", handler: "a.b",
                code: CodeReference(digest: "d", base64: "s", size: 1), lastModified: ManualTime.start))
        try await TestServer.run(store: store) { server in
            #expect(try await server.request("POST", "\(functions)/f/invocations").status == 409)
            try await server.api.finishInterruptedTransitions()
            #expect(try await server.request("POST", "\(functions)/f/invocations").status == 200)
        }
    }

    @Test func `switches the log format and its levels together`() async throws {
        try await TestServer.run { server in
            try await server.createFunction(extra: #","LoggingConfig":{"LogFormat":"JSON","SystemLogLevel":"WARN"}"#)
            let path = "\(functions)/f/configuration"
            let text = try await server.request("PUT", path, body: #"{"LoggingConfig":{"LogFormat":"Text"}}"#).json()
            #expect(
                text["LoggingConfig"]
                    == .object(["LogFormat": .string("Text"), "LogGroup": .string("/aws/lambda/f")]))
            _ = await server.sink.nextEvent()
            let refused = try await server.request("PUT", path, body: #"{"LoggingConfig":{"SystemLogLevel":"WARN"}}"#)
            #expect(refused.status == 400)
        }
    }
}

@Suite struct `DeleteFunction` {
    @Test func `removes the function for readers and callers alike`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request("DELETE", "\(functions)/f")
            #expect(answer.status == 204 && answer.body.isEmpty)
            #expect(await server.sink.nextEvent() == .deleted(try TestServer.key()))
            #expect(try await server.request("GET", "\(functions)/f").status == 404)
            #expect(try await server.request("POST", "\(functions)/f/invocations").status == 404)
            #expect(try await server.request("DELETE", "\(functions)/f").status == 404)
        }
    }

    @Test(arguments: [
        ("%24LATEST", 400, "$LATEST version cannot be deleted without deleting the function."),
        ("live", 400, "Deletion of aliases is not currently supported."), ("7", 204, ""),
    ]) func `with a qualifier leaves the function alone`(qualifier: String, status: Int, text: String) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request("DELETE", "\(functions)/f?Qualifier=\(qualifier)")
            #expect(answer.status == status)
            #expect(answer.text.contains(text) || text.isEmpty)
            #expect(try await server.request("GET", "\(functions)/f").status == 200)
        }
    }
}

@Suite struct `The API` {
    @Test(arguments: [
        ("GET", "/"), ("GET", "/2015-03-31/nothing"), ("PATCH", "/2015-03-31/functions"), ("POST", "/_lambdad/health"),
    ])
    func `answers an unknown path or method as AWS's front end does`(method: String, path: String) async throws {
        try await TestServer.run { server in
            let answer = try await server.request(method, path)
            #expect(answer.status == 404)
            #expect(answer.text == "<UnknownOperationException/>\n")
            #expect(answer.body.count == 29)
            #expect(answer.header("x-amzn-RequestId") != nil)
        }
    }

    @Test func `names the operation that it does not have yet`() async throws {
        try await TestServer.run { server in
            let answer = try await server.request("POST", "\(functions)/f/versions")
            #expect(answer.status == 501)
            #expect(answer.header("x-amzn-ErrorType") == "NotImplementedException")
            #expect(
                answer.text
                    == #"{"Type":"Service","message":"The operation PublishVersion is not available on this server yet."}"#
            )
        }
    }

    @Test func `is healthy without a signature`() async throws {
        try await TestServer.run(authentication: .sigV4) { server in
            let answer = try await server.request("GET", "/_lambdad/health", headers: [])
            #expect(answer.status == 200)
            #expect(answer.text == #"{"status":"ok","functions":0}"#)
        }
    }

    @Test func `hides the store's own words and stays up`() async throws {
        try await TestServer.run { server in
            server.store.fail(with: .failed("disk I/O error at /var/lib/x"))
            let answer = try await server.request("GET", functions)
            #expect(answer.status == 500)
            #expect(
                answer.text
                    == #"{"Type":"Service","Message":"An error occurred and the request cannot be processed."}"#)
            #expect(try await server.request("GET", "/_lambdad/health").status == 200)
        }
    }

    @Test(arguments: ["GET \(functions)", "POST \(functions)/f/invocations", "POST \(functions)/f/versions"])
    func `wants a signature where it is told to`(line: String) async throws {
        try await TestServer.run(authentication: .sigV4) { server in
            let parts = line.split(separator: " ").map { String($0) }
            let unsigned = try await server.request(parts[0], parts[1], headers: [])
            #expect(unsigned.status == 403)
            #expect(unsigned.header("x-amzn-ErrorType") == "MissingAuthenticationTokenException")
            #expect(unsigned.text == #"{"message":"Missing Authentication Token"}"#)
            let signature = RequestSigner.sign(
                method: parts[0], path: parts[1], headers: [("Host", "localhost")], body: [], service: "lambda",
                region: .standard,
                credentials: Credentials(
                    accessKeyID: "AKIDEXAMPLE", secretAccessKey: TestServer.secret, sessionToken: nil, expiration: nil),
                now: server.time.wallTime)
            let headers = signature.map { "\($0.name): \($0.value)" }
            #expect(try await server.request(parts[0], parts[1], headers: headers).status != 403)
            let other = try await server.request(parts[0], parts[1], headers: headers, body: "{}")
            #expect(other.status == 403)
            #expect(other.header("x-amzn-ErrorType") == "InvalidSignatureException")
            #expect(other.body.count == 192)
        }
    }

    @Test func `has one shape for each error code`() {
        let lowerCase: Set<ErrorCode> = [
            .codeStorageExceeded, .invalidParameterValue, .invalidRequestContent, .preconditionFailed,
            .resourceConflict,
            .tooManyRequests, .unsupportedMediaType,
        ]
        for code in ErrorCode.allCases {
            let shape = code.shape
            #expect((400..<600).contains(shape.status))
            if lowerCase.contains(code) { #expect(shape.messageKey == "message" && shape.fault == .user) }
            if let fault = shape.fault { #expect((fault == .service) == (shape.status >= 500)) }
        }
        #expect(ErrorCode.resourceNotFound.shape.messageKey == "Message")
        #expect(ErrorCode.service.shape.messageKey == "Message")
    }
}
