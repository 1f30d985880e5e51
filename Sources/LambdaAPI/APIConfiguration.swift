package import LambdaCore
package import NIOCore

/// What an ``APIServer`` is told about itself.
package struct APIConfiguration: Sendable {
    package enum Authentication: String, Sendable {
        case sigV4 = "sigv4"
        /// Nothing is verified. A 12-digit access key names the account; the scope names the region.
        case none
    }

    package var authentication = Authentication.sigV4
    /// Where the caller's credential names none; only with ``Authentication/none``.
    package var defaultAccount = AccountID.standard
    package var defaultRegion = Region.standard

    /// Invocations of all functions of an account and region at one time: `ConcurrentExecutions` of the account's limits.
    package var accountConcurrency = Limits.concurrentExecutions
    /// What of ``accountConcurrency`` reserved and provisioned concurrency must leave to the other functions.
    package var minimumUnreservedConcurrency = Limits.unreservedConcurrency
    /// The domain of function URLs' names, `ID.lambda-url.REGION.DOMAIN`; where there is none, callers on this machine are
    /// told `localhost` and others the form by path.
    package var functionURLDomain: String?
    /// Whether a function URL's policy must allow `lambda:InvokeFunction` beside `lambda:InvokeFunctionUrl`, as AWS asks of
    /// URLs made since October 2025.
    package var functionURLsNeedInvokePermission = false

    package var payloads = PayloadLimits()
    package var codeSizes = CodeSizeLimits()
    /// Of actively traced functions, where the caller has not decided.
    package var sampling = TraceSampling.Rate()
    /// Bytes of a function's environment as compact JSON.
    package var environmentBytes = Limits.environmentBytes

    /// Connections served at one time; one more is closed at once.
    package var maximumConnections = 4_096
    /// Bytes of large request bodies held at one time, all connections together; past it a body is refused with a 503.
    package var bufferedBodyBytes = 1_073_741_824
    /// From a request's first byte to the end of its head.
    package var headTimeout = TimeAmount.seconds(30)
    /// Within this time a body must grow by ``minimumBodyProgress`` or end.
    package var bodyTimeout = TimeAmount.seconds(30)
    /// Bytes.
    package var minimumBodyProgress = 1_024
    /// How long a connection may rest between requests. SDKs keep pooled connections for 60 s.
    package var idleTimeout = TimeAmount.seconds(75)
    /// How long a connection that was made just before a stop may take to send its first byte.
    package var firstRequestGrace = TimeAmount.seconds(1)
    /// How long a body that is refused is still read and thrown away, so that the client sees the answer, not a reset.
    package var discardTimeout = TimeAmount.seconds(5)
    /// A connection looks at its deadlines this often, rather than by a timer of each request, which would cost every warm
    /// call. What takes longer than it may is ended by this much later.
    var deadlineInterval: TimeAmount { min(.seconds(5), self.headTimeout, self.bodyTimeout, self.idleTimeout) }

    /// Bytes of code that an account may store in one region.
    package var codeStorageBytes = Limits.codeStorageBytes
    /// CreateFunction answers once the function is active, as tools expect that do not wait for it.
    package var synchronousCreate = false
    /// Where `S3Bucket` and `S3Key` are read; `nil` where no object store is configured.
    package var objects: (any ObjectFetching)?
    /// The bucket whose keys are directories of the host.
    package var hotReloadBucket = "hot-reload"
    /// Absolute paths; only directories below them may be hot-reloaded. Empty switches hot reload off.
    package var hotReloadDirectories: [String] = []
    /// The directory of the host that a file system's ARN stands for; `nil` for an ARN that is not mapped.
    package var fileSystems: @Sendable (String) -> String? = { _ in nil }

    package init() {}
}
