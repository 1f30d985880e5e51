/// How much a line of a function's own log matters.
///
/// Source: Lambda developer guide, "Log-level filtering", application logs.
package enum LogLevel: UInt8, Sendable, Comparable, CaseIterable {
    case trace = 1
    case debug
    case info
    case warn
    case error
    case fatal

    /// A name in any case. Python's own names of two levels stand for AWS's.
    package init?(name: String) {
        switch name.uppercased() {
        case "TRACE": self = .trace
        case "DEBUG": self = .debug
        case "INFO": self = .info
        case "WARN", "WARNING": self = .warn
        case "ERROR": self = .error
        case "FATAL", "CRITICAL": self = .fatal
        default: return nil
        }
    }

    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
