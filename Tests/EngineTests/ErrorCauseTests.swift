import Engine
import Testing

@Suite struct `An error with a cause for X-Ray` {
    private static let type = "application/vnd.aws.lambda.error.cause+json"

    @Test func `reaches the caller without its cause`() {
        let body =
            "{\"errorMessage\":\"m\",\"errorType\":\"T\",\"stackTrace\":[\"a\"],\"errorCause\":{\"message\":\"x\"}}"
        let answer = ErrorCause.answer(body: Array(body.utf8), contentType: Self.type)
        #expect(answer.contentType == "application/json")
        #expect(
            String(decoding: answer.body, as: UTF8.self)
                == "{\"errorMessage\":\"m\",\"errorType\":\"T\",\"stackTrace\":[\"a\"]}")
    }

    @Test(arguments: ["", "nonsense", "[1]"])
    func `that cannot be read is called so`(body: String) {
        let answer = ErrorCause.answer(body: Array(body.utf8), contentType: Self.type)
        #expect(answer.contentType == "application/octet-stream")
        #expect(String(decoding: answer.body, as: UTF8.self) == "\"Invalid error body\"")
    }

    @Test(arguments: [nil, "application/json", "text/plain"])
    func `of another type is left as it is`(type: String?) {
        let answer = ErrorCause.answer(body: [1, 2, 3], contentType: type)
        #expect(answer.body == [1, 2, 3])
        #expect(answer.contentType == type)
    }
}
