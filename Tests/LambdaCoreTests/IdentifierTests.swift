import LambdaCore
import Testing

@Suite struct `An identifier` {
    @Test(arguments: ["", "12345678901", "1234567890123", "12345678901a", "١٢٣٤٥٦٧٨٩٠١٢", "123456789012\n"])
    func `that is no account number is refused`(text: String) {
        #expect(AccountID(text) == nil)
    }

    @Test func `of an account is kept as it is`() {
        #expect(AccountID("123456789012")?.digits == "123456789012")
        #expect(AccountID.standard.digits == "000000000000")
    }

    @Test(arguments: ["", "EU-west-1", "eu_west_1", "eu west", "../etc", String(repeating: "a", count: 33)])
    func `that is no region is refused`(text: String) {
        #expect(Region(text) == nil)
    }

    @Test(arguments: ["eu-west-1", "us-gov-west-1", String(repeating: "a", count: 32)])
    func `of a region is kept as it is`(text: String) {
        #expect(Region(text)?.name == text)
    }

    @Test(arguments: ["", "a b", "a.b", "a/b", "a:b", "é", "a\n", String(repeating: "a", count: 65)])
    func `that is no function name is refused`(text: String) {
        #expect(FunctionName(text) == nil)
    }

    @Test(arguments: ["a", "A-b_9", String(repeating: "a", count: 64)])
    func `of a function is kept as it is`(text: String) {
        #expect(FunctionName(text)?.text == text)
    }

    @Test(arguments: ["", "0123456789abcdef", "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcdeg"])
    func `that is no environment id is refused`(text: String) {
        #expect(EnvironmentID(text) == nil)
    }

    @Test func `of a new environment is 32 hex digits and never the same`() {
        let ids = Set((0..<100).map { _ in EnvironmentID.random() })
        #expect(ids.count == 100)
        #expect(ids.allSatisfy { EnvironmentID($0.hex) == $0 })
    }

    @Test func `of a function makes the ARN`() throws {
        let key = FunctionKey(
            account: try #require(AccountID("123456789012")), region: try #require(Region("eu-west-1")),
            name: try #require(FunctionName("hello")))
        #expect(key.arn == "arn:aws:lambda:eu-west-1:123456789012:function:hello")
    }
}

@Suite struct `A request id` {
    @Test func `is kept in lower case`() {
        #expect(
            RequestID("8476A536-E9F4-11E8-9739-2DFE598C3FCD")?.text == "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
    }

    @Test(arguments: [
        "", "8476a536e9f411e897392dfe598c3fcd", "8476a536-e9f4-11e8-9739-2dfe598c3fc",
        "8476a536-e9f4-11e8-9739-2dfe598c3fcg",
        "8476a536-e9f4-11e8-97392-dfe598c3fcd", "8476a536-e9f4-11e8-9739-2dfe598c3fcd-",
    ])
    func `that is no UUID is refused`(text: String) {
        #expect(RequestID(text) == nil)
    }

    @Test func `that is new is a version 4 UUID and never the same`() {
        let ids = (0..<100).map { _ in RequestID.random() }
        #expect(Set(ids).count == 100)
        for id in ids {
            let characters = Array(id.text)
            #expect(RequestID(id.text) == id)
            #expect(characters[14] == "4")
            #expect("89ab".contains(characters[19]))
        }
    }
}

@Suite struct `Hexadecimal text` {
    @Test func `is written with two lower-case digits a byte`() {
        #expect(Hexadecimal.encode([0x00, 0x0F, 0xA5, 0xFF]) == "000fa5ff")
        #expect(Hexadecimal.random(bytes: 7).utf8.count == 14)
    }
}
