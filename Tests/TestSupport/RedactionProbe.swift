/// Looks for a secret in every text that a log line or an error message could make of a value.
///
/// A test shows first that the probe sees a secret that is not hidden; otherwise its silence would prove nothing.
package struct RedactionProbe: Sendable {
    /// A way from a value to a text.
    package enum Form: String, Sendable, CaseIterable {
        /// `"\(value)"`
        case interpolation
        /// `String(reflecting: value)`, also what a container of the value prints.
        case reflection
        /// `"\([value])"`
        case container
    }

    private let needles: [String]

    /// - Parameter secret: At least four characters, so that it does not turn up by chance.
    package init(secret: String) {
        precondition(secret.utf8.count >= 4, "a short secret turns up by chance")
        let bytes = Array(secret.utf8)
        // A payload is an array of bytes, and Swift prints those as numbers.
        let numbers = bytes.map { String($0) }.joined(separator: ", ")
        self.needles = [secret, numbers]
    }

    /// The forms in which `value` shows the secret; empty where it is redacted.
    package func leaks(in value: Any) -> [Form] {
        Form.allCases.filter { form in
            let text = Self.text(of: value, as: form)
            return self.needles.contains { text.contains($0) }
        }
    }

    private static func text(of value: Any, as form: Form) -> String {
        switch form {
        case .interpolation: "\(value)"
        case .reflection: String(reflecting: value)
        case .container: "\([value])"
        }
    }
}
