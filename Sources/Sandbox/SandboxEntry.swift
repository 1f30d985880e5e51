internal import LambdaCore

/// One sandbox as the executor holds it. While it starts this owns both what will be handed out and the set-up socket;
/// afterwards only the pidfd and the cgroup.
final class SandboxEntry {
    let environment: EnvironmentID
    let client: UInt64
    let identities: SandboxIdentities
    let pid: Int32
    let pidfd: Descriptor
    var machine: SandboxLifeMachine
    /// Deadline of the start while it starts; then when to bound the CPU, and after the end when to try again to
    /// remove the cgroup.
    var alarm: Instant?

    var starting: StartingDescriptors?
    let cgroup: SandboxCgroup?
    /// What is to be said once the cgroup is gone; set when the processes are.
    var unsaid: [SandboxLifeMachine.Answer]?
    var cgroupTries = 0
    /// Tokens in the event loop.
    var processToken: UInt64 = 0
    var setupToken: UInt64 = 0

    init(
        environment: EnvironmentID, client: UInt64, identities: SandboxIdentities, pid: Int32,
        pidfd: consuming Descriptor, machine: SandboxLifeMachine, alarm: Instant,
        starting: consuming StartingDescriptors, cgroup: SandboxCgroup?
    ) {
        self.environment = environment
        self.client = client
        self.identities = identities
        self.pid = pid
        self.pidfd = pidfd
        self.machine = machine
        self.alarm = alarm
        self.starting = consume starting
        self.cgroup = cgroup
    }
}

/// What is open for a sandbox that starts.
struct StartingDescriptors: ~Copyable {
    let setup: Descriptor
    let log: Descriptor
    let control: Descriptor
    let frames: Descriptor?
    /// Which of the optional sockets the child was asked for, in the order in which it hands them over.
    var awaited: [AwaitedSocket]
    var runtimeListener: Descriptor?
    var servicesListener: Descriptor?
    var traceSocket: Descriptor?

    enum AwaitedSocket { case runtime, services, trace }

    /// What the child hands over for a request.
    static func awaited(for request: SandboxRequest) -> [AwaitedSocket] {
        guard request.network == .loopback else { return [.runtime] }
        return [.runtime] + (request.servicesPort == nil ? [] : [.services]) + (request.tracesOut ? [.trace] : [])
    }
}
