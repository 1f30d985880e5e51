/// Why an object could not be had.
package enum ObjectFetchError: Error, Equatable {
    /// The object store said no, in its own words.
    case refused(code: String, message: String)
    case tooLarge(limit: Int)
    /// No answer, or none that can be read; says why.
    case unavailable(String)
}

/// Reads objects of an S3-compatible store: where the code of a function or layer may be.
package protocol ObjectFetching: Sendable {
    /// - Parameters:
    ///   - version: Of the object; the newest where it is `nil`.
    ///   - region: Signs the request.
    ///   - limit: Bytes; a longer object is refused, not cut.
    func object(
        bucket: String, key: String, version: String?, region: Region, limit: Int
    ) async throws(ObjectFetchError) -> [UInt8]
}
