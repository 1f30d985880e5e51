import LambdaCore
import SigV4
import Testing

@Suite struct `A credential book` {
    private static let file = """
        # made at installation
        [default]
        aws_access_key_id = AKIDONE
        aws_secret_access_key = secret-one

        [other]
        aws_access_key_id=AKIDTWO
        aws_secret_access_key=secret=two
        aws_session_token=token-two
        aws_account_id=123456789012
        """

    @Test func `reads profiles with their accounts`() throws {
        let book = CredentialBook()
        #expect(try book.replaceFileKeys(with: Self.file) == 2)
        #expect(book.key("AKIDONE")?.account == .standard)
        #expect(book.key("AKIDONE")?.sessionToken == nil)
        #expect(book.key("AKIDTWO")?.account.digits == "123456789012")
        #expect(book.key("AKIDTWO")?.secret == "secret=two")
        #expect(book.key("AKIDTWO")?.arn == "arn:aws:iam::123456789012:user/other")
    }

    private static func profile(_ lines: String) -> String {
        "[p]\naws_access_key_id=AKIDONE\naws_secret_access_key=s\n" + lines
    }

    @Test func `knows for which Cognito identity a key stands`() throws {
        let book = CredentialBook()
        try book.replaceFileKeys(
            with: Self.profile("cognito_identity_id=eu-west-1:0a-1b\ncognito_identity_pool_id=eu-west-1:2c-3d"))
        let identity = CognitoIdentity(identityID: "eu-west-1:0a-1b", poolID: "eu-west-1:2c-3d")
        #expect(identity != nil && book.key("AKIDONE")?.cognitoIdentity == identity)
        try book.replaceFileKeys(with: Self.profile(""))
        #expect(book.key("AKIDONE")?.cognitoIdentity == nil)
    }

    @Test(arguments: [
        "cognito_identity_id=eu-west-1:0a", "cognito_identity_pool_id=eu-west-1:0a",
        "cognito_identity_id=eu-west-1:0a\ncognito_identity_pool_id=x",
        "cognito_identity_id=eu-west-1:0\"a\ncognito_identity_pool_id=eu-west-1:0a",
        "cognito_identity_id=eu-west-1:0a\ncognito_identity_pool_id=eu-west-1:0g",
        "cognito_identity_id=eu-west-1:0a:1\ncognito_identity_pool_id=eu-west-1:0a",
    ])
    func `refuses half an identity, and what is none`(lines: String) {
        #expect(throws: CredentialFileError.self) { try CredentialBook().replaceFileKeys(with: Self.profile(lines)) }
    }

    @Test func `forgets the file's old keys when it is read again, and keeps sessions`() throws {
        let book = CredentialBook()
        try book.replaceFileKeys(with: Self.file)
        let session = book.mint(
            account: .standard, role: "arn:aws:iam::000000000000:role/r", sessionName: "f", duration: .seconds(3_600),
            now: ManualTime.start)
        try book.replaceFileKeys(with: "[new]\naws_access_key_id=AKIDNEW\naws_secret_access_key=s")
        #expect(book.key("AKIDONE") == nil)
        #expect(book.key("AKIDNEW") != nil)
        #expect(book.key(session.accessKeyID) != nil)
    }

    @Test(arguments: [
        "[a]\naws_secret_access_key=s",
        "[a]\naws_access_key_id=A",
        "[a]\naws_access_key_id=A\naws_secret_access_key=s\naws_account_id=12",
        "[a]\naws_access_key_id=A\naws_secret_access_key=s\n[b]\naws_access_key_id=A\naws_secret_access_key=t",
        "[a\naws_access_key_id=A",
        "top secret",
    ]) func `refuses a file that is not whole, keeps what it had, and quotes none of it`(text: String) throws {
        let book = CredentialBook()
        try book.replaceFileKeys(with: Self.file)
        let error = #expect(throws: CredentialFileError.self) { try book.replaceFileKeys(with: text) }
        #expect(book.key("AKIDONE") != nil)
        #expect(!"\(String(describing: error))".contains("top secret"))
    }

    @Test func `mints sessions that its verifier accepts until they end`() throws {
        let book = CredentialBook()
        let session = book.mint(
            account: .standard, role: "arn:aws:iam::000000000000:role/path/worker", sessionName: "f",
            duration: .seconds(60), now: ManualTime.start)
        #expect(session.accessKeyID.hasPrefix("ASIA"))
        #expect(session.accessKeyID.utf8.count == 20)
        #expect(session.expiration == ManualTime.start.advanced(by: .seconds(60)))
        let verifier = SignatureVerifier(service: "lambda", credentials: book)
        func caller(_ seconds: Int) throws -> Caller {
            let now = ManualTime.start.advanced(by: .seconds(seconds))
            let headers = RequestSigner.sign(
                method: "GET", path: "/", headers: [("Host", "h")], body: [], service: "lambda", region: .standard,
                credentials: session, now: now)
            return try verifier.verify(
                method: "GET", path: "/", query: "",
                header: { name in
                    name == "host" ? ["h"] : headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
                }, body: [], now: now)
        }
        #expect(try caller(59).arn == "arn:aws:sts::000000000000:assumed-role/worker/f")
        #expect(throws: SignatureError.expiredSession) { try caller(60) }
    }

    @Test func `drops sessions that have been over for an hour`() {
        let book = CredentialBook()
        for _ in 0..<64 {
            _ = book.mint(
                account: .standard, role: "r", sessionName: "f", duration: .seconds(1), now: ManualTime.start)
        }
        #expect(book.sessionCount == 64)
        _ = book.mint(
            account: .standard, role: "r", sessionName: "f", duration: .seconds(1),
            now: ManualTime.start.advanced(by: .seconds(7_200)))
        #expect(book.sessionCount == 1)
    }

    @Test func `gives execution roles local credentials`() async throws {
        let book = CredentialBook()
        let provider = LocalRoleCredentials(book: book, time: ManualTime())
        let credentials = try await provider.credentials(
            role: "arn:aws:iam::000000000000:role/r", account: .standard, region: .standard, sessionName: "fn",
            duration: .seconds(3_600))
        #expect(book.key(credentials.accessKeyID)?.secret == credentials.secretAccessKey)
    }

    @Test func `has no secret in any text form`() throws {
        let book = CredentialBook()
        try book.replaceFileKeys(with: Self.file)
        let session = book.mint(
            account: .standard, role: "r", sessionName: "f", duration: .seconds(60), now: ManualTime.start)
        let key = try #require(book.key("AKIDTWO"))
        let minted = try #require(book.key(session.accessKeyID))
        // The probe works: the secret is there, and would be seen.
        #expect(key.secret.contains("secret=two"))
        let texts = ["\(book)", "\(key)", "\(String(reflecting: key))", "\([key])", "\(session)", "\(minted)"]
        for text in texts {
            #expect(!text.contains("secret=two") && !text.contains("token-two"))
            #expect(!text.contains(session.secretAccessKey) && !text.contains(session.sessionToken ?? "none"))
        }
    }
}
