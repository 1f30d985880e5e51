/// The command line of lambda-executor.
struct ExecutorOptions: Equatable {
    /// Why the command line cannot be used.
    struct UsageError: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    static let usage = """
        usage: lambda-executor [--socket PATH] [--policy FILE] [--init FILE] [--filter FILE] [--log auto|journal|stderr]

        Without --socket, systemd hands the listening socket over.
        """

    /// Where to listen; `nil` for the socket that systemd opened.
    private(set) var socket: String?
    private(set) var policy = "/etc/lambdad/executor.conf"
    private(set) var initProgram = "/usr/lib/lambdad/lambda-init"
    private(set) var filter = "/usr/lib/lambdad/seccomp/default.policy"
    private(set) var log = "auto"

    init(_ arguments: some Sequence<String>) throws(UsageError) {
        var rest = Array(arguments)[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { throw UsageError(description: "\(option) needs a value") }
            switch option {
            case "--socket": self.socket = value
            case "--policy": self.policy = value
            case "--init": self.initProgram = value
            case "--filter": self.filter = value
            case "--log": self.log = value
            default: throw UsageError(description: "there is no option \(option)")
            }
        }
    }
}
