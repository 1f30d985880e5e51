/// The bytes of a JSON string that stand for themselves and are one byte each.
enum PlainText {
    /// The first byte from `start` on that is a quote, a backslash, a control character, or not ASCII.
    ///
    /// Most bytes of a payload go through here. Most strings end within a few words; those that do not are gone through in
    /// blocks, which the compiler turns into vectors.
    static func end(in span: Span<UInt8>, from start: Int) -> Int {
        let near = min(span.count, start &+ 32)
        var index = self.endOfWords(in: span, from: start, to: near)
        if index &+ 8 > near {
            index = self.endOfBlocks(in: span, from: index)
            index = self.endOfWords(in: span, from: index, to: span.count)
        }
        while index < span.count {
            let byte = span[index]
            guard byte >= 0x20, byte < 0x80, byte != 0x22, byte != 0x5C else { break }
            index &+= 1
        }
        return index
    }

    /// Where the first word of eight bytes begins that has an end of plain text in it, or where less than a word is left.
    ///
    /// A byte's top bit is set where the byte is not ASCII, or a subtraction borrowed because the byte was below 0x20, or equal
    /// to what it was compared with.
    private static func endOfWords(in span: Span<UInt8>, from start: Int, to end: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = start
        while index &+ 8 <= end {
            let block = span.extracting(index..<(index &+ 8))
            var word = UInt64(block[0]) | UInt64(block[1]) << 8 | UInt64(block[2]) << 16 | UInt64(block[3]) << 24
            word |= UInt64(block[4]) << 32 | UInt64(block[5]) << 40 | UInt64(block[6]) << 48 | UInt64(block[7]) << 56
            let quote = (word ^ (ones &* 0x22)) &- ones
            let backslash = (word ^ (ones &* 0x5C)) &- ones
            let control = word &- (ones &* 0x20)
            guard (word | quote | backslash | control) & (ones &* 0x80) == 0 else { break }
            index &+= 8
        }
        return index
    }

    /// The same for blocks of 64 bytes. Without a branch in the inner loop, or it would not become vectors.
    private static func endOfBlocks(in span: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index &+ 64 <= span.count {
            let block = span.extracting(index..<(index &+ 64))
            var found: UInt8 = 0
            for offset in 0..<64 {
                let byte = block[offset]
                let isQuote: UInt8 = byte == 0x22 ? 1 : 0
                let isBackslash: UInt8 = byte == 0x5C ? 1 : 0
                let isNotPlain: UInt8 = byte &- 0x20 >= 0x60 ? 1 : 0
                found |= isQuote | isBackslash | isNotPlain
            }
            guard found == 0 else { break }
            index &+= 64
        }
        return index
    }
}
