import LambdaCore
import Logging
import Synchronization

/// Versions that are published with SnapStart: each is Pending until the init of a first environment is over.
extension ControlPlane {
    /// The second write of a creation or an update, and what the versions need that were published with it.
    func settle(_ key: FunctionKey, requestID: RequestID) async {
        await self.finishTransition(of: key, requestID: requestID)
        await self.prepareVersions(of: key, requestID: requestID)
    }

    /// Prepares those of the function's versions that wait for it and that nobody else prepares.
    func prepareVersions(of key: FunctionKey, requestID: RequestID) async {
        let versions = self.catalog.entry(key)?.allVersions ?? []
        for version in versions where version.isRestored && version.state == .pending {
            guard self.preparations.begin(version.versionKey) else { continue }
            await self.prepare(version, requestID)
            self.preparations.end(version.versionKey)
        }
    }

    private func prepare(_ version: FunctionRecord, _ requestID: RequestID) async {
        var failure: PreparationFailure?
        do { try await self.preparer?.prepare(version) } catch { failure = error }
        // Prepared at the next start; or deleted, and then there is nothing to write.
        guard failure != .abandoned else { return }
        let reason = failure.map(Self.reason(of:))
        do {
            try await self.change(requestID) { transaction in
                let address = PublishedVersion(version).address
                guard var stored = try transaction.resource(PublishedVersion.self, at: address),
                    stored.record.generation == version.generation, stored.record.state == .pending
                else { return }
                FunctionTransition.prepared(&stored.record, failure: reason)
                stored.record.revisionID = try transaction.newRevisionID()
                try transaction.put(stored)
            }
        } catch {
            self.log.error(
                "a version stays pending until the next start",
                metadata: ["request": "\(requestID)", "function": "\(version.key.arn):\(version.version)"])
        }
    }

    private static func reason(of failure: PreparationFailure) -> FunctionRecord.Reason {
        switch failure {
        // AWS's words.
        case .function: .init(text: "An error occurred during function initialization.", code: "FunctionError")
        case .platform(let text): .init(text: text, code: "InternalError")
        case .abandoned: .init(text: "The preparation was given up.", code: "InternalError")
        }
    }
}

extension FunctionTransition {
    /// A version's first environment is there, or could not be made.
    static func prepared(_ version: inout FunctionRecord, failure: FunctionRecord.Reason?) {
        guard let failure else { return self.finish(&version) }
        version.state = .failed
        version.stateReason = failure
        version.updateStatus = .failed
        version.updateReason = failure
    }
}

/// Versions that are being prepared: each by one request only.
final class VersionPreparations: Sendable {
    private let versions = Mutex<Set<VersionKey>>([])

    func begin(_ version: VersionKey) -> Bool { self.versions.withLock { $0.insert(version).inserted } }

    func end(_ version: VersionKey) { self.versions.withLock { _ = $0.remove(version) } }
}
