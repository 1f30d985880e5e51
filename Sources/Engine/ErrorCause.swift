internal import LambdaCore

/// Errors that a runtime posts together with their cause for X-Ray, which the caller is not shown.
///
/// Source: the runtime emulator's handling of `application/vnd.aws.lambda.error.cause+json`.
package enum ErrorCause {
    private static let contentType = "application/vnd.aws.lambda.error.cause+json"

    /// The cause for X-Ray, where the body has one.
    package static func cause(body: [UInt8], contentType: String?) -> [UInt8]? {
        guard contentType == self.contentType else { return nil }
        return (try? JSONValue.parse(body))?.objectValue?["errorCause"]?.serialized
    }

    /// What the caller gets: the error without its cause; any other body as it is.
    package static func answer(body: [UInt8], contentType: String?) -> (body: [UInt8], contentType: String?) {
        guard contentType == self.contentType else { return (body, contentType) }
        guard let error = try? JSONValue.parse(body).objectValue else {
            // Not JSON, or no object: AWS's own words.
            return (Array("\"Invalid error body\"".utf8), "application/octet-stream")
        }
        var shown = JSONObject()
        for member in ["errorMessage", "errorType", "stackTrace"] { shown[member] = error[member] }
        return (JSONValue.object(shown).serialized, "application/json")
    }
}
