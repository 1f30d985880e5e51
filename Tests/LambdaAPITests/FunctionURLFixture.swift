import LambdaAPI
import LambdaCore
import SigV4
import TestSupport
import Testing

/// A server that has one active function `f` with a URL, and everything that a test wants of it.
struct FunctionURLFixture: Sendable {
    static let id = "abcdefghijklmnopqrstuvwxyz012345"
    static let host = "\(id).lambda-url.us-east-1.localhost:3001"

    var authType = FunctionURLRecord.AuthType.none
    var mode: FunctionURLRecord.InvokeMode?
    var cors: FunctionURLRecord.CORS?
    var alias = ""
    var aliasExists = true
    var reservedConcurrency: Int?
    var state = FunctionRecord.State.active
    /// Statements of the policy of what the URL calls.
    var statements = [FunctionURLFixture.statement()]

    static func statement(
        action: String = "lambda:InvokeFunctionUrl", principal: String = #""*""#,
        condition: String = #"{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}"#, alias: String = ""
    ) -> String {
        let resource = "arn:aws:lambda:us-east-1:123456789012:function:f\(alias.isEmpty ? "" : ":\(alias)")"
        return #"{"Sid":"s","Effect":"Allow","Principal":\#(principal),"Action":"\#(action)","#
            + #""Resource":"\#(resource)","Condition":\#(condition)}"#
    }

    func store() async throws -> MemoryStore {
        let key = try TestServer.key()
        var record = FunctionRecord(
            key: key, role: "r", runtime: "python3.11", handler: "a.b",
            code: CodeReference(digest: "d", base64: "s", size: 1), lastModified: ManualTime.start)
        record.state = self.state
        var properties = FunctionProperties(key: key, userSlot: 0)
        properties.reservedConcurrency = self.reservedConcurrency
        let url = FunctionURLRecord(
            function: key, qualifier: self.alias, id: Self.id, authType: self.authType, invokeMode: self.mode,
            cors: self.cors, created: ManualTime.start)
        let policy = PolicyRecord(
            function: key, qualifier: self.alias,
            statements: self.statements.map { PolicyRecord.Statement(id: "s", json: $0) }, revisionID: "p")
        let alias =
            self.alias.isEmpty || !self.aliasExists
            ? nil
            : AliasRecord(
                function: key, name: self.alias, version: FunctionRecord.latest, summary: "", additionalWeights: [:],
                revisionID: "a")
        let (latest, settings) = (LatestVersion(record), properties)
        let store = MemoryStore()
        try await store.write { transaction in
            try transaction.put(latest)
            try transaction.put(settings)
            try transaction.put(url)
            if !policy.statements.isEmpty { try transaction.put(policy) }
            if let alias { try transaction.put(alias) }
        }
        return store
    }

    func run(
        sink: FakeSink = .echo(), authentication: APIConfiguration.Authentication = .none,
        _ body: @Sendable (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.run(sink: sink, authentication: authentication, store: try await self.store(), body)
    }

    /// A sink whose every answer is `payload`.
    static func answering(
        _ payload: String, contentType: String = "application/json", isFunctionError: Bool = false
    ) -> FakeSink {
        FakeSink { _ in
            .success(
                InvocationAnswer(
                    payload: Array(payload.utf8), contentType: contentType, isFunctionError: isFunctionError,
                    executedVersion: "$LATEST"))
        }
    }
}

extension TestServer {
    /// One request for a function URL by its host name, on a connection of its own.
    func callURL(
        _ method: String = "GET", _ path: String = "/", host: String = FunctionURLFixture.host, headers: [String] = [],
        body: String = "", hasBody: Bool = true
    ) async throws -> TestAnswer {
        let client = try await self.connect()
        let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
        let lines = ["\(method) \(path) HTTP/1.1", "Host: \(host)"] + length + headers
        try await client.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
        let answer = try await client.answer(hasBody: hasBody)
        try await client.close()
        return answer
    }

    /// The event that a function sees of a request; for servers whose sink gives it back.
    func event(
        _ method: String = "GET", _ path: String = "/", host: String = FunctionURLFixture.host, headers: [String] = [],
        body: String = ""
    ) async throws -> JSONObject {
        let answer = try await self.callURL(method, path, host: host, headers: headers, body: body)
        try #require(answer.status == 200, "\(answer.text)")
        return try answer.json()
    }
}
