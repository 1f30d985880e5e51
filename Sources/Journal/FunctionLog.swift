package import LambdaCore

/// A sink of function log lines that can be asked, at the end, to write what it holds.
package protocol FunctionLog: FunctionLogSink {
    /// Waits until everything appended so far is written, at most for `limit`. Returns whether it is.
    func flush(within limit: Duration) async -> Bool
}
