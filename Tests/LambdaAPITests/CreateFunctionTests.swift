import LambdaAPI
import LambdaCore
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
            #","CapacityProviderConfig":{"LambdaManagedInstancesCapacityProviderConfig":{"CapacityProviderArn":"arn:aws:lambda:us-east-1:123456789012:capacity-provider:c"}}"#,
            "CapacityProviderConfig is not available on this server yet."
        ),
        (#","DurableConfig":{"ExecutionTimeout":60}"#, "DurableConfig is not available on this server yet."),
        (#","PublishTo":"LATEST_PUBLISHED""#, "PublishTo is not available on this server yet."),
        (
            #","PackageType":"Image","Code":{"ImageUri":"i"}"#,
            "Please don't provide handler or runtime or layer when the intended function PackageType is Image."
        ),
        (
            #","ImageConfig":{"Command":["c"]}"#,
            "Please don't provide ImageConfig when the intended function PackageType is Zip."
        ),
        (
            #","SnapStart":{"ApplyOn":"PublishedVersions"}"#,
            "python3.11 is not supported for SnapStart enabled functions."
        ),
        (
            #","SnapStart":{"ApplyOn":"invalidOption"}"#,
            "Value 'invalidOption' at 'snapStart.applyOn' failed to satisfy constraint: Member must satisfy enum value set: [PublishedVersions, None]"
        ),
        (
            #","Runtime":"python3.7""#,
            "The runtime parameter of python3.7 is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions."
        ),
        (
            #","Architectures":["X86_64"]"#,
            "Value '[X86_64]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"
        ),
        (
            #","VpcConfig":{"SubnetIds":["net-1"]}"#,
            "Value '[net-1]' at 'vpcConfig.subnetIds' failed to satisfy constraint: Member must satisfy constraint: ["
        ),
        (
            #","FileSystemConfigs":[{"Arn":"arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0","LocalMountPath":"/mnt/a"}]"#,
            "fsap-0123456789abcdef0 is not available on this server. Map its ARN to a directory"
        ),
        (
            #","DeadLetterConfig":{"TargetArn":"arn:aws:s3:::bucket"}"#,
            "The TargetArn of DeadLetterConfig must be the ARN of an SQS queue or an SNS topic."
        ),
        (
            #","Tags":{"":"v"}"#,
            "A tag's key must have 1 to 128 characters and its value at most 256."
        ),
        (
            #","Code":{"S3Bucket":"bucket","S3Key":"k"}"#,
            "Code from S3 is not available on this server: no services endpoint is configured."
        ),
        (#","Code":{"S3Bucket":"bucket"}"#, "Please provide both Code.S3Bucket and Code.S3Key."),
        (
            #","Code":{"S3Bucket":"bucket","S3Key":"k","ZipFile":"UEs="}"#,
            "Please do not provide other FunctionCode parameters when providing a ZipFile."
        ),
        (
            #","Code":{"ImageUri":"i"}"#,
            "Please don't provide ImageUri when creating a function with packageType Zip."
        ),
        (#","Code":{}"#, "Please provide a source for function code."),
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

    @Test(arguments: [(128, 256, 201), (129, 256, 400), (128, 257, 400)])
    func `takes tags of so many characters and no more`(key: Int, value: Int, status: Int) async throws {
        try await TestServer.run { server in
            let tag = #""\#(String(repeating: "k", count: key))":"\#(String(repeating: "é", count: value))""#
            let answer = try await server.request(
                "POST", functions, body: TestServer.createBody(extra: #","Tags":{\#(tag)}"#))
            #expect(answer.status == status)
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
