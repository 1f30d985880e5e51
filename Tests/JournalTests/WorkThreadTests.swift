import Glibc
import Journal
import LambdaCore
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A thread for blocking work` {
    @Test func `has so many jobs waiting at most, and does those that it took in order`() async throws {
        let thread = try WorkThread(maximumWaiting: Limits.waitingLogReads)
        let (done, continuation) = AsyncStream.makeStream(of: Int.self)
        let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
        var ends: [Int32] = [0, 0]
        // Safety: two numbers are written into an array of two.
        try #require(unsafe pipe(&ends) == 0)
        let (gate, opener) = (ends[0], ends[1])
        // The first one is under way, and held until the gate opens.
        #expect(
            thread.submit {
                beginning.finish()
                var byte: [UInt8] = [0]
                // Safety: one byte is read into an array of one.
                _ = unsafe read(gate, &byte, 1)
                continuation.yield(0)
            })
        for await _ in begun {}
        for number in 1...64 { #expect(thread.submit { continuation.yield(number) }) }
        #expect(!thread.submit { continuation.yield(-1) })
        close(opener)
        var order: [Int] = []
        for await number in done {
            order.append(number)
            if number == 64 { break }
        }
        close(gate)
        #expect(order == Array(0...64))
        #expect(thread.submit { continuation.finish() })
        for await _ in done {}
        thread.close()
        #expect(!thread.submit {})
    }
}
