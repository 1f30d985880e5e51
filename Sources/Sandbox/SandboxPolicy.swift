package import LambdaCore

/// What the executor may be asked for. Read from the operator's file; the client has no say in any of it.
///
/// Every key is known and every value has a range, for a policy that silently ignores a line is no policy.
package struct SandboxPolicy: Equatable, Sendable {
    /// Why the file cannot be used.
    package struct ParseError: Error, Equatable, CustomStringConvertible {
        package let line: Int
        package let reason: String

        package var description: String { "line \(self.line): \(self.reason)" }
    }

    /// Why a request is outside the policy; names the rule.
    package struct Refusal: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Who may connect besides root.
    package private(set) var group = "lambdad"
    /// First uid, and gid, of the range. The default lies beyond what systemd and distributions hand out
    /// (systemd's "Users, Groups, UIDs and GIDs on systemd Systems": 524,288 to 1,879,048,191 is for containers).
    package private(set) var uidBase: UInt32 = 1_879_048_192
    /// Numbers in the range; a function uses two.
    package private(set) var uidCount: UInt32 = 131_072
    /// Names of roots that may be asked for.
    package private(set) var roots = ["host"]
    /// Where the directory roots are, each below its name.
    package private(set) var rootDirectories = "/usr/lib/lambdad/roots"
    /// What the root `host` shows at `/etc`.
    package private(set) var hostEtc = "/usr/lib/lambdad/roots/host/etc"
    package private(set) var codeDirectories = ["/var/lib/lambdad"]
    package private(set) var runtimeDirectories = ["/usr/lib/lambdad"]
    /// Directories that people work in, whose content may be mounted as it is, read-only.
    package private(set) var hotReloadDirectories: [String] = []
    /// Directories that may be mounted for writing.
    package private(set) var fileSystemDirectories: [String] = []
    /// MiB.
    package private(set) var memoryLimit = Limits.memorySize.upperBound
    /// MiB.
    package private(set) var temporaryStorageLimit = Limits.ephemeralStorage.upperBound
    package private(set) var hostNetwork = false
    /// Path below the cgroup2 mount; the executor's own cgroup where empty.
    package private(set) var cgroup = ""
    /// Sandboxes at one time.
    package private(set) var sandboxLimit = Limits.concurrentExecutions + Limits.concurrentStarts

    package init() {}

    /// Reads the section `[executor]`; what is left out has its default.
    package init(parsing text: String) throws(ParseError) {
        let document: INIDocument
        do {
            document = try INIDocument(parsing: text)
        } catch {
            throw ParseError(line: error.line, reason: error.reason)
        }
        for section in document.sectionNames where section != "executor" {
            throw ParseError(
                line: document.entries(in: section).first?.line ?? 0, reason: "there is no section '\(section)'")
        }
        for entry in document.entries(in: "executor") { try self.apply(PolicyEntry(entry)) }
        guard self.uidCount >= 2, self.uidCount % 2 == 0, UInt32.max - self.uidCount >= self.uidBase else {
            throw ParseError(line: 0, reason: "uid_count must be even and the range end below 4294967295")
        }
    }

    private mutating func apply(_ entry: PolicyEntry) throws(ParseError) {
        switch entry.key {
        case "group": self.group = try entry.name()
        // A range from below 65536 would hold uids of the machine's own accounts.
        case "uid_base": self.uidBase = UInt32(try entry.number(65_536...4_294_000_000))
        case "uid_count": self.uidCount = UInt32(try entry.number(2...16_777_216))
        case "roots": self.roots = try entry.names()
        case "root_directories": self.rootDirectories = try entry.path()
        case "host_etc": self.hostEtc = try entry.path()
        case "code_directories": self.codeDirectories = try entry.paths()
        case "runtime_directories": self.runtimeDirectories = try entry.paths()
        case "hot_reload_directories": self.hotReloadDirectories = try entry.paths()
        case "file_system_directories": self.fileSystemDirectories = try entry.paths()
        case "memory_max": self.memoryLimit = try entry.number(Limits.memorySize)
        case "tmp_max": self.temporaryStorageLimit = try entry.number(1...Limits.ephemeralStorage.upperBound)
        case "host_network": self.hostNetwork = try entry.yesOrNo()
        case "cgroup": self.cgroup = try entry.path()
        case "sandboxes_max": self.sandboxLimit = try entry.number(1...100_000)
        default: throw ParseError(line: entry.line, reason: "there is no key '\(entry.key)'")
        }
    }

    /// Turns a request into a plan, or says which rule it breaks. Paths are decided by their text; that no symlink
    /// leads elsewhere is seen to when they are opened.
    package func plan(for request: SandboxRequest) throws(Refusal) -> SandboxPlan {
        let slots = 0..<Int(self.uidCount / 2)
        guard slots.contains(request.userSlot) else {
            throw Refusal(description: "the user slot \(request.userSlot) is outside uid_count (\(slots.count) slots)")
        }
        guard (1...self.memoryLimit).contains(request.memorySize) else {
            throw Refusal(
                description: "\(request.memorySize) MiB of memory is outside memory_max (\(self.memoryLimit))")
        }
        guard (1...self.temporaryStorageLimit).contains(request.ephemeralStorage) else {
            throw Refusal(
                description:
                    "\(request.ephemeralStorage) MiB of /tmp is outside tmp_max (\(self.temporaryStorageLimit))")
        }
        guard self.hostNetwork || request.network == .loopback else {
            throw Refusal(description: "host_network does not allow the host's network")
        }
        guard self.roots.contains(request.root) else {
            throw Refusal(description: "roots does not name '\(request.root)'")
        }
        guard request.layerDirectories.count <= Limits.layersPerFunction else {
            throw Refusal(
                description: "\(request.layerDirectories.count) layers are more than \(Limits.layersPerFunction)")
        }
        let code = try self.code(request.codeDirectory)
        var layers: [AllowedPath] = []
        for directory in request.layerDirectories { layers.append(try self.code(directory)) }
        var runtime: AllowedPath?
        if let directory = request.runtimeDirectory {
            runtime = try Self.path(directory, below: self.runtimeDirectories, rule: "runtime_directories")
        }
        return SandboxPlan(
            request: request, code: code, runtime: runtime, layers: layers,
            fileSystem: try self.fileSystem(request.fileSystem), identities: self.identities(slot: request.userSlot))
    }

    /// Code and layers come out of the store, or are directories that somebody works in.
    private func code(_ path: String) throws(Refusal) -> AllowedPath {
        for directory in self.hotReloadDirectories {
            if let allowed = AllowedPath(path, within: directory) { return allowed }
        }
        let rule = self.hotReloadDirectories.isEmpty ? "code_directories" : "code_directories or hot_reload_directories"
        return try Self.path(path, below: self.codeDirectories, rule: rule)
    }

    private func fileSystem(_ wanted: SandboxRequest.FileSystem?) throws(Refusal) -> SandboxPlan.FileSystem? {
        guard let wanted else { return nil }
        guard let name = MountPath.name(in: wanted.mountPath) else {
            throw Refusal(description: "'\(wanted.mountPath)' is no name below /mnt")
        }
        for directory in self.fileSystemDirectories {
            guard let allowed = AllowedPath(wanted.directory, within: directory) else { continue }
            return SandboxPlan.FileSystem(directory: allowed, name: name)
        }
        throw Refusal(description: "'\(wanted.directory)' is not below file_system_directories")
    }

    /// - Parameter slot: Inside the range; whoever asks has seen to that.
    package func identities(slot: Int) -> SandboxIdentities {
        let function = self.uidBase + 2 * UInt32(slot)
        return SandboxIdentities(function: function, initProcess: function + 1)
    }

    private static func path(_ path: String, below prefixes: [String], rule: String) throws(Refusal) -> AllowedPath {
        for prefix in prefixes {
            if let allowed = AllowedPath(path, below: prefix) { return allowed }
        }
        throw Refusal(description: "'\(path)' is not below \(rule)")
    }
}

/// A path that lies below an allowed prefix by its text.
package struct AllowedPath: Equatable, Sendable {
    package let prefix: String
    /// Relative to the prefix, never empty; `.` where it is the prefix itself.
    package let rest: String

    /// Returns `nil` unless `path` is absolute, in its shortest form, and strictly below `prefix`.
    package init?(_ path: String, below prefix: String) {
        guard path.utf8.count < 4_096, path.utf8.first == 0x2F, !path.utf8.contains(0) else { return nil }
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return nil }
        guard path.utf8.starts(with: (prefix + "/").utf8), path.utf8.count > prefix.utf8.count + 1 else { return nil }
        self.prefix = prefix
        self.rest = String(decoding: path.utf8.dropFirst(prefix.utf8.count + 1), as: UTF8.self)
    }

    /// As above, or the prefix itself.
    package init?(_ path: String, within prefix: String) {
        if path == prefix {
            self.init(prefix: prefix, rest: ".")
        } else {
            self.init(path, below: prefix)
        }
    }

    private init(prefix: String, rest: String) {
        self.prefix = prefix
        self.rest = rest
    }

    package var text: String { self.rest == "." ? self.prefix : "\(self.prefix)/\(self.rest)" }
}

/// The numbers that a sandbox's two users have outside of it; their groups have the same.
package struct SandboxIdentities: Equatable, Sendable {
    package let function: UInt32
    package let initProcess: UInt32

    package init(function: UInt32, initProcess: UInt32) {
        self.function = function
        self.initProcess = initProcess
    }

    /// What `uid_map` is given. Root is mapped so that files of root show as such; no process inside can become it,
    /// for none that could runs the function's code.
    package var uidMap: String { "0 0 1\n993 \(self.function) 1\n994 \(self.initProcess) 1\n" }
    package var gidMap: String { "0 0 1\n990 \(self.function) 1\n989 \(self.initProcess) 1\n" }
}

/// A request that the policy allows, with what the policy adds.
package struct SandboxPlan: Equatable, Sendable {
    package let request: SandboxRequest
    package let code: AllowedPath
    package let runtime: AllowedPath?
    /// The lowest first.
    package let layers: [AllowedPath]
    package let fileSystem: FileSystem?
    package let identities: SandboxIdentities

    package struct FileSystem: Equatable, Sendable {
        package let directory: AllowedPath
        /// Of the directory below `/mnt`.
        package let name: String
    }
}

/// One line of the policy, and the readings that a value may have.
private struct PolicyEntry {
    let key: String
    let value: String
    let line: Int

    init(_ entry: INIDocument.Entry) { (self.key, self.value, self.line) = (entry.key, entry.value, entry.line) }

    private init(_ whole: PolicyEntry, value: String) {
        (self.key, self.value, self.line) = (whole.key, value, whole.line)
    }

    private func refused(_ reason: String) -> SandboxPolicy.ParseError {
        SandboxPolicy.ParseError(line: self.line, reason: "\(self.key): \(reason)")
    }

    func number(_ range: ClosedRange<Int>) throws(SandboxPolicy.ParseError) -> Int {
        guard let number = Int(self.value), range.contains(number) else {
            throw self.refused("must be \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func yesOrNo() throws(SandboxPolicy.ParseError) -> Bool {
        switch self.value {
        case "yes": return true
        case "no": return false
        default: throw self.refused("must be yes or no")
        }
    }

    func name() throws(SandboxPolicy.ParseError) -> String {
        let allowed = self.value.utf8.allSatisfy {
            ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x30 && $0 <= 0x39)
                || [0x2D, 0x2E, 0x5F].contains($0)
        }
        guard allowed, !self.value.hasPrefix("."), (1...64).contains(self.value.utf8.count) else {
            throw self.refused("'\(self.value)' is no name")
        }
        return self.value
    }

    func path() throws(SandboxPolicy.ParseError) -> String {
        guard AllowedPath(self.value, below: "") != nil else {
            throw self.refused("'\(self.value)' is no absolute path in its shortest form")
        }
        return self.value
    }

    func names() throws(SandboxPolicy.ParseError) -> [String] {
        var values: [String] = []
        for part in try self.parts() { values.append(try part.name()) }
        return values
    }

    func paths() throws(SandboxPolicy.ParseError) -> [String] {
        var values: [String] = []
        for part in try self.parts() { values.append(try part.path()) }
        return values
    }

    private func parts() throws(SandboxPolicy.ParseError) -> [PolicyEntry] {
        let parts = self.value.split { $0 == " " || $0 == "," }.map { PolicyEntry(self, value: String($0)) }
        guard !parts.isEmpty else { throw self.refused("names nothing") }
        return parts
    }
}
