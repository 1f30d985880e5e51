import Foundation
import LambdaCore
import Store
import TestSupport
import Testing

@Suite struct `A store whose process is killed` {
    private let directory: TemporaryDirectory
    private var path: String { self.directory.path("functions.sqlite") }

    init() throws { self.directory = try TemporaryDirectory() }

    /// A product of the package. The test's own program lies in the same directory.
    private static func writer() throws -> URL {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: program).deletingLastPathComponent().appending(path: "store-writer")
    }

    /// Lets the program write from `first` on, and kills it a while after it has acknowledged `lines` transactions; gives
    /// the numbers of all that it acknowledged.
    private func run(from first: Int, lines: Int, thenKillAfter delay: DispatchTimeInterval) throws -> [Int] {
        let process = Process()
        process.executableURL = try Self.writer()
        process.arguments = [self.path, "\(first)"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var bytes = Data()
        while bytes.count(where: { $0 == 0x0A }) < lines {
            let part = output.fileHandleForReading.availableData
            guard !part.isEmpty else { break }
            bytes += part
        }
        let timer = DispatchSource.makeTimerSource(queue: .global())
        timer.setEventHandler { [id = process.processIdentifier] in kill(id, SIGKILL) }
        timer.schedule(deadline: .now() + delay)
        timer.resume()
        bytes += try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        timer.cancel()
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { Int($0) }
    }

    @Test(.timeLimit(.minutes(2))) func `has all that was acknowledged, and nothing by halves`() async throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix64(seed: seed)
        var acknowledged: Set<Int> = []
        var first = 1_000
        for round in 0..<25 {
            // Sometimes before the first, while the file is being opened.
            let lines = Int.random(in: 0...20, using: &generator)
            let delay = DispatchTimeInterval.microseconds(Int.random(in: 0...20_000, using: &generator))
            acknowledged.formUnion(try self.run(from: first, lines: lines, thenKillAfter: delay))
            let store = try SQLiteResourceStore(path: self.path, userSlots: 1_000_000)
            let found = try await store.read { try Self.numbers(in: $0) }
            // What was removed with a later number: the writer removes N - 100 with N.
            let removed = Set(found.map { $0 - 100 })
            let missing = acknowledged.filter { !found.contains($0) && !removed.contains($0) && !Self.isOld($0, found) }
            #expect(missing.isEmpty, "seed \(seed), round \(round)")
            let slots = try await store.read { store in
                try store.everything(FunctionProperties.self).map(\.userSlot)
            }
            #expect(Set(slots).count == slots.count, "seed \(seed), round \(round)")
            first = (found.max() ?? first) + 1
        }
        #expect(acknowledged.count > 100, "the program wrote too little to tell anything")
    }

    /// Removed by a number that was removed since.
    private static func isOld(_ number: Int, _ found: Set<Int>) -> Bool { number + 200 <= found.max() ?? 0 }

    /// The numbers of all transactions that are there; checks that each is whole.
    private static func numbers(in store: any StoreReading) throws -> Set<Int> {
        let records = try store.everything(LatestVersion.self).map(\.record)
        let properties = try store.everything(FunctionProperties.self)
        let aliases = try store.everything(AliasRecord.self)
        let numbers = records.map(\.code.size)
        #expect(Set(properties.map(\.lastVersion)) == Set(numbers))
        #expect(Set(aliases.compactMap { Int($0.version) }) == Set(numbers))
        for record in records {
            let number = record.code.size
            #expect(record.summary == String(repeating: "\(number) ", count: number % 700))
        }
        return Set(numbers)
    }
}
