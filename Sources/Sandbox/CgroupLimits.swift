internal import LambdaCore

/// What the files of a sandbox's cgroup are to hold.
package struct CgroupLimits: Equatable, Sendable {
    /// Bytes.
    package let memory: Int
    package let processes: Int
    /// Microseconds of CPU time in each ``period``.
    package let cpuQuota: Int

    /// Microseconds. The kernel's own default; a shorter one costs more, a longer one stalls longer.
    package static let period = 100_000
    /// MiB that make one whole CPU. Source: Lambda developer guide, "Configure Lambda function memory".
    package static let memoryOfOneCPU = 1_769
    /// Microseconds: a tenth of a CPU, for below it an interpreter's own ticks eat what the function should have.
    package static let leastQuota = 10_000
    /// What a sandbox has while it starts, in microseconds: one CPU at least, as AWS gives more during init.
    package static let startQuota = 100_000
    /// How long that is: as long as AWS's init phase may take.
    package static let startDuration: Duration = .seconds(10)

    package init(memorySize: Int) {
        self.memory = memorySize << 20
        self.processes = Limits.processes
        self.cpuQuota = max(Self.leastQuota, memorySize * Self.period / Self.memoryOfOneCPU)
    }

    /// Whether the quota is less than what is given at the start.
    package var limitsAfterStart: Bool { self.cpuQuota < Self.startQuota }

    /// Value of `cpu.max` while the sandbox starts.
    package var cpuAtStart: String { "\(max(self.cpuQuota, Self.startQuota)) \(Self.period)" }
    /// Value of `cpu.max` afterwards.
    package var cpu: String { "\(self.cpuQuota) \(Self.period)" }

    /// Files to write for the controllers that are there, in order.
    ///
    /// `memory.oom.group` stays 0: init is tiny, so the kernel picks the runtime, `/tmp` survives, and lambdad restarts
    /// the runtime in the same sandbox. No swap: it would hide what a function uses and slow down others.
    package func files(controllers: Set<String>) -> [(name: String, value: String)] {
        var files: [(name: String, value: String)] = []
        if controllers.contains("memory") {
            files.append(("memory.max", String(self.memory)))
            files.append(("memory.swap.max", "0"))
        }
        if controllers.contains("pids") { files.append(("pids.max", String(self.processes))) }
        if controllers.contains("cpu") { files.append(("cpu.max", self.cpuAtStart)) }
        return files
    }
}
