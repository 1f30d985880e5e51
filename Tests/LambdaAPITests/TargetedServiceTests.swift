import LambdaCore
import SigV4
import Testing

@testable import LambdaAPI

/// Answers with what it was asked.
private struct EchoService: TargetedService {
    let targetPrefix = "Echo_1"
    let signingName = "echo"

    func answer(_ call: TargetedCall) async -> TargetedAnswer {
        guard call.operation == "Say" else { return TargetedAnswer(error: "UnknownOperationException", message: nil) }
        return TargetedAnswer(body: [
            "account": .string(call.scope.account.digits), "region": .string(call.scope.region.name),
            "body": .string(String(decoding: call.body, as: UTF8.self)),
        ])
    }
}

@Suite struct `A service beside the Lambda API` {
    @Test func `is reached by its target, as the caller's account and region`() async throws {
        try await TestServer.run(targeted: [EchoService()]) { server in
            let answer = try await server.request(
                "POST", "/",
                headers: [
                    TestServer.authorization(account: "210987654321", region: "eu-west-1"), "X-Amz-Target: Echo_1.Say",
                ],
                body: "{}")
            #expect(answer.status == 200)
            #expect(answer.text == #"{"account":"210987654321","region":"eu-west-1","body":"{}"}"#)
            #expect(answer.header("content-type") == "application/x-amz-json-1.1")
        }
    }

    @Test(arguments: ["Echo_1.Shout", "Other_1.Say", "Echo_1", ""])
    func `has no other operation`(target: String) async throws {
        try await TestServer.run(targeted: [EchoService()]) { server in
            let answer = try await server.request(
                "POST", "/", headers: [TestServer.authorization(), "X-Amz-Target: \(target)"], body: "{}")
            #expect(answer.status == 400)
            let message = "The operation '\(target)' is not served here."
            // What is the service's own to say, it says.
            let body =
                target.hasPrefix("Echo_1.")
                ? #"{"__type":"UnknownOperationException"}"#
                : #"{"__type":"UnknownOperationException","message":"\#(message)"}"#
            #expect(answer.text == body)
        }
    }

    @Test func `takes no request without a signature`() async throws {
        try await TestServer.run(authentication: .sigV4, targeted: [EchoService()]) { server in
            let answer = try await server.request("POST", "/", headers: ["X-Amz-Target: Echo_1.Say"], body: "{}")
            #expect(answer.status == 400)
            #expect(
                answer.text
                    == #"{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}"#)
        }
    }

    @Test func `is not reached at other paths`() async throws {
        try await TestServer.run(targeted: [EchoService()]) { server in
            let answer = try await server.request(
                "POST", "/other", headers: [TestServer.authorization(), "X-Amz-Target: Echo_1.Say"], body: "{}")
            #expect(answer.status == 404)
        }
    }
}
