import LambdaAPI
import LambdaCore
import TestSupport
import Testing

/// A store with a function that has versions, as PublishVersion would have left it.
enum PublishedFunction {
    /// - Parameter change: May change each record, `$LATEST` included, before it is stored.
    static func store(
        _ name: String = "f", versions: Int = 2, in store: MemoryStore = MemoryStore(),
        change: @escaping @Sendable (inout FunctionRecord) -> Void = { _ in }
    ) async throws -> MemoryStore {
        let key = try TestServer.key(name)
        try await store.write { transaction in
            for number in 0...versions {
                var record = FunctionRecord(
                    key: key, role: "arn:aws:iam::123456789012:role/r", runtime: "python3.11", handler: "a.b",
                    code: CodeReference(digest: "d\(number)", base64: "s\(number)", size: 10 + number),
                    lastModified: ManualTime.start)
                record.version = number == 0 ? FunctionRecord.latest : String(number)
                record.state = .active
                record.updateStatus = .successful
                record.revisionID = "stored-\(number)"
                change(&record)
                if number == 0 {
                    try transaction.put(LatestVersion(record))
                } else {
                    try transaction.put(PublishedVersion(record))
                }
            }
            var properties = FunctionProperties(key: key, userSlot: 0)
            properties.lastVersion = versions
            properties.codeStorage = 100
            try transaction.put(properties)
        }
        return store
    }

    static let arn = "arn:aws:lambda:us-east-1:123456789012:function:f"

    /// The body of an error as AWS sends it: strings of an error table stand for the text only.
    static func body(_ text: String, key: String = "message", type: Bool = true) -> String {
        let escaped = text.replacing(#"\"#, with: #"\\"#).replacing("\"", with: #"\""#)
        return type ? #"{"Type":"User","\#(key)":"\#(escaped)"}"# : #"{"\#(key)":"\#(escaped)"}"#
    }
}

/// One refused request and all that its answer must be, as AWS was recorded.
struct RefusedRequest: Sendable, CustomTestStringConvertible {
    let name: String
    let method: String
    let path: String
    let body: String
    let status: Int
    let code: String
    let answer: String

    init(
        _ name: String, _ method: String, _ path: String, _ body: String = "", status: Int, code: String, answer: String
    ) {
        self.name = name
        self.method = method
        self.path = path
        self.body = body
        self.status = status
        self.code = code
        self.answer = answer
    }

    var testDescription: String { self.name }

    static func notFound(
        _ name: String, _ method: String, _ path: String, _ body: String, _ text: String
    ) -> RefusedRequest {
        RefusedRequest(
            name, method, path, body, status: 404, code: "ResourceNotFoundException",
            answer: PublishedFunction.body(text, key: "Message"))
    }

    static func invalid(
        _ name: String, _ method: String, _ path: String, _ body: String, _ text: String, type: Bool = true
    ) -> RefusedRequest {
        RefusedRequest(
            name, method, path, body, status: 400, code: "InvalidParameterValueException",
            answer: PublishedFunction.body(text, type: type))
    }

    static func conflict(
        _ name: String, _ method: String, _ path: String, _ body: String, _ text: String
    ) -> RefusedRequest {
        RefusedRequest(
            name, method, path, body, status: 409, code: "ResourceConflictException",
            answer: PublishedFunction.body(text))
    }

    static func validation(
        _ name: String, _ method: String, _ path: String, _ body: String, _ text: String
    ) -> RefusedRequest {
        RefusedRequest(
            name, method, path, body, status: 400, code: "ValidationException",
            answer: PublishedFunction.body("1 validation error detected: \(text)", type: false))
    }
}

extension TestServer {
    /// Sends a request that must be refused, and compares the whole answer.
    func expect(_ refused: RefusedRequest) async throws {
        let answer = try await self.request(refused.method, refused.path, body: refused.body)
        #expect(answer.status == refused.status)
        #expect(answer.header("x-amzn-ErrorType") == refused.code)
        #expect(answer.text == refused.answer)
    }
}
