import Testing

@testable import LambdaCore

@Suite struct `The random numbers of identifiers` {
    /// RFC 8439, A.1, test vectors 1 and 2: the key and the nonce are zero, the counter is 0 and 1.
    @Test func `are ChaCha20's key stream`() {
        var stream = ChaChaStream(key: InlineArray(repeating: 0))
        let first = (0..<8).map { _ in stream.next() }
        #expect(first[0].byteSwapped == 0x76b8_e0ad_a0f1_3d90)
        #expect(first[7].byteSwapped == 0xc387_b669_b2ee_6586)
        let second = (0..<8).map { _ in stream.next() }
        #expect(second[0].byteSwapped == 0x9f07_e7be_5551_387a)
        #expect(second[7].byteSwapped == 0xace1_0a1f_4b79_4d6f)
    }

    @Test func `do not come again`() {
        var generator = IdentifierRandom()
        #expect(Set((0..<1_000).map { _ in generator.next() }).count == 1_000)
    }
}
