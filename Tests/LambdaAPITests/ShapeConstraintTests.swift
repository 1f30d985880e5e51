import LambdaCore
import LambdaShapes
import Testing

/// Expected sentences are AWS's own, recorded from its answers, wherever a recording is known.
@Suite struct `A constraint that is not met` {
    struct Case: Sendable, CustomTestStringConvertible {
        let operation: Operation
        var labels = ["FunctionName": "f"]
        var query: [(name: String, value: String)] = []
        var headers: [String: String] = [:]
        var body: String?
        /// After `1 validation error detected: `.
        let sentence: String

        var testDescription: String { self.sentence }
    }

    private static let role = "arn:aws:iam::123456789012:role/r"

    /// A CreateFunction request with one member more or another value.
    private static func creation(_ member: String, _ sentence: String) -> Case {
        Case(
            operation: .CreateFunction, labels: [:],
            body: #"{"FunctionName":"f","Role":"\#(self.role)","Code":{},\#(member)}"#, sentence: sentence)
    }

    private static let recorded: [Case] = [
        creation(
            #""Role":"r1""#,
            #"Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: "#
                + #"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"#),
        creation(
            #""Architectures":["X86_64"]"#,
            "Value '[X86_64]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: "
                + "[Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"),
        creation(
            #""Architectures":["x86_64","arm64"]"#,
            "Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: "
                + "Member must have length less than or equal to 1"),
        creation(
            #""SnapStart":{"ApplyOn":"invalidOption"}"#,
            "Value 'invalidOption' at 'snapStart.applyOn' failed to satisfy constraint: "
                + "Member must satisfy enum value set: [PublishedVersions, None]"),
        creation(
            #""VpcConfig":{"SubnetIds":["bad"]}"#,
            "Value '[bad]' at 'vpcConfig.subnetIds' failed to satisfy constraint: Member must satisfy constraint: "
                + "[Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, "
                + "Member must satisfy regular expression pattern: subnet-[0-9a-z]*]"),
        creation(
            #""VpcConfig":{"SecurityGroupIds":["sg-1","bad"]}"#,
            "Value '[sg-1, bad]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member must satisfy constraint: "
                + "[Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, "
                + "Member must satisfy regular expression pattern: sg-[0-9a-zA-Z]*]"),
        Case(
            operation: .UntagResource, labels: ["Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"],
            sentence: "Value null at 'tagKeys' failed to satisfy constraint: Member must not be null"),
        Case(
            operation: .PutProvisionedConcurrencyConfig, query: [("Qualifier", "1")],
            body: #"{"ProvisionedConcurrentExecutions":0}"#,
            sentence: "Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: "
                + "Member must have value greater than or equal to 1"),
        Case(
            operation: .PutFunctionRecursionConfig, body: #"{"RecursiveLoop":"InvalidValue"}"#,
            sentence: "Value 'InvalidValue' at 'recursiveLoop' failed to satisfy constraint: "
                + "Member must satisfy enum value set: [Terminate, Allow]"),
        Case(
            operation: .UpdateFunctionUrlConfig, body: #"{"InvokeMode":"UNKNOWN"}"#,
            sentence: "Value 'UNKNOWN' at 'invokeMode' failed to satisfy constraint: "
                + "Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]"),
        Case(
            operation: .CreateEventSourceMapping, labels: [:],
            body: #"{"FunctionName":"f","StartingPosition":"invalid"}"#,
            sentence: "Value 'invalid' at 'startingPosition' failed to satisfy constraint: "
                + "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"),
        Case(
            operation: .CreateAlias, body: #"{"Name":"2024","FunctionVersion":"1"}"#,
            sentence: "Value '2024' at 'name' failed to satisfy constraint: "
                + "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"),
        Case(
            operation: .GetFunctionUrlConfig, query: [("Qualifier", "$LATEST")],
            sentence: "Value '$LATEST' at 'qualifier' failed to satisfy constraint: "
                + #"Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)"#),
        Case(
            operation: .ListFunctions, labels: [:], query: [("FunctionVersion", "invalid")],
            sentence: "Value 'invalid' at 'functionVersion' failed to satisfy constraint: "
                + "Member must satisfy enum value set: [ALL]"),
        Case(
            operation: .UpdateAlias, labels: ["FunctionName": "f", "Name": "live"],
            body: #"{"RoutingConfig":{"AdditionalVersionWeights":{"2":2}}}"#,
            sentence: "Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: "
                + "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
                + "Member must have value greater than or equal to 0.0, Member must not be null]"),
        Case(
            operation: .UpdateAlias, labels: ["FunctionName": "f", "Name": "live"],
            body: #"{"RoutingConfig":{"AdditionalVersionWeights":{"$LATEST":0.5}}}"#,
            sentence: "Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: "
                + "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, "
                + "Member must have length greater than or equal to 1, "
                + "Member must satisfy regular expression pattern: [0-9]+]"),
    ]

    /// What AWS lists of runtimes for new code and layers; it takes more.
    private static let runtimes =
        "nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, "
        + "python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, "
        + "dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2"

    /// What AWS lists for the filters of lists of layers.
    private static let filterRuntimes =
        "ruby3.5, ruby2.6, dotnetcore1.0, python3.7, nodejs8.10, nasa, ruby2.7, python2.7-greengrass, "
        + "dotnetcore2.0, python3.8, java21, dotnet6, dotnetcore2.1, python3.9, java11, nodejs6.10, provided, "
        + "dotnetcore3.1, dotnet8, java25, java17, nodejs, nodejs4.3, java8.al2, go1.x, dotnet10, nodejs20.x, "
        + "go1.9, byol, nodejs10.x, provided.al2023, nodejs22.x, python3.10, java8, nodejs12.x, python3.11, "
        + "nodejs24.x, nodejs8.x, python3.12, nodejs14.x, nodejs8.9, nodejs26.x, python3.13, python3.14, "
        + "nodejs16.x, python3.15, provided.al2, nodejs4.3-edge, nodejs18.x, ruby3.2, python3.4, ruby3.3, "
        + "ruby3.4, ruby2.5, python3.6, python2.7"

    private static let layerARN = "arn:aws:lambda:us-east-1:123456789012:layer:l"
    private static let layerPattern =
        #"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:"#
        + "[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)"

    private static let recordedOfLayers: [Case] = [
        Case(
            operation: .ListLayers, labels: [:], query: [("CompatibleRuntime", "runtimedoesnotexist")],
            sentence: "Value 'runtimedoesnotexist' at 'compatibleRuntime' failed to satisfy constraint: "
                + "Member must satisfy enum value set: [\(filterRuntimes)]"),
        Case(
            operation: .GetLayerVersionByArn, labels: [:], query: [("Arn", layerARN)],
            sentence: "Value '\(layerARN)' at 'arn' failed to satisfy constraint: "
                + "Member must satisfy regular expression pattern: \(layerPattern)"),
        creation(
            #""Layers":["\#(layerARN)"]"#,
            "Value '[\(layerARN)]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: "
                + "[Member must have length less than or equal to 2048, "
                + "Member must have length greater than or equal to 1, "
                + "Member must satisfy regular expression pattern: \(layerPattern), Member must not be null]"),
    ]

    private static let others: [Case] = [
        creation(
            #""MemorySize":64"#,
            "Value '64' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128"
        ),
        creation(
            #""MemorySize":40000"#,
            "Value '40000' at 'memorySize' failed to satisfy constraint: Member must have value less than or equal to 32768"
        ),
        creation(
            #""KMSKeyArn":"k""#,
            "Value 'k' at 'kMSKeyArn' failed to satisfy constraint: Member must satisfy regular expression pattern: "
                + "(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()"),
        creation(
            #""Description":"\#(String(repeating: "é", count: 257))""#,
            "Value '\(String(repeating: "é", count: 257))' at 'description' failed to satisfy constraint: "
                + "Member must have length less than or equal to 256"),
        creation(
            #""EphemeralStorage":{}"#,
            "Value null at 'ephemeralStorage.size' failed to satisfy constraint: Member must not be null"),
        creation(
            #""FileSystemConfigs":[{"LocalMountPath":"/mnt/a"}]"#,
            "Value null at 'fileSystemConfigs.1.member.arn' failed to satisfy constraint: Member must not be null"),
        creation(
            #""Tags":{"a":null}"#,
            "Value '{a=null}' at 'tags' failed to satisfy constraint: "
                + "Map value must satisfy constraint: [Member must not be null]"),
        Case(
            operation: .Invoke, headers: ["X-Amz-Log-Type": "All"],
            sentence: "Value 'All' at 'logType' failed to satisfy constraint: "
                + "Member must satisfy enum value set: [None, Tail]"),
    ]

    @Test(arguments: recorded + recordedOfLayers + others)
    func `is told in AWS's words`(failure: Case) {
        let error = #expect(throws: InputError.self) {
            try readShape(
                failure.operation, labels: failure.labels, query: failure.query, headers: failure.headers,
                body: failure.body)
        }
        #expect(error == .validation("1 validation error detected: \(failure.sentence)"))
    }

    @Test func `is told with all others, in the order of the model`() {
        let error = #expect(throws: InputError.self) {
            try readShape(.CreateFunction, labels: [:], body: #"{"Timeout":0,"FunctionName":""}"#)
        }
        guard case .validation(let text) = error else {
            Issue.record("\(String(describing: error)) is no validation error")
            return
        }
        #expect(text.hasPrefix("5 validation errors detected: Value '' at 'functionName' failed"))
        let parts = text.split(separator: "; ")
        #expect(parts.count == 5)
        #expect(parts[0].hasSuffix("Member must have length greater than or equal to 1"))
        #expect(
            parts[1].contains("'functionName' failed to satisfy constraint: Member must satisfy regular expression"))
        #expect(parts[2] == "Value null at 'role' failed to satisfy constraint: Member must not be null")
        #expect(parts[3] == "Value null at 'code' failed to satisfy constraint: Member must not be null")
        #expect(parts[4].hasPrefix("Value '0' at 'timeout'"))
    }

    /// Recorded from AWS: runtimes are judged by another part of it than architectures.
    @Test(arguments: [
        (#"["invalidruntime"]"#, #"["invalidarch"]"#),
        (#"["invalidruntime","invalidruntime2","nodejs20.x"]"#, #"["invalidarch","x86_64"]"#),
    ])
    func `of a layer is told of its runtimes and its architectures`(runtimes: String, architectures: String) {
        let error = #expect(throws: InputError.self) {
            try readShape(
                .PublishLayerVersion, labels: ["LayerName": "l"],
                body:
                    #"{"Content":{},"CompatibleRuntimes":\#(runtimes),"CompatibleArchitectures":\#(architectures)}"#)
        }
        func printed(_ list: String) -> String { list.replacing("\"", with: "").replacing(",", with: ", ") }
        #expect(
            error
                == .validation(
                    "2 validation errors detected: Value '\(printed(runtimes))' at 'compatibleRuntimes' failed to satisfy "
                        + "constraint: Member must satisfy enum value set: [\(Self.runtimes)]; Value "
                        + "'\(printed(architectures))' at 'compatibleArchitectures' failed to satisfy constraint: Member "
                        + "must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], "
                        + "Member must not be null]"))
    }

    @Test(arguments: ["python3.7", "nodejs12.x", "go1.x", "dotnetcore3.1", "provided"])
    func `is not found in a layer's runtime that AWS takes without listing it`(runtime: String) throws {
        _ = try readShape(
            .PublishLayerVersion, labels: ["LayerName": "l"],
            body: #"{"Content":{},"CompatibleRuntimes":["\#(runtime)"]}"#)
        _ = try readShape(.ListLayers, labels: [:], query: [("CompatibleRuntime", runtime)])
    }

    @Test func `does not show a secret`() {
        let error = #expect(throws: InputError.self) {
            try readShape(.UpdateFunctionConfiguration, body: #"{"Environment":{"Variables":{"1":"hunter2"}}}"#)
        }
        #expect(
            error
                == .validation(
                    "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys "
                        + "must satisfy constraint: [Member must satisfy regular expression pattern: "
                        + "[a-zA-Z]([a-zA-Z0-9_])+]"))
    }

    @Test func `repeats a very long value only in part`() {
        let long = String(repeating: "x", count: 1_000_000)
        let error = #expect(throws: InputError.self) {
            try readShape(.UpdateFunctionConfiguration, body: #"{"Role":"\#(long)"}"#)
        }
        guard case .validation(let text) = error else {
            Issue.record("\(String(describing: error)) is no validation error")
            return
        }
        #expect(text.utf8.count < 5_000)
    }
}
