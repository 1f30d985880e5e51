import LambdaCore
import TestSupport
import Testing

@Suite struct `JSON that comes in pieces` {
    private static let seeds: [String] = [
        #"{"a":[1,-2.5e+3,true,false,null,"x\n\u00e9\ud83d\ude00 é€😀"],"b":{"c":{}},"d":[[],[[]]]}"#,
        #"["",0,{"":""},"\\\"\/\b\f\r\t", "a text of more than eight bytes", 12345678901234567890]"#,
        #"  {"k" : "v" , "k" : 1E-7}  "#, "0", "-1.5e10", "true", #""é""#,
    ]
    private static let alphabet: [UInt8] =
        Array("{}[]:,\"\\u0123456789.eE+-tfn \n\t\0".utf8) + [0x80, 0xBF, 0xC2, 0xE2, 0xED, 0xF0, 0xF4, 0xFF]

    private static func verdict(_ bytes: [UInt8], cutBy random: inout SplitMix64) -> Bool {
        var validator = JSONValidator()
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(Int.random(in: 1...20, using: &random)))
            validator.take(piece.span)
            rest = rest.dropFirst(piece.count)
        }
        return validator.isWhole
    }

    @Test(arguments: seeds, UInt64(1)...3) func `is what the parser takes, wherever it is cut`(
        seed: String, number: UInt64
    ) {
        var random = SplitMix64(seed: number)
        #expect(Self.verdict(Array(seed.utf8), cutBy: &random))
        var (accepted, refused) = (0, 0)
        for _ in 0..<2_000 {
            var bytes = Array(seed.utf8)
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let byte = Self.alphabet.randomElement(using: &random) ?? 0
                let place = Int.random(in: 0...bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0 where place < bytes.count: bytes[place] = byte
                case 1 where place < bytes.count: bytes.remove(at: place)
                default: bytes.insert(byte, at: place)
                }
            }
            let isJSON = (try? JSONValue.parse(bytes)) != nil
            guard Self.verdict(bytes, cutBy: &random) == isJSON else {
                Issue.record("the parser says \(isJSON), the validator does not: \(bytes)")
                return
            }
            if isJSON { accepted += 1 } else { refused += 1 }
        }
        // The changes make both kinds, or this proves nothing.
        #expect(accepted > 20)
        #expect(refused > 50)
    }

    @Test func `may be nested as deep as AWS allows, and no deeper`() {
        for (depth, isAllowed) in [(JSONValue.checkDepthLimit, true), (JSONValue.checkDepthLimit + 1, false)] {
            let bytes = [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth)
            var validator = JSONValidator()
            validator.take(bytes.span)
            #expect(validator.isWhole == isAllowed)
        }
    }

    @Test func `is no text before its end`() {
        var validator = JSONValidator()
        let bytes = Array(#"{"a":[1,2.5,"b"]}"#.utf8)
        for byte in bytes {
            #expect(!validator.isWhole)
            validator.take([byte].span)
        }
        #expect(validator.isWhole)
    }
}
