import LambdaCore
import TestSupport
import Testing

@testable import LambdaAPI

@Suite struct `An account's concurrency` {
    private static let limit = 50
    private static let minimum = 10

    /// A world of three functions with two qualifiers each, as the store would have it.
    private struct World {
        var properties: [FunctionProperties]
        var provisioned: [ProvisionedConcurrencyRecord] = []

        init() throws {
            self.properties = try ["a", "b", "c"].map { FunctionProperties(key: try TestServer.key($0), userSlot: 0) }
        }

        var account: ConcurrencyAccount {
            ConcurrencyAccount(
                limit: limit, minimumUnreserved: minimum, properties: self.properties, provisioned: self.provisioned)
        }

        func provisioned(for key: FunctionKey) -> Int {
            self.provisioned.filter { $0.function == key }.reduce(0) { $0 + $1.requested }
        }

        /// What is left where each function's share, or its provisioned environments, are taken away.
        var unreserved: Int {
            self.properties.reduce(limit) { left, function in
                left - (function.reservedConcurrency ?? self.provisioned(for: function.key))
            }
        }

        /// Takes one random step, where the account allows it. Says whether it did.
        mutating func step(_ generator: inout SplitMix64) -> Bool {
            let place = Int.random(in: 0..<self.properties.count, using: &generator)
            let key = self.properties[place].key
            let amount = Int.random(in: 0...limit, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0:
                guard (try? self.account.checkReservation(amount, for: key)) != nil else { return false }
                self.properties[place].reservedConcurrency = amount
            case 1:
                self.properties[place].reservedConcurrency = nil
            case 2:
                let qualifier = Bool.random(using: &generator) ? "1" : "2"
                guard (try? self.account.checkProvisioning(amount, for: key, qualifier: qualifier)) != nil else {
                    return false
                }
                self.provisioned.removeAll { $0.function == key && $0.qualifier == qualifier }
                self.provisioned.append(
                    ProvisionedConcurrencyRecord(
                        function: key, qualifier: qualifier, requested: amount, modified: ManualTime.start))
            default:
                if !self.provisioned.isEmpty { self.provisioned.removeLast() }
            }
            return true
        }
    }

    @Test(arguments: UInt64(1)...20) func `is never given away twice, and never below its minimum`(seed: UInt64) throws
    {
        var generator = SplitMix64(seed: seed)
        var world = try World()
        var taken = 0
        var refused = 0
        for _ in 0..<500 {
            if world.step(&generator) { taken += 1 } else { refused += 1 }
            #expect(world.unreserved >= Self.minimum)
            for function in world.properties {
                guard let share = function.reservedConcurrency else { continue }
                #expect(world.provisioned(for: function.key) <= share)
            }
        }
        #expect(taken > 0 && refused > 0)
    }
}

extension `An account's concurrency` {
    @Test func `lets a function's whole remainder be reserved, and not one more`() throws {
        var world = try World()
        world.properties[1].reservedConcurrency = 15
        let key = world.properties[0].key
        #expect(throws: Never.self) { try world.account.checkReservation(25, for: key) }
        #expect(throws: APIError.reservationTooLarge(minimum: Self.minimum)) {
            try world.account.checkReservation(26, for: key)
        }
    }
}
