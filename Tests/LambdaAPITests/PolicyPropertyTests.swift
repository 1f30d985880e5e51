import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let policyPath = "/2015-03-31/functions/f/policy"

/// What a policy should be after what was done to it.
private struct PolicyModel {
    var statements: [String] = []
    /// Of the policy while there is one, otherwise of the function.
    var revision = ""
    /// All that was ever seen.
    var seen: Set<String> = []
}

@Suite struct `Any series of changes to a policy` {
    @Test(arguments: UInt64(1)...6)
    func `leaves what a list would hold, and a revision that never was before`(seed: UInt64) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            var random = SplitMix64(seed: seed)
            var model = PolicyModel()
            model.revision = try await self.revision(server)
            model.seen = [model.revision]
            for _ in 0..<40 {
                let id = "s\(Int.random(in: 0..<5, using: &random))"
                let given =
                    [nil, model.revision, model.seen.randomElement(using: &random), "other"]
                    .randomElement(using: &random) ?? nil
                if Bool.random(using: &random) {
                    try await self.add(id, given, server, &model)
                } else {
                    try await self.remove(id, given, server, &model)
                }
                try await self.check(server, &model)
            }
        }
    }

    private func add(_ id: String, _ given: String?, _ server: TestServer, _ model: inout PolicyModel) async throws {
        let extra = given.map { #","RevisionId":"\#($0)""# } ?? ""
        let answer = try await server.request(
            "POST", policyPath,
            body: #"{"StatementId":"\#(id)","Action":"lambda:InvokeFunction","Principal":"*"\#(extra)}"#)
        let isStale = given != nil && given != model.revision
        let expected: Int = isStale ? 412 : model.statements.contains(id) ? 409 : 201
        #expect(answer.status == expected, "\(answer.text)")
        if expected == 201 { model.statements.append(id) }
        model.revision = expected == 201 ? "" : model.revision
    }

    private func remove(_ id: String, _ given: String?, _ server: TestServer, _ model: inout PolicyModel) async throws {
        let answer = try await server.request(
            "DELETE", "\(policyPath)/\(id)" + (given.map { "?RevisionId=\($0)" } ?? ""))
        let isStale = given != nil && given != model.revision
        let expected: Int = !model.statements.contains(id) ? 404 : isStale ? 412 : 204
        #expect(answer.status == expected, "\(answer.text)")
        if expected == 204 { model.statements.removeAll { $0 == id } }
        model.revision = expected == 204 ? "" : model.revision
    }

    /// An empty revision of the model stands for one that is yet to be seen.
    private func check(_ server: TestServer, _ model: inout PolicyModel) async throws {
        let current = try await self.revision(server)
        if model.revision.isEmpty {
            #expect(model.seen.insert(current).inserted)
            model.revision = current
        }
        #expect(current == model.revision)
        let policy = try await server.request("GET", policyPath)
        guard !model.statements.isEmpty else {
            #expect(policy.status == 404)
            return
        }
        #expect(try policy.json()["RevisionId"]?.stringValue == model.revision)
        let document = try JSONValue.parse((try policy.json()["Policy"]?.stringValue ?? "").utf8).objectValue
        let ids = document?["Statement"]?.arrayValue?.compactMap { $0.objectValue?["Sid"]?.stringValue }
        #expect(ids == model.statements)
    }

    private func revision(_ server: TestServer) async throws -> String {
        let shape = try await server.request("GET", "/2015-03-31/functions/f/configuration").json()
        return try #require(shape["RevisionId"]?.stringValue)
    }
}
