import LambdaCore
import SigV4

/// `registry/repository:tag` or `registry/repository@sha256:digest`.
struct ImageReference {
    private static let digestMark = "@sha256:"

    let uri: String

    init(_ uri: String) { self.uri = uri }

    /// Of the image, where the URI names one.
    var digest: String? {
        guard let mark = self.uri.firstRange(of: Self.digestMark) else { return nil }
        return String(self.uri[mark.upperBound...])
    }

    /// AWS shows the image's digest as the code's hash, and no size. No registry is asked here, so that a tag's digest is
    /// not known: its URI's own hash stands for it.
    var code: CodeReference {
        CodeReference(
            digest: "", base64: self.digest ?? BodyHash.text(of: Array(self.uri.utf8)), size: 0, unzippedSize: 0)
    }
}
