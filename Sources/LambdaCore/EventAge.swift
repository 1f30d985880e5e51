/// One moment, as the clocks tell it that outlive the process.
package struct EventMoment: Sendable, Equatable {
    /// The kernel's id of this boot.
    package let boot: String
    /// Milliseconds since the boot, sleep included.
    package let uptime: Int64
    package let wall: WallTime

    package init(boot: String, uptime: Int64, wall: WallTime) {
        self.boot = boot
        self.uptime = uptime
        self.wall = wall
    }
}

/// How old something was at one moment, from which its age at every later one follows.
///
/// Within one boot the kernel's own count decides, so that a wall clock that is set does not age anything. Over a reboot
/// there is only the wall clock, and one that went back takes nothing away.
package struct EventAge: Sendable, Equatable {
    /// Milliseconds.
    package let known: Int64
    package let moment: EventMoment

    package init(known: Int64 = 0, at moment: EventMoment) {
        self.known = known
        self.moment = moment
    }

    package func age(at now: EventMoment) -> Duration {
        let passed =
            now.boot == self.moment.boot
            ? now.uptime - self.moment.uptime : now.wall.milliseconds - self.moment.wall.milliseconds
        return .milliseconds(self.known + max(0, passed))
    }

    /// The same age, told from another moment.
    package func moved(to now: EventMoment) -> EventAge {
        EventAge(known: self.age(at: now).nanoseconds / 1_000_000, at: now)
    }
}

/// Tells the moments by which events age.
package protocol EventMomentSource: Sendable {
    var moment: EventMoment { get }
}
