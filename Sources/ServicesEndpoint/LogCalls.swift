internal import LambdaCore
internal import NIOHTTP1
internal import SigV4

/// The calls of CloudWatch Logs that sending lines needs, as signed requests.
///
/// Source: CloudWatch Logs API reference, `CreateLogGroup`, `CreateLogStream`, `PutLogEvents` (AWS JSON 1.1).
struct LogCalls: Sendable {
    enum Failure: Error, Equatable {
        /// The group or the stream is not there.
        case notFound
        case alreadyThere
        /// The token that an older server wants with the next batch of the stream.
        case badToken(expected: String)
        /// The same batch has been taken before.
        case alreadyAccepted
        /// It may work another time.
        case temporary(String)
        /// It will never work.
        case refused(String)
    }

    /// Of a server's answer, in the operator's log.
    private static let shownBytes = 300

    let exchange: HTTPExchange
    let credentials: Credentials
    let time: any TimeSource

    func createGroup(_ stream: ForwardQueue.Stream) async throws(Failure) {
        _ = try await self.call("CreateLogGroup", ["logGroupName": .string(stream.group)], stream.scope.region)
    }

    func createStream(_ stream: ForwardQueue.Stream) async throws(Failure) {
        _ = try await self.call("CreateLogStream", self.names(stream), stream.scope.region)
    }

    /// Returns how many of the events were refused.
    func put(_ batch: ForwardQueue.Batch, token: String?) async throws(Failure) -> Int {
        var input = self.names(batch.stream)
        input["logEvents"] = .array(
            batch.events.map { event in
                .object([
                    "timestamp": .number(String(event.time.milliseconds)), "message": .string(event.message),
                ])
            })
        if let token { input["sequenceToken"] = .string(token) }
        let answer = try await self.call("PutLogEvents", input, batch.stream.scope.region)
        return Self.refused(answer["rejectedLogEventsInfo"]?.objectValue, of: batch.events.count)
    }

    /// Those before the one index are too old or expired, those from the other on too new.
    private static func refused(_ info: JSONObject?, of count: Int) -> Int {
        guard let info else { return 0 }
        let old = max(info["tooOldLogEventEndIndex"]?.intValue ?? 0, info["expiredLogEventEndIndex"]?.intValue ?? 0)
        let new = info["tooNewLogEventStartIndex"]?.intValue ?? count
        return min(count, max(0, old) + max(0, count - new))
    }

    private func names(_ stream: ForwardQueue.Stream) -> JSONObject {
        ["logGroupName": .string(stream.group), "logStreamName": .string(stream.name)]
    }

    private func call(_ operation: String, _ input: JSONObject, _ region: Region) async throws(Failure) -> JSONObject {
        let body = JSONValue.object(input).serialized
        let headers = [
            (name: "Host", value: self.exchange.address.authority),
            (HeaderName.contentType, "application/x-amz-json-1.1"),
            (HeaderName.target, "Logs_20140328.\(operation)"),
        ]
        let signed =
            headers
            + RequestSigner.sign(
                method: "POST", path: "/", headers: headers, body: body, service: "logs", region: region,
                credentials: self.credentials, now: self.time.wallTime)
        let answer: HTTPExchange.Answer
        do { answer = try await self.exchange.send(.POST, "/", headers: signed, body: body) } catch {
            throw .temporary(error.text)
        }
        // An empty answer is that of an operation that has no members in it.
        let members = (try? JSONValue.parse(answer.body))?.objectValue ?? JSONObject()
        guard (200..<300).contains(answer.status) else { throw Self.failure(operation, answer, members) }
        return members
    }

    private static func failure(
        _ operation: String, _ answer: HTTPExchange.Answer, _ members: JSONObject
    ) -> Failure {
        // Some servers write a namespace and `#` before the name.
        let type = members["__type"]?.stringValue.flatMap { $0.split(separator: "#").last } ?? ""
        let words = String(decoding: answer.body.prefix(self.shownBytes), as: UTF8.self)
        let text = "\(operation) was answered with HTTP status \(answer.status): \(words)"
        switch type {
        case "ResourceNotFoundException": return .notFound
        case "ResourceAlreadyExistsException": return .alreadyThere
        case "DataAlreadyAcceptedException": return .alreadyAccepted
        case "InvalidSequenceTokenException":
            guard let token = members["expectedSequenceToken"]?.stringValue else { return .refused(text) }
            return .badToken(expected: token)
        case "ThrottlingException", "ServiceUnavailableException", "OperationAbortedException": return .temporary(text)
        default: return answer.status >= 500 || answer.status == 429 ? .temporary(text) : .refused(text)
        }
    }
}
