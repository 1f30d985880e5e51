import LambdaCore
import TestSupport
import Testing

@testable import LambdaAPI

@Suite struct `A list in pages` {
    private static func input(_ marker: String?, _ limit: Int) -> JSONObject {
        var input: JSONObject = ["MaxItems": .number(String(limit))]
        if let marker { input["Marker"] = .string(marker) }
        return input
    }

    /// Keys of characters whose order by bytes and by meaning differ.
    private static func keys(_ count: Int, _ generator: inout SplitMix64) -> Set<String> {
        let letters = ["a", "B", "z", "-", "_", "0", "10", "9", "é", "e\u{301}", "😀", "$"]
        return Set(
            (0..<count).map { _ in
                (0..<Int.random(in: 1...4, using: &generator))
                    .map { _ in letters.randomElement(using: &generator) ?? "a" }.joined()
            })
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    @Test(arguments: UInt64(1)...30) func `gives every entry once, in the order of bytes, whatever the pages' length`(
        seed: UInt64
    ) throws {
        var generator = SplitMix64(seed: seed)
        let keys = Self.keys(Int.random(in: 0...120, using: &generator), &generator)
        let limit = Int.random(in: 1...60, using: &generator)
        var seen: [String] = []
        var marker: String?
        repeat {
            let page = try Paging(Self.input(marker, limit)).page(of: keys, by: \.self)
            #expect(page.entries.count <= min(limit, Paging.pageSize))
            #expect(!page.entries.isEmpty || keys.isEmpty)
            seen += page.entries
            marker = page.nextMarker
        } while marker != nil
        #expect(seen == keys.sorted(by: Self.precedes))
    }

    @Test(arguments: UInt64(1)...30) func `goes on after an entry that was deleted, past what was added before it`(
        seed: UInt64
    ) throws {
        var generator = SplitMix64(seed: seed)
        var keys = Self.keys(60, &generator)
        let first = try Paging(Self.input(nil, 10)).page(of: keys, by: \.self)
        let last = try #require(first.entries.last)
        keys.remove(last)
        keys.formUnion(Self.keys(5, &generator))
        let second = try Paging(Self.input(first.nextMarker, 50)).page(of: keys, by: \.self)
        let expected = keys.filter { Self.precedes(last, $0) }.sorted(by: Self.precedes).prefix(50)
        #expect(second.entries == Array(expected))
    }

    @Test(arguments: ["*", "/w==", "a"]) func `refuses a marker that it did not give`(marker: String) {
        #expect(throws: APIError.badMarker) { try Paging(Self.input(marker, 1)) }
    }
}
