internal import HostFiles
internal import LambdaCore
internal import Synchronization

/// Settings of directories of the host that functions have: those that somebody works in, and those that functions write
/// to. The executor's policy has to allow them as well.
struct HostDirectorySettings: Sendable, Equatable {
    /// The bucket whose keys are directories of the host.
    let bucket: String
    /// Where code and layers may be taken as they are; none: nowhere.
    let directories: [String]
    /// See ``PathPatterns``.
    let include: [String]
    let exclude: [String]
    /// How long a directory must not change to count as whole.
    let debounce: Duration
    let strategy: WatchSettings.Strategy
    /// Directories by the ARN of the file system that they stand for.
    let fileSystems: [String: String]

    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        self.bucket = try reader.text("hot_reload_bucket", or: "hot-reload")
        self.directories = try reader.paths("hot_reload_directories")
        self.include = try reader.words("hot_reload_include", or: [], .reload)
        self.exclude = try reader.words("hot_reload_exclude", or: WatchSettings.standardExcludes, .reload)
        self.debounce = .milliseconds(
            try reader.number("hot_reload_debounce", or: 200, range: 0...60_000, .reload))
        self.strategy = try reader.choice("hot_reload_watch", or: .auto, .reload)
        let map = try reader.text("file_systems", .reload)
        do {
            self.fileSystems = try FileSystemMap.directories(parsing: map)
        } catch {
            throw Configuration.ConfigurationError(description: "file_systems: \(error)")
        }
    }

    var watchSettings: WatchSettings {
        WatchSettings(
            strategy: self.strategy, patterns: PathPatterns(include: self.include, exclude: self.exclude),
            quiet: self.debounce)
    }
}

/// How directories are watched from now on, replaced whole by a reload.
final class CurrentWatchSettings: Sendable {
    private let value: Mutex<WatchSettings>

    init(_ settings: WatchSettings) { self.value = Mutex(settings) }

    var now: WatchSettings { self.value.withLock { $0 } }
    func replace(with settings: WatchSettings) { self.value.withLock { $0 = settings } }
}
