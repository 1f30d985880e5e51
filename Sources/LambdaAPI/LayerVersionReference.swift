import LambdaCore

/// `arn:aws:lambda:<region>:<account>:layer:<name>:<number>`, as `Layers` holds it.
struct LayerVersionReference: Equatable {
    let arn: String
    let scope: Scope
    let layer: String
    let number: Int

    /// `nil` for what names no version of anybody's layer.
    init?(_ arn: String) {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 8, parts[2] == "lambda", parts[5] == "layer", let region = Region(String(parts[3])),
            let account = AccountID(String(parts[4])), let number = Int(parts[7])
        else { return nil }
        self.arn = arn
        self.scope = Scope(account: account, region: region)
        self.layer = String(parts[6])
        self.number = number
    }

    /// The ARN without the version.
    var layerARN: Substring { self.arn[..<(self.arn.lastIndex(of: ":") ?? self.arn.endIndex)] }
}

/// Finds the layers that a function names.
enum LayerResolution {
    /// The layers of `arns`, in their order.
    ///
    /// AWS judges one after the other, so that the first that is wrong decides the answer.
    ///
    /// - Parameter caller: Whose right to use layers of other accounts is asked, and what it is called in a refusal.
    static func resolve(
        _ arns: [String], for function: FunctionKey, caller: (account: AccountID, arn: String),
        in store: any StoreReading
    ) throws -> [FunctionRecord.Layer] {
        guard arns.count <= Limits.layersPerFunction else { throw APIError.tooManyLayers }
        var layers: [FunctionRecord.Layer] = []
        var seen: [Substring: String] = [:]
        for arn in arns {
            guard let reference = LayerVersionReference(arn) else { throw APIError.layerVersionMissing(arn) }
            guard reference.scope.region == function.region else { throw APIError.layerInOtherRegion(function.region) }
            let record = try store.resource(LayerVersionRecord.self, at: reference.address)
            if reference.scope.account != caller.account {
                // Whether it is there is nobody's business who may not use it.
                guard let record, record.mayBeRead(by: caller.account, caller.arn) else {
                    throw APIError.notAuthorized(caller.arn, "GetLayerVersion", on: arn)
                }
            }
            guard let record else { throw APIError.layerVersionMissing(arn) }
            if let other = seen[reference.layerARN] { throw APIError.sameLayerTwice(other, arn) }
            seen[reference.layerARN] = arn
            layers.append(
                FunctionRecord.Layer(versionARN: arn, code: record.code, hotReloadPath: record.hotReloadPath))
        }
        return layers
    }
}
