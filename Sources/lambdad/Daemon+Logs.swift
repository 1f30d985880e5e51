internal import Journal
internal import LambdaCore
internal import Logging
internal import LogsAPI
internal import NIOCore
internal import ServicesEndpoint

/// Where the lines of functions go, and where the logs API finds them again.
struct FunctionLogs {
    let log: any FunctionLog
    let reader: any FunctionLogReader
    /// Where lines also go to the services endpoint.
    let forwarder: LogForwarder?
}

extension Daemon {
    func functionLogs(
        _ destination: LogDestination, group: any EventLoopGroup, _ logger: Logger
    ) throws -> FunctionLogs {
        let log = try destination.functionLog { entries in
            logger.error("log lines of functions were lost", metadata: ["count": "\(entries)"])
        }
        let forwarder = try self.forwarder(group: group, logger)
        var whole = log
        if let forwarder { whole = RecordingFunctionLog(whole) { forwarder.append($0) } }
        switch destination {
        case .journal:
            return FunctionLogs(
                log: whole, reader: try JournalLogReader(bounds: self.configuration.logReading.bounds),
                forwarder: forwarder)
        case .standardError:
            let lines = RecentLines(maximumBytes: self.configuration.logMemoryBytes, start: self.time.wallTime)
            return FunctionLogs(
                log: RecordingFunctionLog(whole) { lines.append($0) }, reader: lines, forwarder: forwarder)
        }
    }

    private func forwarder(group: any EventLoopGroup, _ logger: Logger) throws -> LogForwarder? {
        let settings = self.configuration.forwarding
        guard settings.isOn else { return nil }
        guard let endpoint = self.configuration.servicesEndpoint else {
            throw StartError(description: "forward_logs = yes: there is no services_endpoint to forward to")
        }
        return LogForwarder(
            endpoint: endpoint, serviceCredentials: try self.servicesCredentials(), group: group, time: self.time,
            memoryBytes: settings.memoryBytes, interval: settings.interval,
            timeouts: self.configuration.serviceTimeouts, logger: logger)
    }
}
