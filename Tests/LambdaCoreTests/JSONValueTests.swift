import LambdaCore
import TestSupport
import Testing

@Suite struct `A JSON value` {
    @Test(arguments: [
        #"{"z":1,"a":[true,false,null,-1.50e10,"x"],"m":{}}"#, #""\"\\/\b\f\n\r\t\u0001\u001f é€😀""#, "[]",
        "12345678901234567890",
    ])
    func `is written back as it was read`(text: String) throws {
        #expect(String(decoding: try JSONValue.parse(text.utf8).serialized, as: UTF8.self) == text)
    }

    @Test func `writes only the escapes that JSON demands`() {
        #expect(JSONValue.string("a/\u{7F}\u{2028}'").serialized == Array("\"a/\u{7F}\u{2028}'\"".utf8))
    }

    @Test(
        arguments: [
            ("5", 5), ("-7", -7), ("5.0", 5), ("1e2", 100), ("9223372036854775807", .max), ("0.5", nil), ("1e30", nil),
            ("9223372036854775808", nil),
        ] as [(String, Int?)])
    func `is an integer only where it is whole and fits`(literal: String, expected: Int?) {
        #expect(JSONValue.number(literal).intValue == expected)
    }

    @Test func `gives nothing for another type`() {
        let value = JSONValue.string("1")
        #expect(value.stringValue == "1")
        #expect(value.intValue == nil)
        #expect(value.doubleValue == nil)
        #expect(value.boolValue == nil)
        #expect(value.arrayValue == nil)
        #expect(value.objectValue == nil)
        #expect(JSONValue.bool(true).boolValue == true)
        #expect(JSONValue.number("0.25").doubleValue == 0.25)
    }

    @Test func `equals another one with its members in another order`() {
        #expect(JSONValue.object(["a": .null, "b": .bool(true)]) == .object(["b": .bool(true), "a": .null]))
        #expect(JSONValue.object(["a": .null]) != .object(["a": .bool(true)]))
        #expect(JSONValue.object(["a": .null]) != .object(["a": .null, "b": .null]))
    }
}

@Suite struct `The text of a JSON tree` {
    @Test func `does not show what is in it`() {
        let probe = RedactionProbe(secret: "hunter2")
        // The probe sees what is not hidden.
        #expect(probe.leaks(in: ["hunter2"]) == RedactionProbe.Form.allCases)
        let object: JSONObject = ["hunter2": .array([.string("hunter2"), .number("1")])]
        #expect(probe.leaks(in: object).isEmpty)
        #expect(probe.leaks(in: JSONValue.object(object)).isEmpty)
        #expect(probe.leaks(in: JSONValue.string("hunter2")).isEmpty)
        #expect(probe.leaks(in: ["member": JSONValue.string("hunter2")]).isEmpty)
    }
}

@Suite struct `A JSON object` {
    @Test func `keeps the order of its members`() {
        var object = JSONObject()
        for name in ["z", "a", "m"] { object[name] = .string(name) }
        object["a"] = .null
        #expect(object.map(\.key) == ["z", "a", "m"])
    }

    @Test func `finds what comes after a removed member`() {
        var object: JSONObject = ["a": .number("1"), "b": .number("2"), "c": .number("3")]
        object["a"] = nil
        object["never there"] = nil
        #expect(object.map(\.key) == ["b", "c"])
        #expect(object["c"] == .number("3"))
        #expect(object["a"] == nil)
        object["a"] = .null
        #expect(object.map(\.key) == ["b", "c", "a"])
    }
}
