package import NIOCore

/// Answers as bytes: one buffer for head and body, where a general encoder makes a list of headers and several buffers.
extension ByteBuffer {
    package mutating func writeStatusLine(_ code: Int, _ reason: String) {
        self.writeStaticString("HTTP/1.1 ")
        self.writeNumber(code)
        self.writeStaticString(" ")
        self.writeString(reason)
        self.writeStaticString("\r\n")
    }

    /// A line end in a value would begin another header, so it becomes a blank. In a client context, which is JSON, that means
    /// the same outside of strings, and inside there is none.
    package mutating func writeHeader(_ name: String, _ value: String) {
        self.writeString(name)
        self.writeStaticString(": ")
        if value.utf8.contains(where: { $0 == 0x0D || $0 == 0x0A || $0 == 0 }) {
            self.writeBytes(value.utf8.map { $0 == 0x0D || $0 == 0x0A || $0 == 0 ? 0x20 : $0 })
        } else {
            self.writeString(value)
        }
        self.writeStaticString("\r\n")
    }

    package mutating func writeHeader(_ name: String, _ number: Int) {
        self.writeString(name)
        self.writeStaticString(": ")
        self.writeNumber(number)
        self.writeStaticString("\r\n")
    }

    private mutating func writeNumber(_ number: Int) { self.writeString(String(number)) }
}
