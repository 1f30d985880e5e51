internal import Foundation
internal import LambdaCore
internal import Synchronization

/// The runtime manifests of this machine.
final class RuntimeCatalog: RuntimeDirectory {
    private struct State {
        var manifests: [String: RuntimeManifest] = [:]
        var allowsSubstitution = false
    }

    private let state = Mutex(State())

    /// Reads every `*.runtime` file; a file of a later directory replaces one of the same name in an earlier one.
    ///
    /// - Returns: What could not be read, a sentence each; the other manifests are in force.
    func load(directories: [String], allowsSubstitution: Bool) -> [String] {
        var files: [String: String] = [:]
        for directory in directories {
            // A directory that is not there holds no manifest; `/etc/lambdad/runtimes` often is not.
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            for name in names where name.hasSuffix(".runtime") { files[name] = "\(directory)/\(name)" }
        }
        var manifests: [String: RuntimeManifest] = [:]
        var problems: [String] = []
        for path in files.values.sorted() {
            do {
                let manifest = try RuntimeManifest(parsing: String(contentsOfFile: path, encoding: .utf8))
                manifests[manifest.id] = manifest
            } catch { problems.append("\(path): \(error), ignoring this runtime") }
        }
        self.state.withLock { $0 = State(manifests: manifests, allowsSubstitution: allowsSubstitution) }
        return problems
    }

    var ids: [String] { self.state.withLock { $0.manifests.keys.sorted() } }

    func manifest(for id: String) -> RuntimeManifest? {
        self.state.withLock { state in
            state.manifests[id] ?? (state.allowsSubstitution ? Self.substitute(for: id, in: state) : nil)
        }
    }

    func refusal(of id: String) -> String? {
        guard let manifest = self.manifest(for: id) else {
            let state = self.state.withLock { $0 }
            if let substitute = Self.substitute(for: id, in: state) {
                return "The runtime \(id) is not installed on this machine. \(substitute.id) can serve it where "
                    + "runtime_substitution = yes is set in lambdad.conf."
            }
            return "The runtime \(id) is not installed on this machine. Installed runtimes: "
                + "\(state.manifests.keys.sorted().joined(separator: ", "))."
        }
        let missing = manifest.requires.filter { !FileManager.default.fileExists(atPath: $0) }
        guard missing.isEmpty else {
            return "The runtime \(id) is not installed on this machine: \(missing.joined(separator: ", ")) is missing."
        }
        return nil
    }

    private static func substitute(for id: String, in state: State) -> RuntimeManifest? {
        state.manifests.values.filter { $0.substitutes.contains(id) }.min { $0.id < $1.id }
    }
}
