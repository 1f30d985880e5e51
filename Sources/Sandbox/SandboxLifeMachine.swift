/// What the executor has to do next about one sandbox. Decides only; ``ExecutorServer`` acts.
struct SandboxLifeMachine {
    /// What is said about a sandbox once it is gone.
    enum Answer: Equatable {
        case failed(step: Int32, errno: Int32)
        case timedOut
        case vanished
        case stopped
        case gone
    }

    enum Action: Equatable {
        case nothing
        /// Write the id maps, then let the child go on.
        case mapAndContinue
        /// It runs: hand out its descriptors.
        case announce
        /// Kill everything in it. Its end is reported by ``processEnded()``.
        case kill
        /// It is gone: clean up, and say these things.
        case finish([Answer])
    }

    private enum State {
        /// Goes through the steps up to the id maps.
        case building
        /// Maps are written.
        case becomingInit
        /// Only the filter and exec are left.
        case executing
        case running
        /// Killed, or failed by itself.
        case dying([Answer])
        case gone
    }

    /// The steps that the child also reports when they are done.
    struct Milestones {
        let handOver: Int32
        let lastBeforeExec: Int32
    }

    private let milestones: Milestones
    private var state = State.building

    init(milestones: Milestones) { self.milestones = milestones }

    var isStarting: Bool {
        switch self.state {
        case .building, .becomingInit, .executing: true
        case .running, .dying, .gone: false
        }
    }

    mutating func reported(step: Int32, errno: Int32) -> Action {
        guard errno == 0 else { return self.failed(.failed(step: step, errno: errno)) }
        switch self.state {
        case .building where step == self.milestones.handOver:
            self.state = .becomingInit
            return .mapAndContinue
        case .becomingInit where step == self.milestones.lastBeforeExec:
            self.state = .executing
            return .nothing
        case .building, .becomingInit, .executing: return self.failed(.vanished)
        // The last words of a child that is being killed.
        case .running, .dying, .gone: return .nothing
        }
    }

    /// The child's end of the set-up socket is closed: by exec, or by death.
    mutating func setupClosed() -> Action {
        switch self.state {
        case .executing:
            self.state = .running
            return .announce
        case .building, .becomingInit: return self.failed(.vanished)
        case .running, .dying, .gone: return .nothing
        }
    }

    /// A step of the executor itself failed for this sandbox.
    mutating func parentFailed(_ answer: Answer) -> Action { self.failed(answer) }

    mutating func deadlinePassed() -> Action { self.isStarting ? self.failed(.timedOut) : .nothing }

    mutating func stopRequested() -> Action {
        switch self.state {
        case .building, .becomingInit, .executing:
            // The request to create is still without an answer, and gets its own.
            self.state = .dying([.vanished, .stopped])
            return .kill
        case .running:
            self.state = .dying([.stopped])
            return .kill
        case .dying(let answers):
            if !answers.contains(.stopped) { self.state = .dying(answers + [.stopped]) }
            return .nothing
        case .gone: return .nothing
        }
    }

    /// Nobody is left to answer to.
    mutating func clientLost() -> Action {
        switch self.state {
        case .building, .becomingInit, .executing, .running:
            self.state = .dying([])
            return .kill
        case .dying:
            self.state = .dying([])
            return .nothing
        case .gone: return .nothing
        }
    }

    /// Pid 1 is dead and reaped, and with it everything in its pid namespace.
    mutating func processEnded() -> Action {
        defer { self.state = .gone }
        switch self.state {
        case .building, .becomingInit, .executing: return .finish([.vanished])
        case .running: return .finish([.gone])
        case .dying(let answers): return .finish(answers)
        case .gone: return .nothing
        }
    }

    private mutating func failed(_ answer: Answer) -> Action {
        switch self.state {
        case .building, .becomingInit, .executing:
            self.state = .dying([answer])
            return .kill
        case .running, .dying, .gone: return .nothing
        }
    }
}
