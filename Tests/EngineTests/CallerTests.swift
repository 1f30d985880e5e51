import Engine
import LambdaCore
import NIOHTTP1
import Testing

@Suite struct `What is told of the caller` {
    private static let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"

    /// What the runtime hears with its event.
    private func headers(
        clientContext: String? = nil, tenant: String? = nil, identity: CognitoIdentity? = nil
    ) async throws -> HTTPHeaders {
        let engine = EngineFixture()
        var function = try engine.function()
        if tenant != nil { function.tenantIsolation = "PER_TENANT" }
        engine.plane.submit(
            Invocation(
                requestID: .random(), function: function, invokedARN: function.key.arn, payload: Array("{}".utf8),
                clientContext: clientContext, traceHeader: Self.trace, tenantID: tenant, cognitoIdentity: identity,
                receivedAt: WallClock().now)
        ) { _ in }
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let headers = try await sandbox.runtime().next().headers
        // Nothing else holds the plane, and without it the runtime would wait for ever.
        return withExtendedLifetime(engine) { headers }
    }

    @Test func `reaches the runtime`() async throws {
        let identity = try #require(CognitoIdentity(identityID: "us-east-1:0a-1b", poolID: "us-east-1:2c-3d"))
        let headers = try await self.headers(clientContext: #"{"custom":{"k":"v"}}"#, tenant: "t-1", identity: identity)
        #expect(headers.first(name: "Lambda-Runtime-Client-Context") == #"{"custom":{"k":"v"}}"#)
        #expect(headers.first(name: "Lambda-Runtime-Aws-Tenant-Id") == "t-1")
        #expect(
            headers.first(name: "Lambda-Runtime-Cognito-Identity")
                == #"{"cognitoIdentityId":"us-east-1:0a-1b","cognitoIdentityPoolId":"us-east-1:2c-3d"}"#)
        #expect(headers.first(name: "Lambda-Runtime-Trace-Id") == Self.trace)
    }

    @Test func `is left out where nothing is known`() async throws {
        let headers = try await self.headers()
        for name in [
            "Lambda-Runtime-Client-Context", "Lambda-Runtime-Aws-Tenant-Id", "Lambda-Runtime-Cognito-Identity",
        ] { #expect(!headers.contains(name: name)) }
    }
}
