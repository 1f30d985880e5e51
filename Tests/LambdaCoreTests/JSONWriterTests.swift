import LambdaCore
import Testing

@Suite struct `A JSON writer` {
    @Test func `puts commas where they belong, and escapes what must be`() throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("text", "a\"\\\n\u{1}é")
        writer.member("number", -7)
        writer.member("flag", true)
        writer.member("texts", ["", "b", "[", "{", ":"])
        writer.member("none", [String]())
        writer.member("map", ["b\"": "2", "a": "1", "": ""])
        writer.object("object") { writer in
            writer.object("empty") { _ in }
            writer.member("last", "{")
        }
        writer.key("list")
        writer.beginArray()
        for number in 1...2 {
            writer.beginObject()
            writer.member("n", number)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        let expected = #"""
            {"text":"a\"\\\n\u0001é","number":-7,"flag":true,"texts":["","b","[","{",":"],"none":[],"map":{"":"","a":"1","b\"":"2"},"object":{"empty":{},"last":"{"},"list":[{"n":1},{"n":2}]}
            """#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
        // What is written is what the tree of the same text would be.
        #expect(try JSONValue.parse(writer.bytes).serialized == writer.bytes)
    }
}
