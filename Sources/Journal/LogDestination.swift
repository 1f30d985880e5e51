import Glibc
package import Logging

/// Where the logs of a daemon go.
package enum LogDestination: Sendable {
    case journal(JournalSocket)
    case standardError

    /// What the setting `log` may be.
    package enum Setting: String, Sendable, CaseIterable {
        /// The journal where it is there, standard error where not.
        case automatic = "auto"
        case journal
        case standardError = "stderr"
    }

    /// Chooses by the setting and by what is there.
    ///
    /// - Throws: ``JournalError`` where the journal was asked for by name and cannot be spoken to.
    package static func select(
        _ setting: Setting = .automatic, path: String = JournalSocket.standardPath
    ) throws(JournalError) -> LogDestination {
        switch setting {
        case .standardError:
            return .standardError
        case .journal:
            return .journal(try JournalSocket(path: path))
        case .automatic:
            // Safety: the text lives through the call.
            guard unsafe access(path, W_OK) == 0 else { return .standardError }
            return .journal(try JournalSocket(path: path))
        }
    }

    /// A handler for `LoggingSystem.bootstrap` or `Logger(label:factory:)`.
    ///
    /// - Parameter identifier: The program's name.
    package func handler(identifier: String, label: String, level: Logger.Level = .info) -> any LogHandler {
        switch self {
        case .journal(let socket):
            var handler = JournalLogHandler(identifier: identifier, label: label, socket: socket)
            handler.logLevel = level
            return handler
        case .standardError:
            var handler = StandardErrorLogHandler(identifier: identifier)
            handler.logLevel = level
            return handler
        }
    }

    /// The sink of function log lines that belongs to this destination.
    package func functionLog(
        reportLoss: @escaping @Sendable (_ entries: Int) -> Void
    ) throws(JournalError) -> any FunctionLog {
        switch self {
        case .journal(let socket): try JournalFunctionLog(path: socket.path, reportLoss: reportLoss)
        case .standardError: try StandardErrorFunctionLog(reportLoss: reportLoss)
        }
    }
}
