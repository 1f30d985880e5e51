internal import Foundation
internal import LambdaCore

/// The command line: `lambdad [--config FILE] [--check-config]`, `lambdad --version`.
@main
struct Lambdad {
    static let version = "0.1.0"
    private static let usage = "usage: lambdad [--config FILE] [--check-config] | --version | --help"

    private enum Command: Equatable {
        case run(configPath: String?, checkOnly: Bool)
        case print(String)
        case wrong(String)
    }

    static func main() async {
        switch self.command(Array(CommandLine.arguments.dropFirst())) {
        case .print(let text):
            print(text)
        case .wrong(let reason):
            Self.complain("\(reason)\n\(self.usage)")
            exit(2)
        case .run(let path, let checkOnly):
            do {
                let configuration = try ConfigurationFile(path: path).read()
                if checkOnly {
                    print("the configuration is valid")
                } else {
                    try await Daemon(configuration: configuration, file: ConfigurationFile(path: path)).run()
                }
            } catch {
                Self.complain("\(error)")
                exit(1)
            }
        }
    }

    private static func command(_ arguments: [String]) -> Command {
        var path: String?
        var checkOnly = false
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--version": return .print("lambdad \(self.version)")
            case "--help", "-h": return .print(self.usage)
            case "--check-config": checkOnly = true
            case "--config":
                guard let value = rest.popFirst() else { return .wrong("--config needs a file") }
                path = value
            default: return .wrong("there is no option '\(argument)'")
            }
        }
        return .run(configPath: path, checkOnly: checkOnly)
    }

    private static func complain(_ text: String) {
        FileHandle.standardError.write(Data("lambdad: \(text)\n".utf8))
    }
}

/// The configuration file, read at the start and at each reload.
struct ConfigurationFile: Sendable {
    /// `nil`: the standard place, where the file may be missing.
    let path: String?

    func read() throws(Configuration.ConfigurationError) -> Configuration {
        let place = self.path ?? Configuration.defaultPath
        var text = ""
        if self.path != nil || FileManager.default.fileExists(atPath: place) {
            do { text = try String(contentsOfFile: place, encoding: .utf8) } catch {
                throw Configuration.ConfigurationError(
                    description: "\(place) cannot be read: \(error.localizedDescription)")
            }
        }
        do {
            return try Configuration(text: text, environment: ProcessInfo.processInfo.environment)
        } catch { throw Configuration.ConfigurationError(description: "\(place): \(error)") }
    }
}
