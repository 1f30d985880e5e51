import LambdaCore

/// Percent-decoding for what a function is shown: an escape that is broken stays as it is, as AWS leaves it.
enum LenientDecoding {
    /// - Parameter plusIsSpace: True in queries, false in paths.
    static func decode(_ text: Substring, plusIsSpace: Bool) -> String {
        if let strict = PercentEncoding.decode(text, plusIsSpace: plusIsSpace) { return strict }
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x25, index + 2 < bytes.count, let high = self.value(bytes[index + 1]),
                let low = self.value(bytes[index + 2])
            {
                out.append(high << 4 | low)
                index += 3
                continue
            }
            out.append(plusIsSpace && byte == 0x2B ? 0x20 : byte)
            index += 1
        }
        // Escapes of what is no UTF-8 cannot be shown decoded in JSON.
        return String(validating: out, as: UTF8.self) ?? String(text)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}
