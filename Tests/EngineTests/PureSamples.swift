import Engine
import LambdaCore
import TestSupport

/// A function, a runtime and an environment whose every value can be told from every other.
enum PureSample {
    static let request = RequestID.numbered(0xABC)
    static let requestText = "00000000-0000-4000-8000-000000000abc"

    static func function(environment: [String: String]? = nil) -> FunctionRecord {
        var record = FunctionRecord(
            key: .named("thumbnail"), role: "arn:aws:iam::000000000000:role/r", runtime: "python3.12",
            handler: "app.handler", code: CodeReference(digest: "d", base64: "", size: 1),
            lastModified: WallTime(milliseconds: 0))
        record.memorySize = 256
        record.environment = environment
        return record
    }

    static func manifest(isManaged: Bool = true, concurrency: Int = 1, environment: String = "") throws
        -> RuntimeManifest
    {
        try RuntimeManifest(
            parsing: "[runtime]\nid = python3.11\nmanaged = \(isManaged ? "yes" : "no")\n"
                + "max_concurrency = \(concurrency)\n[environment]\n\(environment)")
    }

    static let source = FunctionLogSource(
        function: FunctionKey.named("thumbnail").name, version: "$LATEST", environment: .numbered(1),
        account: .standard, region: .standard, logGroup: "/aws/lambda/thumbnail",
        logStream: "2018/11/27/[$LATEST]00000000000000000000000000000001")

    static func context(
        function: FunctionRecord = function(), manifest: RuntimeManifest, token: String? = "the-token",
        endpointURL: String? = nil, framesLog: Bool = false, container: (token: String, port: UInt16)? = nil,
        traceDaemon: (host: String, port: Int)? = nil
    ) -> EnvironmentVariables.Context {
        EnvironmentVariables.Context(
            function: function, manifest: manifest, source: self.source,
            credentials: Credentials(
                accessKeyID: "ASIAEXAMPLE", secretAccessKey: "the-secret", sessionToken: token, expiration: nil),
            runtimeAPI: "169.254.100.1:9001", endpointURL: endpointURL, framesLog: framesLog,
            containerCredentials: container, traceDaemon: traceDaemon)
    }
}
