package import LambdaCore

/// The name under which a function's execution role is assumed.
package enum RoleSessionName {
    /// STS wants two characters at least; a function's name may have one.
    private static let minimumLength = 2
    private static let suffix = "@lambda_function"

    /// The function's name, made long enough where it is not.
    package static func forFunction(_ name: FunctionName) -> String {
        name.text.utf8.count < Self.minimumLength ? name.text + Self.suffix : name.text
    }
}
