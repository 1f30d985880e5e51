import LambdaCore
import Testing

@testable import ServicesEndpoint

@Suite struct `An XML answer` {
    private func parse(_ text: String) throws -> XMLElement { try XMLElement(parsing: Array(text.utf8)) }

    @Test func `is read as elements and text`() throws {
        let root = try self.parse(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- a comment -->
            <a xmlns="https://example.com/" x = 'y>z' >
              <b> one </b><!-- another --><c/><c></c>
              <d>&lt;&amp;&#65;&#x42;&quot;&apos;&gt;<![CDATA[<raw>]]></d>
            </a>

            """)
        #expect(root.name == "a")
        #expect(root.children.map(\.name) == ["b", "c", "c", "d"])
        #expect(root.value("b") == "one")
        #expect(root.value("d") == "<&AB\"'><raw>")
        #expect(root.value("c") == nil, "there are two")
        #expect(root.value("none") == nil)
    }

    @Test(arguments: [
        "", "text", "<a>", "<a></b>", "<a></a", "<a/><b/>", "<a/>text", "<a", "<a b></a>", "<a b=c></a>",
        "<a b='c></a>",
        "<a b='<'></a>", "<a>&lt</a>", "<a>&nbsp;</a>", "<a>&#0;</a>", "<a>&#+65;</a>", "<a>&#xD800;</a>", "<1/>",
        "<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a><?php ?></a>", "<a><!-- </a>",
        "<a b='1'c='2'/>",
        String(repeating: "<a>", count: 33) + String(repeating: "</a>", count: 33),
    ])
    func `is refused where it is not well-formed, or more than needed`(_ text: String) {
        #expect(throws: XMLElement.SyntaxError.self) { try self.parse(text) }
    }

    @Test func `is refused where it is not UTF-8`() {
        #expect(throws: XMLElement.SyntaxError.self) { try XMLElement(parsing: Array("<a>".utf8) + [0xFF]) }
    }
}

@Suite struct `A time in an answer` {
    @Test(arguments: [
        ("2018-11-27T15:10:45Z", 1_543_331_445_000), ("2018-11-27T15:10:45.1Z", 1_543_331_445_100),
        ("2018-11-27T15:10:45.123Z", 1_543_331_445_123), ("2018-11-27T15:10:45.123456Z", 1_543_331_445_123),
    ])
    func `is read to the millisecond`(_ text: String, _ milliseconds: Int64) {
        #expect(WallTime(isoText: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2018-11-27", "2018-11-27T15:10:45", "2018-11-27 15:10:45Z", "2018-11-27T15:10:45.Z",
        "2018-11-27T15:10:45,1Z",
        "2018-13-27T15:10:45Z", "2018-11-27T15:10:45.1+1Z", "2018-11-27T15:10:45+01:00Z",
    ])
    func `is refused in another form`(_ text: String) { #expect(WallTime(isoText: text) == nil) }
}
