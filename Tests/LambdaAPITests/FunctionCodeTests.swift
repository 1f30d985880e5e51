import Foundation
import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let functions = "/2015-03-31/functions"

/// One bucket with one zip, and S3's words for everything else.
private struct FakeObjects: ObjectFetching {
    func object(
        bucket: String, key: String, version: String?, region: Region, limit: Int
    ) async throws(ObjectFetchError) -> [UInt8] {
        guard bucket == "bucket" else {
            throw .refused(code: "NoSuchBucket", message: "The specified bucket does not exist")
        }
        switch (key, version) {
        case ("code.zip", nil): return Array("PK12".utf8)
        case ("code.zip", "old"): return Array("PK1".utf8)
        case ("large.zip", _): throw .tooLarge(limit: limit)
        case ("lost.zip", _): throw .unavailable("connection refused to 10.0.0.1")
        default: throw .refused(code: "NoSuchKey", message: "The specified key does not exist.")
        }
    }
}

private func body(_ code: String) -> String { TestServer.createBody(extra: #","Code":\#(code)"#) }

@Suite struct `Code from S3` {
    @Test func `is fetched, also an old version of it, at creation and at an update`() async throws {
        try await TestServer.run(configure: { $0.objects = FakeObjects() }) { server in
            let created = try await server.request(
                "POST", functions, body: body(#"{"S3Bucket":"bucket","S3Key":"code.zip"}"#))
            #expect(created.status == 201, "\(created.text)")
            #expect(try created.json()["CodeSize"]?.intValue == 4)
            try await server.latestChanged()
            try await server.update(
                "code", #"{"S3Bucket":"bucket","S3Key":"code.zip","S3ObjectVersion":"old"}"#)
            #expect(try await server.configuration()["CodeSize"]?.intValue == 3)
        }
    }

    @Test(arguments: [
        (
            "elsewhere", "code.zip", 400,
            "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist"
        ),
        (
            "bucket", "none", 400,
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."
        ),
        ("bucket", "large.zip", 400, "Unzipped size must be smaller than 262144000 bytes"),
        (
            "bucket", "lost.zip", 500,
            "The services endpoint of this server did not give the object. Its reason is in the server's log."
        ),
    ]) func `is refused in AWS's words where it cannot be had`(
        bucket: String, key: String, status: Int, text: String
    ) async throws {
        try await TestServer.run(configure: { $0.objects = FakeObjects() }) { server in
            let answer = try await server.request(
                "POST", functions, body: body(#"{"S3Bucket":"\#(bucket)","S3Key":"\#(key)"}"#))
            #expect(answer.status == status)
            let shape = try answer.json()
            #expect((shape["message"] ?? shape["Message"])?.stringValue == text)
        }
    }
}

@Suite struct `Code from the hot-reload bucket` {
    private let root: URL

    init() throws {
        self.root = FileManager.default.temporaryDirectory.appending(path: "hot-\(UUID().uuidString)")
        for name in ["allowed/code", "allowed-not/code"] {
            try FileManager.default.createDirectory(
                at: self.root.appending(path: name), withIntermediateDirectories: true)
        }
        try FileManager.default.createSymbolicLink(
            at: self.root.appending(path: "allowed/out"), withDestinationURL: self.root.appending(path: "allowed-not"))
        try Data().write(to: self.root.appending(path: "allowed/file"))
    }

    private var allowed: [String] { [self.root.appending(path: "allowed").path()] }

    private func key(_ name: String) -> String { self.root.appending(path: name).path() }

    @Test func `is the directory itself`() async throws {
        let allowed = self.allowed
        defer { try? FileManager.default.removeItem(at: self.root) }
        try await TestServer.run(configure: { $0.hotReloadDirectories = allowed }) { server in
            let path = self.key("allowed/code")
            let answer = try await server.request(
                "POST", functions, body: body(#"{"S3Bucket":"hot-reload","S3Key":"\#(path)/"}"#))
            #expect(answer.status == 201, "\(answer.text)")
            let shape = try answer.json()
            #expect(shape["CodeSha256"]?.stringValue == "hot-reloading-hash-not-available")
            #expect(shape["CodeSize"]?.intValue == 0)
            try await server.latestChanged()
            let code = try await server.request("GET", "\(functions)/f").json()["Code"]?.objectValue
            #expect(code?["Location"]?.stringValue == "file://\(path)")
            let record = try await server.store.read {
                try $0.resource(LatestVersion.self, at: TestServer.key().address)?.record
            }
            #expect(record?.hotReloadPath == path)
            // A hash says nothing about it, so none is held against it.
            #expect(try await server.publish(#"{"CodeSha256":"any"}"#).status == 201)
            try await server.update("code", #"{"ZipFile":"UEs="}"#)
            let updated = try await server.store.read {
                try $0.resource(LatestVersion.self, at: TestServer.key().address)?.record
            }
            #expect(updated?.hotReloadPath == nil)
        }
    }

    @Test(arguments: [
        ("allowed/none", "There is no directory "), ("allowed/file", "There is no directory "),
        ("allowed-not/code", "is not one that functions of this server may be run from"),
        ("allowed/out/code", "is not one that functions of this server may be run from"),
        ("allowed/../allowed-not/code", "is not one that functions of this server may be run from"),
    ]) func `is refused where it does not lie below a directory that is allowed`(
        name: String, text: String
    ) async throws {
        let allowed = self.allowed
        defer { try? FileManager.default.removeItem(at: self.root) }
        try await TestServer.run(configure: { $0.hotReloadDirectories = allowed }) { server in
            let answer = try await server.request(
                "POST", functions,
                body: body(#"{"S3Bucket":"hot-reload","S3Key":"\#(self.root.path())/\#(name)"}"#))
            #expect(answer.status == 400)
            #expect(answer.text.contains(text), "\(answer.text)")
        }
    }

    @Test(arguments: [
        (
            "relative",
            "When using hot reloading, the archive key has to be an absolute path! Your archive key: relative"
        ),
        ("/", "Add it, or a directory above it, to hot_reload_directories in lambdad.conf."),
    ]) func `is off until directories are allowed`(key: String, text: String) async throws {
        defer { try? FileManager.default.removeItem(at: self.root) }
        try await TestServer.run { server in
            let answer = try await server.request(
                "POST", functions, body: body(#"{"S3Bucket":"hot-reload","S3Key":"\#(key)"}"#))
            #expect(answer.text.contains(text), "\(answer.text)")
        }
    }
}

@Suite struct `A container image` {
    private static let create = """
        {"FunctionName":"f","Role":"arn:aws:iam::123456789012:role/r","PackageType":"Image",\
        "Code":{"ImageUri":"r.example/i@sha256:abc"},"ImageConfig":{"Command":["a"],"WorkingDirectory":"/w"}}
        """

    @Test func `is taken, and fails with the reason that it cannot be run`() async throws {
        try await TestServer.run { server in
            let answer = try await server.request("POST", functions, body: Self.create)
            #expect(answer.status == 201, "\(answer.text)")
            let shape = try answer.json()
            #expect(shape["State"]?.stringValue == "Pending")
            #expect(shape["PackageType"]?.stringValue == "Image")
            #expect(shape["CodeSize"]?.intValue == 0)
            #expect(shape["CodeSha256"]?.stringValue == "abc")
            for absent in ["Runtime", "Handler", "RuntimeVersionConfig"] { #expect(shape[absent] == nil) }
            let image: JSONValue = .object(["Command": .array([.string("a")]), "WorkingDirectory": .string("/w")])
            #expect(shape["ImageConfigResponse"] == .object(["ImageConfig": image]))
            try await server.latestChanged()
            let failed = try await server.request("GET", "\(functions)/f").json()
            let configuration = try #require(failed["Configuration"]?.objectValue)
            #expect(configuration["State"]?.stringValue == "Failed")
            #expect(
                configuration["StateReason"]?.stringValue
                    == "Container images are not available on this server yet.")
            #expect(configuration["StateReasonCode"]?.stringValue == "InvalidImage")
            #expect(
                failed["Code"]
                    == .object([
                        "RepositoryType": .string("ECR"), "ImageUri": .string("r.example/i@sha256:abc"),
                        "ResolvedImageUri": .string("r.example/i@sha256:abc"),
                    ]))
            #expect(try await server.publish().status == 409)
        }
    }

    @Test func `fails at an update, too, and gives its configuration up for an empty one`() async throws {
        try await TestServer.run { server in
            _ = try await server.request("POST", functions, body: Self.create)
            try await server.latestChanged()
            try await server.update("configuration", #"{"ImageConfig":{}}"#)
            let shape = try await server.configuration()
            #expect(shape["ImageConfigResponse"] == nil)
            #expect(shape["LastUpdateStatus"]?.stringValue == "Failed")
            #expect(shape["LastUpdateStatusReasonCode"]?.stringValue == "InvalidImage")
        }
    }

    @Test(arguments: [
        ("code", #"{"ZipFile":"UEs="}"#, "Please provide ImageUri when updating a function with packageType Image."),
        (
            "configuration", #"{"Handler":"a.b"}"#,
            "Please don't provide handler or runtime or layer when the intended function PackageType is Image."
        ),
    ]) func `stays one`(part: String, change: String, text: String) async throws {
        try await TestServer.run { server in
            _ = try await server.request("POST", functions, body: Self.create)
            try await server.latestChanged()
            let answer = try await server.request("PUT", "\(functions)/f/\(part)", body: change)
            #expect(answer.text == #"{"Type":"User","message":"\#(text)"}"#)
        }
    }

    @Test func `does not take the place of a zip`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request("PUT", "\(functions)/f/code", body: #"{"ImageUri":"i"}"#)
            #expect(
                answer.text
                    == #"{"Type":"User","message":"Please don't provide ImageUri when updating a function with packageType Zip."}"#
            )
        }
    }
}

@Suite struct `The code storage of an account` {
    @Test func `is full at its limit, for creations, updates and versions`() async throws {
        try await TestServer.run(configure: { $0.codeStorageBytes = 5 }) { server in
            try await server.createFunction()
            try await server.createFunction("g")
            let text = #"{"Type":"User","message":"Code storage limit exceeded."}"#
            let requests = [
                ("POST", functions, TestServer.createBody("h")), ("POST", "\(functions)/f/versions", "{}"),
                ("PUT", "\(functions)/f/code", #"{"ZipFile":"UEsDBA=="}"#),
                ("PUT", "\(functions)/f/code", #"{"ZipFile":"UEsDBA==","DryRun":true}"#),
            ]
            for (method, path, body) in requests {
                let answer = try await server.request(method, path, body: body)
                #expect(answer.status == 400)
                #expect(answer.header("x-amzn-ErrorType") == "CodeStorageExceededException")
                #expect(answer.text == text)
            }
            #expect(try await server.request("DELETE", "\(functions)/g").status == 204)
            #expect(try await server.publish().status == 201)
            // Another account has its own.
            let other = try await server.request(
                "POST", functions, headers: [TestServer.authorization(account: "210987654321")],
                body: TestServer.createBody())
            #expect(other.status == 201)
        }
    }
}
