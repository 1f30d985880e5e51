import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let put = "/2017-10-31/functions/f/concurrency"
private let get = "/2019-09-30/functions/f/concurrency"
private let provisioned = "/2019-09-30/functions/f/provisioned-concurrency"
private let arn = PublishedFunction.arn
private let missing = "arn:aws:lambda:us-east-1:123456789012:function:doesnotexist"

private func reserve(_ share: Int) -> String { #"{"ReservedConcurrentExecutions":\#(share)}"# }
private func provision(_ count: Int) -> String { #"{"ProvisionedConcurrentExecutions":\#(count)}"# }

@Suite struct `Reserved concurrency` {
    @Test func `is stored, 0 included, shown and deleted`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            #expect(try await server.request("GET", get).text == "{}")
            for share in [0, 1, 900] {
                let stored = try await server.request("PUT", put, body: reserve(share))
                #expect(stored.status == 200 && stored.text == #"{"ReservedConcurrentExecutions":\#(share)}"#)
                #expect(try await server.request("GET", get).text == stored.text)
            }
            for _ in 0..<2 {
                let deleted = try await server.request("DELETE", put)
                #expect(deleted.status == 204 && deleted.body.isEmpty)
            }
            #expect(try await server.request("GET", get).text == "{}")
        }
    }

    @Test func `of 0 switches synchronous invocations off, of every qualifier, and nothing but that`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            _ = try await server.request("PUT", put, body: reserve(0))
            for name in ["f", "f:1"] {
                let answer = try await server.request("POST", "/2015-03-31/functions/\(name)/invocations")
                #expect(answer.status == 429)
                #expect(answer.header("x-amzn-ErrorType") == "TooManyRequestsException")
                #expect(
                    answer.text
                        == #"{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}"#
                )
            }
            let dry = try await server.request(
                "POST", "/2015-03-31/functions/f/invocations",
                headers: [TestServer.authorization(), "X-Amz-Invocation-Type: DryRun"])
            #expect(dry.status == 204)
            _ = try await server.request("DELETE", put)
            #expect(try await server.request("POST", "/2015-03-31/functions/f/invocations").status == 200)
        }
    }

    private static let onlyFunctions =
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN."
    private static let belowMinimum =
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100]."

    static let refused: [RefusedRequest] = [
        .notFound(
            "put: function missing", "PUT", "/2017-10-31/functions/doesnotexist/concurrency", reserve(1),
            "Function not found: \(missing):$LATEST"),
        .notFound(
            "put of 0: function missing", "PUT", "/2017-10-31/functions/doesnotexist/concurrency", reserve(0),
            "Function not found: \(missing):$LATEST"),
        .notFound(
            "get: function missing", "GET", "/2019-09-30/functions/doesnotexist/concurrency", "",
            "Function not found: \(missing)"),
        .notFound(
            "delete: function missing", "DELETE", "/2017-10-31/functions/doesnotexist/concurrency", "",
            "Function not found: \(missing):$LATEST"),
        .invalid(
            "put: qualified", "PUT", "/2017-10-31/functions/\(arn):$LATEST/concurrency", reserve(0), onlyFunctions),
        .invalid("get: qualified", "GET", "/2019-09-30/functions/f:1/concurrency", "", onlyFunctions),
        .invalid("delete: qualified", "DELETE", "/2017-10-31/functions/f:1/concurrency", "", onlyFunctions),
        .invalid("above the account's limit", "PUT", put, reserve(1_001), belowMinimum, type: false),
        .invalid("all of the account's limit", "PUT", put, reserve(1_000), belowMinimum, type: false),
        .invalid("one too many", "PUT", put, reserve(901), belowMinimum, type: false),
        .validation(
            "negative", "PUT", put, reserve(-1),
            "Value '-1' at 'reservedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 0"
        ),
        .notFound(
            "another region", "GET",
            "/2019-09-30/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/concurrency",
            "", "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"),
    ]

    @Test(arguments: refused) func `is refused in AWS's words`(refused: RefusedRequest) async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            try await server.expect(refused)
            #expect(try await server.request("GET", get).text == "{}")
        }
    }

    @Test func `counts what other functions have reserved or provisioned, and the configured limits`() async throws {
        let store = try await PublishedFunction.store()
        _ = try await PublishedFunction.store("g", in: store)
        _ = try await PublishedFunction.store("h", in: store)
        try await TestServer.run(
            store: store,
            configure: {
                $0.accountConcurrency = 20
                $0.minimumUnreservedConcurrency = 5
            }
        ) { server in
            let other = "/2017-10-31/functions/g/concurrency"
            #expect(try await server.request("PUT", other, body: reserve(8)).status == 200)
            let third = "/2019-09-30/functions/h/provisioned-concurrency?Qualifier=1"
            #expect(try await server.request("PUT", third, body: provision(3)).status == 202)
            try await server.expect(
                .invalid(
                    "", "PUT", put, reserve(5),
                    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [5].",
                    type: false))
            #expect(try await server.request("PUT", put, body: reserve(4)).status == 200)
            // A function's own share is given back before it gets another.
            #expect(try await server.request("PUT", other, body: reserve(7)).status == 200)
        }
    }
}

@Suite struct `Provisioned concurrency` {
    private static let qualifier = "\(provisioned)?Qualifier="

    private func withAlias(
        status: any ProvisionedStatusSource = FixedProvisionedStatus(),
        configure: (inout APIConfiguration) -> Void = { _ in },
        _ body: @Sendable (TestServer) async throws -> Void
    ) async throws {
        let store = try await PublishedFunction.store()
        try await TestServer.run(store: store, provisionedStatus: status, configure: configure) { server in
            let alias = #"{"Name":"live","FunctionVersion":"1"}"#
            #expect(try await server.request("POST", "/2015-03-31/functions/f/aliases", body: alias).status == 201)
            try await body(server)
        }
    }

    @Test func `whose init fails says so in AWS's words`() async throws {
        let status = FixedProvisionedStatus(
            answer: ProvisionedStatus(
                allocated: 0, available: 0, state: .failed, reason: ProvisionedStatus.initFailure))
        try await self.withAlias(status: status) { server in
            let answer = try await server.request("PUT", Self.qualifier + "1", body: provision(5))
            #expect(answer.status == 202)
            #expect(
                answer.text
                    == #"{"RequestedProvisionedConcurrentExecutions":5,"AvailableProvisionedConcurrentExecutions":0,"AllocatedProvisionedConcurrentExecutions":0,"Status":"FAILED","StatusReason":"FUNCTION_ERROR_INIT_FAILURE","LastModified":"2026-01-02T03:04:05+0000"}"#
            )
            let read = try await server.request("GET", Self.qualifier + "1")
            #expect(read.status == 200 && read.text == answer.text)
        }
    }

    @Test func `shows what its keeper reports, as AWS does`() async throws {
        let status = FixedProvisionedStatus(answer: ProvisionedStatus(allocated: 2, available: 1, state: .inProgress))
        try await self.withAlias(status: status) { server in
            let answer = try await server.request("PUT", Self.qualifier + "live", body: provision(3))
            let shape =
                #""RequestedProvisionedConcurrentExecutions":3,"AvailableProvisionedConcurrentExecutions":1,"AllocatedProvisionedConcurrentExecutions":2,"Status":"IN_PROGRESS","LastModified":"2026-01-02T03:04:05+0000"}"#
            #expect(answer.text == "{" + shape)
            #expect(
                try await server.request("GET", "\(provisioned)?List=ALL").text
                    == #"{"ProvisionedConcurrencyConfigs":[{"FunctionArn":"\#(arn):live",\#(shape)]}"#)
        }
    }

    @Test func `is listed page by page, and deleted as often as one likes`() async throws {
        try await self.withAlias { server in
            #expect(
                try await server.request("GET", "\(provisioned)?List=ALL").text
                    == #"{"ProvisionedConcurrencyConfigs":[]}"#)
            for qualifier in ["1", "2"] {
                let answer = try await server.request("PUT", Self.qualifier + qualifier, body: provision(1))
                #expect(answer.status == 202)
            }
            let first = try await server.request("GET", "\(provisioned)?List=ALL&MaxItems=1").json()
            func arns(_ page: JSONObject) -> [String?]? {
                page["ProvisionedConcurrencyConfigs"]?.arrayValue?
                    .map { $0.objectValue?["FunctionArn"]?.stringValue }
            }
            #expect(arns(first) == ["\(arn):1"])
            let marker = PercentEncoding.encode(try #require(first["NextMarker"]?.stringValue), keepSlash: false)
            let second = try await server.request("GET", "\(provisioned)?List=ALL&Marker=\(marker)").json()
            #expect(arns(second) == ["\(arn):2"] && second["NextMarker"] == nil)
            for _ in 0..<2 {
                let answer = try await server.request("DELETE", Self.qualifier + "1")
                #expect(answer.status == 204 && answer.body.isEmpty)
            }
            #expect(try await server.request("GET", Self.qualifier + "1").status == 404)
        }
    }

    private static let notPublished = "The function resource provided must be an alias or a published version."

    static let refused: [RefusedRequest] =
        [
            RefusedRequest(
                "get: none", "GET", "\(provisioned)?Qualifier=1", status: 404,
                code: "ProvisionedConcurrencyConfigNotFoundException",
                answer: PublishedFunction.body("No Provisioned Concurrency Config found for this function")),
            .notFound(
                "list: function missing", "GET",
                "/2019-09-30/functions/doesnotexist/provisioned-concurrency?List=ALL", "",
                "Function not found: \(missing)"),
            .validation(
                "put: 0", "PUT", "\(provisioned)?Qualifier=1", provision(0),
                "Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1"
            ),
            .invalid(
                "put: $LATEST", "PUT", "\(provisioned)?Qualifier=$LATEST", provision(1),
                "Provisioned Concurrency Configs cannot be applied to unpublished function versions."),
            .invalid("get: $LATEST", "GET", "\(provisioned)?Qualifier=$LATEST", "", notPublished),
            .invalid("delete: $LATEST", "DELETE", "\(provisioned)?Qualifier=$LATEST", "", notPublished),
            .invalid(
                "put: above the account's limit", "PUT", "\(provisioned)?Qualifier=1", provision(1_001),
                "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000].",
                type: false),
            .invalid(
                "put: all of the account's limit", "PUT", "\(provisioned)?Qualifier=1", provision(1_000),
                "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
                type: false),
            .invalid(
                "put: one too many", "PUT", "\(provisioned)?Qualifier=1", provision(901),
                "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
                type: false),
        ]
        + ["PUT", "GET", "DELETE"].flatMap { method in
            let body = method == "PUT" ? provision(1) : ""
            let other = "/2019-09-30/functions/doesnotexist/provisioned-concurrency"
            return [
                RefusedRequest.notFound(
                    "\(method): function and alias missing", method, "\(other)?Qualifier=noalias", body,
                    "Cannot find alias arn: \(missing):noalias"),
                .notFound(
                    "\(method): function and version missing", method, "\(other)?Qualifier=1", body,
                    "Function not found: \(missing):1"),
                .notFound(
                    "\(method): alias missing", method, "\(provisioned)?Qualifier=noalias", body,
                    "Cannot find alias arn: \(arn):noalias"),
                .notFound(
                    "\(method): version missing", method, "\(provisioned)?Qualifier=10", body,
                    "Function not found: \(arn):10"),
            ]
        }

    @Test(arguments: refused) func `is refused in AWS's words`(refused: RefusedRequest) async throws {
        try await self.withAlias { server in
            try await server.expect(refused)
            let left = try await server.request("GET", "\(provisioned)?List=ALL")
            #expect(left.text == #"{"ProvisionedConcurrencyConfigs":[]}"#)
        }
    }

    @Test func `is on a version or on an alias of it, never on both`() async throws {
        try await self.withAlias { server in
            let alias = Self.qualifier + "live"
            let version = Self.qualifier + "1"
            #expect(try await server.request("PUT", version, body: provision(1)).status == 202)
            try await server.expect(
                .conflict(
                    "", "PUT", alias, provision(1),
                    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"))
            #expect(try await server.request("DELETE", version).status == 204)
            #expect(try await server.request("PUT", alias, body: provision(1)).status == 202)
            try await server.expect(
                .conflict("", "PUT", version, provision(1), "Version is pointed by a Provisioned Concurrency alias"))
            // Neither can an alias move into the conflict.
            #expect(try await server.request("PUT", Self.qualifier + "2", body: provision(1)).status == 202)
            let moved = try await server.request(
                "PUT", "/2015-03-31/functions/f/aliases/live", body: #"{"FunctionVersion":"2"}"#)
            #expect(moved.status == 409)
            #expect(try await server.request("DELETE", "/2015-03-31/functions/f/aliases/live").status == 204)
            try await server.expect(.notFound("", "GET", alias, "", "Cannot find alias arn: \(arn):live"))
        }
    }

    @Test func `cannot be put on an alias of the unpublished version`() async throws {
        try await self.withAlias { server in
            let alias = #"{"Name":"dev","FunctionVersion":"$LATEST"}"#
            #expect(try await server.request("POST", "/2015-03-31/functions/f/aliases", body: alias).status == 201)
            try await server.expect(
                .invalid(
                    "", "PUT", Self.qualifier + "dev", provision(1),
                    "Provisioned Concurrency Configs cannot be applied to unpublished function versions."))
        }
    }

    @Test(arguments: ["SnapStart", "tenant isolation"]) func `does not go with what brings its own environments`(
        feature: String
    ) async throws {
        let store = try await PublishedFunction.store { record in
            if feature == "SnapStart" {
                record.snapStart = .publishedVersions
            } else {
                record.tenantIsolation = "PER_TENANT"
            }
        }
        try await TestServer.run(store: store) { server in
            try await server.expect(
                .invalid(
                    "", "PUT", Self.qualifier + "1", provision(1),
                    "Provisioned concurrency is not supported for functions with \(feature)."))
        }
    }

    @Test func `and reserved concurrency hold each other`() async throws {
        try await self.withAlias { server in
            #expect(try await server.request("PUT", Self.qualifier + "1", body: provision(2)).status == 202)
            try await server.expect(
                .invalid(
                    "", "PUT", put, reserve(1),
                    " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2].",
                    type: false))
            #expect(try await server.request("PUT", put, body: reserve(2)).status == 200)
            let tooMany =
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
            try await server.expect(.invalid("another", "PUT", Self.qualifier + "2", provision(1), tooMany))
            try await server.expect(.invalid("more", "PUT", Self.qualifier + "1", provision(3), tooMany))
            // The same number in the place of the same number is no more.
            #expect(try await server.request("PUT", Self.qualifier + "1", body: provision(2)).status == 202)
        }
    }
}
