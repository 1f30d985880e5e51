package import LambdaCore

extension EnvironmentID {
    /// The environment with this number, so that a test's failures are readable.
    package static func numbered(_ number: Int) -> EnvironmentID {
        let hex = String(number, radix: 16)
        guard let id = EnvironmentID(String(repeating: "0", count: 32 - hex.utf8.count) + hex) else {
            preconditionFailure("no environment has the number \(number)")
        }
        return id
    }
}

extension RequestID {
    /// The request with this number, below 2^48.
    package static func numbered(_ number: Int) -> RequestID {
        let hex = String(number, radix: 16)
        let digits = String(repeating: "0", count: max(0, 12 - hex.utf8.count)) + hex
        guard let id = RequestID("00000000-0000-4000-8000-\(digits)") else {
            preconditionFailure("no request has the number \(number)")
        }
        return id
    }
}

extension FunctionKey {
    /// A function of the standard account and region.
    package static func named(_ name: String) -> FunctionKey {
        guard let name = FunctionName(name) else { preconditionFailure("\(name) is no name of a function") }
        return FunctionKey(account: .standard, region: .standard, name: name)
    }
}
