import LambdaCore

extension FunctionCatalog {
    /// What an invocation of a qualifier runs now.
    ///
    /// - Parameters:
    ///   - runsNow: Whether it matters that the function may be switched off; events are taken meanwhile.
    ///   - draw: See ``AliasRouting/version(draw:)``.
    /// - Throws: That there is no such function, version or alias; that its state does not allow it, or not yet; or that the
    ///   function is switched off.
    func runnable(
        _ key: FunctionKey, qualifier: String?, runsNow: Bool = true, draw: () -> Double
    ) throws(APIError) -> FunctionRecord {
        let found = try self.found(key, qualifier: qualifier, draw: draw)
        guard found.record.state == .active else {
            let isPrepared = found.record.isRestored && found.record.state == .pending
            throw isPrepared ? .snapStartNotReady : .wrongState(found.record.state)
        }
        guard !runsNow || !found.isSwitchedOff else { throw .switchedOff }
        return found.record
    }

    /// Whether a chain that has reached a function must end there.
    func endsLoop(_ lineage: Lineage?, of key: FunctionKey) -> Bool {
        guard let lineage, lineage.isLoop(of: key) else { return false }
        return self.look(at: key) { $0.properties?.recursiveLoop ?? .terminate } == .terminate
    }

    /// What a qualifier names now, whatever its state.
    func record(
        _ key: FunctionKey, qualifier: String?, draw: () -> Double
    ) throws(APIError) -> FunctionRecord {
        try self.found(key, qualifier: qualifier, draw: draw).record
    }

    private func found(
        _ key: FunctionKey, qualifier: String?, draw: () -> Double
    ) throws(APIError) -> FunctionCatalog.Entry.Runnable {
        // Nearly every call names `$LATEST` or a version. An alias may ask for a draw, which is nothing to do under a lock.
        let plain = self.look(at: key) { $0.runnable(qualifier) }
        guard let found = plain ?? self.entry(key)?.runnable(alias: qualifier, draw: draw) else {
            // The latest version's qualifier is in the text also where none was given.
            throw .functionNotFound(key, qualifier: qualifier ?? FunctionRecord.latest)
        }
        return found
    }
}

extension FunctionCatalog.Entry {
    /// What a qualifier runs, and whether the function is switched off.
    struct Runnable: Sendable {
        let record: FunctionRecord
        let isSwitchedOff: Bool
    }

    private func runnable(record: FunctionRecord?) -> Runnable? {
        record.map { Runnable(record: $0, isSwitchedOff: self.properties?.reservedConcurrency == 0) }
    }

    /// `nil` where the qualifier is an alias, or names nothing.
    fileprivate func runnable(_ qualifier: String?) -> Runnable? {
        guard let qualifier, qualifier != FunctionRecord.latest else { return self.runnable(record: self.runnable) }
        return self.runnable(record: self.versions[qualifier])
    }

    fileprivate func runnable(alias: String?, draw: () -> Double) -> Runnable? {
        guard let alias = alias.flatMap({ self.aliases[$0] }) else { return nil }
        return self.runnable(AliasRouting(alias).version(draw: draw))
    }
}
