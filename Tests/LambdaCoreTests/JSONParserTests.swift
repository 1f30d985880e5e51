import LambdaCore
import Testing

@Suite struct `A JSON text` {
    @Test(arguments: [
        ("null", JSONValue.null),
        (" \t\r\n true ", .bool(true)),
        ("false", .bool(false)),
        ("0", .number("0")),
        ("-0", .number("-0")),
        ("-12.50e+3", .number("-12.50e+3")),
        ("1E400", .number("1E400")),
        ("123456789012345678901234567890", .number("123456789012345678901234567890")),
        (#""""#, .string("")),
        (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
        (#""\u00e9\u20AC""#, .string("é€")),
        (#""\ud83d\ude00!""#, .string("😀!")),
        (#""é€😀""#, .string("é€😀")),
        (#""\u0000""#, .string("\u{0}")),
        ("\"\u{7F}\"", .string("\u{7F}")),
        ("[]", .array([])),
        ("[1,[2],{}]", .array([.number("1"), .array([.number("2")]), .object([:])])),
        (#"{"a":{"b":[null]}}"#, .object(["a": .object(["b": .array([.null])])])),
        (#"{"":1}"#, .object(["": .number("1")])),
        (#"{"\u0061":1}"#, .object(["a": .number("1")])),
    ])
    func `is parsed`(text: String, expected: JSONValue) throws {
        try JSONValue.check(Array(text.utf8))
        #expect(try JSONValue.parse(text.utf8) == expected)
    }

    @Test(arguments: [
        "", " ", "[", "{", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]]", "]", "}", "{}{}", "1 2", "{1:2}", "{a:1}",
        #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a" 1}"#, #"{,}"#, #"{"a":1 "b":2}"#, "01", "-", "-a", "+1", ".5", "1.",
        "1.e1", "1e", "1e+", "0x1", "NaN", "Infinity", "-Infinity", "nul", "nulll", "True", "'a'", #""a"#, #""\"#,
        #""\x""#, #""\u12""#, #""\u12g4""#, "\"\t\"", "\"\n\"", "\"\u{0}\"", "// a\n1", "\u{FEFF}1", "\u{A0}1",
        "1\u{0}",
        "[1}", #"{"a":1]"#,
    ])
    func `that breaks RFC 8259 is refused, by the check as by the parser`(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue.check(Array(text.utf8)) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(text.utf8) }
    }

    @Test(
        arguments: [
            [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0x80], [0xC3, 0x28], [0xE2, 0x82], [0xC3],
        ] as [[UInt8]])
    func `with broken UTF-8 in a string is refused`(bytes: [UInt8]) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue.check([0x22] + bytes + [0x22]) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse([0x22] + bytes) }
    }

    @Test func `that repeats a name keeps the last value in the first one's place`() throws {
        let object = try #require(try JSONValue.parse(#"{"a":1,"b":2,"a":3}"#.utf8).objectValue)
        #expect(object.map(\.key) == ["a", "b"])
        #expect(object["a"] == .number("3"))
    }

    @Test func `with half a surrogate pair is parsed with a replacement character`() throws {
        #expect(try JSONValue.parse(#""\ud83dx""#.utf8) == .string("\u{FFFD}x"))
    }

    @Test func `may be nested as deep as the limit, and no deeper`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth)
        }
        try JSONValue.check(nested(JSONValue.checkDepthLimit))
        #expect(throws: JSONSyntaxError.self) { try JSONValue.check(nested(JSONValue.checkDepthLimit + 1)) }
        #expect(try JSONValue.parse(nested(JSONValue.treeDepthLimit)).arrayValue?.count == 1)
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(nested(JSONValue.treeDepthLimit + 1)) }
        // Side by side is not inside one another.
        try JSONValue.check(Array("[\(Array(repeating: "[]", count: 2_000).joined(separator: ","))]".utf8))
    }

    @Test func `with very many members is parsed in linear time and looked up by name`() throws {
        let members = (0..<50_000).map { #""k\#($0)":\#($0)"# }.joined(separator: ",")
        let object = try #require(try JSONValue.parse("{\(members)}".utf8).objectValue)
        #expect(object.count == 50_000)
        #expect(object["k49999"]?.intValue == 49_999)
    }
}

@Suite struct `A JSON syntax error` {
    private static let location =
        " at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: "
    private static let anyValue = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

    @Test(
        arguments: [
            (
                [0x99], "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value \(anyValue)",
                "1, column: 1"
            ),
            ([0x22, 0x87, 0x22], "Invalid UTF-8 start byte 0x87", "1, column: 3"),
            ([0x22, 0xC3, 0x28], "Invalid UTF-8 middle byte 0x28", "1, column: 4"),
        ] as [([UInt8], String, String)])
    func `about bytes reads as AWS's`(bytes: [UInt8], reason: String, place: String) {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONValue.check(bytes) }
        #expect(error?.description == "\(reason)\n\(Self.location)\(place)]")
    }

    @Test(arguments: [
        ("{\n \"a\": *}", "Unexpected character ('*' (code 42)): expected a valid value \(anyValue)", "2, column: 7"),
        ("nope", "Unrecognized token 'nope': was expecting \(anyValue)", "1, column: 1"),
        (
            "[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries",
            "1, column: 4"
        ),
        (
            #"{"a":1 x"#, "Unexpected character ('x' (code 120)): was expecting comma to separate Object entries",
            "1, column: 8"
        ),
        (
            #"{"a";1}"#, "Unexpected character (';' (code 59)): was expecting a colon to separate field name and value",
            "1, column: 5"
        ),
        ("{a", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name", "1, column: 2"),
        ("007", "Invalid numeric value: Leading zeroes not allowed", "1, column: 1"),
        ("1.x", "Unexpected character ('x' (code 120)): Decimal point not followed by a digit", "1, column: 3"),
        (#""\q""#, "Unrecognized character escape 'q' (code 113)", "1, column: 3"),
        (
            "\"\n",
            "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in "
                + "string value", "1, column: 2"
        ),
        ("[", "Unexpected end-of-input: expected close marker for Array", "1, column: 2"),
        ("\"a", "Unexpected end-of-input: was expecting closing quote for a string value", "1, column: 3"),
        ("1 1", "Unexpected character ('1' (code 49)): Expected space separating root-level values", "1, column: 3"),
    ])
    func `about text reads as AWS's`(text: String, reason: String, place: String) {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONValue.check(Array(text.utf8)) }
        #expect(error?.description == "\(reason)\n\(Self.location)\(place)]")
    }

    @Test func `does not repeat the text`() {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(#"{"password":"hunter2","#.utf8) }
        #expect(error?.description.contains("hunter2") == false)
    }
}
