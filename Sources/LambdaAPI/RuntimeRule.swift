import LambdaCore
import LambdaShapes

/// Which runtimes a function may ask for.
enum RuntimeRule {
    /// Gives `id` back if this server can run it.
    ///
    /// - Throws: AWS's sentence for a name that neither AWS nor this server knows, and the reason of the operator's
    ///   directory for one that is only not installed.
    static func check(_ id: String?, _ runtimes: any RuntimeDirectory) throws(APIError) -> String? {
        guard let id else { return nil }
        guard let refusal = runtimes.refusal(of: id) else { return id }
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
