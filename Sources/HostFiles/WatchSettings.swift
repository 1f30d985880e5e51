internal import LambdaCore

/// How directories are watched.
package struct WatchSettings: Sendable, Equatable {
    package enum Strategy: String, Sendable, CaseIterable {
        /// The kernel tells, except where it cannot: network and shared filesystems, or its limits are reached.
        case auto
        /// The kernel tells; where it cannot, the directory is given up.
        case event
        /// Looked at again and again.
        case polling
    }

    package var strategy: Strategy
    package var patterns: PathPatterns
    package var reload: ReloadMachine.Settings
    /// Between two looks, or longer where a look takes long.
    package var pollInterval: Duration
    /// Directories that the kernel watches for one tree; a larger tree is polled.
    package var watchLimit: Int

    package init(
        strategy: Strategy = .auto, patterns: PathPatterns = PathPatterns(include: [], exclude: Self.standardExcludes),
        quiet: Duration = .milliseconds(200), pollInterval: Duration = .milliseconds(200),
        watchLimit: Int = Limits.watchedDirectories
    ) {
        self.strategy = strategy
        self.patterns = patterns
        self.reload = .init(quiet: quiet, longest: max(quiet * 10, .seconds(2)))
        self.pollInterval = pollInterval
        self.watchLimit = watchLimit
    }

    /// What editors, version control and interpreters leave beside the code.
    package static let standardExcludes = [
        ".git", ".hg", ".svn", "__pycache__", "*.pyc", "*~", "*.swp", "*.swx", "4913", ".#*", ".DS_Store",
    ]
}
