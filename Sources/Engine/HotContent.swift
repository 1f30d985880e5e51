internal import LambdaCore
internal import Synchronization

/// The directories of the host that one version's environments have mounted as they are, and what is known of them.
///
/// While one of them changes, no environment is started, so that none begins with what is half written; when it has
/// settled, whoever waited gets a fresh one. Idle environments go with the first change.
struct HotContent {
    private static let lastNumber = Mutex<UInt64>(0)

    /// Tells an earlier content's late events from this one's.
    let number: UInt64
    let directories: Set<String>
    private var watches: [any HostDirectoryWatch] = []
    private var changing: Set<String> = []
    /// Nobody tells of changes of these.
    private var unwatched: Set<String> = []

    /// Nothing of the host.
    init() {
        self.number = 0
        self.directories = []
    }

    init(of record: FunctionRecord) {
        self.directories = Set([record.hotReloadPath].compactMap(\.self) + record.layers.compactMap(\.hotReloadPath))
        self.number =
            self.directories.isEmpty
            ? 0
            : Self.lastNumber.withLock { number in
                number += 1
                return number
            }
    }

    var isChanging: Bool { !self.changing.isEmpty }
    var isUnwatched: Bool { !self.unwatched.isEmpty }

    mutating func watch(
        with watcher: (any HostDirectoryWatching)?,
        onEvent: @escaping @Sendable (String, HostDirectoryEvent) -> Void
    ) {
        guard let watcher else {
            self.unwatched = self.directories
            return
        }
        for directory in self.directories {
            self.watches.append(watcher.watch(directory) { onEvent(directory, $0) })
        }
    }

    mutating func reported(_ event: HostDirectoryEvent, of directory: String) {
        switch event {
        case .changing: self.changing.insert(directory)
        case .settled: self.changing.remove(directory)
        case .lost:
            self.changing.remove(directory)
            self.unwatched.insert(directory)
        }
    }

    /// Whether a directory may have changed that nobody has told of yet. Where that is so, `body` is called once it is
    /// told, with the index to go on from.
    func whenTold(from index: Int, _ body: @escaping @Sendable (Int) -> Void) -> Bool {
        for place in self.watches.indices.dropFirst(index) where self.watches[place].whenTold({ body(place + 1) }) {
            return true
        }
        return false
    }

    func cancel() { for watch in self.watches { watch.cancel() } }
}
