package import LambdaCore

/// Functions as asynchronous invocations find them.
extension FunctionCatalog: FunctionLookup {
    package func target(of function: FunctionKey, qualifier: String?) -> EventTarget? {
        let found: FunctionRecord
        do {
            found = try self.record(function, qualifier: qualifier, draw: { .random(in: 0..<1) })
        } catch { return nil }
        return self.look(at: function) { entry in
            EventTarget(
                function: found, config: entry.eventInvokeConfigs[qualifier ?? FunctionRecord.latest],
                isSwitchedOff: entry.properties?.reservedConcurrency == 0,
                endsLoops: entry.properties?.recursiveLoop != .allow)
        }
    }
}
