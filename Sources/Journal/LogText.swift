package import Logging

/// A priority of syslog(3), as the journal's `PRIORITY` field and the `<N>` prefix write it.
package enum JournalPriority: String, Sendable {
    case critical = "2"
    case error = "3"
    case warning = "4"
    case notice = "5"
    case informational = "6"
    case debug = "7"

    package init(_ level: Logger.Level) {
        switch level {
        case .trace, .debug: self = .debug
        case .info: self = .informational
        case .notice: self = .notice
        case .warning: self = .warning
        case .error: self = .error
        case .critical: self = .critical
        }
    }
}

/// How an event of the daemons' own log is put into words and fields.
package enum LogText {
    /// The message, then the metadata as `key=value` in the order of the keys: what `journalctl` shows by itself must
    /// say which function it is about.
    package static func line(message: String, metadata: Logger.Metadata) -> String {
        let pairs = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return ([message] + pairs).joined(separator: " ")
    }

    /// The same on one line, whatever was in it: a newline would begin an entry of its own.
    package static func singleLine(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\0": result += "\\0"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The journal field of a metadata key: `requestID` and `request-id` are both `LAMBDA_REQUEST_ID`.
    ///
    /// Source: systemd.journal-fields(7): upper-case letters, digits and `_`; at most 64 characters.
    package static func fieldName(_ key: String) -> String {
        var name = "LAMBDA_"
        var previousIsLower = false
        for byte in key.utf8 {
            let isUpper = byte >= 0x41 && byte <= 0x5A
            let isLower = byte >= 0x61 && byte <= 0x7A
            let isDigit = byte >= 0x30 && byte <= 0x39
            if isUpper, previousIsLower { name += "_" }
            let shown = isLower ? byte - 0x20 : (isUpper || isDigit ? byte : 0x5F)
            name.unicodeScalars.append(Unicode.Scalar(shown))
            previousIsLower = isLower || isDigit
        }
        return String(name.prefix(64))
    }

    /// What the handler, the provider and the call say, in this order of precedence from low to high.
    package static func merged(
        _ own: Logger.Metadata, _ provider: Logger.MetadataProvider?, _ event: LogEvent
    ) -> Logger.Metadata {
        var merged = own
        if let provided = provider?.get() { merged.merge(provided) { _, new in new } }
        if let given = event.metadata { merged.merge(given) { _, new in new } }
        if let error = event.error, merged["error"] == nil { merged["error"] = "\(error)" }
        return merged
    }
}
