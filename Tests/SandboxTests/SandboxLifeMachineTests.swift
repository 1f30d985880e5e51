import Testing

@testable import Sandbox

@Suite struct `A sandbox as the executor sees it` {
    private static let handOver: Int32 = 20
    private static let last: Int32 = 26

    private func machine() -> SandboxLifeMachine {
        SandboxLifeMachine(milestones: .init(handOver: Self.handOver, lastBeforeExec: Self.last))
    }

    private func running() -> SandboxLifeMachine {
        var machine = self.machine()
        _ = machine.reported(step: Self.handOver, errno: 0)
        _ = machine.reported(step: Self.last, errno: 0)
        _ = machine.setupClosed()
        return machine
    }

    @Test func `is mapped, executes, and is announced`() {
        var machine = self.machine()
        #expect(machine.isStarting)
        #expect(machine.reported(step: Self.handOver, errno: 0) == .mapAndContinue)
        #expect(machine.reported(step: Self.last, errno: 0) == .nothing)
        #expect(machine.isStarting)
        #expect(machine.setupClosed() == .announce)
        #expect(!machine.isStarting)
        #expect(machine.processEnded() == .finish([.gone]))
        #expect(machine.processEnded() == .nothing)
    }

    @Test func `that fails is killed, and answered with its step once it is gone`() {
        var machine = self.machine()
        #expect(machine.reported(step: 8, errno: 12) == .kill)
        #expect(machine.setupClosed() == .nothing)
        #expect(machine.deadlinePassed() == .nothing)
        #expect(machine.processEnded() == .finish([.failed(step: 8, errno: 12)]))
    }

    @Test(arguments: [false, true]) func `whose child dies before exec has vanished`(mapped: Bool) {
        var machine = self.machine()
        if mapped { _ = machine.reported(step: Self.handOver, errno: 0) }
        #expect(machine.setupClosed() == .kill)
        #expect(machine.processEnded() == .finish([.vanished]))
    }

    @Test func `whose child reports steps out of order has vanished`() {
        var machine = self.machine()
        #expect(machine.reported(step: Self.last, errno: 0) == .kill)
        #expect(machine.processEnded() == .finish([.vanished]))
    }

    @Test func `that ends while it executes has vanished`() {
        var machine = self.machine()
        _ = machine.reported(step: Self.handOver, errno: 0)
        _ = machine.reported(step: Self.last, errno: 0)
        #expect(machine.processEnded() == .finish([.vanished]))
    }

    @Test func `is given up at its deadline only while it starts`() {
        var machine = self.machine()
        #expect(machine.deadlinePassed() == .kill)
        #expect(machine.processEnded() == .finish([.timedOut]))
        var running = self.running()
        #expect(running.deadlinePassed() == .nothing)
    }

    @Test func `is stopped once, and confirmed when it is gone`() {
        var machine = self.running()
        #expect(machine.stopRequested() == .kill)
        #expect(machine.stopRequested() == .nothing)
        #expect(machine.processEnded() == .finish([.stopped]))
        #expect(machine.stopRequested() == .nothing)
    }

    @Test func `that is stopped while it starts answers both requests`() {
        var machine = self.machine()
        #expect(machine.stopRequested() == .kill)
        // What it reports on its way out changes nothing.
        #expect(machine.reported(step: 3, errno: 1) == .nothing)
        #expect(machine.processEnded() == .finish([.vanished, .stopped]))
    }

    @Test func `that failed and is stopped answers both`() {
        var machine = self.machine()
        _ = machine.reported(step: 8, errno: 12)
        #expect(machine.stopRequested() == .nothing)
        #expect(machine.processEnded() == .finish([.failed(step: 8, errno: 12), .stopped]))
    }

    @Test func `whose client is lost is killed and answers nobody`() {
        for var machine in [self.machine(), self.running()] {
            #expect(machine.clientLost() == .kill)
            #expect(machine.clientLost() == .nothing)
            #expect(machine.processEnded() == .finish([]))
        }
        var stopping = self.running()
        _ = stopping.stopRequested()
        #expect(stopping.clientLost() == .nothing)
        #expect(stopping.processEnded() == .finish([]))
    }
}
