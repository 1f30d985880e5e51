import FoundationEssentials
import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let layers = "/2018-10-31/layers"
private let arn = "arn:aws:lambda:us-east-1:123456789012:layer:l"

/// Has one object, `bkt/k.zip`.
private struct OneObject: ObjectFetching {
    func object(
        bucket: String, key: String, version: String?, region: Region, limit: Int
    ) async throws(ObjectFetchError) -> [UInt8] {
        guard bucket == "bkt", key == "k.zip" else {
            throw .refused(code: "NoSuchKey", message: "The specified key does not exist.")
        }
        return Array("PKzip".utf8)
    }
}

@Suite struct `The content of a layer` {
    private static func body(_ content: String) -> String { #"{"Content":{\#(content)}}"# }

    @Test func `is read from the object store`() async throws {
        try await TestServer.run(configure: { $0.objects = OneObject() }) { server in
            let published = try await server.request(
                "POST", "\(layers)/l/versions", body: Self.body(#""S3Bucket":"bkt","S3Key":"k.zip""#))
            #expect(published.status == 201, "\(published.text)")
            #expect(try published.json()["Content"]?.objectValue?["CodeSize"]?.intValue == 5)
            let missing = try await server.request(
                "POST", "\(layers)/l/versions", body: Self.body(#""S3Bucket":"bkt","S3Key":"other""#))
            #expect(
                missing.text
                    == #"{"Type":"User","message":"Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."}"#
            )
            // What was refused has used no number up.
            #expect(try await server.publishLayer().json()["Version"]?.intValue == 2)
        }
    }

    @Test func `is a directory of the host, which functions get with the layer`() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "layer-\(RequestID.random())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.resolvingSymlinksInPath().path(percentEncoded: false)
        let content = Self.body(#""S3Bucket":"hot-reload","S3Key":"\#(path)""#)
        try await TestServer.run { server in
            let refused = try await server.request("POST", "\(layers)/l/versions", body: content)
            #expect(refused.status == 400 && refused.text.contains("hot_reload_directories"))
        }
        try await TestServer.run(configure: { $0.hotReloadDirectories = [path] }) { server in
            let published = try await server.request("POST", "\(layers)/l/versions", body: content)
            #expect(published.status == 201, "\(published.text)")
            let location = try published.json()["Content"]?.objectValue?["Location"]?.stringValue
            #expect(location == "file://\(path)")
            try await server.createFunction(extra: #","Layers":["\#(arn):1"]"#)
            let key = try TestServer.key()
            let record = try await server.store.read { try $0.resource(LatestVersion.self, at: key.address)?.record }
            #expect(record?.layers.map(\.hotReloadPath) == [path])
        }
    }

    @Test(arguments: [
        ("", "Please provide a source for function code."),
        (#""S3Bucket":"bkt""#, "Please provide both Content.S3Bucket and Content.S3Key."),
        (#""ZipFile":"?""#, "Content.ZipFile is not base64."),
    ])
    func `must be named whole`(content: String, message: String) async throws {
        try await TestServer.run { server in
            let answer = try await server.request("POST", "\(layers)/l/versions", body: Self.body(content))
            #expect(answer.status == 400)
            #expect(answer.text.contains(message), "\(answer.text)")
        }
    }

    @Test func `counts for the account's code storage, as often as it was published`() async throws {
        try await TestServer.run(configure: { $0.codeStorageBytes = 5 }) { server in
            for _ in 0..<2 { try #require(try await server.publishLayer().status == 201) }
            let full = try await server.publishLayer()
            #expect(full.status == 400 && full.header("x-amzn-ErrorType") == "CodeStorageExceededException")
            #expect(full.text == #"{"Type":"User","message":"Code storage limit exceeded."}"#)
            // Nor is there room for a function, until a version is deleted.
            let function = try await server.request("POST", "/2015-03-31/functions", body: TestServer.createBody())
            #expect(function.text == full.text)
            try #require(try await server.request("DELETE", "\(layers)/l/versions/1").status == 204)
            #expect(try await server.publishLayer().json()["Version"]?.intValue == 3)
        }
    }

    @Test func `stays with a function whose layer version is deleted`() async throws {
        try await TestServer.run { server in
            try #require(try await server.publishLayer().status == 201)
            try await server.createFunction(extra: #","Layers":["\#(arn):1"]"#)
            try #require(try await server.request("DELETE", "\(layers)/l/versions/1").status == 204)
            let shape = try await server.request("GET", "/2015-03-31/functions/f/configuration").json()
            let layer = shape["Layers"]?.arrayValue?.first?.objectValue
            #expect(layer?["Arn"]?.stringValue == "\(arn):1" && layer?["CodeSize"]?.intValue == 2)
            let again = try await server.request(
                "POST", "/2015-03-31/functions", body: TestServer.createBody("g", extra: #","Layers":["\#(arn):1"]"#))
            #expect(again.text.contains("Layer version \(arn):1 does not exist."))
        }
    }

    @Test func `of another account is used where the layer's policy allows that`() async throws {
        try await TestServer.run { server in
            try #require(try await server.publishLayer().status == 201)
            let headers = [TestServer.authorization(account: "210987654321")]
            func create() async throws -> TestAnswer {
                try await server.request(
                    "POST", "/2015-03-31/functions", headers: headers,
                    body: TestServer.createBody(extra: #","Layers":["\#(arn):1"]"#))
            }
            let refused = try await create()
            #expect(refused.status == 403 && refused.text.contains("lambda:GetLayerVersion on resource: \(arn):1"))
            let open = try await server.request(
                "POST", "\(layers)/l/versions/1/policy",
                body: #"{"StatementId":"s","Action":"lambda:GetLayerVersion","Principal":"210987654321"}"#)
            #expect(open.status == 201)
            let created = try await create()
            #expect(created.status == 201, "\(created.text)")
        }
    }
}
