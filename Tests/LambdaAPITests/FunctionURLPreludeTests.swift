import LambdaCore
import TestSupport
import Testing

@testable import LambdaAPI

private let end = [UInt8](repeating: 0, count: 8)

@Suite struct `The prelude of a streamed response` {
    private static let whole = Array(#"{"statusCode":404,"headers":{"a":"b"},"cookies":["c=d"]}"#.utf8) + end

    private static let said = FunctionURLPrelude.Step.whole(
        HTTPEnvelope(status: 404, headers: [.init(name: "a", value: "b")], cookies: ["c=d"]), body: [])

    @Test func `ends with eight NUL bytes, wherever the stream is cut`() throws {
        for cut in 0..<Self.whole.count {
            var prelude = FunctionURLPrelude()
            #expect(prelude.take(Self.whole[..<cut]) == .more)
            #expect(prelude.take(Self.whole[cut...]) == Self.said)
        }
        var prelude = FunctionURLPrelude()
        for byte in Self.whole.dropLast() { #expect(prelude.take([byte]) == .more) }
        #expect(prelude.take([0]) == Self.said)
    }

    @Test func `gives back what of the body came with its end, NUL bytes too`() {
        var prelude = FunctionURLPrelude()
        let step = prelude.take(Array("{}".utf8) + end + [0, 1, 0])
        #expect(step == .whole(HTTPEnvelope(status: 200), body: [0, 1, 0]))
    }

    @Test(arguments: [
        "[]", "", "{", #"{"statusCode":700}"#, #"{"headers":{"a":"b\nc"}}"#, "\0{}", "{}\0 ",
    ]) func `is broken where it is no such JSON`(text: String) {
        var prelude = FunctionURLPrelude()
        #expect(prelude.take(Array(text.utf8) + end) == .broken)
    }

    @Test func `is broken where it does not end within the size of a head`() {
        var prelude = FunctionURLPrelude()
        #expect(prelude.take([UInt8](repeating: 0x20, count: Limits.httpHeadBytes)) == .more)
        #expect(prelude.take([0x20]) == .broken)
    }

    @Test func `is found in any stream at any cut, as when it comes at once`() {
        var random = SplitMix64(seed: 20_260_102)
        for _ in 0..<200 {
            let body = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...1, using: &random) }
            let stream = Self.whole + body
            var atOnce = FunctionURLPrelude()
            guard case .whole(let envelope, let expected) = atOnce.take(stream) else {
                Issue.record("not found")
                return
            }
            #expect(expected == body)
            var prelude = FunctionURLPrelude()
            var rest = stream[...]
            var found: [UInt8]?
            while found == nil, !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...20, using: &random))
                rest = rest.dropFirst(piece.count)
                guard case .whole(let same, let first) = prelude.take(piece) else { continue }
                #expect(same == envelope)
                found = first + rest
            }
            #expect(found == body)
        }
    }
}
