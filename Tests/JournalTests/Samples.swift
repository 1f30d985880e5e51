import LambdaCore
import Testing

func sampleSource(function: String = "thumbnail", group: String = "/aws/lambda/thumbnail") throws -> FunctionLogSource {
    FunctionLogSource(
        function: try #require(FunctionName(function)), version: "$LATEST",
        environment: try #require(EnvironmentID("0123456789abcdef0123456789abcdef")), account: .standard,
        region: .standard, logGroup: group, logStream: "2018/11/27/[$LATEST]0123456789abcdef0123456789abcdef")
}

let sampleRequest = "8f507cfc-1234-4697-b07a-ac58fc914c95"

func sampleEntry(_ message: [UInt8], source: FunctionLogSource, request: String? = sampleRequest) -> FunctionLogEntry {
    FunctionLogEntry(
        source: source, requestID: request.flatMap(RequestID.init), kind: .function, message: message,
        time: WallTime(milliseconds: 1_543_331_445_123))
}
