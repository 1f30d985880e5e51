import Sandbox
import Testing

@Suite struct `The limits of a sandbox's cgroup` {
    @Test(arguments: [
        (128, 10_000), (177, 10_005), (512, 28_942), (1_769, 100_000), (3_538, 200_000), (10_240, 578_858),
    ])
    func `give CPU in proportion to memory, a tenth of one at least`(memory: Int, quota: Int) {
        #expect(CgroupLimits(memorySize: memory).cpu == "\(quota) 100000")
    }

    @Test func `give one CPU at least for the start`() {
        #expect(CgroupLimits(memorySize: 128).cpuAtStart == "100000 100000")
        #expect(CgroupLimits(memorySize: 128).limitsAfterStart)
        #expect(CgroupLimits(memorySize: 3_538).cpuAtStart == "200000 100000")
        #expect(!CgroupLimits(memorySize: 3_538).limitsAfterStart)
    }

    @Test func `are written for the controllers that are there`() {
        let limits = CgroupLimits(memorySize: 256)
        func names(_ controllers: Set<String>) -> [String] {
            limits.files(controllers: controllers).map { "\($0.name)=\($0.value)" }
        }
        #expect(names([]) == [])
        #expect(names(["memory"]) == ["memory.max=268435456", "memory.swap.max=0"])
        #expect(names(["pids", "cpu", "io"]) == ["pids.max=1024", "cpu.max=100000 100000"])
    }
}
