import LambdaCore
import TestSupport
import Testing

@Suite struct `The age of an event` {
    private let accepted = EventAge(at: .sample())

    private func moment(boot: String = "boot-1", uptime: Int64, wall: Int64) -> EventMoment {
        let start = EventMoment.sample()
        return EventMoment(
            boot: boot, uptime: start.uptime + uptime, wall: start.wall.advanced(by: .milliseconds(wall)))
    }

    @Test(arguments: [0, 5_000, 3_600_000, -3_600_000] as [Int64])
    func `follows the kernel's count within a boot, wherever the wall clock is set`(jump: Int64) {
        #expect(self.accepted.age(at: self.moment(uptime: 7_000, wall: 7_000 + jump)) == .seconds(7))
    }

    @Test func `follows the wall clock over a reboot`() {
        #expect(self.accepted.age(at: self.moment(boot: "boot-2", uptime: -900, wall: 60_000)) == .seconds(60))
    }

    @Test func `is never less than it was known to be`() {
        let known = self.accepted.moved(to: self.moment(uptime: 30_000, wall: 30_000))
        #expect(known.age(at: self.moment(boot: "boot-2", uptime: 0, wall: -500_000)) == .seconds(30))
        #expect(known.age(at: self.moment(boot: "boot-2", uptime: 0, wall: 31_000)) == .seconds(31))
    }
}
