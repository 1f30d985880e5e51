import LambdaCore

/// What must hold of code before a function may have it.
enum DeploymentRule {
    /// - Throws: Where the function's code and its layers are too large together. What was stored before sizes were
    ///   counted has none, and is not judged.
    static func checkSize(of record: FunctionRecord, limit: Int) throws(APIError) {
        guard !record.layers.isEmpty else { return }
        let sizes = [record.code.unzippedSize] + record.layers.map { $0.code.unzippedSize }
        guard !sizes.contains(nil) else { return }
        let total = sizes.reduce(0) { $0 + ($1 ?? 0) }
        guard total <= limit else { throw .combinedCodeTooLarge(total, limit: limit) }
    }

    /// The code signing configuration that a function shall have, or has.
    ///
    /// No package that comes here is signed, for AWS Signer is not there to sign it.
    ///
    /// - Throws: Where the configuration is not there, or refuses unsigned code.
    static func checkSigning(
        _ arn: String?, of function: FunctionKey, in store: any StoreReading
    ) throws {
        guard let arn, !arn.isEmpty else { return }
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 7, parts[3] == function.region.name, parts[4] == function.account.digits,
            let config = try store.resource(
                CodeSigningConfigRecord.self, at: ResourceAddress(scope: function.scope, name: String(parts[6])))
        else { throw APIError.codeSigningConfigMissing(arn) }
        guard config.untrustedArtifact != "Enforce" else { throw APIError.unsignedCode(function.name.text) }
    }
}
