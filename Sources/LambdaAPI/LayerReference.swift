import LambdaCore

/// A layer as a caller names it: by its name, or by its ARN, which may be that of another account.
struct LayerReference: Sendable, Equatable {
    let scope: Scope
    let name: String

    /// Reads a name or an ARN that has passed the model's pattern.
    ///
    /// - Throws: Where the ARN is of another region.
    init(parsing text: String, caller: Scope) throws(APIError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        guard parts.count >= 7, parts[0] == "arn", let account = AccountID(parts[4]) else {
            self.scope = caller
            self.name = text
            return
        }
        guard parts[3] == caller.region.name else { throw .layersOfOtherRegion(parts[3], here: caller.region) }
        self.scope = Scope(account: account, region: caller.region)
        self.name = parts[6]
    }

    init(scope: Scope, name: String) {
        self.scope = scope
        self.name = name
    }

    var arn: String { "arn:aws:lambda:\(self.scope.region):\(self.scope.account):layer:\(self.name)" }
}

extension LayerVersionReference {
    /// - Throws: Where the number cannot be one.
    init(_ layer: LayerReference, number: Int) throws(APIError) {
        guard number >= 1 else { throw .layerVersionBelowOne }
        self.arn = "\(layer.arn):\(number)"
        self.scope = layer.scope
        self.layer = layer.name
        self.number = number
    }

    /// Reads the ARN of a version that has passed the model's pattern.
    ///
    /// - Throws: Where there can be no such version: of another region, or with too large a number.
    init(parsing arn: String, caller: Scope) throws(APIError) {
        guard let last = arn.lastIndex(of: ":"), let number = Int(arn[arn.index(after: last)...]) else {
            throw .noSuchResource
        }
        try self.init(try LayerReference(parsing: String(arn[..<last]), caller: caller), number: number)
    }

    var address: ResourceAddress {
        LayerVersionRecord.address(in: self.scope, layer: self.layer, number: self.number)
    }
}
