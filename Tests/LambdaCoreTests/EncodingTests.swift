import LambdaCore
import Testing

@Suite struct `The base64 form` {
    /// RFC 4648, section 10, and the two characters that it has none of.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `encodes and decodes the vectors of its specification`(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test func `carries every byte in every place`() {
        let bytes = (0..<3).flatMap { shift in [UInt8](repeating: 0, count: shift) + (0...255).map { UInt8($0) } }
        for length in [bytes.count, bytes.count - 1, bytes.count - 2] {
            #expect(Base64.decode(Base64.encode(Array(bytes.prefix(length)))) == Array(bytes.prefix(length)))
        }
        #expect(Base64.encode([0xFB, 0xEF, 0xFF]) == "++//")
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "=Zg=", "Zg==Zg==", "Z===", "====", "Zm9v\n", "Zm 9", "Zm-_", "Zm9vé", "Zh==",
        "Zm9=", "Zg=g",
    ])
    func `refuses what no encoder writes`(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}

@Suite struct `Percent-encoding` {
    @Test(arguments: [
        ("a-b_c.d~e", "a-b_c.d~e"), ("arn:aws:lambda", "arn%3Aaws%3Alambda"), ("a b+c", "a%20b%2Bc"),
        ("é/", "%C3%A9%2F"),
        ("$LATEST", "%24LATEST"), ("", ""),
    ])
    func `escapes all but the unreserved characters, and back`(plain: String, encoded: String) {
        #expect(PercentEncoding.encode(plain, keepSlash: false) == encoded)
        #expect(PercentEncoding.decode(Substring(encoded), plusIsSpace: false) == plain)
    }

    @Test func `leaves the slashes of a whole path`() {
        #expect(PercentEncoding.encode("/a b/ü", keepSlash: true) == "/a%20b/%C3%BC")
    }

    @Test func `reads a plus as a blank in queries only`() {
        #expect(PercentEncoding.decode("a+b%2b", plusIsSpace: true) == "a b+")
        #expect(PercentEncoding.decode("a+b%2b", plusIsSpace: false) == "a+b+")
    }

    @Test(arguments: ["%", "a%2", "%2", "%zz", "%-1", "%C3", "%FF", "%ED%A0%80"])
    func `refuses broken escapes and what is not UTF-8`(text: String) {
        #expect(PercentEncoding.decode(Substring(text), plusIsSpace: true) == nil)
    }
}
