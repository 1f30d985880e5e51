/// How functions of one runtime are run. Read from `*.runtime` files below `/usr/lib/lambdad/runtimes` and
/// `/etc/lambdad/runtimes`; a file of the second folder replaces one of the same name in the first.
package struct RuntimeManifest: Sendable, Equatable {
    package struct ManifestError: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// The id that functions ask for, such as `python3.11`.
    package let id: String
    /// `host`, or the name of a directory root.
    package let root: String
    /// Program and arguments. `{handler}` is replaced by the function's handler. Empty: the first executable of
    /// `/var/task/bootstrap`, `/opt/bootstrap`, `/var/runtime/bootstrap`.
    package let command: [String]
    /// Absolute path mounted at `/var/runtime`, where the runtime needs one.
    package let directory: String?
    /// Added to the environment; a function's own variables win.
    package let environment: [String: String]
    /// Other ids that this runtime can serve, where the operator allows it.
    package let substitutes: [String]
    /// Files of the host that must be there for the runtime to be installed.
    package let requires: [String]
    /// Shown in INIT_START, such as `python:3.11.lambdad`.
    package let versionText: String
    /// Managed runtimes set `AWS_EXECUTION_ENV`; OS-only ones do not.
    package let isManaged: Bool
    /// Invocations that one environment holds at one time; of more than one the runtime learns by `AWS_LAMBDA_MAX_CONCURRENCY`.
    package let maxConcurrency: Int

    /// Whether its environments hold several invocations.
    package var isShared: Bool { self.maxConcurrency > 1 }

    package init(parsing text: String) throws(ManifestError) {
        let document: INIDocument
        do { document = try INIDocument(parsing: text) } catch {
            throw ManifestError(description: "\(error)")
        }
        func words(_ key: String) -> [String] {
            (document.value(key, in: "runtime") ?? "").split(separator: " ").map(String.init)
        }
        let known: Set<String> = [
            "id", "root", "command", "directory", "substitutes", "requires", "version", "managed", "max_concurrency",
        ]
        for entry in document.entries(in: "runtime") where !known.contains(entry.key) {
            throw ManifestError(description: "line \(entry.line): there is no setting '\(entry.key)' in [runtime]")
        }
        for section in document.sectionNames where section != "runtime" && section != "environment" {
            throw ManifestError(description: "there is no section [\(section)] in a runtime manifest")
        }
        guard let id = document.value("id", in: "runtime"), !id.isEmpty else {
            throw ManifestError(description: "[runtime] id is missing")
        }
        self.id = id
        self.root = document.value("root", in: "runtime") ?? "host"
        self.command = words("command")
        self.directory = document.value("directory", in: "runtime")
        self.substitutes = words("substitutes")
        self.requires = words("requires")
        self.versionText = document.value("version", in: "runtime") ?? id
        switch document.value("managed", in: "runtime") ?? "no" {
        case "yes": self.isManaged = true
        case "no": self.isManaged = false
        case let other: throw ManifestError(description: "[runtime] managed must be yes or no, not '\(other)'")
        }
        let concurrency = document.value("max_concurrency", in: "runtime") ?? "1"
        guard let maxConcurrency = Int(concurrency), Limits.environmentConcurrency.contains(maxConcurrency) else {
            let range = Limits.environmentConcurrency
            throw ManifestError(
                description: "[runtime] max_concurrency must be a number from \(range.lowerBound) to "
                    + "\(range.upperBound), not '\(concurrency)'")
        }
        self.maxConcurrency = maxConcurrency
        var environment: [String: String] = [:]
        for entry in document.entries(in: "environment") { environment[entry.key] = entry.value }
        self.environment = environment
    }
}

/// Which runtimes this machine can run, and why not where it cannot.
package protocol RuntimeDirectory: Sendable {
    /// The manifest that serves `id`, by its own id or as an allowed substitute.
    func manifest(for id: String) -> RuntimeManifest?

    /// Why `id` cannot be served, in a sentence for the API's caller; `nil` where it can.
    func refusal(of id: String) -> String?
}
