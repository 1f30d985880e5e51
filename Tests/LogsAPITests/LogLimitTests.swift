import LambdaCore
import LogsAPI
import Testing

@Suite struct `A request for logs over a limit` {
    private static func names(_ count: Int) -> String {
        (0..<count).map { "\"s\($0)\"" }.joined(separator: ",")
    }

    static let cases: [(operation: String, members: String, isTaken: Bool)] = [
        ("GetLogEvents", #","logStreamName":"a","limit":10000"#, true),
        ("GetLogEvents", #","logStreamName":"a","limit":10001"#, false),
        ("FilterLogEvents", #","limit":10000"#, true),
        ("FilterLogEvents", #","limit":10001"#, false),
        ("FilterLogEvents", #","logStreamNames":[\#(names(100))]"#, true),
        ("FilterLogEvents", #","logStreamNames":[\#(names(101))]"#, false),
        ("DescribeLogStreams", #","limit":50"#, true),
        ("DescribeLogStreams", #","limit":51"#, false),
    ]

    @Test(arguments: cases)
    func `is refused, and one at the limit is not`(operation: String, members: String, isTaken: Bool) async throws {
        let logged = LoggedService()
        try logged.write(["x"])
        let answer = await logged.call(operation, #"{"logGroupName":"/aws/lambda/f"\#(members)}"#)
        #expect(answer.status == (isTaken ? 200 : 400))
        #expect(isTaken || answer.body["__type"] == "InvalidParameterException")
    }
}
