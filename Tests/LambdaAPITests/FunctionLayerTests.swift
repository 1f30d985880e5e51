import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let functions = "/2015-03-31/functions"
private let here = "arn:aws:lambda:us-east-1:123456789012:layer"
private let stranger = "arn:aws:lambda:us-east-1:210987654321:layer"

/// Layer versions past the API of layers.
private func storeWithLayers(unzipped: Int = 10) async throws -> MemoryStore {
    let store = MemoryStore()
    func layer(_ name: String, _ number: Int, account: String, allowing principal: String? = nil) throws
        -> LayerVersionRecord
    {
        var record = LayerVersionRecord(
            scope: Scope(account: try #require(AccountID(account)), region: .standard), layer: name, number: number,
            code: CodeReference(
                digest: "\(name)\(number)", base64: "h", size: 100 + number, unzippedSize: unzipped),
            summary: "", licenseInfo: "", compatibleRuntimes: [], compatibleArchitectures: [],
            created: ManualTime.start)
        if let principal {
            let json = """
                {"Sid":"s","Effect":"Allow","Principal":\(principal),"Action":"lambda:GetLayerVersion",\
                "Resource":"\(record.versionARN)"}
                """
            record.policy = [PolicyRecord.Statement(id: "s", json: json)]
        }
        return record
    }
    let records =
        try (1...6).map { try layer("l\($0)", 1, account: TestServer.account) }
        + [layer("l1", 2, account: TestServer.account), layer("closed", 1, account: "210987654321")]
        + [
            layer("open", 1, account: "210987654321", allowing: #""*""#),
            layer("ours", 1, account: "210987654321", allowing: #"{"AWS":"arn:aws:iam::123456789012:root"}"#),
            layer("theirs", 1, account: "210987654321", allowing: #"{"AWS":"arn:aws:iam::111122223333:root"}"#),
        ]
    try await store.write { transaction in for record in records { try transaction.put(record) } }
    return store
}

private func layers(_ arns: String...) -> String {
    #","Layers":[\#(arns.map { #""\#($0)""# }.joined(separator: ","))]"#
}

@Suite struct `The layers of a function` {
    @Test func `are given back in their order with their sizes, and cleared by an empty list`() async throws {
        try await TestServer.run(store: try await storeWithLayers()) { server in
            try await server.createFunction(extra: layers("\(here):l2:1", "\(here):l1:2", "\(stranger):ours:1"))
            let expected = """
                [{"Arn":"\(here):l2:1","CodeSize":101},{"Arn":"\(here):l1:2","CodeSize":102},\
                {"Arn":"\(stranger):ours:1","CodeSize":101}]
                """
            let shape = try await server.configuration()
            #expect(shape["Layers"] == (try JSONValue.parse(Array(expected.utf8))))
            try await server.update("configuration", #"{"Timeout":5}"#)
            #expect(try await server.configuration()["Layers"] != nil)
            try await server.update("configuration", #"{"Layers":[]}"#)
            #expect(try await server.configuration()["Layers"] == nil)
        }
    }

    @Test func `stay where the layer's version is deleted`() async throws {
        try await TestServer.run(store: try await storeWithLayers()) { server in
            try await server.createFunction(extra: layers("\(here):l1:1"))
            let scope = try TestServer.key().scope
            _ = try await server.store.write { transaction in
                try transaction.remove(
                    LayerVersionRecord.self, at: LayerVersionRecord.address(in: scope, layer: "l1", number: 1))
            }
            try await server.update("configuration", #"{"Timeout":5}"#)
            let record = try await server.store.read {
                try $0.resource(LatestVersion.self, at: TestServer.key().address)?.record
            }
            #expect(record?.layers.map { $0.code.digest } == ["l11"])
        }
    }

    static let refusals: [(String, String)] = [
        (
            layers("\(here):l1:1", "\(here):l2:1", "\(here):l3:1", "\(here):l4:1", "\(here):l5:1", "\(here):l6:1"),
            "Cannot reference more than 5 layers."
        ),
        (
            layers("\(here):l1:1", "\(here):l1:2"),
            "Two different versions of the same layer are not allowed to be referenced in the same function. \(here):l1:1 and \(here):l1:2 are versions of the same layer."
        ),
        (
            layers("\(here):l1:1", "\(here):l1:1"),
            "Two different versions of the same layer are not allowed to be referenced in the same function. \(here):l1:1 and \(here):l1:1 are versions of the same layer."
        ),
        (layers("\(here):l1:9"), "Layer version \(here):l1:9 does not exist."),
        (layers("\(here):doesnotexist:1"), "Layer version \(here):doesnotexist:1 does not exist."),
        (
            layers("arn:aws:lambda:eu-west-1:123456789012:layer:l1:1"),
            "Layers are not in the same region as the function. Layers are expected to be in region us-east-1."
        ),
    ]

    @Test(arguments: refusals) func `are refused in AWS's words, at creation and at an update`(
        members: String, text: String
    ) async throws {
        try await TestServer.run(store: try await storeWithLayers()) { server in
            let created = try await server.request("POST", functions, body: TestServer.createBody(extra: members))
            #expect(created.status == 400)
            #expect(created.text == #"{"Type":"User","message":"\#(text)"}"#)
            #expect(server.code.digests.isEmpty, "the zip was stored although it was refused")
            try await server.createFunction()
            let before = try await server.configuration()
            let updated = try await server.request(
                "PUT", "\(functions)/f/configuration", body: "{\(members.dropFirst())}")
            #expect(updated.text == created.text)
            #expect(try await server.configuration() == before)
        }
    }

    @Test func `must name a version`() async throws {
        try await TestServer.run { server in
            let answer = try await server.request(
                "POST", functions, body: TestServer.createBody(extra: layers("\(here):l1")))
            #expect(answer.header("x-amzn-ErrorType") == "ValidationException")
            #expect(
                answer.text.contains(
                    "Value '[\(here):l1]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: ["))
        }
    }

    @Test(arguments: [("open", true), ("ours", true), ("theirs", false), ("closed", false), ("none", false)])
    func `may be another account's where its policy says so`(name: String, isAllowed: Bool) async throws {
        try await TestServer.run(store: try await storeWithLayers()) { server in
            let answer = try await server.request(
                "POST", functions, body: TestServer.createBody(extra: layers("\(stranger):\(name):1")))
            guard !isAllowed else {
                #expect(answer.status == 201, "\(answer.text)")
                return
            }
            #expect(answer.status == 403)
            #expect(
                answer.text
                    == #"{"Message":"User: arn:aws:iam::123456789012:root is not authorized to perform: lambda:GetLayerVersion on resource: \#(stranger):\#(name):1 because no resource-based policy allows the lambda:GetLayerVersion action"}"#
            )
        }
    }

    /// The function's own code has 2 bytes.
    @Test(arguments: [(131_071_999, 201), (131_072_000, 400)])
    func `and its code have room for 262144000 bytes together`(unzipped: Int, status: Int) async throws {
        try await TestServer.run(store: try await storeWithLayers(unzipped: unzipped)) { server in
            let answer = try await server.request(
                "POST", functions, body: TestServer.createBody(extra: layers("\(here):l1:1", "\(here):l2:1")))
            #expect(answer.status == status)
            guard status == 400 else { return }
            #expect(
                answer.text.contains(
                    "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. "
                        + "The actual size is 262144002 bytes."))
        }
    }
}

@Suite struct `Code signing` {
    private static func store(policy: String) async throws -> MemoryStore {
        let store = MemoryStore()
        let record = CodeSigningConfigRecord(
            scope: try TestServer.key().scope, id: "csc-0123456789abcdefg", summary: "", publishers: ["p"],
            untrustedArtifact: policy, tags: [:], modified: ManualTime.start)
        try await store.write { try $0.put(record) }
        return store
    }

    private static func member(_ id: String) -> String {
        #","CodeSigningConfigArn":"arn:aws:lambda:us-east-1:123456789012:code-signing-config:\#(id)""#
    }

    @Test func `wants the configuration to be there`() async throws {
        try await TestServer.run { server in
            let answer = try await server.request(
                "POST", functions, body: TestServer.createBody(extra: Self.member("csc-0123456789abcdefg")))
            #expect(answer.status == 404)
            #expect(answer.header("x-amzn-ErrorType") == "CodeSigningConfigNotFoundException")
            #expect(
                answer.text
                    == #"{"Type":"User","Message":"The code signing configuration cannot be found. Check that the provided configuration is not deleted: arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdefg."}"#
            )
        }
    }

    @Test func `refuses unsigned code under Enforce, new and updated`() async throws {
        let store = try await Self.store(policy: "Enforce")
        try await TestServer.run(store: store) { server in
            let member = Self.member("csc-0123456789abcdefg")
            let created = try await server.request("POST", functions, body: TestServer.createBody(extra: member))
            #expect(created.status == 400)
            #expect(created.header("x-amzn-ErrorType") == "CodeVerificationFailedException")
            #expect(created.text.hasPrefix(#"{"Type":"User","Message":"Lambda cannot deploy the function."#))
            try await server.createFunction()
            let key = try TestServer.key()
            try await server.store.write { transaction in
                var properties = try #require(try transaction.resource(FunctionProperties.self, at: key.address))
                properties.codeSigningConfigARN =
                    "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdefg"
                try transaction.put(properties)
            }
            for body in [#"{"ZipFile":"UEsDBA=="}"#, #"{"ZipFile":"UEsDBA==","DryRun":true}"#] {
                let updated = try await server.request("PUT", "\(functions)/f/code", body: body)
                #expect(updated.header("x-amzn-ErrorType") == "CodeVerificationFailedException")
            }
            #expect(try await server.configuration()["CodeSha256"]?.stringValue == "sha2")
        }
    }

    @Test func `lets unsigned code pass under Warn`() async throws {
        try await TestServer.run(store: try await Self.store(policy: "Warn")) { server in
            try await server.createFunction(extra: Self.member("csc-0123456789abcdefg"))
            try await server.update("code", #"{"ZipFile":"UEsDBA=="}"#)
        }
    }
}
