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
    let signedHeaders: [String]
    let signedHeadersText: String
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
        guard let credential = fields.credential, let signature = fields.signature,
            let signedHeaders = fields.signedHeaders, let dateText
        else { throw SignatureClaim.incomplete(fields, isDated: dateText != nil) }
        try self.init(
            form: .header, credential: credential, signedHeaders: signedHeaders, signature: signature,
            timeText: dateText, sessionToken: header("X-Amz-Security-Token").first)
    }

    /// Reads the claim of the query form; `query` gives a decoded value by its exact name.
    init(query: (String) -> String?) throws(SignatureError) {
        guard let algorithm = query("X-Amz-Algorithm"), algorithm == SignatureScope.algorithm else {
            throw .incomplete("Unsupported AWS 'algorithm': '\(query("X-Amz-Algorithm") ?? "")'.")
        }
        guard let credential = query("X-Amz-Credential"), let signature = query("X-Amz-Signature"),
            let signedHeaders = query("X-Amz-SignedHeaders"), let timeText = query("X-Amz-Date"),
            let expiresText = query("X-Amz-Expires")
        else {
            let missing = [
                "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date", "X-Amz-Expires",
            ].filter { query($0) == nil }.map { "AWS query-string parameters must include '\($0)'." }
            throw .incomplete(missing.joined(separator: " "))
        }
        guard let expires = Int(expiresText), (1...SignatureVerifier.longestPresignedSeconds).contains(expires) else {
            throw .incomplete(
                "X-Amz-Expires must be a number from 1 to \(SignatureVerifier.longestPresignedSeconds) seconds.")
        }
        try self.init(
            form: .query(expires: expires), credential: Array(credential.utf8)[...],
            signedHeaders: Array(signedHeaders.utf8)[...], signature: Array(signature.utf8)[...], timeText: timeText,
            sessionToken: query("X-Amz-Security-Token"))
    }

    private init(
        form: Form, credential: ArraySlice<UInt8>, signedHeaders: ArraySlice<UInt8>, signature: ArraySlice<UInt8>,
        timeText: String, sessionToken: String?
    ) throws(SignatureError) {
        guard let scope = SignatureScope(credential: credential) else {
            throw .incomplete("Credential must have exactly 5 slash-delimited elements.")
        }
        guard let time = WallTime(signatureText: timeText) else {
            throw .incomplete("Date must be in ISO-8601 'basic format'. Got '\(timeText)'.")
        }
        // Digits of the wrong kind or number can match nothing; they are a mismatch and not an incomplete header.
        guard let bytes = LowerCaseHex.decode(signature) else { throw .mismatch }
        let names = signedHeaders.split(separator: 0x3B, omittingEmptySubsequences: true)
        guard names.contains(where: { $0.elementsEqual("host".utf8) }) else {
            throw .invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
        }
        self.form = form
        self.scope = scope
        self.signedHeaders = names.map { String(decoding: $0, as: UTF8.self) }
        self.signedHeadersText = String(decoding: signedHeaders, as: UTF8.self)
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
        var credential: ArraySlice<UInt8>?
        var signedHeaders: ArraySlice<UInt8>?
        var signature: ArraySlice<UInt8>?
    }

    private static func incomplete(_ fields: Fields, isDated: Bool) -> SignatureError {
        var sentences = [
            ("Credential", fields.credential), ("Signature", fields.signature), ("SignedHeaders", fields.signedHeaders),
        ].filter { $0.1 == nil }.map { "Authorization header requires '\($0.0)' parameter." }
        if !isDated {
            sentences.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        }
        return .incomplete(sentences.joined(separator: " "))
    }

    /// Splits `<algorithm> Credential=…, SignedHeaders=…, Signature=…`; the comma may or may not have a blank behind it.
    ///
    /// On an array of bytes, for every call is signed, and slices of texts cost ten times as much.
    private static func fields(of text: String) -> (algorithm: String, Fields) {
        let blank: UInt8 = 0x20
        let bytes = Array(text.utf8)
        guard let end = bytes.firstIndex(of: blank) else { return (text, Fields()) }
        var fields = Fields()
        var rest = bytes[(end + 1)...]
        while !rest.isEmpty {
            let part = rest.prefix { $0 != 0x2C }
            rest = rest[part.endIndex...].dropFirst()
            guard let equals = part.firstIndex(of: 0x3D) else { continue }
            let name = part[..<equals].drop { $0 == blank }
            var value = part[(equals + 1)...]
            while value.last == blank { value = value.dropLast() }
            if name.elementsEqual("Credential".utf8) {
                fields.credential = value
            } else if name.elementsEqual("SignedHeaders".utf8) {
                fields.signedHeaders = value
            } else if name.elementsEqual("Signature".utf8) {
                fields.signature = value
            }
        }
        return (String(decoding: bytes[..<end], as: UTF8.self), fields)
    }
}

enum LowerCaseHex {
    /// Returns the 32 bytes of 64 lower-case hex digits, and `nil` for anything else.
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count == 64 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        var high: UInt8?
        for digit in text {
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
