import Synchronization

/// Random bits for identifiers: ChaCha20's key stream under a key from the system, which is asked once.
///
/// An invocation has some fifty random bytes in its ids, eight of which cost a system call from the system's generator. Whoever
/// sees ids cannot tell others from them. Not for secrets: those come from the system.
///
/// Source: RFC 8439, 2.3.
package struct IdentifierRandom: RandomNumberGenerator {
    package init() {}

    package mutating func next() -> UInt64 { IdentifierRandom.stream.withLock { $0.next() } }

    private static let stream = Mutex(ChaChaStream(key: ChaChaStream.systemKey()))
}

/// The key stream of ChaCha20 with a nonce of zero, eight bytes at a time.
struct ChaChaStream {
    private var input: InlineArray<16, UInt32>
    private var output = InlineArray<16, UInt32>(repeating: 0)
    /// The next word of `output` to give.
    private var position = 16

    init(key: InlineArray<8, UInt32>) {
        self.input = InlineArray(repeating: 0)
        for (index, word) in [0x6170_7865, 0x3320_646E, 0x7962_2D32, 0x6B20_6574].enumerated() {
            self.input[index] = UInt32(word)
        }
        for index in 0..<8 { self.input[4 + index] = key[index] }
    }

    static func systemKey() -> InlineArray<8, UInt32> {
        var generator = SystemRandomNumberGenerator()
        return InlineArray { _ in generator.next() }
    }

    mutating func next() -> UInt64 {
        if self.position == 16 { self.makeBlock() }
        defer { self.position += 2 }
        return UInt64(self.output[self.position]) | UInt64(self.output[self.position + 1]) << 32
    }

    private mutating func makeBlock() {
        self.output = self.input
        for _ in 0..<10 {
            self.mix(0, 4, 8, 12)
            self.mix(1, 5, 9, 13)
            self.mix(2, 6, 10, 14)
            self.mix(3, 7, 11, 15)
            self.mix(0, 5, 10, 15)
            self.mix(1, 6, 11, 12)
            self.mix(2, 7, 8, 13)
            self.mix(3, 4, 9, 14)
        }
        for index in 0..<16 { self.output[index] &+= self.input[index] }
        self.position = 0
        // The counter's two words, as in the original cipher, so that it never comes round.
        self.input[12] &+= 1
        if self.input[12] == 0 { self.input[13] &+= 1 }
    }

    /// The quarter round.
    private mutating func mix(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
        self.add(b, to: a, turning: d, by: 16)
        self.add(d, to: c, turning: b, by: 12)
        self.add(b, to: a, turning: d, by: 8)
        self.add(d, to: c, turning: b, by: 7)
    }

    private mutating func add(_ one: Int, to sum: Int, turning word: Int, by bits: UInt32) {
        self.output[sum] &+= self.output[one]
        let mixed = self.output[word] ^ self.output[sum]
        self.output[word] = mixed << bits | mixed >> (32 - bits)
    }
}
