import LambdaCore
import LambdaShapes
import Testing

/// Reads a request that is right but for what the test says.
func readShape(
    _ operation: Operation, labels: [String: String] = ["FunctionName": "f"],
    query: [(name: String, value: String)] = [], headers: [String: String] = [:], body: String? = nil
) throws -> JSONObject {
    try InputReader.read(
        operation, labels: labels, query: query, header: { headers[$0] },
        body: try body.map { try JSONValue.parse($0.utf8) })
}

@Suite struct `The input of an operation` {
    @Test func `comes from path, query, headers and body`() throws {
        let input = try readShape(
            .Invoke, query: [("Qualifier", "live")],
            headers: ["X-Amz-Invocation-Type": "DryRun", "X-Amz-Log-Type": "Tail", "X-Amz-Client-Context": "e30="])
        #expect(
            input == [
                "FunctionName": .string("f"), "InvocationType": .string("DryRun"), "LogType": .string("Tail"),
                "ClientContext": .string("e30="), "Qualifier": .string("live"),
            ])
        let alias = try readShape(
            .CreateAlias, body: #"{"Name":"live","FunctionVersion":"1","FunctionName":"ignored"}"#)
        #expect(alias == ["FunctionName": .string("f"), "Name": .string("live"), "FunctionVersion": .string("1")])
    }

    @Test func `has no nulls, no unknown members and no unknown parameters`() throws {
        let input = try readShape(
            .UpdateFunctionConfiguration, query: [("Colour", "red")],
            body: #"{"Handler":null,"Colour":"red","Timeout":5,"VpcConfig":{"SubnetIds":null,"Colour":"red"}}"#)
        #expect(input == ["FunctionName": .string("f"), "Timeout": .number("5"), "VpcConfig": .object([:])])
    }

    @Test func `has a repeated parameter as a list`() throws {
        let input = try readShape(
            .ListDurableExecutionsByFunction,
            query: [
                ("Statuses", "RUNNING"), ("Statuses", "FAILED"), ("ReverseOrder", "true"), ("MaxItems", "5"),
                ("StartedAfter", "2024-01-02T03:04:05Z"), ("MaxItems", "9"),
            ])
        #expect(input["Statuses"] == .array([.string("RUNNING"), .string("FAILED")]))
        #expect(input["ReverseOrder"] == .bool(true))
        #expect(input["MaxItems"] == .number("5"))
        #expect(input["StartedAfter"] == .string("2024-01-02T03:04:05Z"))
    }

    @Test func `takes the whole body for a structure payload and leaves a raw one alone`() throws {
        let failure = try readShape(
            .SendDurableExecutionCallbackFailure, labels: ["CallbackId": "abc"], body: #"{"ErrorType":"E"}"#)
        #expect(failure["Error"] == .object(["ErrorType": .string("E")]))
        let success = try readShape(.SendDurableExecutionCallbackSuccess, labels: ["CallbackId": "abc"], body: "[1]")
        #expect(success == ["CallbackId": .string("abc")])
    }

    @Test func `writes whole numbers without fraction and exponent`() throws {
        let input = try readShape(.UpdateFunctionConfiguration, body: #"{"Timeout":3e1,"MemorySize":256.0}"#)
        #expect(input["Timeout"] == .number("30"))
        #expect(input["MemorySize"] == .number("256"))
    }

    @Test(arguments: [
        (#"{"Timeout":"5"}"#, "STRING_VALUE can not be converted to an Integer"),
        (#"{"Timeout":5.5}"#, "DECIMAL_VALUE can not be converted to an Integer"),
        (#"{"Timeout":4294967296}"#, "NUMBER_VALUE can not be converted to an Integer"),
        (#"{"Timeout":true}"#, "TRUE_VALUE can not be converted to an Integer"),
        (#"{"Timeout":{}}"#, "Start of structure or map found where not expected."),
        (#"{"Timeout":[]}"#, "Start of list found where not expected"),
        (#"{"Handler":5}"#, "NUMBER_VALUE can not be converted to a String"),
        (#"{"Handler":false}"#, "FALSE_VALUE can not be converted to a String"),
        (#"{"VpcConfig":"x"}"#, "Expected map or null"),
        (#"{"VpcConfig":[]}"#, "Start of list found where not expected"),
        (#"{"VpcConfig":{"Ipv6AllowedForDualStack":"true"}}"#, "STRING_VALUE can not be converted to a Boolean"),
        (#"{"Layers":"x"}"#, "Expected list or null"),
        (#"{"Layers":{}}"#, "Start of structure or map found where not expected."),
        (#"{"Layers":[1]}"#, "NUMBER_VALUE can not be converted to a String"),
        (#"{"Environment":{"Variables":{"KEY":1}}}"#, "NUMBER_VALUE can not be converted to a String"),
        ("[]", "Start of list found where not expected"),
        ("5", "Expected map or null"),
    ])
    func `with a value of the wrong type is refused`(body: String, message: String) {
        let error = #expect(throws: InputError.self) { try readShape(.UpdateFunctionConfiguration, body: body) }
        #expect(error == .serialization(message))
    }

    @Test(arguments: ["x", "+1", "0x1", " ", "1_0", ""])
    func `with a parameter that is no number is refused`(text: String) {
        let error = #expect(throws: InputError.self) {
            try readShape(.ListFunctions, labels: [:], query: [("MaxItems", text)])
        }
        #expect(error == .serialization("STRING_VALUE can not be converted to an Integer"))
    }

    @Test func `may be empty where nothing is required`() throws {
        #expect(try readShape(.ListFunctions, labels: [:]).isEmpty)
        #expect(try readShape(.ListFunctions, labels: [:], body: "null").isEmpty)
    }
}
