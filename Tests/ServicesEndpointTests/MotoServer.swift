import Dispatch
import Foundation
import ServicesEndpoint

/// A real AWS-compatible server in a process of its own: moto, from PyPI (`moto[server]`).
final class MotoServer: Sendable {
    struct StartError: Error { let text: String }

    /// Whether the tests that need it run: where it is installed, and where they may not be skipped.
    static let isExpected: Bool =
        ProcessInfo.processInfo.environment["LAMBDAD_REQUIRE_PEERS"] == "1" || MotoServer.isInstalled

    private static var isInstalled: Bool {
        let script = "import importlib.util as u, sys; sys.exit(None in [u.find_spec('moto'), u.find_spec('flask')])"
        let process = MotoServer.python(["-c", script])
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    let address: ServicesEndpointAddress
    private let process: Process

    /// Starts it on a free port, and waits until it says which.
    init() async throws {
        let process = Self.python(["-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"])
        let output = Pipe()
        process.standardError = output
        process.standardOutput = output
        try process.run()
        self.process = process
        do {
            self.address = try await withCheckedThrowingContinuation { continuation in
                // Reading blocks: not on the cooperative pool.
                DispatchQueue.global().async {
                    continuation.resume(with: Result { try Self.address(from: output.fileHandleForReading) })
                }
            }
        } catch {
            Self.end(process)
            throw error
        }
    }

    func stop() { Self.end(self.process) }

    /// Runs a script of Python that has a boto3 `client(service)` for this server. Gives what it prints.
    func run(_ script: String) throws -> String {
        let preamble = """
            import boto3
            def client(service):
                return boto3.client(service, endpoint_url='\(self.address)', region_name='us-east-1',
                    aws_access_key_id='AKIDEXAMPLE', aws_secret_access_key='secret')

            """
        let process = Self.python(["-c", preamble + script])
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw StartError(text: text) }
        return text
    }

    /// Not by SIGTERM: a child inherits the signal mask of the thread that made it, and that may block it.
    private static func end(_ process: Process) {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static func address(from handle: FileHandle) throws -> ServicesEndpointAddress {
        var text = ""
        while true {
            let data = handle.availableData
            guard !data.isEmpty else { throw StartError(text: "moto ended: \(text)") }
            text += String(decoding: data, as: UTF8.self)
            for line in text.split(separator: "\n").dropLast(text.hasSuffix("\n") ? 0 : 1) {
                guard let start = line.range(of: "Running on ") else { continue }
                let url = line[start.upperBound...].trimmingCharacters(in: .whitespaces)
                return try ServicesEndpointAddress(parsing: url)
            }
        }
    }

    private static func python(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // packaging/test names an interpreter that has moto.
        process.arguments = [ProcessInfo.processInfo.environment["LAMBDAD_PEERS_PYTHON"] ?? "python3"] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return process
    }
}
