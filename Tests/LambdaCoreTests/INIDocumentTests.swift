import LambdaCore
import Testing

@Suite struct `An INI document` {
    @Test func `holds sections, keys and values without the blanks around them`() throws {
        let document = try INIDocument(
            parsing: "top = 1\r\n\n# a comment\n; another\n[ one ]\n\tkey =  a = b # c ; d \nempty =\n[two]\n")
        #expect(document.sectionNames == ["", "one", "two"])
        #expect(document.value("top", in: "") == "1")
        #expect(document.value("key", in: "one") == "a = b # c ; d")
        #expect(document.value("empty", in: "one") == "")
        #expect(document.value("key", in: "two") == nil)
        #expect(document.entries(in: "none").isEmpty)
    }

    @Test func `keeps the last of a repeated key and continues a repeated section`() throws {
        let document = try INIDocument(parsing: "[a]\nk = 1\n[b]\n[a]\nk = 2\nj = 3\n")
        #expect(document.sectionNames == ["a", "b"])
        #expect(document.value("k", in: "a") == "2")
        #expect(document.entries(in: "a").map(\.line) == [2, 5, 6])
    }

    @Test func `may have the line ends of another system`() throws {
        let document = try INIDocument(parsing: "[a]\r\nk = 1\r\n\r\nj = 2\r\n")
        #expect(document.entries(in: "a").map(\.key) == ["k", "j"])
        #expect(document.entries(in: "a").map(\.value) == ["1", "2"])
        #expect(document.entries(in: "a").map(\.line) == [2, 4])
    }

    @Test(arguments: [
        ("[a\n", 1, "a section header must end with ']'"),
        ("\n\nword\n", 3, "expected 'key = value' or '[section]', found 'word'"),
        ("[a]\n= 1\n", 2, "there is no key before '='"),
    ])
    func `names the line at fault`(text: String, line: Int, reason: String) {
        let error = #expect(throws: INIDocument.ParseError.self) { try INIDocument(parsing: text) }
        #expect(error?.description == "line \(line): \(reason)")
    }
}
