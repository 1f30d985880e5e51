import LambdaCore

/// Texts about layers. Source: recordings of AWS, except where a text says that it is this server's.
extension APIError {
    static let layerVersionBelowOne = APIError.invalid("Layer Version Cannot be less than 1")

    /// What operations on a version's policy say; GetLayerVersion has other words.
    static func layerVersionNotFound(_ arn: String) -> APIError {
        APIError(.resourceNotFound, "Layer version \(arn) does not exist.")
    }

    /// AWS's words are not known; these are those that it has for functions.
    static func layersOfOtherRegion(_ other: String, here: Region) -> APIError {
        APIError(.resourceNotFound, "Layers from '\(other)' are not reachable in this region ('\(here)')")
    }
}
