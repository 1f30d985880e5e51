import LambdaCore

extension FunctionCatalog {
    /// What an invocation of a qualifier runs now.
    ///
    /// - Parameters:
    ///   - runsNow: Whether it matters that the function may be switched off; events are taken meanwhile.
    ///   - draw: See ``AliasRouting/version(draw:)``.
    /// - Throws: That there is no such function, version or alias; that its state does not allow it; or that the function
    ///   is switched off.
    func runnable(
        _ key: FunctionKey, qualifier: String?, runsNow: Bool = true, draw: () -> Double
    ) throws(APIError) -> FunctionRecord {
        // The latest version's qualifier is in the text also where none was given.
        guard let entry = self.entry(key), let record = entry.runnable(qualifier, draw: draw) else {
            throw .functionNotFound(key, qualifier: qualifier ?? FunctionRecord.latest)
        }
        guard record.state == .active else { throw .wrongState(record.state) }
        guard !runsNow || entry.properties?.reservedConcurrency != 0 else { throw .switchedOff }
        return record
    }
}

extension FunctionCatalog.Entry {
    fileprivate func runnable(_ qualifier: String?, draw: () -> Double) -> FunctionRecord? {
        // A function that is being deleted may have versions left for a moment.
        guard let latest = self.runnable else { return nil }
        guard let qualifier, qualifier != FunctionRecord.latest else { return latest }
        if let version = self.versions[qualifier] { return version }
        guard let alias = self.aliases[qualifier] else { return nil }
        let version = AliasRouting(alias).version(draw: draw)
        return version == FunctionRecord.latest ? latest : self.versions[version]
    }
}
