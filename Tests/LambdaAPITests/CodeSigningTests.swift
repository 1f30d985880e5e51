import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let configs = "/2020-04-22/code-signing-configs"
private let lambda = "arn:aws:lambda:us-east-1:123456789012"
private let unknown = "\(lambda):code-signing-config:csc-0123456789abcdefg"
private let publishers =
    #""AllowedPublishers":{"SigningProfileVersionArns":["arn:aws:signer:us-east-1:123456789012:/p"]}"#

private func association(_ name: String) -> String { "/2020-06-30/functions/\(name)/code-signing-config" }

extension TestServer {
    fileprivate func createConfig(_ extra: String = "") async throws -> JSONObject {
        let answer = try await self.request("POST", configs, body: "{\(publishers)\(extra)}")
        try #require(answer.status == 201, "\(answer.text)")
        return try #require(try answer.json()["CodeSigningConfig"]?.objectValue)
    }

    fileprivate func createConfigARN() async throws -> String {
        try #require(try await self.createConfig()["CodeSigningConfigArn"]?.stringValue)
    }

    fileprivate func associate(_ name: String, _ arn: String) async throws -> TestAnswer {
        try await self.request("PUT", association(name), body: #"{"CodeSigningConfigArn":"\#(arn)"}"#)
    }
}

@Suite struct `A code signing configuration` {
    @Test func `is made with its id, ARN and defaults, and read again`() async throws {
        try await TestServer.run { server in
            let made = try await server.createConfig()
            let id = try #require(made["CodeSigningConfigId"]?.stringValue)
            #expect(id.wholeMatch(of: /csc-[a-z0-9]{17}/) != nil)
            #expect(made["CodeSigningConfigArn"]?.stringValue == "\(lambda):code-signing-config:\(id)")
            #expect(made["Description"]?.stringValue == "")
            #expect(made["CodeSigningPolicies"] == .object(["UntrustedArtifactOnDeployment": .string("Warn")]))
            #expect(made["LastModified"]?.stringValue == "2026-01-02T03:04:05.000+0000")
            #expect(
                made.map { $0.key } == [
                    "CodeSigningConfigId", "CodeSigningConfigArn", "Description", "AllowedPublishers",
                    "CodeSigningPolicies", "LastModified",
                ])
            let read = try await server.request("GET", "\(configs)/\(lambda):code-signing-config:\(id)").json()
            #expect(read["CodeSigningConfig"] == .object(made))
        }
    }

    @Test func `keeps what an update does not name`() async throws {
        try await TestServer.run { server in
            let made = try await server.createConfig(
                #","Description":"d","CodeSigningPolicies":{"UntrustedArtifactOnDeployment":"Enforce"}"#)
            let arn = try #require(made["CodeSigningConfigArn"]?.stringValue)
            let same = try await server.request("PUT", "\(configs)/\(arn)", body: "{}")
            #expect(same.status == 200)
            #expect(try same.json()["CodeSigningConfig"] == .object(made))
            server.time.advance(by: .seconds(1))
            let changed = try await server.request(
                "PUT", "\(configs)/\(arn)", body: #"{"CodeSigningPolicies":{"UntrustedArtifactOnDeployment":"Warn"}}"#)
            let shape = try #require(try changed.json()["CodeSigningConfig"]?.objectValue)
            #expect(shape["CodeSigningPolicies"] == .object(["UntrustedArtifactOnDeployment": .string("Warn")]))
            #expect(shape["Description"]?.stringValue == "d")
            #expect(shape["LastModified"]?.stringValue == "2026-01-02T03:04:06.000+0000")
        }
    }

    @Test func `belongs to functions, which it lists, and cannot be deleted before they let it go`() async throws {
        try await TestServer.run { server in
            let arn = try await server.createConfigARN()
            for name in ["b", "a", "c"] { try await server.createFunction(name) }
            for name in ["a", "b"] {
                let answer = try await server.associate(name, arn)
                #expect(answer.status == 200)
                #expect(answer.text == #"{"CodeSigningConfigArn":"\#(arn)","FunctionName":"\#(name)"}"#)
            }
            let read = try await server.request("GET", association("\(lambda):function:a"))
            #expect(read.status == 200)
            #expect(read.text == #"{"CodeSigningConfigArn":"\#(arn)","FunctionName":"a"}"#)
            let listed = try await server.request("GET", "\(configs)/\(arn)/functions")
            #expect(listed.text == #"{"FunctionArns":["\#(lambda):function:a","\#(lambda):function:b"]}"#)

            let used = try await server.request("DELETE", "\(configs)/\(arn)")
            #expect(used.status == 409 && used.header("x-amzn-ErrorType") == "ResourceConflictException")
            for name in ["a", "b"] {
                #expect(try await server.request("DELETE", association(name)).status == 204)
            }
            // An association that is not there is removed as often as one likes.
            #expect(try await server.request("DELETE", association("a")).status == 204)
            let deleted = try await server.request("DELETE", "\(configs)/\(arn)")
            #expect(deleted.status == 204 && deleted.body.isEmpty)
            #expect(try await server.request("GET", "\(configs)/\(arn)").status == 404)
        }
    }

    @Test func `is no hindrance where the function that used it is deleted`() async throws {
        try await TestServer.run { server in
            let arn = try await server.createConfigARN()
            try await server.createFunction()
            _ = try await server.associate("f", arn)
            _ = try await server.request("DELETE", "/2015-03-31/functions/f")
            #expect(try await server.request("GET", "\(configs)/\(arn)/functions").text == #"{"FunctionArns":[]}"#)
            #expect(try await server.request("DELETE", "\(configs)/\(arn)").status == 204)
        }
    }

    @Test func `is nothing to a function without one`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request("GET", association("f"))
            #expect(answer.status == 200 && answer.text == "{}")
        }
    }

    @Test func `is listed in pages, once each`() async throws {
        try await TestServer.run { server in
            var made: Set<String> = []
            for _ in 0..<7 { made.insert(try await server.createConfigARN()) }
            var seen: [String] = []
            var marker = ""
            repeat {
                let query = marker.isEmpty ? "" : "&Marker=\(marker.replacing("=", with: "%3D"))"
                let page = try await server.request("GET", "\(configs)?MaxItems=3\(query)").json()
                let entries = try #require(page["CodeSigningConfigs"]?.arrayValue)
                #expect(entries.count <= 3)
                seen += entries.compactMap { $0.objectValue?["CodeSigningConfigArn"]?.stringValue }
                marker = page["NextMarker"]?.stringValue ?? ""
            } while !marker.isEmpty
            #expect(seen.count == 7 && Set(seen) == made)
        }
    }

    @Test func `is seen by its account and region only`() async throws {
        try await TestServer.run { server in
            let arn = try await server.createConfigARN()
            for other in [
                TestServer.authorization(account: "000000000001"), TestServer.authorization(region: "eu-west-1"),
            ] {
                let answer = try await server.request("GET", "\(configs)/\(arn)", headers: [other])
                #expect(answer.status == 404)
                let list = try await server.request("GET", configs, headers: [other])
                #expect(list.text == #"{"CodeSigningConfigs":[]}"#)
            }
        }
    }

    /// A request, by method, path and body, and what it must be answered with.
    static let refusals: [(String, String, String, Refusal)] = {
        let gone = Refusal(
            status: 404, code: "ResourceNotFoundException",
            body: #"{"Message":"The Lambda code signing configuration \#(unknown) can not be found."}"#)
        let deleted = Refusal(
            status: 404, code: "CodeSigningConfigNotFoundException",
            body: #"{"Type":"User","Message":"The code signing configuration cannot be found. "#
                + #"Check that the provided configuration is not deleted: \#(unknown)."}"#)
        let nobody = Refusal.notFound("Function not found: \(lambda):function:nobody")
        let put = #"{"CodeSigningConfigArn":"\#(unknown)"}"#
        return [
            ("GET", "\(configs)/\(unknown)", "", gone),
            ("PUT", "\(configs)/\(unknown)", "{}", gone),
            ("PUT", "\(configs)/\(unknown)", #"{"Description":"d"}"#, gone),
            ("DELETE", "\(configs)/\(unknown)", "", gone),
            ("GET", "\(configs)/\(unknown)/functions", "", gone),
            ("PUT", association("f"), put, deleted),
            ("PUT", association("nobody"), put, deleted),
            ("GET", association("nobody"), "", nobody),
            ("DELETE", association("nobody"), "", nobody),
            (
                "GET", association("f:$LATEST"), "",
                .invalid(
                    "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
                        + "operation. Please specify either a function name or an unqualified function ARN.")
            ),
            (
                "GET", "\(configs)?Marker=%3F", "",
                .invalid("The Marker is not one that this operation gave.")
            ),
        ]
    }()

    @Test(arguments: refusals) func `that is missing is missed in AWS's words`(
        method: String, path: String, body: String, refusal: Refusal
    ) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            expect(try await server.request(method, path, body: body), is: refusal)
        }
    }

    @Test func `is looked for before the function, which is missed where it alone is missing`() async throws {
        try await TestServer.run { server in
            let answer = try await server.associate("nobody", try await server.createConfigARN())
            expect(answer, is: .notFound("Function not found: \(lambda):function:nobody"))
        }
    }

    @Test func `is not for functions that are images`() async throws {
        let store = MemoryStore()
        var record = FunctionRecord(
            key: try TestServer.key(), role: "r", runtime: "", handler: "",
            code: CodeReference(digest: "d", base64: "s", size: 1), lastModified: ManualTime.start)
        record.packageType = .image
        record.state = .active
        try await store.put(record)
        try await TestServer.run(store: store) { server in
            expect(
                try await server.request("GET", association("f")),
                is: .invalid("Code signing is not supported for functions created with container images."))
        }
    }
}
