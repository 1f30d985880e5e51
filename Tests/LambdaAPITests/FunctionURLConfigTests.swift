import LambdaCore
import TestSupport
import Testing

private let path = "/2021-10-31/functions/f/url"
private let list = "/2021-10-31/functions/f/urls"
private let arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
private let cors =
    #"{"AllowCredentials":true,"AllowHeaders":["x-a"],"AllowMethods":["GET"],"AllowOrigins":["https://a.example"],"#
    + #""ExposeHeaders":["x-b"],"MaxAge":60}"#

private func alias(_ name: String) throws -> AliasRecord {
    AliasRecord(
        function: try TestServer.key(), name: name, version: FunctionRecord.latest, summary: "", additionalWeights: [:],
        revisionID: "r")
}

/// A store in which function `f` has aliases; through the API, the function itself is made by the test.
private func storeWithAliases(_ names: [String], tags: [String: String] = [:]) async throws -> MemoryStore {
    let store = try await FunctionURLFixture().store()
    let aliases = try names.map(alias)
    let key = try TestServer.key()
    try await store.write { transaction in
        for alias in aliases { try transaction.put(alias) }
        try transaction.remove(FunctionURLRecord.self, at: key.address)
        var properties = FunctionProperties(key: key, userSlot: 0)
        properties.tags = tags
        try transaction.put(properties)
    }
    return store
}

@Suite struct `A function URL's configuration` {
    @Test func `lives from its creation to its deletion as recorded`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let made = try await server.request("POST", path, body: #"{"AuthType":"NONE"}"#)
            #expect(made.status == 201, "\(made.text)")
            let shape = try made.json()
            #expect(shape.map(\.key) == ["FunctionUrl", "FunctionArn", "AuthType", "CreationTime"])
            let text = try #require(shape["FunctionUrl"]?.stringValue)
            #expect(text.wholeMatch(of: /http:\/\/[a-z0-9]{32}\.lambda-url\.us-east-1\.localhost\//) != nil)
            #expect(shape["FunctionArn"]?.stringValue == arn)
            #expect(shape["AuthType"]?.stringValue == "NONE")
            #expect(shape["CreationTime"]?.stringValue == "2026-01-02T03:04:05.000Z")

            let again = try await server.request("POST", path, body: #"{"AuthType":"NONE"}"#)
            #expect(again.status == 409)
            #expect(again.header("x-amzn-ErrorType") == "ResourceConflictException")
            #expect(
                again.text
                    == #"{"Type":"User","message":"Failed to create function url config for [functionArn = \#(arn)]. Error message:  FunctionUrlConfig exists for this Lambda function"}"#
            )

            let read = try await server.request("GET", path).json()
            #expect(
                read.map(\.key)
                    == ["FunctionUrl", "FunctionArn", "AuthType", "CreationTime", "LastModifiedTime", "InvokeMode"])
            #expect(read["InvokeMode"]?.stringValue == "BUFFERED")
            #expect(read["FunctionUrl"]?.stringValue == text)

            server.time.advance(by: .milliseconds(1_500))
            let changed = try await server.request("PUT", path, body: #"{"AuthType":"AWS_IAM"}"#)
            #expect(changed.status == 200)
            let updated = try changed.json()
            #expect(
                updated.map(\.key) == ["FunctionUrl", "FunctionArn", "AuthType", "CreationTime", "LastModifiedTime"])
            #expect(updated["AuthType"]?.stringValue == "AWS_IAM")
            #expect(updated["LastModifiedTime"]?.stringValue == "2026-01-02T03:04:06.500Z")

            let deleted = try await server.request("DELETE", path)
            #expect(deleted.status == 204 && deleted.body.isEmpty)
            let gone = try await server.request("GET", path)
            #expect(gone.status == 404)
            #expect(gone.text == #"{"Type":"User","Message":"The resource you requested does not exist."}"#)
        }
    }

    @Test func `shows the mode once it was given, and keeps it`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let made = try await server.request("POST", path, body: #"{"AuthType":"NONE","InvokeMode":"BUFFERED"}"#)
            #expect(try made.json()["InvokeMode"]?.stringValue == "BUFFERED")
            let stream = try await server.request("PUT", path, body: #"{"InvokeMode":"RESPONSE_STREAM"}"#)
            #expect(try stream.json()["InvokeMode"]?.stringValue == "RESPONSE_STREAM")
            let nothing = try await server.request("PUT", path, body: "{}")
            #expect(try nothing.json()["InvokeMode"]?.stringValue == "RESPONSE_STREAM")
            #expect(try await server.request("GET", path).json()["InvokeMode"]?.stringValue == "RESPONSE_STREAM")
        }
    }

    @Test func `keeps CORS as given until another is given, and an empty one takes it away`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let made = try await server.request("POST", path, body: #"{"AuthType":"NONE","Cors":\#(cors)}"#)
            let given = try JSONValue.parse(Array(cors.utf8))
            #expect(try made.json()["Cors"] == given)
            let kept = try await server.request("PUT", path, body: #"{"AuthType":"AWS_IAM"}"#)
            #expect(try kept.json()["Cors"] == given)
            let other = try await server.request("PUT", path, body: #"{"Cors":{"MaxAge":0}}"#)
            #expect(try other.json()["Cors"] == .object(["MaxAge": .number("0")]))
            let none = try await server.request("PUT", path, body: #"{"Cors":{}}"#)
            #expect(try none.json()["Cors"] == nil)
        }
    }

    @Test(arguments: [
        (#"{"AuthType":"NONE","Cors":{"MaxAge":86401}}"#, "Member must have value less than or equal to 86400"),
        (
            #"{"AuthType":"NONE","Cors":{"AllowMethods":["OPTIONS"]}}"#,
            "Member must have length less than or equal to 6"
        ),
        (
            #"{"AuthType":"NONE","InvokeMode":"UNKNOWN"}"#,
            "1 validation error detected: Value 'UNKNOWN' at 'invokeMode' failed to satisfy constraint: Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]"
        ),
        (#"{}"#, "Value null at 'authType' failed to satisfy constraint: Member must not be null"),
    ]) func `is refused where the model says so`(body: String, text: String) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request("POST", path, body: body)
            #expect(answer.status == 400)
            #expect(answer.header("x-amzn-ErrorType") == "ValidationException")
            #expect(answer.text.contains(text), "\(answer.text)")
        }
    }

    @Test func `is one of the function and one of each alias`() async throws {
        try await TestServer.run(store: try await storeWithAliases(["live", "test"])) { server in
            for query in ["", "?Qualifier=live", "?Qualifier=test"] {
                let made = try await server.request("POST", path + query, body: #"{"AuthType":"NONE"}"#)
                #expect(made.status == 201, "\(made.text)")
            }
            let named = try await server.request("GET", "/2021-10-31/functions/f:live/url").json()
            #expect(named["FunctionArn"]?.stringValue == "\(arn):live")
            #expect(try await server.request("DELETE", path).status == 204)
            #expect(try await server.request("GET", path).status == 404)
            #expect(try await server.request("GET", "\(path)?Qualifier=live").status == 200)
        }
    }

    @Test func `is listed page by page, the function's own first`() async throws {
        try await TestServer.run(store: try await storeWithAliases(["live", "test"])) { server in
            let empty = try await server.request("GET", list)
            #expect(empty.text == #"{"FunctionUrlConfigs":[]}"#)
            for query in ["?Qualifier=test", "", "?Qualifier=live"] {
                _ = try await server.request("POST", path + query, body: #"{"AuthType":"NONE"}"#)
            }
            var arns: [String?] = []
            var marker = ""
            repeat {
                let page = try await server.request("GET", "\(list)?MaxItems=1\(marker)").json()
                let configs = try #require(page["FunctionUrlConfigs"]?.arrayValue)
                #expect(configs.count == 1)
                arns += configs.map { $0.objectValue?["FunctionArn"]?.stringValue }
                marker = page["NextMarker"]?.stringValue.map { "&Marker=\($0.replacing("=", with: "%3D"))" } ?? ""
            } while !marker.isEmpty && arns.count < 9
            #expect(arns == [arn, "\(arn):live", "\(arn):test"])
            let foreign = try await server.request("GET", "\(list)?Marker=%21")
            #expect(foreign.status == 400)
        }
    }

    @Test func `goes with its function's name, account and region`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let made = try await server.request(
                "POST", "/2021-10-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af/url",
                body: #"{"AuthType":"NONE"}"#)
            #expect(made.status == 201)
            let stranger = try await server.request(
                "GET", path, headers: [TestServer.authorization(account: "999999999999")])
            #expect(stranger.status == 404)
            let elsewhere = try await server.request(
                "GET", path, headers: [TestServer.authorization(region: "eu-west-1")])
            #expect(elsewhere.status == 404)
        }
    }
}

/// One recorded refusal: method, path, body, status and text.
private struct URLRefusal: Sendable, CustomTestStringConvertible {
    let method: String
    let path: String
    let status: Int
    let text: String
    var testDescription: String { "\(self.method) \(self.path)" }

    init(_ method: String, _ path: String, _ status: Int, _ text: String) {
        self.method = method
        self.path = path
        self.status = status
        self.text = text
    }

    static let notThere = "The resource you requested does not exist."
    static let noFunction = "Function does not exist"
    static let otherQualifier = "The derived qualifier from the function name does not match the specified qualifier."

    static func qualifier(_ value: String) -> String {
        "1 validation error detected: Value '\(value)' at 'qualifier' failed to satisfy constraint: "
            + #"Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)"#
    }

    static let all: [URLRefusal] =
        ["GET", "PUT", "DELETE"].flatMap { method in
            [
                URLRefusal(method, "none/url", 404, notThere), URLRefusal(method, "f/url", 404, notThere),
                URLRefusal(method, "f/url?Qualifier=none", 404, notThere),
                URLRefusal(method, "none/url?Qualifier=1", 400, qualifier("1")),
                URLRefusal(method, "f/url?Qualifier=%24LATEST", 400, qualifier("$LATEST")),
                URLRefusal(method, "f:a/url?Qualifier=b", 400, otherQualifier),
            ]
        } + [
            URLRefusal("POST", "none/url", 404, noFunction),
            URLRefusal("POST", "f/url?Qualifier=none", 404, noFunction),
            URLRefusal("POST", "f/url?Qualifier=1", 400, qualifier("1")),
            URLRefusal("POST", "f/url?Qualifier=%24LATEST", 400, qualifier("$LATEST")),
            URLRefusal("POST", "f:1/url", 400, qualifier("1")),
            URLRefusal("POST", "f:a/url?Qualifier=b", 400, otherQualifier),
            URLRefusal(
                "GET", "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Af/url", 404,
                "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"),
            URLRefusal("GET", "none/urls", 404, noFunction),
        ]
}

@Suite struct `An operation on function URLs` {
    @Test(arguments: URLRefusal.all) fileprivate func `is refused in AWS's words`(refusal: URLRefusal) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request(
                refusal.method, "/2021-10-31/functions/\(refusal.path)",
                body: refusal.method == "POST" ? #"{"AuthType":"NONE"}"# : "")
            #expect(answer.status == refusal.status)
            let body = try answer.json()
            #expect((body["Message"] ?? body["message"])?.stringValue == refusal.text)
        }
    }
}

@Suite struct `The id of a function URL` {
    @Test(arguments: [
        ("my-Site", "", "my-site"), ("my-site", "live", "my-site-live"), ("_not_valid", "", nil), ("", "", nil),
        ("ends-", "", nil), ("9first", "", nil), ("has.dot", "", nil),
        (String(repeating: "a", count: 63), "", String(repeating: "a", count: 63)),
        (String(repeating: "a", count: 64), "", nil),
    ]) func `is the one that the function's tag asks for, where a host name can have it`(
        tag: String, alias: String, id: String?
    ) async throws {
        try await TestServer.run(store: try await storeWithAliases(["live"], tags: ["_custom_id_": tag])) { server in
            let query = alias.isEmpty ? "" : "?Qualifier=\(alias)"
            let made = try await server.request("POST", path + query, body: #"{"AuthType":"NONE"}"#)
            let text = try #require(try made.json()["FunctionUrl"]?.stringValue)
            let label = text.dropFirst("http://".count).prefix { $0 != "." }
            if let id { #expect(label == id) } else { #expect(label.wholeMatch(of: /[a-z0-9]{32}/) != nil) }
        }
    }

    @Test func `cannot be another URL's`() async throws {
        let store = try await storeWithAliases([], tags: ["_custom_id_": FunctionURLFixture.id])
        let other = FunctionURLRecord(
            function: FunctionKey(
                account: .standard, region: .standard, name: try #require(FunctionName("g"))), qualifier: "",
            id: FunctionURLFixture.id, authType: .none, invokeMode: nil, cors: nil, created: ManualTime.start)
        try await store.write { try $0.put(other) }
        try await TestServer.run(store: store) { server in
            let made = try await server.request("POST", path, body: #"{"AuthType":"NONE"}"#)
            #expect(made.status == 409)
            #expect(made.text.contains("belongs to another function URL"))
        }
    }
}
