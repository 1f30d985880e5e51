import LambdaCore
import TestSupport
import Testing

@Suite struct `Any bytes at all` {
    private static let seeds: [String] = [
        #"{"a":[1,-2.5e+3,true,false,null,"x\n\u00e9\ud83d\ude00 é€😀"],"b":{"c":{}},"d":[[],[[]]]}"#,
        #"["",0,{"":""},"\\\"\/\b\f\r\t"]"#, #"  {"k" : "v" , "k" : 1E-7}  "#,
    ]
    /// What a random change puts in: the characters that JSON gives a meaning, and bytes that UTF-8 does.
    private static let alphabet: [UInt8] =
        Array("{}[]:,\"\\u0123456789.eE+-tfn \n\t\0".utf8) + [0x80, 0xBF, 0xC2, 0xE2, 0xED, 0xF0, 0xF4, 0xFF]

    private static func mutated(_ seed: String, with random: inout SplitMix64) -> [UInt8] {
        var bytes = Array(seed.utf8)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let byte = self.alphabet.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[place] = byte
            case 1: bytes.insert(byte, at: place)
            default: bytes.remove(at: place)
            }
        }
        return bytes
    }

    @Test(arguments: seeds, UInt64(1)...3)
    func `are JSON to the check where they are to the parser, and survive being written`(seed: String, number: UInt64) {
        var random = SplitMix64(seed: number)
        var (accepted, refused) = (0, 0)
        for _ in 0..<2_000 {
            let bytes = Self.mutated(seed, with: &random)
            let isChecked = (try? JSONValue.check(bytes)) != nil
            let value = try? JSONValue.parse(bytes)
            guard isChecked == (value != nil) else {
                Issue.record("check says \(isChecked), the parser \(value != nil): \(bytes)")
                return
            }
            guard let value else {
                refused += 1
                continue
            }
            accepted += 1
            if (try? JSONValue.parse(value.serialized)) != value {
                Issue.record("not the same after being written: \(bytes)")
                return
            }
        }
        // The changes make both kinds, or this proves nothing.
        #expect(accepted > 50)
        #expect(refused > 50)
    }
}
