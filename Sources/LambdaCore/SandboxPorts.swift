/// What an environment's sandbox is to be made from. Holds no payload, no environment value and no credential.
package struct SandboxRequest: Sendable, Equatable {
    package enum Network: String, Sendable, Equatable, CaseIterable {
        /// A network namespace of its own with nothing but loopback.
        case loopback
        /// The host's network, where the operator chose so.
        case host
    }

    /// A directory of the host that functions write to.
    package struct FileSystem: Sendable, Equatable {
        /// Absolute path on the host.
        package let directory: String
        /// `/mnt/…`
        package let mountPath: String

        package init(directory: String, mountPath: String) {
            self.directory = directory
            self.mountPath = mountPath
        }
    }

    package let environment: EnvironmentID
    package let functionName: FunctionName
    /// See ``FunctionRecord/userSlot``.
    package let userSlot: Int
    /// Id of the runtime root: `host`, or the name of a directory root.
    package let root: String
    /// Absolute path, mounted read-only at `/var/task`.
    package let codeDirectory: String
    /// Absolute path, mounted read-only at `/var/runtime`; `nil` for runtimes that bring their own client.
    package let runtimeDirectory: String?
    /// Absolute paths, laid over each other in this order, the lowest first, and mounted read-only at `/opt`; at most
    /// ``Limits/layersPerFunction``.
    package let layerDirectories: [String]
    /// Mounted for reading and writing.
    package let fileSystem: FileSystem?
    /// MiB; becomes `memory.max`.
    package let memorySize: Int
    /// MiB; the size of the tmpfs at `/tmp`.
    package let ephemeralStorage: Int
    package let network: Network
    /// Where given, a listening socket on ``SandboxAddress/servicesEndpoint`` inside the sandbox, with this port.
    package let servicesPort: UInt16?
    /// Whether there is a pipe for framed log records.
    package let framesLog: Bool
    /// Whether there is a UDP socket at ``SandboxAddress/runtimeAPI`` where functions find the X-Ray daemon.
    package let tracesOut: Bool

    package init(
        environment: EnvironmentID, functionName: FunctionName, userSlot: Int, root: String, codeDirectory: String,
        runtimeDirectory: String?, layerDirectories: [String] = [], fileSystem: FileSystem? = nil, memorySize: Int,
        ephemeralStorage: Int, network: Network, servicesPort: UInt16?, framesLog: Bool = false,
        tracesOut: Bool = false
    ) {
        self.environment = environment
        self.functionName = functionName
        self.userSlot = userSlot
        self.root = root
        self.codeDirectory = codeDirectory
        self.runtimeDirectory = runtimeDirectory
        self.layerDirectories = layerDirectories
        self.fileSystem = fileSystem
        self.memorySize = memorySize
        self.ephemeralStorage = ephemeralStorage
        self.network = network
        self.servicesPort = servicesPort
        self.framesLog = framesLog
        self.tracesOut = tracesOut
    }
}

/// Addresses inside every sandbox that has a network namespace of its own.
package enum SandboxAddress {
    /// Where AWS serves the Runtime API, too.
    package static let runtimeAPI = "169.254.100.1"
    /// The stable address of the configured services endpoint.
    package static let servicesEndpoint = "169.254.100.2"
    /// Of the X-Ray daemon, beside the Runtime API.
    package static let tracePort = 2_000
}

/// Numbers of descriptors inside a sandbox.
package enum SandboxDescriptorNumber {
    /// Write end of the pipe for framed log records, in the runtime.
    package static let frames: Int32 = 4
}

/// What the executor hands out of a sandbox. Whoever receives it owns the descriptors.
package struct SandboxDescriptors: Sendable, Equatable {
    /// Readable once pid 1 of the sandbox has ended.
    package let pidfd: Int32
    /// Read end of the pipe that is standard output and error of everything inside.
    package let log: Int32
    /// Listening socket of the Runtime API, inside the sandbox's network namespace.
    package let runtimeListener: Int32
    /// Listening socket of the services endpoint, where one was asked for.
    package let servicesListener: Int32?
    /// Stream socket to the sandbox's init; see ``InitMessage``.
    package let control: Int32
    /// `memory.peak` of the sandbox's cgroup, where the memory controller is there.
    package let memoryPeak: Int32?
    /// `memory.events` of the sandbox's cgroup, where the memory controller is there.
    package let memoryEvents: Int32?
    /// `cgroup.freeze` of the sandbox's cgroup, open for writing, where there is one.
    package let freezer: Int32?
    /// Read end of the pipe for framed log records, where one was asked for.
    package let frames: Int32?
    /// UDP socket inside that stands for the X-Ray daemon, where one was asked for.
    package let traceSocket: Int32?
    /// The port of ``runtimeListener``.
    package let runtimePort: UInt16

    package init(
        pidfd: Int32, log: Int32, runtimeListener: Int32, servicesListener: Int32?, control: Int32,
        memoryPeak: Int32?, memoryEvents: Int32?, freezer: Int32? = nil, frames: Int32? = nil,
        traceSocket: Int32? = nil, runtimePort: UInt16
    ) {
        self.pidfd = pidfd
        self.log = log
        self.runtimeListener = runtimeListener
        self.servicesListener = servicesListener
        self.control = control
        self.memoryPeak = memoryPeak
        self.memoryEvents = memoryEvents
        self.freezer = freezer
        self.frames = frames
        self.traceSocket = traceSocket
        self.runtimePort = runtimePort
    }
}

/// Why there is no sandbox. None of the function's code has run.
package enum LaunchError: Error, Equatable {
    /// The plan is outside the executor's policy; says which rule.
    case refused(String)
    /// Something that the function names has nothing on this machine to stand for it; says what.
    case notConfigured(String)
    /// A step failed; the step's name and the errno.
    case setupFailed(step: String, errno: Int32)
    /// The child was killed before it could report.
    case vanished
    /// The executor did not answer in time.
    case timedOut
    /// No connection to the executor, or it was lost.
    case disconnected(String)
}

/// Makes sandboxes and takes them down. Implemented by the client of the executor.
package protocol SandboxLauncher: Sendable {
    func launch(_ request: SandboxRequest) async throws(LaunchError) -> SandboxDescriptors

    /// Kills everything in the sandbox. Returns once it is confirmed gone, or its connection is.
    func stop(_ environment: EnvironmentID) async
}
