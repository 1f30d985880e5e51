import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let recursion = "/2024-08-31/functions/f/recursion-config"
private let management = "/2021-07-20/functions/f/runtime-management-config"
private let arn = PublishedFunction.arn
private let missing = "arn:aws:lambda:us-east-1:123456789012:function:doesnotexist"

@Suite struct `A recursion configuration` {
    @Test func `is Terminate until it is told otherwise`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            #expect(try await server.request("GET", recursion).text == #"{"RecursiveLoop":"Terminate"}"#)
            for value in ["Allow", "Terminate"] {
                let body = #"{"RecursiveLoop":"\#(value)"}"#
                let stored = try await server.request("PUT", recursion, body: body)
                #expect(stored.status == 200 && stored.text == body)
                #expect(try await server.request("GET", recursion).text == body)
            }
        }
    }

    static let refused: [RefusedRequest] = [
        .validation(
            "value", "PUT", recursion, #"{"RecursiveLoop":"InvalidValue"}"#,
            "Value 'InvalidValue' at 'recursiveLoop' failed to satisfy constraint: Member must satisfy enum value set: [Terminate, Allow]"
        ),
        .notFound(
            "put: function missing", "PUT", "/2024-08-31/functions/doesnotexist/recursion-config",
            #"{"RecursiveLoop":"Allow"}"#, "Function not found: \(missing)"),
        .notFound(
            "get: function missing", "GET", "/2024-08-31/functions/doesnotexist/recursion-config", "",
            "Function not found: \(missing)"),
    ]

    @Test(arguments: refused) func `is refused in AWS's words`(refused: RefusedRequest) async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { try await $0.expect(refused) }
    }
}

@Suite struct `Runtime management` {
    private static let runtimeVersion = RuntimeVersion.arn(runtime: "python3.11", region: .standard)

    @Test func `is Auto until it is told otherwise, for each version by itself`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            let plain = #"{"UpdateRuntimeOn":"Auto","FunctionArn":"\#(arn)"}"#
            #expect(try await server.request("GET", management).text == plain)
            let manual = #"{"UpdateRuntimeOn":"Manual","RuntimeVersionArn":"\#(Self.runtimeVersion)"}"#
            let stored = try await server.request("PUT", "\(management)?Qualifier=1", body: manual)
            #expect(stored.status == 200)
            #expect(
                stored.text
                    == #"{"UpdateRuntimeOn":"Manual","FunctionArn":"\#(arn):1","RuntimeVersionArn":"\#(Self.runtimeVersion)"}"#
            )
            #expect(try await server.request("GET", "\(management)?Qualifier=1").text == stored.text)
            #expect(try await server.request("GET", management).text == plain)
            let update = #"{"UpdateRuntimeOn":"FunctionUpdate"}"#
            #expect(
                try await server.request("PUT", "\(management)?Qualifier=$LATEST", body: update).text
                    == #"{"UpdateRuntimeOn":"FunctionUpdate","FunctionArn":"\#(arn):$LATEST"}"#)
            #expect(
                try await server.request("GET", management).text
                    == #"{"UpdateRuntimeOn":"FunctionUpdate","FunctionArn":"\#(arn)"}"#)
        }
    }

    static let refused: [RefusedRequest] = [
        .invalid(
            "alias", "PUT", "\(management)?Qualifier=active", #"{"UpdateRuntimeOn":"Auto"}"#,
            "The provided function name \(arn):active is invalid. Aliases are not allowed."),
        .invalid(
            "Manual without a version", "PUT", management, #"{"UpdateRuntimeOn":"Manual"}"#,
            "RuntimeVersionArn is required when UpdateRuntimeOn is set to Manual."),
        .invalid(
            "a version without Manual", "PUT", management,
            #"{"UpdateRuntimeOn":"Auto","RuntimeVersionArn":"\#(runtimeVersion)"}"#,
            "RuntimeVersionArn is only allowed when UpdateRuntimeOn is set to Manual, not Auto."),
        .invalid(
            "another version", "PUT", management,
            #"{"UpdateRuntimeOn":"Manual","RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:\#(other)"}"#,
            "The runtime version arn:aws:lambda:us-east-1::runtime:\(other) is not available on this server, whose version is \(runtimeVersion)."
        ),
        .notFound(
            "version missing", "GET", "\(management)?Qualifier=9", "", "Function not found: \(arn):9"),
        .notFound(
            "function missing", "PUT", "/2021-07-20/functions/doesnotexist/runtime-management-config",
            #"{"UpdateRuntimeOn":"Auto"}"#, "Function not found: \(missing)"),
        .validation(
            "mode", "PUT", management, #"{"UpdateRuntimeOn":"Never"}"#,
            "Value 'Never' at 'updateRuntimeOn' failed to satisfy constraint: Member must satisfy enum value set: [Auto, Manual, FunctionUpdate]"
        ),
    ]
    private static let other = String(repeating: "0", count: 64)

    @Test(arguments: refused) func `is refused with the reason`(refused: RefusedRequest) async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            try await server.expect(refused)
            #expect(try await server.request("GET", management).text.contains(#""UpdateRuntimeOn":"Auto""#))
        }
    }
}

@Suite struct `Account settings` {
    @Test func `count functions, code and reservations of the caller's account and region`() async throws {
        let store = try await PublishedFunction.store("g", in: try await PublishedFunction.store())
        let scope = try TestServer.key().scope
        try await store.write { transaction in
            try transaction.put(
                LayerVersionRecord(
                    scope: scope, layer: "l", number: 1,
                    code: CodeReference(digest: "l", base64: "l", size: 7), summary: "", licenseInfo: "",
                    compatibleRuntimes: [], compatibleArchitectures: [], created: ManualTime.start))
        }
        let path = "/2016-08-19/account-settings"
        try await TestServer.run(store: store, configure: { $0.accountConcurrency = 500 }) { server in
            _ = try await server.request(
                "PUT", "/2017-10-31/functions/g/concurrency", body: #"{"ReservedConcurrentExecutions":30}"#)
            let answer = try await server.request("GET", path)
            #expect(answer.status == 200)
            #expect(
                answer.text
                    == #"{"AccountLimit":{"TotalCodeSize":80530636800,"CodeSizeUnzipped":262144000,"CodeSizeZipped":52428800,"ConcurrentExecutions":500,"UnreservedConcurrentExecutions":470},"AccountUsage":{"TotalCodeSize":207,"FunctionCount":2}}"#
            )
            for other in [
                TestServer.authorization(account: "210987654321"), TestServer.authorization(region: "eu-west-1"),
            ] {
                let foreign = try await server.request("GET", path, headers: [other]).json()
                #expect(
                    foreign["AccountUsage"]
                        == .object(["TotalCodeSize": .number("0"), "FunctionCount": .number("0")]))
            }
        }
    }
}
