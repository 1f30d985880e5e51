import LambdaCore
import LambdaShapes

/// Which runtimes a function may ask for.
enum RuntimeRule {
    /// In the model, but no longer accepted by AWS for new code.
    ///
    /// Source: the set that CreateFunction accepted in January 2026, as AWS names it in its refusal of others.
    private static let retired: Set<String> = [
        "nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x",
        "java8", "python2.7", "python3.6", "python3.7", "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1",
        "dotnetcore3.1", "go1.x", "ruby2.5", "ruby2.7", "provided",
    ]

    /// Gives `id` back if this server can run it.
    ///
    /// - Throws: AWS's sentence for a name that it has retired or that neither AWS nor this server knows, and the reason
    ///   of the operator's directory for one that is only not installed. What the operator has installed is never refused.
    static func check(_ id: String?, _ runtimes: any RuntimeDirectory) throws(APIError) -> String? {
        guard let id else { return nil }
        guard let refusal = runtimes.refusal(of: id) else { return id }
        if self.retired.contains(id) { throw .runtimeRetired(id) }
        throw self.modelRefusal(of: id) ?? .invalid(refusal)
    }

    /// The model's list is asked, not copied: its own refusal holds it.
    private static func modelRefusal(of id: String) -> APIError? {
        var body = JSONObject()
        body["Runtime"] = .string(id)
        do {
            _ = try InputReader.read(
                .UpdateFunctionConfiguration, labels: ["FunctionName": "f"], query: [], header: { _ in nil },
                body: .object(body))
            return nil
        } catch .validation(let text) {
            guard let rule = text.firstRange(of: "Member must satisfy enum value set: ") else { return nil }
            return .invalid(
                "Value \(id) at 'runtime' failed to satisfy constraint: \(text[rule.lowerBound...]) or be a valid ARN")
        } catch {
            return nil
        }
    }
}
