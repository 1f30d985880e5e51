import Engine
import LambdaCore
import Testing

@Suite struct `The budget of the queue of events` {
    @Test func `keeps payloads in memory up to its limit, and no further`() {
        var budget = EventBudget(memoryLimit: Limits.eventMemoryBytes)
        #expect(Limits.eventMemoryBytes == 64 << 20)
        for _ in 0..<64 { #expect(budget.keep(bytes: Limits.eventPayloadBytes) == true) }
        #expect(budget.keep(bytes: 1) == false)
        #expect(budget.memoryBytes == Limits.eventMemoryBytes)
        budget.forget(bytes: Limits.eventPayloadBytes)
        #expect(budget.keep(bytes: Limits.eventPayloadBytes) == true)
        #expect(budget.keep(bytes: 1) == false)
    }

    @Test func `has room for so many events and bytes, and counts what it took`() {
        var budget = EventBudget(memoryLimit: 0)
        #expect(budget.reserve(bytes: 6, countLimit: 2, bytesLimit: 10) == true)
        #expect(budget.reserve(bytes: 5, countLimit: 2, bytesLimit: 10) == false)
        #expect(budget.reserve(bytes: 4, countLimit: 2, bytesLimit: 10) == true)
        #expect(budget.reserve(bytes: 0, countLimit: 2, bytesLimit: 10) == false)
        budget.release(bytes: 6)
        #expect(budget.count == 1 && budget.bytes == 4)
        #expect(budget.reserve(bytes: 6, countLimit: 2, bytesLimit: 10) == true)
    }

    @Test func `counts what is in the queue already, whatever the limits say`() {
        var budget = EventBudget(memoryLimit: 0)
        for _ in 0..<3 { budget.add(bytes: 100) }
        #expect(budget.count == 3 && budget.bytes == 300)
        #expect(budget.reserve(bytes: 0, countLimit: 3, bytesLimit: 1_000) == false)
    }
}
