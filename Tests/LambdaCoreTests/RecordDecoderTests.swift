import Foundation
import LambdaCore
import Testing

@Suite struct `A stored record` {
    private enum Choice: String, Codable { case one = "One", two = "Two" }
    private struct Inner: Codable, Equatable {
        var text: String
        var number: Int?
    }
    private enum Payload: Codable, Equatable { case nothing, pair(String, count: Int) }
    private struct Everything: Codable, Equatable {
        var flag = true
        var integers: [Int] = [0, -1, .max, .min]
        var small: Int8 = -128
        var medium: Int16 = 32_767
        var large: Int32 = .min
        var wide: Int64 = .max
        var unsigned: UInt = .max
        var byte: UInt8 = 255
        var short: UInt16 = .max
        var word: UInt32 = .max
        var long: UInt64 = .max
        var single: Float = 0.1
        var doubles: [Double] = [0, -0.5, 0.1, 1e300, .leastNonzeroMagnitude, 1.0 / 3]
        var texts = ["", "\"\\/\u{8}\u{C}\n\r\t\u{1}", "välue ☃ 𝄞", "e\u{301}"]
        var absent: String?
        var present: String? = "here"
        var optionals: [Int?] = [1, nil, 3]
        var choice = Choice.two
        var dictionary = ["a": 1, "": 2, "ä\"": 3]
        var byNumber = [1: "one", 2: "two"]
        var nested = ["x": [Inner(text: "t", number: nil), Inner(text: "u", number: 4)]]
        var set: Set<Int> = [1, 2, 3]
        var payloads: [Payload] = [.nothing, .pair("p", count: 2)]
    }

    private static let formats: [JSONEncoder.OutputFormatting] = [
        [], .sortedKeys, .prettyPrinted, [.withoutEscapingSlashes, .sortedKeys],
    ]

    @Test(arguments: formats.map(\.rawValue))
    func `is read as Foundation wrote it`(_ format: UInt) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = JSONEncoder.OutputFormatting(rawValue: format)
        let bytes = Array(try encoder.encode(Everything()))
        #expect(try RecordDecoder.decode(Everything.self, from: bytes) == Everything())
    }

    @Test func `is read by this decoder and by Foundation's as it was written here`() throws {
        let bytes = try RecordEncoder.encode(Everything())
        #expect(try RecordDecoder.decode(Everything.self, from: bytes) == Everything())
        #expect(try JSONDecoder().decode(Everything.self, from: Data(bytes)) == Everything())
    }

    /// Opens containers within containers by hand, and goes on further out without closing one.
    private struct ByHand: Encodable {
        enum Key: String, CodingKey { case first, second, third, fourth, fifth }

        func encode(to encoder: any Encoder) throws {
            var all = encoder.container(keyedBy: Key.self)
            var inner = all.nestedContainer(keyedBy: Key.self, forKey: .first)
            var list = inner.nestedUnkeyedContainer(forKey: .second)
            try list.encode(1)
            var row = list.nestedUnkeyedContainer()
            try row.encode("a")
            _ = list.nestedContainer(keyedBy: Key.self)
            try list.encodeNil()
            try all.encodeNil(forKey: .third)
            try Choice.one.encode(to: all.superEncoder(forKey: .fourth))
            _ = all.nestedUnkeyedContainer(forKey: .fifth)
        }
    }

    @Test func `is closed where its next member is further out`() throws {
        let text = String(decoding: try RecordEncoder.encode([ByHand()]), as: UTF8.self)
        #expect(text == #"[{"first":{"second":[1,["a"],{},null]},"third":null,"fourth":"One","fifth":[]}]"#)
    }

    private struct Empty: Codable {}

    @Test func `may have no members`() throws {
        #expect(String(decoding: try RecordEncoder.encode([Empty()]), as: UTF8.self) == "[{}]")
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func `is not written with a number that JSON does not have`(_ number: Double) {
        #expect(throws: RecordError.unwritable) { try RecordEncoder.encode(["n": number]) }
    }

    @Test func `may name its members with escapes, in any order, and name more`() throws {
        let text = #"{"later":[{"a":[1]}],"n\u0075mber":7,"other":null,"text":"\ud834\udd1e\u00e9"}"#
        let inner = try RecordDecoder.decode(Inner.self, from: Array(text.utf8))
        #expect(inner == Inner(text: "𝄞é", number: 7))
    }

    @Test func `may say null of what is not there`() throws {
        let inner = try RecordDecoder.decode(Inner.self, from: Array(#"{"number":null,"text":"t"}"#.utf8))
        #expect(inner == Inner(text: "t", number: nil))
    }

    @Test(arguments: [
        "", "{", "[]", "7", "null", #""text""#, "{}", #"{"text":7}"#, #"{"text":null}"#, #"{"text":["t"]}"#,
        #"{"text":"t","number":"7"}"#, #"{"text":"t","number":7.5}"#, #"{"text":"t","number":99999999999999999999}"#,
        #"{"text":"t","number":true}"#, #"{"text":"t"} {"#, #"{"text":"t",}"#, #"{'text':'t'}"#,
    ])
    func `is refused where it is not what it should be`(_ text: String) {
        #expect(throws: RecordError.unreadable) { try RecordDecoder.decode(Inner.self, from: Array(text.utf8)) }
    }

    @Test func `is refused without a word of its content`() {
        let text = #"{"key":"secret"}"#
        #expect {
            try RecordDecoder.decode(FunctionProperties.self, from: Array(text.utf8))
        } throws: {
            !"\($0)".contains("secret")
        }
        #expect {
            try RecordDecoder.decode(Choice.self, from: Array(#""secret""#.utf8))
        } throws: { _ in
            true
        }
    }

    @Test func `is refused where it is nested deeper than a tree may be`() {
        let text = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        #expect(throws: RecordError.unreadable) { try RecordDecoder.decode([Inner].self, from: Array(text.utf8)) }
    }
}
