/// The standard base64 of RFC 4648, section 4, with padding.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    /// What a byte stands for; ``invalid`` for bytes outside the alphabet.
    private static let meanings: [UInt8] = {
        var meanings = [UInt8](repeating: invalid, count: 256)
        for (value, byte) in alphabet.enumerated() { meanings[Int(byte)] = UInt8(value) }
        return meanings
    }()
    private static let invalid: UInt8 = 0xFF
    private static let padding: UInt8 = 0x3D

    package static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = self.alphabet
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index + 3 <= bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            out.append(alphabet[Int(group >> 18)])
            out.append(alphabet[Int(group >> 12 & 63)])
            out.append(alphabet[Int(group >> 6 & 63)])
            out.append(alphabet[Int(group & 63)])
            index += 3
        }
        switch bytes.count - index {
        case 1:
            let group = UInt32(bytes[index]) << 16
            out += [alphabet[Int(group >> 18)], alphabet[Int(group >> 12 & 63)], self.padding, self.padding]
        case 2:
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8
            out += [
                alphabet[Int(group >> 18)], alphabet[Int(group >> 12 & 63)], alphabet[Int(group >> 6 & 63)],
                self.padding,
            ]
        default: break
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Returns `nil` for anything but the one encoding of some bytes: a byte outside the alphabet, a line break, missing
    /// padding, or bits that the decoded bytes do not keep.
    package static func decode(_ text: String) -> [UInt8]? {
        let input = Array(text.utf8)
        guard input.count % 4 == 0 else { return nil }
        guard !input.isEmpty else { return [] }
        let padded = input.suffix(2).filter { $0 == self.padding }.count
        if padded > 0, input[input.count - 1] != self.padding { return nil }
        let meanings = self.meanings
        var out: [UInt8] = []
        out.reserveCapacity(input.count / 4 * 3)
        let whole = padded == 0 ? input.count : input.count - 4
        var index = 0
        while index < whole {
            let a = meanings[Int(input[index])]
            let b = meanings[Int(input[index + 1])]
            let c = meanings[Int(input[index + 2])]
            let d = meanings[Int(input[index + 3])]
            // Only the mark of an invalid byte has the top bit.
            guard (a | b | c | d) & 0x80 == 0 else { return nil }
            out.append(a << 2 | b >> 4)
            out.append(b << 4 | c >> 2)
            out.append(c << 6 | d)
            index += 4
        }
        guard padded > 0 else { return out }
        return self.appendLast(input[whole..<(input.count - padded)].map { meanings[Int($0)] }, to: out)
    }

    /// The one or two bytes of a padded group.
    private static func appendLast(_ values: [UInt8], to whole: [UInt8]) -> [UInt8]? {
        guard !values.contains(self.invalid) else { return nil }
        switch values.count {
        case 2 where values[1] & 0x0F == 0: return whole + [values[0] << 2 | values[1] >> 4]
        case 3 where values[2] & 0x03 == 0:
            return whole + [values[0] << 2 | values[1] >> 4, values[1] << 4 | values[2] >> 2]
        default: return nil
        }
    }
}
