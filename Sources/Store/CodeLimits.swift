internal import LambdaCore

/// How much one zip may hold. A value, so that a test can reach the limits without a quarter of a gigabyte.
struct CodeLimits: Sendable {
    /// Files, links and directories, those included that no entry names.
    var entries = Limits.codeEntries
    /// Bytes of all files.
    var unzippedBytes = Limits.unzippedCodeBytes
}
