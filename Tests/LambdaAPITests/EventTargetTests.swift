import LambdaCore
import TestSupport
import Testing

@testable import LambdaAPI

@Suite struct `What an event finds in the catalog` {
    private let key = FunctionKey.named("f")
    private let catalog = FunctionCatalog()

    private func record(_ version: String) -> FunctionRecord {
        var record = FunctionRecord(
            key: self.key, role: "arn:aws:iam::000000000000:role/r", runtime: "test", handler: "app.handler",
            code: CodeReference(digest: "d", base64: "", size: 1), lastModified: WallTime(milliseconds: 0))
        record.version = version
        record.state = .active
        return record
    }

    private func config(_ qualifier: String, retries: Int) -> EventInvokeConfigRecord {
        var config = EventInvokeConfigRecord(
            function: self.key, qualifier: qualifier, modified: WallTime(milliseconds: 0))
        config.maximumRetryAttempts = retries
        return config
    }

    init() {
        _ = self.catalog.apply([
            .put(LatestVersion(self.record(FunctionRecord.latest))), .put(PublishedVersion(self.record("1"))),
            .put(PublishedVersion(self.record("2"))), .put(self.config(FunctionRecord.latest, retries: 0)),
            .put(self.config("live", retries: 1)), .put(self.config("2", retries: 2)),
            .put(FunctionProperties(key: self.key, userSlot: 0)), self.alias(to: "1"),
        ])
    }

    private func alias(to version: String) -> StoreChange {
        .put(
            AliasRecord(
                function: self.key, name: "live", version: version, summary: "", additionalWeights: [:],
                revisionID: "r"))
    }

    @Test(arguments: [
        (nil as String?, "$LATEST", 0 as Int?), ("$LATEST", "$LATEST", 0), ("live", "1", 1), ("1", "1", nil),
        ("2", "2", 2),
    ]) func `is the version, and the configuration of the qualifier that was called`(
        qualifier: String?, version: String, retries: Int?
    ) throws {
        let target = try #require(self.catalog.target(of: self.key, qualifier: qualifier))
        #expect(target.function.version == version)
        #expect(target.config?.maximumRetryAttempts == retries)
        #expect(!target.isSwitchedOff)
    }

    @Test func `follows an alias that moves`() {
        _ = self.catalog.apply([self.alias(to: "2")])
        #expect(self.catalog.target(of: self.key, qualifier: "live")?.function.version == "2")
    }

    @Test func `says that a function is switched off`() {
        var properties = FunctionProperties(key: self.key, userSlot: 0)
        properties.reservedConcurrency = 0
        _ = self.catalog.apply([.put(properties)])
        #expect(self.catalog.target(of: self.key, qualifier: nil)?.isSwitchedOff == true)
    }

    @Test(arguments: [("g", nil as String?), ("f", "3"), ("f", "gone")])
    func `is nothing where it is gone`(function: String, qualifier: String?) {
        #expect(self.catalog.target(of: .named(function), qualifier: qualifier) == nil)
    }
}
