import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let config = "/2019-09-25/functions/f/event-invoke-config"
private let arn = PublishedFunction.arn
private let missing = "arn:aws:lambda:us-east-1:123456789012:function:doesnotexist"
private let unset = #""DestinationConfig":{"OnSuccess":{},"OnFailure":{}}}"#

private func success(_ arn: String) -> String { #"{"DestinationConfig":{"OnSuccess":{"Destination":"\#(arn)"}}}"# }
private func failure(_ arn: String) -> String { #"{"DestinationConfig":{"OnFailure":{"Destination":"\#(arn)"}}}"# }

/// Functions `f` with an alias, and `g`.
private func withFunctions(_ body: @Sendable (TestServer) async throws -> Void) async throws {
    let store = try await PublishedFunction.store("g", in: try await PublishedFunction.store())
    try await TestServer.run(store: store) { server in
        let alias = #"{"Name":"live","FunctionVersion":"1"}"#
        #expect(try await server.request("POST", "/2015-03-31/functions/f/aliases", body: alias).status == 201)
        try await body(server)
    }
}

@Suite struct `An event invoke configuration` {
    @Test func `is replaced by put and merged by update`() async throws {
        try await withFunctions { server in
            func expect(_ method: String, _ body: String, _ members: String) async throws {
                let answer = try await server.request(method, config, body: body)
                #expect(answer.status == 200)
                let start = #"{"LastModified":1767323045.000,"FunctionArn":"\#(arn):$LATEST","#
                #expect(answer.text == start + members + unset)
                #expect(try await server.request("GET", config).text == answer.text)
                #expect(try await server.request("GET", "\(config)?Qualifier=%24LATEST").text == answer.text)
            }
            try await expect("PUT", #"{"MaximumRetryAttempts":0}"#, #""MaximumRetryAttempts":0,"#)
            try await expect("PUT", #"{"MaximumEventAgeInSeconds":60}"#, #""MaximumEventAgeInSeconds":60,"#)
            try await expect("POST", #"{"MaximumEventAgeInSeconds":60}"#, #""MaximumEventAgeInSeconds":60,"#)
            try await expect(
                "POST", #"{"MaximumRetryAttempts":1}"#, #""MaximumRetryAttempts":1,"MaximumEventAgeInSeconds":60,"#)
            try await expect(
                "PUT", #"{"MaximumRetryAttempts":2,"MaximumEventAgeInSeconds":21600}"#,
                #""MaximumRetryAttempts":2,"MaximumEventAgeInSeconds":21600,"#)
            try await expect("PUT", #"{"DestinationConfig":{"OnSuccess":{}}}"#, "")
            try await expect("PUT", #"{"DestinationConfig":{"OnFailure":{}}}"#, "")
        }
    }

    @Test(arguments: [
        ("OnSuccess", "arn:aws:lambda:us-east-1:123456789012:function:g"),
        ("OnSuccess", "arn:aws:lambda:us-east-1:123456789012:function:g:1"),
        ("OnFailure", "arn:aws:sqs:us-east-1:123456789012:q"), ("OnSuccess", "arn:aws:sns:us-east-1:123456789012:t"),
        ("OnFailure", "arn:aws:events:us-east-1:123456789012:event-bus/b"), ("OnFailure", "arn:aws:s3:::bucket"),
    ]) func `takes the destinations that AWS takes`(member: String, destination: String) async throws {
        try await withFunctions { server in
            let body = #"{"DestinationConfig":{"\#(member)":{"Destination":"\#(destination)"}}}"#
            let answer = try await server.request("PUT", config, body: body)
            #expect(answer.status == 200, "\(answer.text)")
            let shown = try answer.json()["DestinationConfig"]?.objectValue
            #expect(shown?[member] == .object(["Destination": .string(destination)]))
            #expect(shown?[member == "OnSuccess" ? "OnFailure" : "OnSuccess"] == .object([:]))
            // An update that says nothing of destinations keeps them.
            let updated = try await server.request("POST", config, body: #"{"MaximumRetryAttempts":1}"#).json()
            #expect(updated["DestinationConfig"]?.objectValue == shown)
        }
    }

    @Test(arguments: [
        ("f", "$LATEST"), ("f?Qualifier=%24LATEST", "$LATEST"), ("f?Qualifier=1", "1"), ("f?Qualifier=live", "live"),
        ("\(arn):live", "live"), ("\(arn):live?Qualifier=live", "live"), ("f:live", "live"),
        ("f:live?Qualifier=live", "live"), ("f:1", "1"), ("f:$LATEST?Qualifier=%24LATEST", "$LATEST"),
    ]) func `belongs to the qualifier that was addressed in whatever form`(
        name: String, qualifier: String
    ) async throws {
        try await withFunctions { server in
            let parts = name.split(separator: "?", maxSplits: 1)
            let query = parts.count > 1 ? "?\(parts[1])" : ""
            let path = "/2019-09-25/functions/\(parts[0])/event-invoke-config\(query)"
            let answer = try await server.request("PUT", path, body: #"{"MaximumRetryAttempts":1}"#)
            #expect(try answer.json()["FunctionArn"]?.stringValue == "\(arn):\(qualifier)")
            for other in ["$LATEST", "1", "live"] {
                let read = try await server.request("GET", "\(config)?Qualifier=\(other)")
                #expect(read.status == (other == qualifier ? 200 : 404))
            }
        }
    }

    @Test func `is listed by qualifier, page by page, and deleted once`() async throws {
        try await withFunctions { server in
            for qualifier in ["live", "1", "$LATEST"] {
                let body = #"{"MaximumRetryAttempts":1}"#
                #expect(try await server.request("PUT", "\(config)?Qualifier=\(qualifier)", body: body).status == 200)
            }
            func list(_ query: String) async throws -> (arns: [String], marker: String?) {
                let answer = try await server.request("GET", "\(config)/list?\(query)").json()
                let arns = answer["FunctionEventInvokeConfigs"]?.arrayValue?
                    .compactMap { $0.objectValue?["FunctionArn"]?.stringValue }
                return (arns ?? [], answer["NextMarker"]?.stringValue)
            }
            let first = try await list("MaxItems=2")
            #expect(first.arns == ["\(arn):$LATEST", "\(arn):1"])
            let marker = PercentEncoding.encode(try #require(first.marker), keepSlash: false)
            let second = try await list("MaxItems=2&Marker=\(marker)")
            #expect(second.arns == ["\(arn):live"] && second.marker == nil)
            for qualifier in ["$LATEST", "1", "live"] {
                let path = "\(config)?Qualifier=\(qualifier)"
                let deleted = try await server.request("DELETE", path)
                #expect(deleted.status == 204 && deleted.body.isEmpty)
                #expect(try await server.request("DELETE", path).status == 404)
            }
            #expect(try await server.request("GET", "\(config)/list").text == #"{"FunctionEventInvokeConfigs":[]}"#)
        }
    }

    private static let attempts = #"{"MaximumRetryAttempts":1}"#
    private static let elsewhere = "/2019-09-25/functions/doesnotexist/event-invoke-config"
    private static let mismatch = "The derived qualifier from the function name does not match the specified qualifier."
    private static let nothing = "You must specify at least one of error handling or destination setting."

    private static func badConfig(_ onSuccess: String, _ onFailure: String) -> String {
        "The provided destination config DestinationConfig(onSuccess=\(onSuccess), onFailure=\(onFailure)) is invalid."
    }

    static let refused: [RefusedRequest] = [
        .notFound("put: name missing", "PUT", elsewhere, attempts, "The function doesn't exist."),
        .notFound(
            "put: ARN missing", "PUT", "/2019-09-25/functions/\(missing)/event-invoke-config", attempts,
            "The function doesn't exist."),
        .notFound(
            "put: alias missing", "PUT", "\(config)?Qualifier=nothere", attempts, "The function doesn't exist."),
        .notFound("put: version missing", "PUT", "\(config)?Qualifier=7", attempts, "The function doesn't exist."),
        .invalid("put: nothing set", "PUT", elsewhere, "{}", nothing),
        .invalid("update: nothing set", "POST", config, "{}", nothing),
        .invalid(
            "destination missing", "PUT", config, success(missing), "The destination ARN \(missing) is invalid."),
        .invalid(
            "destination's alias missing", "PUT", config,
            success("arn:aws:lambda:us-east-1:123456789012:function:g:nothere"),
            "The destination ARN arn:aws:lambda:us-east-1:123456789012:function:g:nothere is invalid."),
        .invalid(
            "destination is the function", "PUT", config, success(arn),
            "You can't specify the function as a destination for itself."),
        .invalid(
            "destination of no service", "PUT", config,
            success("arn:aws:iam:us-east-1:123456789012:function:f"),
            badConfig("OnSuccess(destination=arn:aws:iam:us-east-1:123456789012:function:f)", "null")),
        .invalid(
            "failure's destination of no service", "PUT", config, failure("arn:aws:iam::123456789012:role/r"),
            badConfig("null", "OnFailure(destination=arn:aws:iam::123456789012:role/r)")),
        .invalid(
            "successes to S3", "PUT", config, success("arn:aws:s3:::bucket"),
            badConfig("OnSuccess(destination=arn:aws:s3:::bucket)", "null")),
        .invalid(
            "a FIFO queue", "PUT", config, failure("arn:aws:sqs:us-east-1:123456789012:q.fifo"),
            badConfig("null", "OnFailure(destination=arn:aws:sqs:us-east-1:123456789012:q.fifo)")),
        .invalid(
            "Kafka", "PUT", config, failure("kafka://topic"), badConfig("null", "OnFailure(destination=kafka://topic)")),
        .validation(
            "no ARN", "PUT", config, failure("arn:aws:_-/!lambda:us-east-1:123456789012:function:f"),
            "Value 'arn:aws:_-/!lambda:us-east-1:123456789012:function:f' at 'destinationConfig.onFailure.destination' failed to satisfy constraint: Member must satisfy regular expression pattern: $|kafka://([^.]([a-zA-Z0-9\\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)"
        ),
        .validation(
            "too many attempts", "PUT", config, #"{"MaximumRetryAttempts":3}"#,
            "Value '3' at 'maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or equal to 2"
        ),
        .validation(
            "too old", "PUT", config, #"{"MaximumEventAgeInSeconds":21601}"#,
            "Value '21601' at 'maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value less than or equal to 21600"
        ),
        .validation(
            "too young", "PUT", config, #"{"MaximumEventAgeInSeconds":59}"#,
            "Value '59' at 'maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 60"
        ),
        .invalid(
            "ARN against qualifier", "PUT",
            "/2019-09-25/functions/\(arn):live/event-invoke-config?Qualifier=livedoesnotexist", attempts, mismatch),
        .invalid(
            "name against qualifier", "PUT", "/2019-09-25/functions/f:1/event-invoke-config?Qualifier=$LATEST",
            attempts, mismatch),
        .invalid(
            "$LATEST against qualifier", "PUT", "/2019-09-25/functions/f:$LATEST/event-invoke-config?Qualifier=1",
            attempts, mismatch),
        .notFound(
            "delete: none", "DELETE", config, "",
            "The function \(arn):$LATEST doesn't have an EventInvokeConfig"),
        .notFound(
            "delete: function missing", "DELETE", elsewhere, "",
            "The function \(missing):$LATEST doesn't have an EventInvokeConfig"),
        .notFound("list: function missing", "GET", "\(elsewhere)/list", "", "The function doesn't exist."),
        .notFound(
            "get: function missing", "GET", elsewhere, "",
            "The function \(missing):$LATEST doesn't have an EventInvokeConfig"),
        .notFound(
            "get: qualifier missing", "GET", "\(config)?Qualifier=doesnotexist", "",
            "The function \(arn):doesnotexist doesn't have an EventInvokeConfig"),
        .notFound(
            "get: version missing", "GET", "\(config)?Qualifier=1221", "",
            "The function \(arn):1221 doesn't have an EventInvokeConfig"),
        .notFound("update: function missing", "POST", elsewhere, attempts, "The function doesn't exist."),
        .notFound(
            "update: none for the alias", "POST", "/2019-09-25/functions/\(arn):live/event-invoke-config", attempts,
            "The function \(arn):live doesn't have an EventInvokeConfig"),
        .notFound(
            "update: none", "POST", "/2019-09-25/functions/\(arn)/event-invoke-config", attempts,
            "The function \(arn):$LATEST doesn't have an EventInvokeConfig"),
        .notFound(
            "another region", "GET",
            "/2019-09-25/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/event-invoke-config", "",
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"),
    ]

    @Test(arguments: refused) func `is refused in AWS's words`(refused: RefusedRequest) async throws {
        try await withFunctions { server in
            try await server.expect(refused)
            #expect(try await server.request("GET", "\(config)/list").text == #"{"FunctionEventInvokeConfigs":[]}"#)
        }
    }
}
