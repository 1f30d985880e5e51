package import LambdaCore

/// Execution roles' credentials where no services endpoint is configured: minted here, accepted here, of use nowhere else.
package struct LocalRoleCredentials: RoleCredentialsProvider {
    private let book: CredentialBook
    private let time: any TimeSource

    package init(book: CredentialBook, time: any TimeSource) {
        self.book = book
        self.time = time
    }

    package func credentials(
        role: String, account: AccountID, region: Region, sessionName: String, duration: Duration
    ) async throws(RoleCredentialsError) -> Credentials {
        self.book.mint(
            account: account, role: role, sessionName: sessionName, duration: duration, now: self.time.wallTime)
    }
}
