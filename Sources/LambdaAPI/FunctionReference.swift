import LambdaCore

/// A function as a caller names it: a name, `name:qualifier`, a partial or a full ARN.
struct FunctionReference: Equatable {
    static let latest = FunctionRecord.latest

    var region: String?
    var account: String?
    var name: String
    var qualifier: String?

    /// Reads a name that has passed the model's pattern.
    init(parsing text: String) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)[...]
        if parts.first == "arn" { parts = parts.dropFirst(3) }
        if parts.count > 1, let first = parts.first, FunctionReference.isRegion(first) {
            self.region = String(parts.removeFirst())
        }
        if parts.count > 1, let first = parts.first, AccountID(String(first)) != nil {
            self.account = String(parts.removeFirst())
        }
        if parts.count > 1, parts.first == "function" { parts.removeFirst() }
        self.name = parts.first.map { String($0) } ?? ""
        self.qualifier = parts.dropFirst().first.map { String($0) }
    }

    /// A bare name, as nearly every invocation has it.
    init(name: String) { self.name = name }

    /// What the model's pattern takes for a region: letters, then words, then one digit.
    private static func isRegion(_ text: Substring) -> Bool {
        let words = text.split(separator: "-", omittingEmptySubsequences: false)
        guard words.count >= 3, words[0].utf8.count == 2, let last = words.last, last.utf8.count == 1 else {
            return false
        }
        return last.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }

    /// The key of the function in the caller's account and region, and the qualifier from the name or the query.
    ///
    /// Checks in AWS's order: region, account, contradicting qualifiers.
    func resolve(
        account: AccountID, region: Region, queryQualifier: String?
    ) throws(APIError) -> (key: FunctionKey, qualifier: String?) {
        if let other = self.region, other != region.name { throw .otherRegion(other, here: region) }
        if let other = self.account, other != account.digits { throw .otherAccount }
        if let own = self.qualifier, let queryQualifier, own != queryQualifier { throw .qualifierMismatch }
        let qualifier = queryQualifier ?? self.qualifier
        guard let name = FunctionName(self.name) else {
            // Longer than any function here, or with a dot: a name that the pattern allows and nothing can have.
            let arn = "arn:aws:lambda:\(region):\(account):function:\(self.name)"
            throw APIError(.resourceNotFound, "Function not found: \(arn)\(qualifier.map { ":\($0)" } ?? "")")
        }
        return (FunctionKey(account: account, region: region, name: name), qualifier)
    }
}
