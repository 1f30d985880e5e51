// swift-tools-version: 6.2
import PackageDescription

/// One list for every Swift target: a rule that holds for some files only is a rule nobody knows.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// C runs only between clone and exec, in pid 1 of a sandbox, and around calls that Swift cannot import.
let strictC: [CSetting] = [
    .unsafeFlags(["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-std=gnu17"])
]

// Sockets, event loops and HTTP/1.1 of both planes.
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
// A buffer as what SHA-256 takes without a copy.
let nioFoundation: Target.Dependency = .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
// SHA-256 and HMAC for SigV4 and for the content-addressed code store.
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
// SQLite: schema, migrations, transactions.
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
// The daemons' own log; its back end is the journal.
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
// SIGTERM and SIGHUP as an asynchronous sequence.
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")

let package = Package(
    name: "lambdad",
    products: [
        .executable(name: "lambdad", targets: ["lambdad"]),
        .executable(name: "lambda-executor", targets: ["lambda-executor"]),
        .executable(name: "lambda-init", targets: ["lambda-init"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C and system libraries
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .target(name: "CSandbox", cSettings: strictC),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),

        // Deciding: values only, no clock, no descriptor
        .target(name: "LambdaCore", swiftSettings: strict),
        .target(name: "LambdaShapes", dependencies: ["LambdaCore"], swiftSettings: strict),
        .target(name: "Lifecycle", dependencies: ["LambdaCore"], swiftSettings: strict),

        // Doing: each the one place that touches a thing
        .target(name: "HostFiles", dependencies: ["LambdaCore"], swiftSettings: strict),
        .target(name: "Journal", dependencies: ["CSystemd", "LambdaCore", logging], swiftSettings: strict),
        .target(name: "PlainHTTP", dependencies: ["LambdaCore", nioCore, nioHTTP1], swiftSettings: strict),
        .target(name: "Sandbox", dependencies: ["CSandbox", "CSeccomp", "LambdaCore"], swiftSettings: strict),
        .target(name: "SigV4", dependencies: ["LambdaCore", crypto], swiftSettings: strict),
        .target(name: "Store", dependencies: ["CArchive", "LambdaCore", crypto, grdb], swiftSettings: strict),

        // Wiring: drivers that join the two, and the servers
        .target(
            name: "Engine",
            dependencies: ["LambdaCore", "Lifecycle", logging, nioCore, nioPosix, nioHTTP1], swiftSettings: strict),
        .target(
            name: "LambdaAPI",
            dependencies: [
                "LambdaCore", "LambdaShapes", "PlainHTTP", "SigV4", logging, nioCore, nioFoundation, nioPosix, nioHTTP1,
            ],
            swiftSettings: strict),
        .target(name: "LogsAPI", dependencies: ["LambdaCore", logging], swiftSettings: strict),
        .target(
            name: "RuntimeAPI",
            dependencies: ["Engine", "LambdaCore", "Lifecycle", "PlainHTTP", logging, nioCore, nioPosix, nioHTTP1],
            swiftSettings: strict),
        .target(
            name: "ServicesEndpoint",
            dependencies: ["LambdaCore", "SigV4", logging, nioCore, nioPosix, nioHTTP1], swiftSettings: strict),

        // Programs
        .executableTarget(
            name: "lambda-executor", dependencies: ["Journal", "LambdaCore", "Sandbox", logging], swiftSettings: strict),
        // Static, because a sandbox has no Swift runtime; the package links it with gcc (Decisions/0003).
        .executableTarget(
            name: "lambda-init", cSettings: strictC, linkerSettings: [.unsafeFlags(["-static-executable"])]),
        .executableTarget(
            name: "lambdad",
            dependencies: [
                "Engine", "HostFiles", "Journal", "LambdaAPI", "LambdaCore", "LogsAPI", "RuntimeAPI", "Sandbox",
                "ServicesEndpoint", "SigV4",
                "Store", logging, nioCore, nioPosix, unixSignals,
            ],
            swiftSettings: strict),

        // Tests
        .target(name: "TestSupport", dependencies: ["LambdaCore"], path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(
            name: "DaemonTests", dependencies: ["Engine", "LambdaCore", "Lifecycle", "lambdad"], swiftSettings: strict),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Engine", "LambdaCore", "Lifecycle", "RuntimeAPI", "TestSupport", logging, nioCore, nioPosix, nioHTTP1,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HostFilesTests", dependencies: ["HostFiles", "LambdaCore", "TestSupport"], swiftSettings: strict),
        // The floor of the benchmark of large payloads; see Tests/Benchmarks.
        .executableTarget(
            name: "http-echo", dependencies: [nioCore, nioPosix, nioHTTP1], path: "Tests/HTTPEcho",
            swiftSettings: strict),
        .testTarget(
            name: "JournalTests", dependencies: ["CSystemd", "Journal", "LambdaCore", logging], swiftSettings: strict),
        .testTarget(
            name: "LambdaAPITests",
            dependencies: [
                "LambdaAPI", "LambdaCore", "LambdaShapes", "PlainHTTP", "SigV4", "TestSupport", logging, nioCore,
                nioEmbedded,
                nioHTTP1, nioPosix,
            ], swiftSettings: strict),
        .testTarget(name: "LambdaCoreTests", dependencies: ["LambdaCore", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "LifecycleTests", dependencies: ["LambdaCore", "Lifecycle", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "LogsAPITests", dependencies: ["LambdaCore", "LogsAPI", "TestSupport", logging], swiftSettings: strict
        ),
        .testTarget(
            name: "PlainHTTPTests", dependencies: ["LambdaCore", "PlainHTTP", nioCore, nioHTTP1], swiftSettings: strict),
        .executableTarget(name: "sandbox-probe", path: "Tests/SandboxProbe", cSettings: strictC),
        .testTarget(
            name: "SandboxSystemTests",
            dependencies: ["LambdaCore", "Sandbox", "CSandbox", "lambda-init", "sandbox-probe"], swiftSettings: strict),
        .testTarget(name: "SandboxTests", dependencies: ["LambdaCore", "Sandbox"], swiftSettings: strict),
        .testTarget(
            name: "ServicesEndpointTests",
            dependencies: [
                "LambdaCore", "ServicesEndpoint", "SigV4", "TestSupport", logging, nioCore, nioPosix, nioHTTP1,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "StoreTests", dependencies: ["LambdaCore", "Store", "TestSupport", "store-writer", grdb],
            swiftSettings: strict),
        .executableTarget(
            name: "store-writer", dependencies: ["LambdaCore", "Store"], path: "Tests/StoreWriter",
            swiftSettings: strict),
    ],
    cLanguageStandard: .gnu17
)
