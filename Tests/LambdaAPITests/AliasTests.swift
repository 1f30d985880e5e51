import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let aliases = "/2015-03-31/functions/f/aliases"
private let arn = PublishedFunction.arn

private func create(_ name: String, _ version: String, _ more: String = "") -> String {
    #"{"Name":"\#(name)","FunctionVersion":"\#(version)"\#(more)}"#
}

private func routing(_ weights: String) -> String {
    #","RoutingConfig":{"AdditionalVersionWeights":{\#(weights)}}"#
}

@Suite struct `An alias` {
    @Test func `is answered in full, its routing only where it has one`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            let plain = try await server.request("POST", aliases, body: create("live", "1"))
            #expect(plain.status == 201)
            #expect(
                plain.text
                    == #"{"AliasArn":"\#(arn):live","Name":"live","FunctionVersion":"1","Description":"","RevisionId":"revision-1"}"#
            )
            let routed = try await server.request(
                "POST", aliases, body: create("2024-01-02", "$LATEST", #","Description":"d""#))
            #expect(
                routed.text
                    == #"{"AliasArn":"\#(arn):2024-01-02","Name":"2024-01-02","FunctionVersion":"$LATEST","Description":"d","RevisionId":"revision-2"}"#
            )
            let weighted = try await server.request(
                "POST", aliases, body: create("canary", "1", routing(#""2":0.2"#)))
            #expect(
                weighted.text
                    == #"{"AliasArn":"\#(arn):canary","Name":"canary","FunctionVersion":"1","Description":"","RoutingConfig":{"AdditionalVersionWeights":{"2":0.2}},"RevisionId":"revision-3"}"#
            )
            let read = try await server.request("GET", "\(aliases)/canary")
            #expect(read.status == 200 && read.text == weighted.text)
            let empty = try await server.request("POST", aliases, body: create("empty", "1", routing("")))
            #expect(try empty.json()["RoutingConfig"] == nil)
        }
    }

    @Test func `that is updated keeps what was not sent, and has a new revision even where nothing was`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            _ = try await server.request(
                "POST", aliases, body: create("live", "1", #","Description":"d""# + routing(#""2":0.5"#)))
            let nothing = try await server.request("PUT", "\(aliases)/live", body: "{}")
            #expect(nothing.status == 200)
            #expect(
                nothing.text
                    == #"{"AliasArn":"\#(arn):live","Name":"live","FunctionVersion":"1","Description":"d","RoutingConfig":{"AdditionalVersionWeights":{"2":0.5}},"RevisionId":"revision-2"}"#
            )
            let unrouted = try await server.request(
                "PUT", "\(aliases)/live",
                body:
                    #"{"FunctionVersion":"2","RoutingConfig":{"AdditionalVersionWeights":{}},"RevisionId":"revision-2"}"#
            )
            #expect(
                unrouted.text
                    == #"{"AliasArn":"\#(arn):live","Name":"live","FunctionVersion":"2","Description":"d","RevisionId":"revision-3"}"#
            )
        }
    }

    @Test func `update against another revision is refused`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            _ = try await server.request("POST", aliases, body: create("live", "1"))
            try await server.expect(
                RefusedRequest(
                    "stale", "PUT", "\(aliases)/live", #"{"RevisionId":"wrong"}"#, status: 412,
                    code: "PreconditionFailedException",
                    answer: PublishedFunction.body(
                        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
                    )))
            #expect(try await server.request("GET", "\(aliases)/live").json()["RevisionId"] == .string("revision-1"))
        }
    }

    private static let mapRule =
        "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]"

    static let refused: [RefusedRequest] = [
        .invalid(
            "too many weights", "POST", aliases, create("custom", "1", routing(#""1":0.8,"2":0.2"#)),
            "Number of items in AdditionalVersionWeights cannot be greater than 1"),
        .validation(
            "weight above 1", "POST", aliases, create("custom", "1", routing(#""2":2"#)),
            "Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: \(mapRule)"),
        .validation(
            "weight below 0", "POST", aliases, create("custom", "1", routing(#""2":-1"#)),
            "Value '{2=-1.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: \(mapRule)"),
        .invalid(
            "the same version twice", "POST", aliases, create("custom", "1", routing(#""1":0.5"#)),
            "Invalid function version 1. Function version 1 is already included in routing configuration."),
        .notFound(
            "version missing", "POST", aliases, create("custom", "10", routing(#""2":0.5"#)),
            "Function not found: \(arn):10"),
        .notFound(
            "version with a leading zero", "POST", aliases, create("custom", "01"), "Function not found: \(arn):01"),
        .notFound(
            "routed version missing", "POST", aliases, create("custom", "1", routing(#""10":0.5"#)),
            "Function not found: \(arn):10"),
        .invalid(
            "$LATEST with weights", "POST", aliases, create("custom", "$LATEST", routing(#""1":0.5"#)),
            "$LATEST is not supported for an alias pointing to more than 1 version", type: false),
        .validation(
            "weight for $LATEST", "POST", aliases, create("custom", "1", routing(#""$LATEST":0.5"#)),
            "Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]"
        ),
        .notFound(
            "function missing", "POST", "/2015-03-31/functions/unknown/aliases", create("custom", "1"),
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:unknown:1"),
        .conflict(
            "exists", "POST", aliases, create("live", "1", routing(#""2":0.5"#)), "Alias already exists: \(arn):live"),
        .notFound(
            "alias to read missing", "GET", "\(aliases)/non-existent", "", "Cannot find alias arn: \(arn):non-existent"),
        .notFound(
            "alias to update missing", "PUT", "\(aliases)/non-existent", "{}", "Alias not found: \(arn):non-existent"),
        .validation(
            "name of digits", "POST", aliases, create("2024", "1"),
            "Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"
        ),
        .notFound(
            "update to a missing version", "PUT", "\(aliases)/live", #"{"FunctionVersion":"10"}"#,
            "Function not found: \(arn):10"),
        .invalid(
            "update onto the routed version", "PUT", "\(aliases)/canary", #"{"FunctionVersion":"2"}"#,
            "Invalid function version 2. Function version 2 is already included in routing configuration."),
        .invalid(
            "update of a routed alias to $LATEST", "PUT", "\(aliases)/canary", #"{"FunctionVersion":"$LATEST"}"#,
            "$LATEST is not supported for an alias pointing to more than 1 version", type: false),
        .notFound(
            "list of a missing function", "GET", "/2015-03-31/functions/unknown/aliases", "",
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:unknown"),
        .notFound(
            "another region", "GET",
            "/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/aliases/live", "",
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"),
    ]

    @Test(arguments: refused) func `is refused in AWS's words`(refused: RefusedRequest) async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            _ = try await server.request("POST", aliases, body: create("live", "1"))
            _ = try await server.request("POST", aliases, body: create("canary", "1", routing(#""2":0.5"#)))
            let before = try await server.request("GET", aliases).text
            try await server.expect(refused)
            #expect(try await server.request("GET", aliases).text == before)
        }
    }

    @Test(arguments: ["role", "dead-letter"]) func `joins only versions with the same role and dead-letter queue`(
        difference: String
    ) async throws {
        let store = try await PublishedFunction.store { record in
            guard record.version == "2" else { return }
            if difference == "role" {
                record.role += "2"
            } else {
                record.deadLetterTarget = "arn:aws:sqs:us-east-1:123456789012:q"
            }
        }
        try await TestServer.run(store: store) { server in
            let answer = try await server.request("POST", aliases, body: create("a", "1", routing(#""2":0.5"#)))
            #expect(answer.status == 400)
            #expect(answer.text.contains("The versions that an alias points to must have the same"))
        }
    }

    @Test func `that is deleted takes its configurations and policy along, but not its URL`() async throws {
        let store = try await PublishedFunction.store()
        let key = try TestServer.key()
        try await store.write { transaction in
            for name in ["live", "other"] {
                try transaction.put(
                    AliasRecord(
                        function: key, name: name, version: "1", summary: "", additionalWeights: [:],
                        revisionID: "r"))
                try transaction.put(
                    EventInvokeConfigRecord(function: key, qualifier: name, modified: ManualTime.start))
                try transaction.put(
                    ProvisionedConcurrencyRecord(
                        function: key, qualifier: name, requested: 1, modified: ManualTime.start))
                try transaction.put(PolicyRecord(function: key, qualifier: name, statements: [], revisionID: "r"))
                try transaction.put(
                    FunctionURLRecord(
                        function: key, qualifier: name, id: name, authType: .none, invokeMode: .buffered, cors: nil,
                        created: ManualTime.start))
            }
        }
        try await TestServer.run(store: store) { server in
            for _ in 0..<2 {
                let answer = try await server.request("DELETE", "\(aliases)/live")
                #expect(answer.status == 204 && answer.body.isEmpty)
            }
            #expect(try await server.request("GET", "\(aliases)/live").status == 404)
            #expect(try await server.request("GET", "\(aliases)/other").status == 200)
            let left = try await store.read { store in
                [
                    try store.everything(AliasRecord.self).map(\.name),
                    try store.everything(EventInvokeConfigRecord.self).map(\.qualifier),
                    try store.everything(ProvisionedConcurrencyRecord.self).map(\.qualifier),
                    try store.everything(PolicyRecord.self).map(\.qualifier),
                    try store.everything(FunctionURLRecord.self).map(\.qualifier),
                ]
            }
            #expect(left == [["other"], ["other"], ["other"], ["other"], ["live", "other"]])
        }
    }

    @Test func `of a function that is not there is deleted without a word`() async throws {
        try await TestServer.run { server in
            let answer = try await server.request("DELETE", "/2015-03-31/functions/unknown/aliases/live")
            #expect(answer.status == 204 && answer.body.isEmpty)
        }
    }

    @Test func `is listed in the order of names, page by page, and by the versions that it runs`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            for (name, version, weights) in [("c", "2", ""), ("a", "1", ""), ("b", "1", #""2":0.1"#)] {
                _ = try await server.request("POST", aliases, body: create(name, version, routing(weights)))
            }
            func names(_ query: String) async throws -> (names: [String], marker: String?) {
                let answer = try await server.request("GET", "\(aliases)?\(query)").json()
                let listed = answer["Aliases"]?.arrayValue?.compactMap { $0.objectValue?["Name"]?.stringValue }
                return (listed ?? [], answer["NextMarker"]?.stringValue)
            }
            #expect(try await names("").names == ["a", "b", "c"])
            #expect(try await names("FunctionVersion=1").names == ["a", "b"])
            #expect(try await names("FunctionVersion=2").names == ["b", "c"])
            #expect(try await names("FunctionVersion=%24LATEST").names == [])
            let first = try await names("MaxItems=2")
            #expect(first.names == ["a", "b"])
            let marker = PercentEncoding.encode(try #require(first.marker), keepSlash: false)
            let second = try await names("MaxItems=2&Marker=\(marker)")
            #expect(second.names == ["c"] && second.marker == nil)
            #expect(try await server.request("GET", "\(aliases)?Marker=%2A").status == 400)
        }
    }
}
