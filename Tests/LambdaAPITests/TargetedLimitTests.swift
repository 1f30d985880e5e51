import LambdaCore
import Testing

@testable import LambdaAPI

private struct SilentService: TargetedService {
    let targetPrefix = "Silent_1"
    let signingName = "silent"
    func answer(_ call: TargetedCall) async -> TargetedAnswer {
        TargetedAnswer(body: ["bytes": .number("\(call.body.count)")])
    }
}

@Suite struct `A request to a service beside the Lambda API` {
    @Test func `has a limit of bytes, over which it is refused before they are there`() async throws {
        try await TestServer.run(targeted: [SilentService()]) { server in
            let limit = Limits.logRequestBytes
            let head = "POST / HTTP/1.1\r\nHost: h\r\n\(TestServer.authorization())\r\nX-Amz-Target: Silent_1.Say\r\n"
            let client = try await server.connect()
            try await client.send(head + "Content-Length: \(limit + 1)\r\n\r\n")
            #expect(try await client.answer().status == 413)

            let other = try await server.connect()
            try await other.send(head + "Content-Length: \(limit)\r\n\r\n" + String(repeating: " ", count: limit))
            let answer = try await other.answer()
            #expect(answer.status == 200)
            #expect(answer.text == "{\"bytes\":\(limit)}")
        }
    }
}
