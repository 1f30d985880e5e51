import LambdaAPI
import LambdaCore
import TestSupport
import Testing

@Suite struct `The list of event source mappings` {
    private static func queue(_ number: Int) -> String { "arn:aws:sqs:us-east-1:123456789012:q\(number)" }

    private static func uuids(_ page: JSONObject) -> [String] {
        (page["EventSourceMappings"]?.arrayValue ?? []).compactMap { $0.objectValue?["UUID"]?.stringValue }
    }

    @Test(arguments: [
        "f", "f:$LATEST", "123456789012:function:f", EventSource.function, "\(EventSource.function):$LATEST",
    ])
    func `is filtered by the function, however it is named`(name: String) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            try await server.createFunction("g")
            let mine = try await server.settledMapping(EventSource.body(Self.queue(1)))
            _ = try await server.mapped(EventSource.body(Self.queue(1), function: "g"))
            let list = try await server.request("GET", "\(EventSource.path)?FunctionName=\(name)").json()
            #expect(Self.uuids(list) == [mine])
        }
    }

    @Test func `is filtered by the source, and empty for what does not exist`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let one = try await server.settledMapping(EventSource.body(Self.queue(1)))
            _ = try await server.mapped(EventSource.body(Self.queue(2)))
            let path = EventSource.path
            let found = try await server.request("GET", "\(path)?EventSourceArn=\(Self.queue(1))&FunctionName=f").json()
            #expect(Self.uuids(found) == [one])
            for query in ["EventSourceArn=\(Self.queue(3))", "FunctionName=doesnotexist", "FunctionName=f:1"] {
                #expect(try await server.request("GET", "\(path)?\(query)").text == #"{"EventSourceMappings":[]}"#)
            }
        }
    }

    @Test(arguments: [1, 2, 3, 100]) func `comes in pages that show each mapping once`(size: Int) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            try await server.createFunction("g")
            var made: Set<String> = []
            for number in 0..<5 {
                made.insert(try await server.settledMapping(EventSource.body(Self.queue(number))))
                // Mappings of another function lie between, and are on no page.
                _ = try await server.mapped(EventSource.body(Self.queue(number), function: "g"))
            }
            var seen: [String] = []
            var marker = ""
            repeat {
                let query = marker.isEmpty ? "" : "&Marker=\(marker.replacing("=", with: "%3D"))"
                let page = try await server.request(
                    "GET", "\(EventSource.path)?FunctionName=f&MaxItems=\(size)\(query)"
                ).json()
                #expect(Self.uuids(page).count <= size)
                seen += Self.uuids(page)
                marker = page["NextMarker"]?.stringValue ?? ""
            } while !marker.isEmpty
            #expect(seen.count == 5 && Set(seen) == made)
        }
    }

    @Test func `shows an account and a region what is theirs`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let uuid = try await server.settledMapping(EventSource.body(EventSource.queue))
            for other in [
                TestServer.authorization(account: "000000000001"), TestServer.authorization(region: "eu-west-1"),
            ] {
                let list = try await server.request("GET", EventSource.path, headers: [other])
                #expect(list.text == #"{"EventSourceMappings":[]}"#)
                let one = try await server.request("GET", "\(EventSource.path)/\(uuid)", headers: [other])
                #expect(one.status == 404)
            }
            let elsewhere = try await server.request(
                "GET", "\(EventSource.path)?FunctionName=arn:aws:lambda:eu-west-1:123456789012:function:f")
            expect(
                elsewhere, is: .notFound("Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"))
        }
    }
}
