package import Logging

/// The daemons' own log as journal entries.
///
/// A send never waits: the caller may be an event loop, and a journal that takes nothing must not stop it. Such an
/// entry is lost, as it would be with any other log.
package struct JournalLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level = .info

    private let identifier: String
    private let label: String
    private let socket: JournalSocket

    /// - Parameters:
    ///   - identifier: `SYSLOG_IDENTIFIER`: the program's name.
    ///   - label: The logger's label, kept in `LAMBDA_LOGGER`.
    package init(identifier: String, label: String, socket: JournalSocket) {
        self.identifier = identifier
        self.label = label
        self.socket = socket
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        _ = self.socket.send(self.entry(for: event).bytes, waiting: false)
    }

    package func entry(for event: LogEvent) -> JournalBuffer {
        let metadata = LogText.merged(self.metadata, self.metadataProvider, event)
        var buffer = JournalBuffer()
        buffer.append("MESSAGE", LogText.line(message: "\(event.message)", metadata: metadata))
        buffer.append("PRIORITY", JournalPriority(event.level).rawValue)
        buffer.append("SYSLOG_FACILITY", daemonFacility)
        buffer.append("SYSLOG_IDENTIFIER", self.identifier)
        buffer.append("CODE_FILE", event.file)
        buffer.append("CODE_LINE", String(event.line))
        buffer.append("CODE_FUNC", event.function)
        buffer.append("LAMBDA_LOGGER", self.label)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            buffer.append(name: LogText.fieldName(key), "\(value)")
        }
        buffer.endEntry()
        return buffer
    }
}

/// LOG_DAEMON of syslog(3).
private let daemonFacility = "3"
