import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let layers = "/2018-10-31/layers"
private let arn = "arn:aws:lambda:us-east-1:123456789012:layer:l"

extension TestServer {
    func publishLayer(_ name: String = "l", extra: String = "", zip: String = "UEs=") async throws -> TestAnswer {
        try await self.request(
            "POST", "\(layers)/\(name)/versions", body: #"{"Content":{"ZipFile":"\#(zip)"}\#(extra)}"#)
    }
}

@Suite struct `A layer version` {
    private static let described = [
        #","Description":"d","LicenseInfo":"MIT","CompatibleRuntimes":["python3.11"]"#,
        #","CompatibleArchitectures":["x86_64"]"#,
    ].joined()

    @Test func `is published, read by name and by ARN, and its content is behind the link`() async throws {
        try await TestServer.run { server in
            let published = try await server.publishLayer(extra: Self.described)
            #expect(published.status == 201, "\(published.text)")
            let shape = try published.json()
            #expect(
                shape.map(\.key) == [
                    "Content", "LayerArn", "LayerVersionArn", "Description", "CreatedDate", "Version",
                    "CompatibleRuntimes", "LicenseInfo", "CompatibleArchitectures",
                ])
            let content = try #require(shape["Content"]?.objectValue)
            #expect(content.map(\.key) == ["Location", "CodeSha256", "CodeSize"])
            #expect(content["CodeSha256"]?.stringValue == "sha2" && content["CodeSize"]?.intValue == 2)
            #expect(shape["LayerArn"]?.stringValue == arn)
            #expect(shape["LayerVersionArn"]?.stringValue == "\(arn):1")
            #expect(shape["CreatedDate"]?.stringValue == "2026-01-02T03:04:05.000+0000")
            #expect(shape["Version"] == .number("1"))
            #expect(shape["CompatibleRuntimes"] == .array([.string("python3.11")]))
            #expect(shape["LicenseInfo"] == .string("MIT"))
            #expect(shape["CompatibleArchitectures"] == .array([.string("x86_64")]))

            let escaped = "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Alayer%3Al"
            for path in [
                "\(layers)/l/versions/1", "\(layers)/\(escaped)/versions/1",
                "\(layers)?find=LayerVersion&Arn=\(escaped)%3A1",
            ] {
                let answer = try await server.request("GET", path)
                #expect(answer.status == 200)
                #expect(try answer.json() == shape, "\(path): \(answer.text)")
            }
            let location = try #require(content["Location"]?.stringValue)
            #expect(location.hasPrefix("http://localhost/_lambdad/code/digest2?"))
            let zip = try await server.request("GET", String(location.dropFirst("http://localhost".count)), headers: [])
            #expect(zip.status == 200 && zip.text == "PK")
        }
    }

    @Test func `gives back an empty list as one, and no list as none`() async throws {
        try await TestServer.run { server in
            let empty = try await server.publishLayer(
                extra: #","CompatibleRuntimes":[],"CompatibleArchitectures":[]"#
            ).json()
            #expect(empty["CompatibleRuntimes"] == .array([]) && empty["CompatibleArchitectures"] == .array([]))
            #expect(empty["Description"] == .string("") && empty["LicenseInfo"] == nil)
            let none = try await server.publishLayer().json()
            #expect(none["CompatibleRuntimes"] == nil && none["CompatibleArchitectures"] == nil)
        }
    }

    @Test func `has a number that no other version of the layer ever had`() async throws {
        let store = MemoryStore()
        try await TestServer.run(store: store) { server in
            #expect(try await server.publishLayer().json()["Version"]?.intValue == 1)
            // Named by its ARN, it is the same layer.
            let second = try await server.publishLayer(arn).json()
            #expect(second["Version"]?.intValue == 2 && second["LayerArn"]?.stringValue == arn)
            #expect(try await server.publishLayer("other").json()["Version"]?.intValue == 1)
            for number in [1, 2] {
                #expect(try await server.request("DELETE", "\(layers)/l/versions/\(number)").status == 204)
            }
        }
        try await TestServer.run(store: store) { server in
            let third = try await server.publishLayer().json()
            #expect(third["Version"]?.intValue == 3)
        }
    }

    @Test func `is deleted as often as one likes, and whoever uses it keeps it`() async throws {
        let store = MemoryStore()
        try await TestServer.run(store: store) { server in
            #expect(try await server.publishLayer().status == 201)
            var record = FunctionRecord(
                key: try TestServer.key(), role: "r", runtime: "python3.11", handler: "a.b",
                code: CodeReference(digest: "d", base64: "s", size: 1), lastModified: ManualTime.start)
            record.layers = [
                .init(versionARN: "\(arn):1", code: CodeReference(digest: "digest2", base64: "s", size: 2))
            ]
            try await store.put(record)
            for _ in 0..<2 {
                let answer = try await server.request("DELETE", "\(layers)/l/versions/1")
                #expect(answer.status == 204 && answer.body.isEmpty)
            }
            #expect(try await server.request("DELETE", "\(layers)/never/versions/7").status == 204)
            #expect(try await server.request("GET", "\(layers)/l/versions/1").status == 404)
            // The code that the function refers to is not collected.
            #expect(try await store.codeDigests().contains("digest2"))
        }
    }

    @Test func `that cannot be unpacked is refused, and no number is given for it`() async throws {
        try await TestServer.run { server in
            server.code.refuse(with: .unreadable("no"))
            let refused = try await server.publishLayer()
            #expect(refused.status == 400)
            #expect(
                refused.text.contains(
                    "Could not unzip uploaded file. Please check your file, then try to upload again."))
            #expect(try await server.request("GET", layers).text == #"{"Layers":[]}"#)
        }
    }

    @Test func `is not seen from another account or region`() async throws {
        try await TestServer.run { server in
            #expect(try await server.publishLayer().status == 201)
            for caller in [
                TestServer.authorization(account: "210987654321"), TestServer.authorization(region: "eu-west-1"),
            ] {
                #expect(try await server.request("GET", layers, headers: [caller]).text == #"{"Layers":[]}"#)
                #expect(try await server.request("GET", "\(layers)/l/versions/1", headers: [caller]).status == 404)
            }
            let region = TestServer.authorization(region: "eu-west-1")
            let answer = try await server.request("GET", "\(layers)/\(arn)/versions/1", headers: [region])
            #expect(
                answer.text
                    == #"{"Type":"User","Message":"Layers from 'us-east-1' are not reachable in this region ('eu-west-1')"}"#
            )
        }
    }
}

@Suite struct `A layer version of another account` {
    private static let stranger = "210987654321"
    private static let headers = [TestServer.authorization(account: stranger)]

    private func read(_ server: TestServer) async throws -> TestAnswer {
        try await server.request("GET", "\(layers)/\(arn)/versions/1", headers: Self.headers)
    }

    @Test func `is read where its policy allows that, and only so long`() async throws {
        try await TestServer.run { server in
            #expect(try await server.publishLayer().status == 201)
            let refusal =
                #"{"Message":"User: arn:aws:iam::210987654321:root is not authorized to perform: lambda:GetLayerVersion on resource: \#(arn):1 because no resource-based policy allows the lambda:GetLayerVersion action"}"#
            for (principal, isLetIn) in [
                ("123456789012", false), (Self.stranger, true), ("*", true), ("arn:aws:iam::210987654321:root", true),
            ] {
                let before = try await self.read(server)
                #expect(before.status == 403 && before.text == refusal)
                let policy = "\(layers)/l/versions/1/policy"
                let added = try await server.request(
                    "POST", policy,
                    body: #"{"StatementId":"s","Action":"lambda:GetLayerVersion","Principal":"\#(principal)"}"#)
                #expect(added.status == 201, "\(added.text)")
                let answer = try await self.read(server)
                #expect(answer.status == (isLetIn ? 200 : 403), "\(principal): \(answer.text)")
                if isLetIn {
                    #expect(try answer.json()["LayerVersionArn"]?.stringValue == "\(arn):1")
                    let byARN = try await server.request(
                        "GET", "\(layers)?find=LayerVersion&Arn=\(arn):1", headers: Self.headers)
                    #expect(byARN.status == 200)
                }
                #expect(try await server.request("DELETE", "\(policy)/s").status == 204)
            }
            // A version that is not there looks the same to a stranger.
            let missing = try await server.request("GET", "\(layers)/\(arn)/versions/2", headers: Self.headers)
            #expect(missing.status == 403)
        }
    }

    @Test func `is not read by a condition on an organisation, of which nothing is known`() async throws {
        try await TestServer.run { server in
            #expect(try await server.publishLayer().status == 201)
            let added = try await server.request(
                "POST", "\(layers)/l/versions/1/policy",
                body:
                    #"{"StatementId":"s","Action":"lambda:GetLayerVersion","Principal":"*","OrganizationId":"o-1234567890"}"#
            )
            #expect(
                try added.json()["Statement"]?.stringValue
                    == #"{"Sid":"s","Effect":"Allow","Principal":"*","Action":"lambda:GetLayerVersion","Resource":"\#(arn):1","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1234567890"}}}"#
            )
            #expect(try await self.read(server).status == 403)
        }
    }

    @Test(arguments: [
        ("POST", "versions", #"{"Content":{"ZipFile":"UEs="}}"#, "PublishLayerVersion", ""),
        ("GET", "versions", "", "ListLayerVersions", ""), ("DELETE", "versions/1", "", "DeleteLayerVersion", ":1"),
        ("GET", "versions/1/policy", "", "GetLayerVersionPolicy", ":1"),
        (
            "POST", "versions/1/policy", #"{"StatementId":"t","Action":"lambda:GetLayerVersion","Principal":"*"}"#,
            "AddLayerVersionPermission", ":1"
        ),
        ("DELETE", "versions/1/policy/s", "", "RemoveLayerVersionPermission", ":1"),
    ])
    func `is for its owner alone to change`(
        method: String, path: String, body: String, action: String, suffix: String
    ) async throws {
        try await TestServer.run { server in
            #expect(try await server.publishLayer().status == 201)
            let open = try await server.request(
                "POST", "\(layers)/l/versions/1/policy",
                body: #"{"StatementId":"s","Action":"lambda:GetLayerVersion","Principal":"*"}"#)
            #expect(open.status == 201)
            let answer = try await server.request(method, "\(layers)/\(arn)/\(path)", headers: Self.headers, body: body)
            #expect(answer.status == 403 && answer.header("x-amzn-ErrorType") == "AccessDeniedException")
            #expect(
                answer.text.contains(
                    "arn:aws:iam::210987654321:root is not authorized to perform: lambda:\(action) on resource: \(arn)\(suffix) because"
                ))
            #expect(try await server.request("GET", "\(layers)/l/versions/1").status == 200)
        }
    }
}

@Suite struct `A list of layers` {
    private func publish(_ server: TestServer, _ name: String, runtimes: String, architectures: String) async throws {
        let answer = try await server.publishLayer(
            name, extra: #","CompatibleRuntimes":[\#(runtimes)],"CompatibleArchitectures":[\#(architectures)]"#)
        #expect(answer.status == 201, "\(answer.text)")
    }

    /// Layers `a` of three versions, `b` without a word on what it goes with, and `c`.
    private func fill(_ server: TestServer) async throws {
        try await self.publish(server, "a", runtimes: #""python3.11""#, architectures: #""x86_64""#)
        try await self.publish(server, "a", runtimes: #""python3.11","nodejs20.x""#, architectures: #""arm64""#)
        try await self.publish(server, "a", runtimes: #""nodejs20.x""#, architectures: #""x86_64""#)
        #expect(try await server.publishLayer("b").status == 201)
        try await self.publish(server, "c", runtimes: #""java21""#, architectures: #""x86_64","arm64""#)
    }

    @Test(arguments: [
        ("", ["a:3", "b:1", "c:1"]), ("?CompatibleRuntime=python3.11", ["a:2"]),
        ("?CompatibleArchitecture=arm64", ["a:2", "c:1"]),
        ("?CompatibleRuntime=nodejs20.x&CompatibleArchitecture=x86_64", ["a:3"]),
        ("?CompatibleRuntime=java21&CompatibleArchitecture=arm64", ["c:1"]), ("?CompatibleRuntime=ruby3.3", []),
    ])
    func `has the latest matching version of each`(query: String, expected: [String]) async throws {
        try await TestServer.run { server in
            try await self.fill(server)
            let answer = try await server.request("GET", layers + query)
            let entries = try #require(try answer.json()["Layers"]?.arrayValue?.compactMap { $0.objectValue })
            let found = entries.map { entry in
                let latest = entry["LatestMatchingVersion"]?.objectValue ?? JSONObject()
                return "\(entry["LayerName"]?.stringValue ?? ""):\(latest["Version"]?.intValue ?? 0)"
            }
            #expect(found == expected)
            for entry in entries {
                #expect(entry.map(\.key) == ["LayerName", "LayerArn", "LatestMatchingVersion"])
                let name = entry["LayerName"]?.stringValue ?? ""
                #expect(
                    entry["LayerArn"]?.stringValue == "arn:aws:lambda:us-east-1:123456789012:layer:\(name)")
                #expect(entry["LatestMatchingVersion"]?.objectValue?["Content"] == nil)
            }
        }
    }

    @Test(arguments: [
        ("a", "", [3, 2, 1]), ("a", "?CompatibleRuntime=python3.11", [2, 1]),
        ("a", "?CompatibleArchitecture=x86_64", [3, 1]), ("b", "?CompatibleRuntime=python3.11", []),
        ("layerdoesnotexist", "", []), ("arn:aws:lambda:us-east-1:123456789012:layer:a", "", [3, 2, 1]),
    ])
    func `has the matching versions of one, the newest first`(
        name: String, query: String, expected: [Int]
    ) async throws {
        try await TestServer.run { server in
            try await self.fill(server)
            let answer = try await server.request("GET", "\(layers)/\(name)/versions\(query)")
            #expect(answer.status == 200)
            let entries = try #require(try answer.json()["LayerVersions"]?.arrayValue?.compactMap { $0.objectValue })
            #expect(entries.map { $0["Version"]?.intValue } == expected)
            #expect(entries.allSatisfy { $0["Content"] == nil && $0["LayerArn"] == nil })
        }
    }

    @Test func `leaves out a layer whose versions are all deleted, and goes back to the latest that is left`()
        async throws
    {
        try await TestServer.run { server in
            try await self.fill(server)
            for path in ["b/versions/1", "a/versions/3"] {
                #expect(try await server.request("DELETE", "\(layers)/\(path)").status == 204)
            }
            let text = try await server.request("GET", layers).text
            #expect(text.contains("layer:a:2") && text.contains("layer:c:1") && !text.contains("layer:b"))
        }
    }

    /// All entries of a list, read page by page.
    private func pages(
        _ server: TestServer, _ path: String, _ member: String, size: Int
    ) async throws -> [JSONObject] {
        var found: [JSONObject] = []
        var marker: String? = ""
        while let current = marker, found.count < 100 {
            let query = current.isEmpty ? "" : "&Marker=\(current.replacing("=", with: "%3D"))"
            let page = try await server.request("GET", "\(path)?MaxItems=\(size)\(query)").json()
            let entries = page[member]?.arrayValue?.compactMap { $0.objectValue } ?? []
            #expect(entries.count <= size && !entries.isEmpty)
            found += entries
            marker = page["NextMarker"]?.stringValue
        }
        return found
    }

    /// Every page together is the list without pages, whatever the size, in bytes' order.
    @Test(arguments: [1, 2, 3, 7]) func `is read in pages without losing or repeating one`(size: Int) async throws {
        try await TestServer.run { server in
            for name in ["B", "a", "a-b", "a_b", "ab", "b", "0", "a", "a", "a", "a", "a", "a"] {
                let answer = try await server.publishLayer(name)
                #expect(answer.status == 201)
            }
            let names = try await self.pages(server, layers, "Layers", size: size).map { $0["LayerName"]?.stringValue }
            #expect(names == ["0", "B", "a", "a-b", "a_b", "ab", "b"])
            let versions = try await self.pages(server, "\(layers)/a/versions", "LayerVersions", size: size)
            #expect(versions.map { $0["Version"]?.intValue } == [7, 6, 5, 4, 3, 2, 1])
        }
    }

    @Test(arguments: ["\(layers)?Marker=%21", "\(layers)/l/versions?Marker=%21", "\(layers)/l/versions?Marker=eA=="])
    func `refuses a marker that it did not give`(path: String) async throws {
        try await TestServer.run { server in
            let answer = try await server.request("GET", path)
            #expect(answer.status == 400 && answer.text.contains("The Marker is not one"))
        }
    }
}
