import LambdaAPI
import LambdaCore
import Testing

private let functions = "/2015-03-31/functions"

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
                "GET", "\(functions)?Marker=\(PercentEncoding.encode(marker, keepSlash: false))"
            ).json()
            let arns = second["Functions"]?.arrayValue?.compactMap { $0.objectValue?["FunctionArn"]?.stringValue }
            #expect(arns == ["arn:aws:lambda:us-east-1:123456789012:function:c"])
            #expect(second["NextMarker"] == nil)
            #expect(try await server.request("GET", "\(functions)?Marker=%2A").status == 400)
        }
    }
}
