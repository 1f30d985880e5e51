import Engine
import LambdaCore
import TestSupport
import Testing

private let queueARN = "arn:aws:sqs:us-east-1:000000000000:q"

@Suite struct `The event plane` {
    @Test func `has an event on disk before it is accepted, and forgets it when it has run`() async throws {
        let fixture = EventPlaneFixture()
        try await fixture.run {
            try await fixture.plane.accept(.sample())
            guard case .add(let stored) = fixture.store.commits.first?.first else {
                Issue.record("nothing was stored")
                return
            }
            #expect(stored.event == .sample())
            let invocation = try #require(await fixture.sink.next())
            #expect(invocation.invocation.requestID == .numbered(1))
            #expect(invocation.invocation.payload == Array(#"{"a":1}"#.utf8))
            #expect(invocation.invocation.clientContext == #"{"client":{}}"#)
            invocation.answer(.answered("1"))
            // The next event's invocation shows that the first is through.
            try await fixture.plane.accept(.sample(2))
            await fixture.sink.answer(.answered("1"))
            while fixture.plane.count > 0 { await Task.yield() }
            #expect(try await fixture.store.backlog().events == [])
        }
    }

    @Test func `tries an error again after one minute and two with the same request id`() async throws {
        let fixture = EventPlaneFixture()
        fixture.lookup.set(EventPlaneFixture.target(onFailure: queueARN), "f")
        try await fixture.run {
            try await fixture.plane.accept(.sample())
            for wait in [60, 120] {
                let invocation = await fixture.sink.answer(.answered(#"{"errorMessage":"x"}"#, isError: true))
                #expect(invocation?.requestID == .numbered(1))
                #expect(await fixture.alarm.nextSetting() == .seconds(wait))
                fixture.alarm.advance(by: .seconds(wait))
            }
            await fixture.sink.answer(.answered(#"{"errorMessage":"x"}"#, isError: true))
            let delivery = try #require(await fixture.sender.next())
            let record = String(decoding: delivery.body, as: UTF8.self)
            #expect(record.contains(#""condition":"RetriesExhausted","approximateInvokeCount":3"#))
            #expect(delivery.purpose == .destination(succeeded: false))
        }
    }

    @Test func `backs off from throttles without counting them`() async throws {
        let fixture = EventPlaneFixture()
        fixture.lookup.set(EventPlaneFixture.target(onSuccess: queueARN), "f")
        try await fixture.run {
            try await fixture.plane.accept(.sample())
            for wait in [1, 2, 4, 8] {
                await fixture.sink.answer(.failure(.startFailed("no place")))
                #expect(await fixture.alarm.nextSetting() == .seconds(wait))
                fixture.alarm.advance(by: .seconds(wait))
            }
            await fixture.sink.answer(.answered("1"))
            let record = String(decoding: try #require(await fixture.sender.next()).body, as: UTF8.self)
            #expect(record.contains(#""condition":"Success","approximateInvokeCount":1"#))
        }
    }

    @Test func `removes an event and adds what is to be told of it in one commit`() async throws {
        let fixture = EventPlaneFixture()
        fixture.lookup.set(
            EventPlaneFixture.target(onFailure: queueARN, retries: 0, deadLetter: "arn:aws:sns:us-east-1:0:t"), "f")
        try await fixture.run {
            try await fixture.plane.accept(.sample())
            await fixture.sink.answer(.answered(#"{"errorMessage":"it broke"}"#, isError: true))
            _ = await fixture.sender.next()
            _ = await fixture.sender.next()
            let commit = try #require(fixture.store.commits.dropFirst().first)
            #expect(commit.count == 3)
            guard commit.first == .remove(sequence: 1), case .addDelivery(let letter) = commit.last else {
                Issue.record("it was not one commit")
                return
            }
            #expect(letter.purpose == .deadLetter(status: 200, message: "it broke"))
            #expect(letter.body == AcceptedEvent.sample().payload)
        }
    }

    @Test func `runs functions that are destinations, from the same commit on`() async throws {
        let fixture = EventPlaneFixture()
        let next = FunctionKey.named("next")
        fixture.lookup.set(EventPlaneFixture.target(onSuccess: "\(next.arn):live"), "f")
        fixture.lookup.set(EventPlaneFixture.target(), "next", qualifier: "live")
        try await fixture.run {
            try await fixture.plane.accept(.sample())
            await fixture.sink.answer(.answered("1"))
            let second = try #require(await fixture.sink.answer(.answered("2")))
            #expect(second.invokedARN == "\(next.arn):live")
            #expect(second.requestID != .numbered(1))
            #expect(String(decoding: second.payload, as: UTF8.self).contains(#""responsePayload":1}"#))
            let commit = try #require(fixture.store.commits.dropFirst().first)
            guard commit.count == 2, case .add = commit[1] else {
                Issue.record("it was not one commit")
                return
            }
        }
    }

    @Test func `does not run an event of a function that is switched off`() async throws {
        let fixture = EventPlaneFixture()
        fixture.lookup.set(EventPlaneFixture.target(onFailure: queueARN, isSwitchedOff: true), "f")
        try await fixture.run {
            try await fixture.plane.accept(.sample())
            let record = String(decoding: try #require(await fixture.sender.next()).body, as: UTF8.self)
            #expect(record.contains(#""condition":"ZeroReservedConcurrency","approximateInvokeCount":0"#))
        }
    }

    @Test func `drops an event whose function is gone`() async throws {
        let fixture = EventPlaneFixture()
        fixture.lookup.set(nil, "f")
        try await fixture.run {
            try await fixture.plane.accept(.sample())
            while fixture.plane.count > 0 { await Task.yield() }
            #expect(fixture.store.commits.last == [.remove(sequence: 1)])
        }
    }

    @Test func `asks anew for what an alias runs at each attempt`() async throws {
        let fixture = EventPlaneFixture()
        fixture.lookup.set(EventPlaneFixture.target(version: "1"), "f", qualifier: "live")
        try await fixture.run {
            try await fixture.plane.accept(.sample(qualifier: "live"))
            let first = try #require(await fixture.sink.next())
            #expect(first.invocation.function.version == "1")
            fixture.lookup.set(EventPlaneFixture.target(version: "2"), "f", qualifier: "live")
            first.answer(.answered("{}", isError: true))
            #expect(await fixture.alarm.nextSetting() == .seconds(60))
            fixture.alarm.advance(by: .seconds(60))
            #expect(await fixture.sink.answer(.answered("1"))?.function.version == "2")
        }
    }
}

@Suite struct `The event plane after a crash` {
    @Test func `runs again what ran, with its request id and its place in the retries`() async throws {
        let store = MemoryEventStore()
        let clock = ManualClock()
        let first = EventPlaneFixture(store: store, clock: clock)
        try await first.run {
            try await first.plane.accept(.sample())
            await first.sink.answer(.answered("{}", isError: true))
            #expect(await first.alarm.nextSetting() == .seconds(60))
            try await first.plane.accept(.sample(2))
            // It runs, and the process ends before it has answered.
            let held = try #require(await first.sink.next())
            first.plane.close()
            held.answer(.failure(.shuttingDown))
        }
        clock.advance(by: .seconds(45))
        let second = EventPlaneFixture(store: store, clock: clock)
        second.lookup.set(EventPlaneFixture.target(onFailure: queueARN, retries: 1), "f")
        try await second.run {
            #expect(second.plane.count == 2)
            #expect(await second.sink.answer(.answered("1"))?.requestID == .numbered(2))
            #expect(await second.alarm.nextSetting() == .seconds(15))
            second.alarm.advance(by: .seconds(15))
            let again = await second.sink.answer(.answered("{}", isError: true))
            #expect(again?.requestID == .numbered(1))
            #expect(again?.payload == AcceptedEvent.sample().payload)
            let record = String(decoding: try #require(await second.sender.next()).body, as: UTF8.self)
            #expect(record.contains(#""approximateInvokeCount":2"#))
        }
    }

    @Test func `delivers what was not delivered`() async throws {
        let store = MemoryEventStore()
        let clock = ManualClock()
        let first = EventPlaneFixture(store: store, clock: clock)
        first.lookup.set(EventPlaneFixture.target(onSuccess: queueARN), "f")
        first.sender.fail(with: DeliveryError(text: "refused"))
        var sent: EventDelivery?
        try await first.run {
            try await first.plane.accept(.sample())
            await first.sink.answer(.answered("1"))
            sent = await first.sender.next()
            #expect(await first.alarm.nextSetting() == .seconds(1))
        }
        let second = EventPlaneFixture(store: store, clock: clock)
        try await second.run {
            second.alarm.advance(by: .seconds(1))
            let again = await second.sender.next()
            #expect(again?.body == sent?.body)
            #expect(again?.progress.attempts == 1)
        }
    }
}

@Suite struct `The event plane at a stop` {
    @Test func `lets what runs end, writes its outcome, and begins nothing else`() async throws {
        let fixture = EventPlaneFixture()
        try await fixture.plane.accept(.sample(1))
        try await fixture.plane.accept(.sample(2))
        async let running: Void = fixture.plane.run()
        let first = try #require(await fixture.sink.next())
        let second = try #require(await fixture.sink.next())
        fixture.plane.close()
        first.answer(.answered("1"))
        second.answer(.failure(.shuttingDown))
        await fixture.plane.finished()
        await running
        let left = try await fixture.store.backlog().events
        #expect(left.map(\.event.requestID) == [second.invocation.requestID])
        #expect(left.map(\.progress.setbacks) == [0])
    }
}

@Suite struct `The event plane refuses` {
    @Test func `events beyond its number or bytes, and stores none of them`() async throws {
        for settings in [EventSettings(queueLimit: 1), EventSettings(queueBytes: 10)] {
            let fixture = EventPlaneFixture(settings: settings)
            try await fixture.run {
                try await fixture.plane.accept(.sample())
                await #expect(throws: EventRefusal.full) { try await fixture.plane.accept(.sample(2)) }
                #expect(fixture.store.commits.count == 1)
                await fixture.sink.answer(.answered("1"))
                while fixture.plane.count > 0 { await Task.yield() }
                try await fixture.plane.accept(.sample(3))
                await fixture.sink.answer(.answered("1"))
            }
        }
    }

    @Test func `events while what a target does not take fills the room`() async throws {
        let fixture = EventPlaneFixture(settings: EventSettings(queueLimit: 1))
        fixture.lookup.set(EventPlaneFixture.target(onSuccess: queueARN), "f")
        fixture.sender.fail(with: DeliveryError(text: "nobody is there"))
        try await fixture.run {
            try await fixture.plane.accept(.sample())
            await fixture.sink.answer(.answered("1"))
            _ = try #require(await fixture.sender.next())
            while fixture.plane.count > 0 { await Task.yield() }
            await #expect(throws: EventRefusal.full) { try await fixture.plane.accept(.sample(2)) }
        }
    }

    @Test func `events that the disk refuses, and runs none of them`() async throws {
        let fixture = EventPlaneFixture()
        try await fixture.run {
            fixture.store.fail(with: .failed("full"))
            await #expect(throws: EventRefusal.self) { try await fixture.plane.accept(.sample()) }
            #expect(fixture.plane.count == 0)
        }
    }

    @Test func `events while the disk has little room, and takes them again when it has`() async throws {
        let fixture = EventPlaneFixture()
        try await fixture.run {
            fixture.store.hasRoom = false
            await #expect(throws: EventRefusal.noRoom) { try await fixture.plane.accept(.sample()) }
            #expect(fixture.store.askedForRoom == 1)
            fixture.store.hasRoom = true
            try await fixture.plane.accept(.sample())
            #expect(await fixture.sink.answer(.answered("1"))?.requestID == .numbered(1))
        }
    }

    @Test func `events once it is closed`() async throws {
        let fixture = EventPlaneFixture()
        fixture.plane.close()
        await #expect(throws: EventRefusal.shuttingDown) { try await fixture.plane.accept(.sample()) }
    }
}

@Suite struct `An outcome that the disk refuses` {
    @Test func `is tried until the disk takes it, and the function is not run again`() async throws {
        let fixture = EventPlaneFixture()
        try await fixture.run {
            try await fixture.plane.accept(.sample())
            let held = try #require(await fixture.sink.next())
            fixture.store.fail(with: .failed("full"))
            held.answer(.answered("1"))
            for delay in [1, 2, 4, 8, 10, 10] {
                #expect(await fixture.alarm.nextSetting() == .seconds(delay))
                #expect(fixture.plane.count == 1)
                if delay == 8 { fixture.store.fail(with: .failed("full still")) }
                fixture.alarm.advance(by: .seconds(delay))
            }
            _ = await fixture.alarm.nextSetting()
            fixture.store.fail(with: nil)
            fixture.alarm.advance(by: .seconds(10))
            while fixture.plane.count > 0 { await Task.yield() }
            try await fixture.plane.accept(.sample(2))
            #expect(await fixture.sink.answer(.answered("2"))?.requestID == .numbered(2))
        }
    }

    @Test func `is left to the next start where the plane closes meanwhile`() async throws {
        let fixture = EventPlaneFixture()
        try await fixture.run {
            try await fixture.plane.accept(.sample())
            let held = try #require(await fixture.sink.next())
            fixture.store.fail(with: .failed("full"))
            held.answer(.answered("1"))
            _ = await fixture.alarm.nextSetting()
        }
        fixture.store.fail(with: nil)
        #expect(try await fixture.store.backlog().events.map(\.event.requestID) == [.numbered(1)])
    }
}
