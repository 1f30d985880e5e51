import Testing

@testable import LambdaCore

@Suite("Plain bytes of a JSON string")
struct PlainTextTests {
    /// Words, blocks and what is left over of both are gone through differently, so every place in them is tried.
    @Test(
        "The end is found at every place, however long the text and wherever it begins",
        arguments: [0x22, 0x5C, 0x00, 0x1F, 0x80, 0xFF] as [UInt8])
    func endIsFound(byte: UInt8) {
        for length in [1, 7, 8, 9, 31, 32, 33, 40, 63, 64, 95, 96, 97, 104, 160, 200] {
            for start in [0, 1, 5] where start < length {
                for place in start..<length {
                    var bytes = [UInt8](repeating: 0x61, count: length)
                    bytes[place] = byte
                    #expect(PlainText.end(in: bytes.span, from: start) == place)
                }
            }
        }
    }

    @Test("Text without an end is gone through whole", arguments: [0x20, 0x21, 0x23, 0x5B, 0x5D, 0x7F] as [UInt8])
    func noEnd(byte: UInt8) {
        for length in [0, 1, 8, 31, 32, 33, 64, 95, 96, 97, 250] {
            let bytes = [UInt8](repeating: byte, count: length)
            #expect(PlainText.end(in: bytes.span, from: 0) == length)
        }
    }

    @Test("What stands before the start is not looked at")
    func startIsKept() {
        var bytes = [UInt8](repeating: 0x61, count: 100)
        bytes[0] = 0x22
        #expect(PlainText.end(in: bytes.span, from: 1) == 100)
    }
}
