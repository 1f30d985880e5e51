import LambdaCore

/// Texts of the operations on functions and versions.
extension APIError {
    // MARK: Code

    static let noSourceOfCode = APIError.invalid("Please provide a source for function code.")

    static let severalSourcesOfCode = APIError.invalid(
        "Please do not provide other FunctionCode parameters when providing a ZipFile.")

    static func incompleteObjectName(_ prefix: String) -> APIError {
        .invalid("Please provide both \(prefix)S3Bucket and \(prefix)S3Key.")
    }

    static func notBase64(_ member: String) -> APIError { APIError(.serialization, "\(member) is not base64.") }

    static func unzippedTooLarge(_ limit: Int) -> APIError {
        .invalid("Unzipped size must be smaller than \(limit) bytes")
    }

    static func combinedCodeTooLarge(_ bytes: Int, limit: Int) -> APIError {
        .invalid(
            "Function code combined with layers exceeds the maximum allowed size of \(limit) bytes. "
                + "The actual size is \(bytes) bytes.")
    }

    static let codeStorageExceeded = APIError(.codeStorageExceeded, "Code storage limit exceeded.")

    static func objectRefused(code: String, message: String) -> APIError {
        .invalid("Error occurred while GetObject. S3 Error Code: \(code). S3 Error Message: \(message)")
    }

    static let noObjectStore = APIError.invalid(
        "Code from S3 is not available on this server: no services endpoint is configured. "
            + "Set services_endpoint in lambdad.conf, or send the code as ZipFile.")

    static let objectStoreUnavailable = APIError(
        .service, "The services endpoint of this server did not give the object. Its reason is in the server's log.")

    static func hotReloadPathNotAbsolute(_ key: String) -> APIError {
        .invalid(
            "When using hot reloading, the archive key has to be an absolute path! Your archive key: \(key)")
    }

    static func hotReloadNotAllowed(_ key: String) -> APIError {
        .invalid(
            "The directory \(key) is not one that functions of this server may be run from. "
                + "Add it, or a directory above it, to hot_reload_directories in lambdad.conf.")
    }

    static func hotReloadDirectoryMissing(_ key: String) -> APIError {
        .invalid("There is no directory \(key) on this server.")
    }

    // MARK: Images

    static func imageMissing(_ deed: String) -> APIError {
        .invalid("Please provide ImageUri when \(deed) a function with packageType Image.")
    }

    static func imageNotAllowed(_ deed: String) -> APIError {
        .invalid("Please don't provide ImageUri when \(deed) a function with packageType Zip.")
    }

    static let zipMembersOfImage = APIError.invalid(
        "Please don't provide handler or runtime or layer when the intended function PackageType is Image.")

    static let imageConfigOfZip = APIError.invalid(
        "Please don't provide ImageConfig when the intended function PackageType is Zip.")

    static let snapStartOfImage = APIError.invalid("SnapStart is not supported for functions of packageType Image.")

    // MARK: Configuration

    static func runtimeRetired(_ runtime: String) -> APIError {
        .invalid(
            "The runtime parameter of \(runtime) is no longer supported for creating or updating AWS Lambda functions. "
                + "We recommend you use a supported runtime while creating or updating functions.")
    }

    static func noSnapStart(_ runtime: String) -> APIError {
        .invalid("\(runtime) is not supported for SnapStart enabled functions.")
    }

    static func architectureUnavailable(_ asked: String) -> APIError {
        .invalid(
            "The architecture \(asked) is not available on this server, whose machine is "
                + "\(Architecture.ofThisMachine).")
    }

    static func fileSystemNotMapped(_ arn: String) -> APIError {
        .invalid(
            "The file system \(arn) is not available on this server. "
                + "Map its ARN to a directory with file_systems in lambdad.conf.")
    }

    static let badDeadLetterTarget = APIError.invalid(
        "The TargetArn of DeadLetterConfig must be the ARN of an SQS queue or an SNS topic.")

    static let badTag = APIError.invalid(
        "A tag's key must have 1 to \(Limits.tagKeyCharacters) characters and its value at most "
            + "\(Limits.tagValueCharacters).")

    // MARK: Layers of a function

    static let tooManyLayers = APIError.invalid("Cannot reference more than \(Limits.layersPerFunction) layers.")

    static func layerVersionMissing(_ arn: String) -> APIError { .invalid("Layer version \(arn) does not exist.") }

    static func layerInOtherRegion(_ region: Region) -> APIError {
        .invalid(
            "Layers are not in the same region as the function. Layers are expected to be in region \(region).")
    }

    static func sameLayerTwice(_ first: String, _ second: String) -> APIError {
        .invalid(
            "Two different versions of the same layer are not allowed to be referenced in the same function. "
                + "\(first) and \(second) are versions of the same layer.")
    }

    // MARK: Code signing

    static func codeSigningConfigMissing(_ arn: String) -> APIError {
        APIError(
            .codeSigningConfigNotFound,
            "The code signing configuration cannot be found. "
                + "Check that the provided configuration is not deleted: \(arn).")
    }

    static func unsignedCode(_ function: String) -> APIError {
        APIError(
            .codeVerificationFailed,
            "Lambda cannot deploy the function. The function or layer might be signed using a signature that the client "
                + "is not configured to accept. Check the provided signature for \(function).")
    }

    // MARK: Versions

    static func codeHashMismatch(given: String, actual: String) -> APIError {
        .invalid(
            "CodeSHA256 (\(given)) is different from current CodeSHA256 in $LATEST (\(actual)). "
                + "Please try again with the CodeSHA256 in $LATEST.")
    }

    static func versionInUse(_ version: String, by aliases: [String]) -> APIError {
        APIError(
            .resourceConflict, "Version \(version) is referenced by alias \(aliases.joined(separator: ", "))")
    }

    static let badMarker = APIError.invalid("The Marker is not one that this operation gave.")
}
