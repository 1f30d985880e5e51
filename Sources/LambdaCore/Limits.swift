/// Every limit of lambdad, once. The page `Limits` of the documentation lists them with the test that holds each.
package enum Limits {
    // MARK: Function configuration (Lambda developer guide, "Lambda quotas")

    /// Characters of a function's name.
    package static let functionNameLength = 64
    /// Entries of `Layers`.
    package static let layersPerFunction = 5
    /// MiB, step 1.
    package static let memorySize = 128...10_240
    package static let defaultMemorySize = 128
    /// Seconds.
    package static let functionTimeout = 1...900
    package static let defaultFunctionTimeout = 3
    /// MiB of `/tmp`.
    package static let ephemeralStorage = 512...10_240
    package static let defaultEphemeralStorage = 512
    /// Bytes of the environment as compact JSON.
    package static let environmentBytes = 4_096
    package static let tagsPerResource = 50
    /// Source: AWS general reference, "Tag editor", quotas.
    package static let tagKeyCharacters = 128
    package static let tagValueCharacters = 256
    /// Bytes of a resource policy (20 KiB).
    package static let policyBytes = 20_480
    /// Characters of a file system's mount path, `/mnt/` included. Source: Lambda API reference, `LocalMountPath`.
    package static let mountPathLength = 160

    // MARK: Code

    /// Bytes of a zip sent inside a request.
    package static let zippedCodeBytes = 52_428_800
    /// Bytes of code after extraction.
    package static let unzippedCodeBytes = 262_144_000
    /// Bytes of all code of an account in one region. AWS has raised it to 300 GB where it knows the customer.
    package static let codeStorageBytes = 80_530_636_800
    /// Files and directories of one zip; AWS names no number, a bomb needs one.
    package static let codeEntries = 65_536
    /// Bytes of a whole CreateFunction, UpdateFunctionCode or PublishLayerVersion request.
    package static let controlPlaneRequestBytes = 70_167_211

    // MARK: Directories of the host that somebody works in

    /// Directories of one tree that the kernel watches; a larger one is polled. A user may have 8,192 at least, by default.
    package static let watchedDirectories = 8_192
    /// Files and directories of one tree that are looked at; of a larger one no change is told.
    package static let watchedEntries = 131_072
    /// Trees that are watched at one time, each by a thread of its own.
    package static let watchedTrees = 64

    // MARK: Event source mappings (API reference, CreateEventSourceMapping)

    /// Filters of one mapping: AWS's quota of 5, raised as far as it can be.
    package static let filtersPerMapping = 10
    /// Records of one batch from a FIFO queue.
    package static let fifoBatchSize = 10
    /// Records of one batch from a queue that may be asked for without a batching window.
    package static let batchSizeWithoutWindow = 10
    /// Seconds after which records of a stream may be given up.
    package static let recordAge = 60...604_800
    /// Mappings on one page of ListEventSourceMappings.
    package static let mappingsPerPage = 100

    // MARK: Invocation

    /// Bytes of a synchronous request's payload (6 MiB).
    package static let synchronousPayloadBytes = 6_291_456
    /// Bytes of an asynchronous request's payload (1 MiB; 256 KiB until October 2025).
    package static let eventPayloadBytes = 1_048_576
    /// Bytes of a buffered response (6 MiB and 100 bytes).
    package static let responsePayloadBytes = 6_291_556
    /// Bytes of a response that is given while the function makes it (200 MiB; 20 MiB until summer 2025).
    package static let streamedResponseBytes = 209_715_200
    /// Bytes that a function may have written and its caller not taken: from the second on the function waits, until they
    /// are down to the first.
    package static let streamedResponseWindow = 65_536...262_144
    /// Bytes of a streamed response before its rate is limited, where it is (6 MiB).
    package static let streamedResponseBurst = 6_291_456
    /// Characters of the base64 `X-Amz-Client-Context` header.
    package static let clientContextCharacters = 3_583
    /// Bytes of log given back with `LogType=Tail`.
    package static let logTailBytes = 4_096
    /// Bytes of one function log line; a longer one is split, as the journal's and CloudWatch's own limit (256 KiB).
    package static let logLineBytes = 262_144
    /// Bytes of one framed log record that are believed: a longer one is taken for a broken frame.
    package static let logFrameBytes = 16_777_216
    /// Bytes of the cause of an error in a trace, as the runtime emulator has it; a datagram has room for it.
    package static let traceCauseBytes = 49_152
    /// Bytes of one UDP datagram.
    package static let datagramBytes = 65_507
    /// Datagrams of one environment to the X-Ray daemon in a second; further ones are lost.
    package static let datagramsPerSecond = 1_000
    /// Bytes of the request line and headers of one HTTP request.
    package static let httpHeadBytes = 1_048_576

    /// Invocations of one function in one chain; the next is refused. AWS says "approximately 16 times".
    package static let recursiveInvocations = 16

    // MARK: Asynchronous invocation (Lambda developer guide, "Asynchronous invocation")

    /// `MaximumRetryAttempts`; the upper bound is what holds where none is set.
    package static let eventRetries = 0...2
    /// Seconds, `MaximumEventAgeInSeconds`; the upper bound is what holds where none is set.
    package static let eventAge = 60...21_600
    /// Before the first retry of a function's error.
    package static let eventRetryBase = Duration.seconds(60)
    /// Between tries after throttles and failures of the platform.
    package static let eventBackoff = Duration.seconds(1)...Duration.seconds(300)
    /// The longest wait between tries to write an outcome to a disk that does not take it.
    package static let eventOutcomeRetry = Duration.seconds(10)
    /// Bytes of the disk that are left to the outcomes of events: SQLite's log grows to about 4 MiB before it is used again,
    /// and a transaction may carry 256 records of up to a megabyte in rare cases, of about a kilobyte mostly.
    package static let eventDiskReserve = 32 * 1_048_576
    /// That part of a small disk is enough.
    package static let eventDiskReserveShare = 8
    /// Asynchronous invocations under way at one time.
    package static let concurrentEvents = 512
    /// Deliveries to destinations under way at one time.
    package static let concurrentDeliveries = 32
    /// Bytes of waiting events' payloads that are kept in memory beside the disk.
    package static let eventMemoryBytes = 67_108_864
    /// Bytes of the error message that goes with a dead letter.
    package static let deadLetterMessageBytes = 1_024

    // MARK: Inside the environment

    /// How long the init of a fresh environment may take, from its runtime's start to the first `next`; then it begins anew
    /// inside the first invocation. Source: Lambda developer guide, "Lambda execution environment lifecycle".
    package static let initPhase = Duration.seconds(10)
    /// How long the restore of a SnapStart function may take, its after-restore hooks included. Source: as above.
    package static let restorePhase = Duration.seconds(10)
    /// How long an environment is idle before it is frozen.
    package static let freezeGrace = Duration.milliseconds(100)
    package static let openFiles = 1_024
    package static let processes = 1_024
    package static let runtimeAPIPort = 9_001
    /// Extensions of one environment, external and internal ones together.
    package static let extensions = 10
    /// From the first SIGTERM to the last SIGKILL, where a part of the runtime's process is registered as an extension.
    package static let internalExtensionShutdown = Duration.milliseconds(500)
    /// The same where programs of their own are.
    package static let externalExtensionShutdown = Duration.milliseconds(2_000)

    // MARK: Environments of several invocations (Lambda developer guide, "Lambda Managed Instances")

    /// Invocations that one environment holds at one time, where its runtime's manifest asks for more than one.
    package static let environmentConcurrency = 1...1_600
    /// Calls of `next` that wait in one such environment.
    package static let idleWorkers = 10_000
    /// Invocations whose late answers are told that they have timed out.
    package static let rememberedTimeouts = 1_000
    /// How long after the first worker of a fresh environment the others are waited for; then another is started.
    package static let workerArrival = Duration.seconds(1)
    /// How long a worker that has answered is waited for; then another environment is started.
    package static let workerReturn = Duration.milliseconds(100)

    // MARK: Telemetry (Lambda developer guide, "Lambda Telemetry API")

    /// Events of one batch, and what holds where none is asked for.
    package static let telemetryItems = 1_000...10_000
    package static let defaultTelemetryItems = 10_000
    /// Bytes of one batch.
    package static let telemetryBytes = 262_144...1_048_576
    package static let defaultTelemetryBytes = 262_144
    /// Milliseconds that an event waits for its batch at most.
    package static let telemetryTimeout = 25...30_000
    package static let defaultTelemetryTimeout = 1_000
    /// Bytes of what happens before the first subscription, kept for replay; AWS names no number.
    package static let telemetryReplayBytes = 1_048_576
    /// Between tries to reach a consumer that is not there or answers with an error.
    package static let telemetryBackoff = Duration.milliseconds(50)...Duration.milliseconds(1_000)
    /// Concurrent starts of environments, machine-wide.
    package static let concurrentStarts = 16
    /// Environments of the whole machine at one time: the account's default concurrency.
    package static let concurrentExecutions = 1_000
    /// Concurrency that reservations must leave to the functions without one.
    package static let unreservedConcurrency = 100

    // MARK: Scaling (Lambda developer guide, "Lambda quotas" and "Lambda function scaling")

    /// Synchronous invocations in a second for each of a function's concurrency.
    package static let invocationRate = 10
    /// Environments that one function may start in ten seconds.
    package static let scalingRate = 1_000
    /// Environments of tenants for each 1,000 of a function's concurrency, idle ones included.
    package static let tenantEnvironmentsPerThousand = 2_500
    /// How long the init of an environment that is kept ready may take at least; more where the function's timeout is more.
    package static let provisionedInit = Duration.seconds(130)

    // MARK: Reading logs (CloudWatch Logs API reference)

    /// Events on one page of GetLogEvents and FilterLogEvents, and its default.
    package static let logEventsPerPage = 10_000
    /// Bytes of one page of events, each with 26 bytes beside its message.
    package static let logPageBytes = 1_048_576
    /// Groups or streams on one page of DescribeLogGroups and DescribeLogStreams.
    package static let logNamesPerPage = 50
    /// Streams that one FilterLogEvents may name.
    package static let logStreamsPerQuery = 100
    /// Bytes of a request to the logs API.
    package static let logRequestBytes = 1_048_576
    /// Lines that one request looks at before it answers with what it has.
    package static let logLinesPerRequest = 200_000
    /// How long one request reads before it answers with what it has.
    package static let logReadTime = Duration.seconds(2)
    /// Requests that wait for the thread that reads the journal.
    package static let waitingLogReads = 64
    /// A line is stored at most this long after it arrived: the log is given up after 30 s without progress.
    package static let logStoringDelay = Duration.seconds(60)

    // MARK: Log groups and live tail (CloudWatch Logs API reference, "CloudWatch Logs quotas")

    /// Days that lines may be kept. Source: `PutRetentionPolicy`.
    package static let logRetentionDays = [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922, 3_288, 3_653,
    ]
    /// Groups that one live tail may name.
    package static let liveTailGroups = 10
    /// Live tails of an account in one region at one time.
    package static let liveTailSessions = 15
    /// Lines of one update; of more, some are left out, and the update says so.
    package static let liveTailLines = 500
    /// Between two updates.
    package static let liveTailInterval = Duration.seconds(1)
    /// How long a live tail may last.
    package static let liveTailLifetime = Duration.seconds(10_800)

    // MARK: Forwarded lines (CloudWatch Logs API reference, `PutLogEvents`)

    /// Bytes of the messages of one PutLogEvents, each with 26 more.
    package static let forwardedBatchBytes = 1_048_576
    package static let forwardedBatchEvents = 10_000
    /// Between the first and the last line of one batch.
    package static let forwardedBatchSpan = Duration.seconds(86_400)
    /// Older lines are refused.
    package static let forwardedAge = Duration.seconds(14 * 86_400)

    // MARK: Store

    /// Bytes to which a database's log is cut when it begins anew: what it has by itself, for SQLite empties it at 1,000 pages.
    package static let databaseLogBytes = 4_194_304
    /// Bytes of free pages that a database keeps for what comes next, where the disk has room.
    package static let databaseSlackBytes = 16_777_216
    /// Pages that are given back to the disk in one step, between which others write.
    package static let databaseStepPages = 256
    /// Bytes of content up to which a file that cannot shrink in steps is written anew.
    package static let databaseRewriteBytes = 1_048_576

    /// How long the user ids of a deleted function rest before another function may have them. Its last environment may
    /// still run: an init, the longest timeout, and the shutdown phase.
    package static let userSlotRest = Duration.seconds(1_200)
}
