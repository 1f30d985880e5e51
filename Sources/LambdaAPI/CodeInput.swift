import LambdaCore

/// Where a request says that its code is.
enum CodeSource: Sendable, Equatable {
    case zip([UInt8])
    case object(bucket: String, key: String, version: String?)
    /// A directory of the host, as the request names it.
    case hotReload(String)
    case image(String)
}

/// The members that say where code is: `Code` of CreateFunction, `Content` of PublishLayerVersion, and those of
/// UpdateFunctionCode itself.
enum CodeInput {
    /// - Parameters:
    ///   - prefix: `Code.` where the members sit in a structure of their own; for texts.
    ///   - configuration: Knows the bucket whose keys are directories of the host, and how large a zip may be.
    static func source(
        _ input: JSONObject, prefix: String, _ configuration: APIConfiguration
    ) throws(APIError) -> CodeSource {
        func text(_ member: String) -> String? {
            input[member]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        }
        if text("SourceKMSKeyArn") != nil { throw .notAvailable(prefix + "SourceKMSKeyArn") }
        let isElsewhere = ["S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri"].contains { text($0) != nil }
        if text("ZipFile") != nil {
            guard !isElsewhere else { throw .severalSourcesOfCode }
            return .zip(try self.zip(input, prefix: prefix, limit: configuration.codeSizes.zipped))
        }
        if let image = text("ImageUri") { return .image(image) }
        guard isElsewhere else { throw .noSourceOfCode }
        guard let bucket = text("S3Bucket"), let key = text("S3Key") else { throw .incompleteObjectName(prefix) }
        if bucket == configuration.hotReloadBucket { return .hotReload(key) }
        return .object(bucket: bucket, key: key, version: text("S3ObjectVersion"))
    }

    /// The zip that is inside the request.
    static func zip(_ input: JSONObject, prefix: String, limit: Int) throws(APIError) -> [UInt8] {
        guard let encoded = input["ZipFile"]?.stringValue, !encoded.isEmpty else { throw .noSourceOfCode }
        guard let zip = Base64.decode(encoded) else { throw .notBase64(prefix + "ZipFile") }
        guard zip.count < limit else { throw .zipTooLarge(limit) }
        return zip
    }
}
