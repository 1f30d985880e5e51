import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let functions = "/2015-03-31/functions"

@Suite struct `An update` {
    @Test func `of the configuration is answered InProgress, then done, and tells the invocation plane`() async throws {
        try await TestServer.run { server in
            try await server.createFunction(extra: #","Environment":{"Variables":{"AB":"1"}}"#)
            let answer = try await server.request(
                "PUT", "\(functions)/f/configuration", body: #"{"Timeout":7,"Environment":{}}"#)
            #expect(answer.status == 200, "\(answer.text)")
            let shape = try answer.json()
            #expect(shape["Timeout"]?.intValue == 7)
            #expect(shape["Environment"] == .object(["Variables": .object([:])]))
            #expect(shape["LastUpdateStatus"]?.stringValue == "InProgress")
            #expect(shape["LastUpdateStatusReason"]?.stringValue == "The function is being created.")
            #expect(shape["LastUpdateStatusReasonCode"]?.stringValue == "Creating")
            guard case .changed(let record) = await server.sink.nextEvent() else {
                Issue.record("the sink was not told")
                return
            }
            #expect(record.timeout == 7 && record.updateStatus == .successful && record.generation == 2)
            let revisions = [shape["RevisionId"]?.stringValue, record.revisionID]
            #expect(revisions == ["revision-3", "revision-4"])
        }
    }

    @Test func `of the code changes hash, size and generation`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request("PUT", "\(functions)/f/code", body: #"{"ZipFile":"UEsDBA=="}"#)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try answer.json()["CodeSha256"]?.stringValue == "sha4")
            guard case .changed(let record) = await server.sink.nextEvent() else {
                Issue.record("the sink was not told")
                return
            }
            #expect(record.code.digest == "digest4" && record.generation == 2)
        }
    }

    @Test func `of the code with DryRun changes nothing`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request(
                "PUT", "\(functions)/f/code", body: #"{"ZipFile":"UEsDBA==","DryRun":true}"#)
            #expect(answer.status == 200)
            #expect(try answer.json()["CodeSha256"]?.stringValue == "sha4")
            let stored = try await server.request("GET", "\(functions)/f/configuration").json()
            #expect(stored["CodeSha256"]?.stringValue == "sha2")
            #expect(stored["RevisionId"]?.stringValue == "revision-2")
        }
    }

    @Test(arguments: [("code", #""ZipFile":"UEsDBA==""#), ("configuration", #""Timeout":7"#)])
    func `against another revision is refused`(part: String, change: String) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let stale = try await server.request(
                "PUT", "\(functions)/f/\(part)", body: #"{\#(change),"RevisionId":"revision-1"}"#)
            #expect(stale.status == 412)
            #expect(stale.header("x-amzn-ErrorType") == "PreconditionFailedException")
            #expect(stale.text.contains("Call the GetFunction/GetAlias API to retrieve the latest Revision Id"))
            let fresh = try await server.request(
                "PUT", "\(functions)/f/\(part)", body: #"{\#(change),"RevisionId":"revision-2"}"#)
            #expect(fresh.status == 200, "\(fresh.text)")
        }
    }

    @Test(arguments: ["code", "configuration"]) func `of a function in transition is a conflict`(part: String)
        async throws
    {
        let store = MemoryStore()
        let record = FunctionRecord(
            key: try TestServer.key(), role: "r", runtime: "python3.11", handler: "a.b",
            code: CodeReference(digest: "d", base64: "s", size: 1), lastModified: ManualTime.start)
        try await store.put(record)
        try await TestServer.run(store: store) { server in
            let pending = try await server.request("PUT", "\(functions)/f/\(part)", body: #"{"ZipFile":"UEs="}"#)
            #expect(pending.status == 409)
            #expect(pending.text.contains("The function is currently in the following state: Pending"))
        }
        var updating = record
        updating.state = .active
        updating.updateStatus = .inProgress
        try await store.put(updating)
        try await TestServer.run(store: store) { server in
            let busy = try await server.request("PUT", "\(functions)/f/\(part)", body: #"{"ZipFile":"UEs="}"#)
            #expect(
                busy.text
                    == #"{"Type":"User","message":"The operation cannot be performed at this time. An update is in progress for resource: arn:aws:lambda:us-east-1:123456789012:function:f"}"#
            )
        }
    }

    @Test func `that a crash interrupted is finished at start`() async throws {
        let store = MemoryStore()
        try await store.put(
            FunctionRecord(
                key: try TestServer.key(), role: "r", runtime: "python3.11", handler: "a.b",
                code: CodeReference(digest: "d", base64: "s", size: 1), lastModified: ManualTime.start))
        try await TestServer.run(store: store) { server in
            let before = try await server.request("POST", "\(functions)/f/invocations")
            #expect(before.status == 409)
            await server.api.finishInterruptedTransitions()
            let after = try await server.request("POST", "\(functions)/f/invocations")
            #expect(after.status == 200)
        }
    }

    @Test func `switches the log format and its levels together`() async throws {
        try await TestServer.run { server in
            try await server.createFunction(extra: #","LoggingConfig":{"LogFormat":"JSON","SystemLogLevel":"WARN"}"#)
            let path = "\(functions)/f/configuration"
            let text = try await server.request("PUT", path, body: #"{"LoggingConfig":{"LogFormat":"Text"}}"#).json()
            #expect(
                text["LoggingConfig"]
                    == .object(["LogFormat": .string("Text"), "LogGroup": .string("/aws/lambda/f")]))
            _ = await server.sink.nextEvent()
            let refused = try await server.request("PUT", path, body: #"{"LoggingConfig":{"SystemLogLevel":"WARN"}}"#)
            #expect(refused.status == 400)
        }
    }
}

@Suite struct `DeleteFunction` {
    @Test func `removes the function for readers and callers alike`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request("DELETE", "\(functions)/f")
            #expect(answer.status == 204 && answer.body.isEmpty)
            #expect(await server.sink.nextEvent() == .deleted(try TestServer.key()))
            #expect(try await server.request("GET", "\(functions)/f").status == 404)
            #expect(try await server.request("POST", "\(functions)/f/invocations").status == 404)
            #expect(try await server.request("DELETE", "\(functions)/f").status == 404)
        }
    }

    @Test(arguments: [
        ("%24LATEST", 400, "$LATEST version cannot be deleted without deleting the function."),
        ("live", 400, "Deletion of aliases is not currently supported."), ("7", 204, ""),
    ]) func `with a qualifier leaves the function alone`(qualifier: String, status: Int, text: String) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request("DELETE", "\(functions)/f?Qualifier=\(qualifier)")
            #expect(answer.status == status)
            #expect(answer.text.contains(text) || text.isEmpty)
            #expect(try await server.request("GET", "\(functions)/f").status == 200)
        }
    }
}
