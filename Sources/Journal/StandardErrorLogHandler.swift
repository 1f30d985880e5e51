import CSystemd
import Glibc
package import LambdaCore
package import Logging

/// The daemons' own log on standard error, one line an event.
package struct StandardErrorLogHandler: LogHandler {
    package enum Style: Sendable {
        /// `2018-11-27T15:10:45.123Z warning lambdad: …`
        case plain
        /// `<4>…`: systemd reads the priority, and adds time and name itself.
        case systemdStream
    }

    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level = .info

    private let identifier: String
    private let style: Style

    package init(identifier: String, style: Style = .detected) {
        self.identifier = identifier
        self.style = style
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        // One write a line, so that lines of several threads do not mix. A closed standard error is nobody's to tell.
        var done = 0
        _ = write(Array((self.line(for: event, at: .current) + "\n").utf8), from: &done, to: STDERR_FILENO)
    }

    package func line(for event: LogEvent, at time: WallTime) -> String {
        let metadata = LogText.merged(self.metadata, self.metadataProvider, event)
        let text = LogText.singleLine(LogText.line(message: "\(event.message)", metadata: metadata))
        switch self.style {
        case .plain: return "\(time.isoText) \(event.level) \(self.identifier): \(text)"
        case .systemdStream: return "<\(JournalPriority(event.level).rawValue)>\(text)"
        }
    }
}

extension StandardErrorLogHandler.Style {
    /// ``systemdStream`` where standard error is the stream that systemd connected, by device and inode, as
    /// `JOURNAL_STREAM` says; the variable alone is inherited by programs whose standard error is another file.
    package static var detected: Self {
        var status = stat()
        // Safety: pointers to a local and to a literal; getenv's text is copied at once.
        guard let value = unsafe getenv("JOURNAL_STREAM"), unsafe fstat(STDERR_FILENO, &status) == 0 else {
            return .plain
        }
        let stream = unsafe String(cString: value)
        return stream == "\(status.st_dev):\(status.st_ino)" ? .systemdStream : .plain
    }
}

extension WallTime {
    fileprivate static var current: WallTime {
        var time = timespec()
        // Safety: a pointer to a local. This clock cannot fail.
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
