import LambdaAPI
import LambdaCore
import Synchronization
import TestSupport
import Testing

private let functions = "/2015-03-31/functions"

/// Prepares versions when the test says so.
private final class HeldPreparer: VersionPreparer {
    private let wanted: AsyncStream<FunctionRecord>
    private let wantedContinuation: AsyncStream<FunctionRecord>.Continuation
    private let outcomes: AsyncStream<PreparationFailure?>
    private let outcome: AsyncStream<PreparationFailure?>.Continuation

    init() {
        (self.wanted, self.wantedContinuation) = AsyncStream.makeStream()
        (self.outcomes, self.outcome) = AsyncStream.makeStream()
    }

    func prepare(_ record: FunctionRecord) async throws(PreparationFailure) {
        self.wantedContinuation.yield(record)
        for await outcome in self.outcomes {
            if let outcome { throw outcome }
            return
        }
        throw .abandoned
    }

    /// The next version that is to be prepared.
    func next() async -> FunctionRecord? {
        for await record in self.wanted { return record }
        return nil
    }

    func end(_ failure: PreparationFailure?) { self.outcome.yield(failure) }
}

extension TestServer {
    fileprivate static let snapStart = #","Runtime":"python3.13","SnapStart":{"ApplyOn":"PublishedVersions"}"#

    fileprivate func version(_ version: String = "1") async throws -> JSONObject {
        try await self.request("GET", "\(functions)/f/configuration?Qualifier=\(version)").json()
    }

    /// The version's record once its state is written.
    fileprivate func versionChanged(to state: FunctionRecord.State) async {
        while let event = await self.sink.nextEvent() {
            if case .changed(let record) = event, record.version == "1", record.state == state { return }
        }
    }

    fileprivate func invoke(_ qualifier: String = "1") async throws -> TestAnswer {
        try await self.request("POST", "\(functions)/f/invocations?Qualifier=\(qualifier)", body: "{}")
    }
}

@Suite(.timeLimit(.minutes(1))) struct `A version with SnapStart` {
    @Test func `is pending until its first environment is there`() async throws {
        let preparer = HeldPreparer()
        try await TestServer.run(preparer: preparer) { server in
            try await server.createFunction(extra: TestServer.snapStart)
            let shape = try await server.publish().json()
            #expect(shape["State"]?.stringValue == "Pending")
            #expect(shape["StateReason"]?.stringValue == "The function is being created.")
            #expect(shape["StateReasonCode"]?.stringValue == "Creating")
            #expect(shape["LastUpdateStatus"] == nil)
            #expect(shape["SnapStart"]?.objectValue?["OptimizationStatus"]?.stringValue == "On")
            #expect(await preparer.next()?.version == "1")
            let early = try await server.invoke()
            #expect(early.status == 409)
            #expect(
                early.text
                    == #"{"Type":"User","Message":"Lambda is initializing your function. It will be ready to "#
                    + #"invoke once your function state becomes ACTIVE."}"#)
            #expect(try await server.invoke("$LATEST").status == 200)
            preparer.end(nil)
            await server.versionChanged(to: .active)
            let now = try await server.version()
            #expect(now["State"]?.stringValue == "Active" && now["StateReason"] == nil)
            #expect(now["LastUpdateStatus"]?.stringValue == "Successful")
            #expect(now["RevisionId"] != shape["RevisionId"])
            #expect(try await server.invoke().status == 200)
        }
    }

    @Test(arguments: [
        (
            PreparationFailure.function, "FunctionError", "An error occurred during function initialization."
        ),
        (.platform("No room."), "InternalError", "No room."),
    ])
    func `fails where that cannot be`(failure: PreparationFailure, code: String, text: String) async throws {
        let preparer = HeldPreparer()
        try await TestServer.run(preparer: preparer) { server in
            try await server.createFunction(extra: TestServer.snapStart)
            #expect(try await server.publish().status == 201)
            _ = await preparer.next()
            preparer.end(failure)
            await server.versionChanged(to: .failed)
            let now = try await server.version()
            #expect(now["State"]?.stringValue == "Failed" && now["LastUpdateStatus"]?.stringValue == "Failed")
            for member in ["StateReason", "LastUpdateStatusReason"] { #expect(now[member]?.stringValue == text) }
            for member in ["StateReasonCode", "LastUpdateStatusReasonCode"] {
                #expect(now[member]?.stringValue == code)
            }
            #expect(try await server.invoke().status == 409)
            // Unchanged, it is the same version again.
            #expect(try await server.publish().json()["State"]?.stringValue == "Failed")
        }
    }

    @Test func `that is published with its function is prepared after it`() async throws {
        let preparer = HeldPreparer()
        try await TestServer.run(preparer: preparer) { server in
            let body = TestServer.createBody(extra: TestServer.snapStart + #","Publish":true"#)
            let created = try await server.request("POST", functions, body: body)
            #expect(created.status == 201, "\(created.text)")
            #expect(await preparer.next()?.version == "1")
            #expect(try await server.version()["State"]?.stringValue == "Pending")
            #expect(try await server.version("$LATEST")["State"]?.stringValue == "Active")
            preparer.end(nil)
            await server.versionChanged(to: .active)
        }
    }

    @Test func `that was interrupted is prepared at the next start`() async throws {
        let preparer = HeldPreparer()
        let store = MemoryStore()
        try await TestServer.run(store: store, preparer: preparer) { server in
            try await server.createFunction(extra: TestServer.snapStart)
            #expect(try await server.publish().status == 201)
            _ = await preparer.next()
            preparer.end(.abandoned)
        }
        let second = HeldPreparer()
        try await TestServer.run(store: store, preparer: second) { server in
            let waiting = try await server.version()
            #expect(waiting["State"]?.stringValue == "Pending")
            async let prepared: Void = server.api.prepareInterruptedVersions()
            #expect(await second.next()?.version == "1")
            second.end(nil)
            await prepared
            #expect(try await server.version()["State"]?.stringValue == "Active")
        }
    }

    @Test(arguments: [
        (
            InvocationFailure.restoreFailed, 400, "SnapStartException",
            "The afterRestore() runtime hook encountered an error. For more information, check the Amazon CloudWatch logs."
        ),
        (
            .restoreTimedOut, 408, "SnapStartTimeoutException",
            "Lambda couldn't restore the snapshot within the timeout limit."
        ),
    ])
    func `answers for a restore that failed`(
        failure: InvocationFailure, status: Int, name: String, text: String
    ) async throws {
        try await TestServer.run(sink: FakeSink { _ in .failure(failure) }) { server in
            try await server.createFunction()
            let answer = try await server.invoke("$LATEST")
            #expect(answer.status == status)
            #expect(answer.header("x-amzn-ErrorType") == name)
            #expect(answer.text == #"{"Type":"User","Message":"\#(text)"}"#)
        }
    }
}
