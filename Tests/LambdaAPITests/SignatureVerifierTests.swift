import LambdaCore
import SigV4
import Testing

/// One request with its signature, ready to be spoilt.
private struct SignedRequest {
    var method = "POST"
    var path: Substring =
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af/invocations"
    var query: Substring = "Qualifier=%24LATEST"
    var headers: [(String, String)] = []
    var body: [UInt8] = []
    var now = ManualTime.start

    /// The first of the published vectors: the header form, with a session token.
    static let vector1 = SignedRequest(
        headers: [
            ("Host", "127.0.0.1:9000"), ("X-Amz-Date", "20260102T030405Z"), ("X-Amz-Invocation-Type", "Event"),
            ("X-Amz-Security-Token", "TOKEN123"),
            (
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/lambda/aws4_request, "
                    + "SignedHeaders=host;x-amz-date;x-amz-invocation-type;x-amz-security-token, "
                    + "Signature=0681012eb5c745baf90440b612637aed0e4ffa09f0512bbc122ec12998924f2f"
            ),
        ],
        body: Array(#"{"a":1}"#.utf8))

    /// The second: a repeated query key, no body, no token; no blank behind the commas.
    static let vector2 = SignedRequest(
        method: "DELETE", path: "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af",
        query: "tagKeys=b&tagKeys=a%20c",
        headers: [
            ("Host", "127.0.0.1:9000"), ("X-Amz-Date", "20260102T030405Z"),
            (
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDPLAIN/20260102/us-east-1/lambda/aws4_request,SignedHeaders=host;x-amz-date,"
                    + "Signature=30784492336a90abb21de1c66f2486d89fba460fc627c2dbdd106826f3f27010"
            ),
        ])

    /// The third: the query form.
    static let vector3 = SignedRequest(
        method: "GET", path: "/2015-03-31/functions/",
        query:
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDPLAIN%2F20260102%2Fus-east-1%2Flambda%2Faws4_request"
            + "&X-Amz-Date=20260102T030405Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host",
        headers: [("Host", "127.0.0.1:9000")])

    func verified(by verifier: SignatureVerifier) throws(SignatureError) -> Caller {
        try verifier.verify(
            method: self.method, path: self.path, query: self.query,
            header: { name in self.headers.filter { $0.0.lowercased() == name.lowercased() }.map { $0.1 } },
            body: self.body, now: self.now)
    }

    func with(_ name: String, _ change: (String) -> String?) -> SignedRequest {
        var copy = self
        copy.headers = self.headers.compactMap { header in
            guard header.0 == name else { return header }
            return change(header.1).map { (name, $0) }
        }
        return copy
    }
}

private let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

private func makeBook() throws -> CredentialBook {
    let book = CredentialBook()
    try book.replaceFileKeys(
        with: """
            [with-token]
            aws_access_key_id = AKIDEXAMPLE
            aws_secret_access_key = \(secret)
            aws_session_token = TOKEN123
            aws_account_id = 123456789012
            [plain]
            aws_access_key_id = AKIDPLAIN
            aws_secret_access_key = \(secret)
            """)
    return book
}

private func makeVerifier() throws -> SignatureVerifier {
    SignatureVerifier(service: "lambda", credentials: try makeBook())
}

private func refusal(of request: SignedRequest) throws -> SignatureError? {
    let verifier = try makeVerifier()
    do {
        _ = try request.verified(by: verifier)
        return nil
    } catch { return error }
}

@Suite struct `A signature` {
    @Test func `of the published header vector with a session token is accepted`() throws {
        let caller = try SignedRequest.vector1.verified(by: try makeVerifier())
        #expect(caller.account.digits == "123456789012")
        #expect(caller.region.name == "us-east-1")
        #expect(caller.arn == "arn:aws:iam::123456789012:user/with-token")
    }

    @Test func `is accepted a second time, with the derived key from the cache`() throws {
        let verifier = try makeVerifier()
        let first = try SignedRequest.vector1.verified(by: verifier)
        #expect(try SignedRequest.vector1.verified(by: verifier) == first)
    }

    @Test func `is made as in the published vectors`() throws {
        let headers = RequestSigner.sign(
            method: "POST", path: String(SignedRequest.vector1.path), query: String(SignedRequest.vector1.query),
            headers: [("Host", "127.0.0.1:9000"), ("X-Amz-Invocation-Type", "Event")], body: SignedRequest.vector1.body,
            service: "lambda", region: .standard,
            credentials: Credentials(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: secret, sessionToken: "TOKEN123", expiration: nil),
            now: ManualTime.start)
        let authorization = try #require(headers.first { $0.name == "Authorization" }?.value)
        #expect(authorization.hasSuffix("0681012eb5c745baf90440b612637aed0e4ffa09f0512bbc122ec12998924f2f"))
        #expect(headers.first { $0.name == "X-Amz-Date" }?.value == "20260102T030405Z")
        #expect(headers.first { $0.name == "X-Amz-Security-Token" }?.value == "TOKEN123")
    }

    @Test func `of the vector with a repeated query key is made as published`() throws {
        let headers = RequestSigner.sign(
            method: "DELETE", path: String(SignedRequest.vector2.path), query: String(SignedRequest.vector2.query),
            headers: [("Host", "127.0.0.1:9000")], body: [], service: "lambda", region: .standard,
            credentials: Credentials(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: secret, sessionToken: nil, expiration: nil),
            now: ManualTime.start)
        let authorization = try #require(headers.first { $0.name == "Authorization" }?.value)
        #expect(authorization.hasSuffix("30784492336a90abb21de1c66f2486d89fba460fc627c2dbdd106826f3f27010"))
    }

    @Test func `does not cover the key id, so the second vector is accepted under another`() throws {
        #expect(try SignedRequest.vector2.verified(by: try makeVerifier()).account == .standard)
    }

    @Test func `in the query is made as published, and accepted`() throws {
        let query = RequestSigner.presign(
            path: "/2015-03-31/functions/", host: "127.0.0.1:9000", service: "lambda", region: .standard,
            credentials: Credentials(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: secret, sessionToken: nil, expiration: nil),
            expires: 3_600, now: ManualTime.start)
        #expect(query.hasSuffix("X-Amz-Signature=1fa5829ad5c0f953c5322f23a9a354bb7a35f238999b24080482ce4d36f09513"))
        let own = RequestSigner.presign(
            path: "/2015-03-31/functions/", host: "127.0.0.1:9000", service: "lambda", region: .standard,
            credentials: Credentials(
                accessKeyID: "AKIDPLAIN", secretAccessKey: secret, sessionToken: nil, expiration: nil),
            expires: 3_600, now: ManualTime.start)
        var request = SignedRequest.vector3
        request.query = Substring(own)
        #expect(try request.verified(by: try makeVerifier()).accessKeyID == "AKIDPLAIN")
        request.now = ManualTime.start.advanced(by: .seconds(3_600))
        #expect(try request.verified(by: try makeVerifier()).accessKeyID == "AKIDPLAIN")
        request.now = ManualTime.start.advanced(by: .seconds(3_601))
        #expect(
            try refusal(of: request)
                == .invalid("Signature expired: 20260102T040405Z is now earlier than 20260102T040406Z"))
    }
}

@Suite struct `A request is refused` {
    @Test func `without any signature`() throws {
        let request = SignedRequest.vector1.with("Authorization") { _ in nil }
        #expect(try refusal(of: request) == .missing)
    }

    @Test func `with a key id that nobody has`() throws {
        let request = SignedRequest.vector1.with("Authorization") {
            $0.replacing("AKIDEXAMPLE", with: "AKIDSTRANGER")
        }
        #expect(try refusal(of: request) == .unknownKey)
    }

    @Test(arguments: [nil, "TOKEN124", "TOKEN12"]) func `without its session's own token`(token: String?) throws {
        #expect(try refusal(of: SignedRequest.vector1.with("X-Amz-Security-Token") { _ in token }) == .unknownKey)
    }

    @Test func `with another body, method, path, query or header than was signed`() throws {
        var body = SignedRequest.vector1
        body.body = Array(#"{"a":2}"#.utf8)
        var method = SignedRequest.vector1
        method.method = "PUT"
        var path = SignedRequest.vector1
        path.path = "/2015-03-31/functions/g/invocations"
        var query = SignedRequest.vector1
        query.query = ""
        let header = SignedRequest.vector1.with("X-Amz-Invocation-Type") { _ in "RequestResponse" }
        let host = SignedRequest.vector1.with("Host") { _ in "127.0.0.1" }
        for spoilt in [body, method, path, query, header, host] { #expect(try refusal(of: spoilt) == .mismatch) }
    }

    @Test func `with AWS's text of exactly 192 bytes where the signature is another`() {
        // The observed length is that of the whole body, {"message":"…"}.
        #expect(SignatureError.mismatch.message.utf8.count + #"{"message":""}"#.utf8.count == 192)
    }

    @Test func `with a time that is more than five minutes away`() throws {
        var late = SignedRequest.vector1
        late.now = ManualTime.start.advanced(by: .seconds(300))
        #expect(try refusal(of: late) == nil)
        late.now = ManualTime.start.advanced(by: .seconds(301))
        #expect(
            try refusal(of: late)
                == .invalid(
                    "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z "
                        + "(20260102T030906Z - 5 min.)"))
        var early = SignedRequest.vector1
        early.now = ManualTime.start.advanced(by: .seconds(-301))
        #expect(
            try refusal(of: early)
                == .invalid(
                    "Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z "
                        + "(20260102T025904Z + 5 min.)"))
    }

    @Test func `with a header that lacks parts, all of which are named`() throws {
        let request = SignedRequest.vector1.with("Authorization") { _ in "AWS4-HMAC-SHA256 Foo=bar" }
            .with("X-Amz-Date") { _ in nil }
        #expect(
            try refusal(of: request)
                == .incomplete(
                    "Authorization header requires 'Credential' parameter. "
                        + "Authorization header requires 'Signature' parameter. "
                        + "Authorization header requires 'SignedHeaders' parameter. "
                        + "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."))
    }

    @Test(arguments: [
        ("/lambda/", "/s3/"), ("aws4_request", "aws3_request"), ("20260102/", "20260103/"), ("us-east-1", "US_EAST"),
        ("host;", ""),
    ]) func `with a scope or a header list that is out of order`(part: (String, String)) throws {
        let request = SignedRequest.vector1.with("Authorization") { $0.replacing(part.0, with: part.1) }
        guard case .invalid = try refusal(of: request) else {
            Issue.record("\(part.0) was taken as \(part.1)")
            return
        }
    }

    @Test(arguments: ["0", "604801", "x"]) func `with an expiry outside a week`(expires: String) throws {
        var request = SignedRequest.vector3
        request.query += "&X-Amz-Signature=1fa5829ad5c0f953c5322f23a9a354bb7a35f238999b24080482ce4d36f09513"
        request.query = Substring(request.query.replacing("Expires=3600", with: "Expires=\(expires)"))
        #expect(
            try refusal(of: request) == .incomplete("X-Amz-Expires must be a number from 1 to 604800 seconds."))
    }

    @Test func `with a content hash that is not the body's`() throws {
        var request = SignedRequest.vector1
        request.headers.append(("X-Amz-Content-Sha256", String(repeating: "0", count: 64)))
        #expect(try refusal(of: request) == .mismatch)
    }
}

@Suite struct `A canonical request` {
    private func isAccepted(signedPath: String, sentPath: String, signedQuery: String = "", sentQuery: String = "")
        throws
        -> Bool
    {
        let credentials = Credentials(
            accessKeyID: "AKIDPLAIN", secretAccessKey: secret, sessionToken: nil, expiration: nil)
        let headers = RequestSigner.sign(
            method: "GET", path: signedPath, query: signedQuery, headers: [("Host", "h"), ("X-Amz-Meta", "a b")],
            body: [], service: "lambda", region: .standard, credentials: credentials, now: ManualTime.start)
        let sent =
            headers.map { ($0.name, $0.value) } + [("host", "h"), ("x-amz-meta", "  a \t b ")]
        let request = SignedRequest(
            method: "GET", path: Substring(sentPath), query: Substring(sentQuery), headers: sent)
        return try refusal(of: request) == nil
    }

    @Test(arguments: [
        ("/a/b", "//a/./c/..//b"), ("/a/", "/a/."), ("/", ""), ("/x%3Ay", "/x%3Ay"),
    ]) func `has the path in one form`(paths: (String, String)) throws {
        #expect(try self.isAccepted(signedPath: paths.0, sentPath: paths.1))
    }

    @Test(arguments: [("/a", "/a/"), ("/x%3Ay", "/x:y"), ("/a", "/A")]) func `of another path is another request`(
        paths: (String, String)
    ) throws {
        #expect(try !self.isAccepted(signedPath: paths.0, sentPath: paths.1))
    }

    @Test(arguments: [
        ("a=1&b=2", "b=2&a=1"), ("a=%7E", "a=~"), ("a=", "a"), ("a=%20", "a=+"), ("a=%2f", "a=%2F"), ("", "&"),
    ]) func `has the query in one order and spelling`(queries: (String, String)) throws {
        #expect(
            try self.isAccepted(signedPath: "/", sentPath: "/", signedQuery: queries.0, sentQuery: queries.1))
    }
}
