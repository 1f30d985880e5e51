internal import LambdaCore
internal import Logging

/// Environments whose code is a directory of the host that somebody works in.
extension FunctionPool: HotContentOwner {
    var hasEnvironments: Bool { !self.drivers.isEmpty }

    func contentIsTold(to ticket: InvocationTicket) { self.place(ticket) }

    func contentReported(_ event: HostDirectoryEvent, of directory: String) {
        let metadata: Logger.Metadata = ["function": "\(self.key.function.name)", "directory": "\(directory)"]
        switch event {
        case .changing:
            self.parts.logger.debug("the code's directory changes", metadata: metadata)
            self.replaceAll()
        case .settled:
            self.requestStarts()
            self.requestProvisionedStarts()
            self.reportQuiet()
        case .lost(let reason):
            self.parts.logger.warning(
                "changes of a directory cannot be told, every invocation gets a fresh environment: \(reason)",
                metadata: metadata)
            self.replaceAll()
            self.requestStarts()
            self.reportQuiet()
        }
    }
}
