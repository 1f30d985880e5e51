internal import Crypto
internal import LambdaCore

/// A SHA-256 in lower-case hex: the only thing that names are made of here.
struct CodeDigest: Hashable {
    let hex: String
    let base64: String

    init(of zip: [UInt8]) {
        let hash = Array(SHA256.hash(data: zip))
        self.hex = Hexadecimal.encode(hash)
        self.base64 = Base64.encode(hash)
    }

    init(checking text: String) throws(CodeError) {
        guard text.utf8.count == 64, text.utf8.allSatisfy(Hexadecimal.isLowerCaseDigit) else {
            throw .failed("'\(text)' is not the digest of code")
        }
        self.hex = text
        self.base64 = ""
    }

    var treeName: [UInt8] { Array(self.hex.utf8) }
    var zipName: [UInt8] { Array("\(self.hex).zip".utf8) }
}
