import LambdaCore

/// What a request says about its signature, read from the `Authorization` header or from the query. Nothing is verified.
struct SignatureClaim: Equatable {
    enum Form: Equatable {
        case header
        /// Seconds that the signed address is valid.
        case query(expires: Int)
    }

    let form: Form
    let scope: SignatureScope
    /// Lower-case names in the order of the claim.
    let signedHeaders: [Substring]
    let signedHeadersText: Substring
    let signature: [UInt8]
    /// The text of `X-Amz-Date`.
    let timeText: String
    let time: WallTime
    let sessionToken: String?

    /// Reads the claim of the header form.
    ///
    /// - Throws: ``SignatureError/incomplete(_:)`` with a sentence for every part that is missing.
    init(authorization: String, header: (String) -> [String]) throws(SignatureError) {
        let (algorithm, fields) = SignatureClaim.fields(of: authorization)
        guard algorithm == SignatureScope.algorithm else {
            throw .incomplete("Unsupported AWS 'algorithm': '\(algorithm)'.")
        }
        let dateText = header("X-Amz-Date").first ?? header("Date").first
        let missing = [
            ("Credential", fields.credential), ("Signature", fields.signature), ("SignedHeaders", fields.signedHeaders),
        ].filter { $0.1 == nil }.map { "Authorization header requires '\($0.0)' parameter." }
        let undated = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        guard let credential = fields.credential, let signature = fields.signature,
            let signedHeaders = fields.signedHeaders, let dateText
        else { throw .incomplete((missing + (dateText == nil ? [undated] : [])).joined(separator: " ")) }
        try self.init(
            form: .header, credential: credential, signedHeaders: signedHeaders, signature: signature,
            timeText: dateText, sessionToken: header("X-Amz-Security-Token").first)
    }

    /// Reads the claim of the query form; `query` gives a decoded value by its exact name.
    init(query: (String) -> String?) throws(SignatureError) {
        guard let algorithm = query("X-Amz-Algorithm"), algorithm == SignatureScope.algorithm else {
            throw .incomplete("Unsupported AWS 'algorithm': '\(query("X-Amz-Algorithm") ?? "")'.")
        }
        let missing = ["X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date", "X-Amz-Expires"]
            .filter { query($0) == nil }.map { "AWS query-string parameters must include '\($0)'." }
        guard let credential = query("X-Amz-Credential"), let signature = query("X-Amz-Signature"),
            let signedHeaders = query("X-Amz-SignedHeaders"), let timeText = query("X-Amz-Date"),
            let expiresText = query("X-Amz-Expires")
        else { throw .incomplete(missing.joined(separator: " ")) }
        guard let expires = Int(expiresText), (1...SignatureVerifier.longestPresignedSeconds).contains(expires) else {
            throw .incomplete(
                "X-Amz-Expires must be a number from 1 to \(SignatureVerifier.longestPresignedSeconds) seconds.")
        }
        try self.init(
            form: .query(expires: expires), credential: Substring(credential), signedHeaders: Substring(signedHeaders),
            signature: Substring(signature), timeText: timeText, sessionToken: query("X-Amz-Security-Token"))
    }

    private init(
        form: Form, credential: Substring, signedHeaders: Substring, signature: Substring, timeText: String,
        sessionToken: String?
    ) throws(SignatureError) {
        guard let scope = SignatureScope(credential: credential) else {
            throw .incomplete("Credential must have exactly 5 slash-delimited elements.")
        }
        guard let time = WallTime(signatureText: timeText) else {
            throw .incomplete("Date must be in ISO-8601 'basic format'. Got '\(timeText)'.")
        }
        // Digits of the wrong kind or number can match nothing; they are a mismatch and not an incomplete header.
        guard let bytes = LowerCaseHex.decode(signature) else { throw .mismatch }
        let names = signedHeaders.split(separator: ";", omittingEmptySubsequences: true)
        guard names.contains("host") else {
            throw .invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
        }
        self.form = form
        self.scope = scope
        self.signedHeaders = names
        self.signedHeadersText = signedHeaders
        self.signature = bytes
        self.timeText = timeText
        self.time = time
        self.sessionToken = sessionToken
    }

    /// The key id of an `Authorization` header whose signature nobody checks.
    static func scope(ofAuthorization text: String) -> SignatureScope? {
        SignatureClaim.fields(of: text).1.credential.flatMap { SignatureScope(credential: $0) }
    }

    private struct Fields {
        var credential: Substring?
        var signedHeaders: Substring?
        var signature: Substring?
    }

    /// Splits `<algorithm> Credential=…, SignedHeaders=…, Signature=…`; the comma may or may not have a blank behind it.
    private static func fields(of text: String) -> (algorithm: Substring, Fields) {
        let blank: UInt8 = 0x20
        let bytes = text.utf8
        guard let end = bytes.firstIndex(of: blank) else { return (Substring(text), Fields()) }
        var fields = Fields()
        for part in bytes[bytes.index(after: end)...].split(separator: 0x2C) {
            guard let equals = part.firstIndex(of: 0x3D) else { continue }
            let name = Substring(part[..<equals].drop { $0 == blank })
            var value = part[part.index(after: equals)...]
            while value.last == blank { value = value.dropLast() }
            switch name {
            case "Credential": fields.credential = Substring(value)
            case "SignedHeaders": fields.signedHeaders = Substring(value)
            case "Signature": fields.signature = Substring(value)
            default: continue
            }
        }
        return (text[..<end], fields)
    }
}

enum LowerCaseHex {
    /// Returns the 32 bytes of 64 lower-case hex digits, and `nil` for anything else.
    static func decode(_ text: Substring) -> [UInt8]? {
        guard text.utf8.count == 64 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        var high: UInt8?
        for digit in text.utf8 {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x61...0x66: value = digit - 0x61 + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }

    private static let digits = Array("0123456789abcdef".utf8)

    static func append(_ bytes: some Sequence<UInt8>, to out: inout [UInt8]) {
        for byte in bytes {
            out.append(self.digits[Int(byte >> 4)])
            out.append(self.digits[Int(byte & 15)])
        }
    }
}
