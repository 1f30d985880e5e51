import Engine
import LambdaCore
import TestSupport
import Testing

private let queueARN = "arn:aws:sqs:us-east-1:000000000000:q"
private let root = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"

/// A header of a chain that has reached `f` so many times.
private func chain(_ times: Int, of function: FunctionKey = .named("f")) -> String {
    (0..<times).reduce(root) { header, _ in Lineage.header(header, reaching: function) }
}

@Suite struct `An event of a chain that comes back to its function` {
    @Test func `runs sixteen times`() async throws {
        let fixture = EventPlaneFixture()
        try await fixture.run {
            try await fixture.plane.accept(.sample(trace: chain(16)))
            #expect(await fixture.sink.answer(.answered("1"))?.traceHeader == chain(16))
        }
    }

    @Test func `is not run the seventeenth time, and goes to its destination and dead letter queue`() async throws {
        let fixture = EventPlaneFixture()
        fixture.lookup.set(EventPlaneFixture.target(onFailure: queueARN, deadLetter: queueARN + "2"), "f")
        try await fixture.run {
            try await fixture.plane.accept(.sample(trace: chain(17)))
            var purposes: [EventDelivery.Purpose] = []
            for _ in 0..<2 {
                let delivery = try #require(await fixture.sender.next())
                purposes.append(delivery.purpose)
                guard case .destination = delivery.purpose else { continue }
                #expect(
                    String(decoding: delivery.body, as: UTF8.self)
                        .contains(#""condition":"RecursiveInvocation","approximateInvokeCount":0"#))
            }
            #expect(purposes.contains(.destination(succeeded: false)))
            #expect(purposes.contains(.deadLetter(status: 400, message: Lineage.loopText)))
            // Nothing was run before this one.
            try await fixture.plane.accept(.sample(2))
            #expect(await fixture.sink.answer(.answered("1"))?.requestID == .numbered(2))
        }
    }

    @Test func `runs on where the function allows loops`() async throws {
        let fixture = EventPlaneFixture()
        fixture.lookup.set(EventPlaneFixture.target(endsLoops: false), "f")
        try await fixture.run {
            try await fixture.plane.accept(.sample(trace: chain(40)))
            #expect(await fixture.sink.answer(.answered("1"))?.requestID == .numbered(1))
        }
    }

    @Test func `reaches the function that is its destination as the next of the chain`() async throws {
        let fixture = EventPlaneFixture()
        let g = FunctionKey.named("g")
        fixture.lookup.set(EventPlaneFixture.target(onSuccess: g.arn), "f")
        fixture.lookup.set(EventPlaneFixture.target(), "g")
        try await fixture.run {
            try await fixture.plane.accept(.sample(trace: chain(3)))
            await fixture.sink.answer(.answered("1"))
            let next = try #require(await fixture.sink.answer(.answered("1")))
            #expect(next.traceHeader == Lineage.header(chain(3), reaching: g))
        }
    }
}
