import Engine
import LambdaCore
import TestSupport
import Testing

@Suite struct `The environment of a runtime` {
    /// Source: AWS's environment of an initialised function (recorded on python3.14), with lambdad's own addresses.
    private static let golden = [
        "AWS_ACCESS_KEY_ID=ASIAEXAMPLE",
        "AWS_DEFAULT_REGION=us-east-1",
        "AWS_EXECUTION_ENV=AWS_Lambda_python3.12",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
        "AWS_LAMBDA_FUNCTION_NAME=thumbnail",
        "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/thumbnail",
        "AWS_LAMBDA_LOG_STREAM_NAME=2018/11/27/[$LATEST]00000000000000000000000000000001",
        "AWS_LAMBDA_RUNTIME_API=169.254.100.1:9001",
        "AWS_REGION=us-east-1",
        "AWS_SECRET_ACCESS_KEY=the-secret",
        "AWS_SESSION_TOKEN=the-token",
        "AWS_XRAY_CONTEXT_MISSING=LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS=169.254.100.1:2000",
        "LAMBDA_RUNTIME_DIR=/var/runtime",
        "LAMBDA_TASK_ROOT=/var/task",
        "LANG=en_US.UTF-8",
        "LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
        "PATH=/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "PWD=/var/task",
        "SHLVL=0",
        "TZ=:UTC",
        "_AWS_XRAY_DAEMON_ADDRESS=169.254.100.1",
        "_AWS_XRAY_DAEMON_PORT=2000",
        "_HANDLER=app.handler",
    ]

    @Test func `is AWS's, name for name and value for value`() throws {
        let context = PureSample.context(manifest: try PureSample.manifest())
        #expect(EnvironmentVariables.strings(for: context) == Self.golden)
    }

    @Test func `of several invocations says how many, whatever the function's own variables say`() throws {
        var function = PureSample.function()
        function.environment = ["AWS_LAMBDA_MAX_CONCURRENCY": "7", "AWS_LAMBDA_INITIALIZATION_TYPE": "mine"]
        let several = EnvironmentVariables.strings(
            for: PureSample.context(function: function, manifest: try PureSample.manifest(concurrency: 4)))
        #expect(several.contains("AWS_LAMBDA_MAX_CONCURRENCY=4"))
        #expect(several.contains("AWS_LAMBDA_INITIALIZATION_TYPE=lambda-managed-instances"))
        let one = EnvironmentVariables.strings(
            for: PureSample.context(function: function, manifest: try PureSample.manifest()))
        #expect(!one.contains { $0.hasPrefix("AWS_LAMBDA_MAX_CONCURRENCY=") })
    }

    @Test func `of SnapStart has nothing that would be another environment's after a restore`() throws {
        let context = PureSample.context(manifest: try PureSample.manifest(), container: ("the-word", 9_001))
        let own = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_LOG_"]
        let expected =
            Self.golden.filter { line in !own.contains { line.hasPrefix($0) } } + [
                "AWS_CONTAINER_AUTHORIZATION_TOKEN=the-word",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:9001/2021-04-23/credentials",
            ]
        #expect(EnvironmentVariables.strings(for: context) == expected.sorted())
    }

    @Test func `names the runtime that was asked for, not the one that serves it`() throws {
        let manifest = try PureSample.manifest()
        #expect(manifest.id == "python3.11")
        #expect(
            EnvironmentVariables.strings(for: PureSample.context(manifest: manifest))
                .contains("AWS_EXECUTION_ENV=AWS_Lambda_python3.12"))
    }

    @Test func `of an OS-only runtime names none`() throws {
        let context = PureSample.context(manifest: try PureSample.manifest(isManaged: false))
        #expect(
            EnvironmentVariables.strings(for: context)
                == Self.golden.filter { !$0.hasPrefix("AWS_EXECUTION_ENV=") })
    }

    @Test func `has no session token where the credentials have none`() throws {
        let context = PureSample.context(manifest: try PureSample.manifest(), token: nil)
        #expect(
            EnvironmentVariables.strings(for: context)
                == Self.golden.filter { !$0.hasPrefix("AWS_SESSION_TOKEN=") })
    }

    @Test func `names the descriptor for framed log records where there is one`() throws {
        let context = PureSample.context(manifest: try PureSample.manifest(), framesLog: true)
        #expect(
            EnvironmentVariables.strings(for: context)
                == (Self.golden + ["_LAMBDA_TELEMETRY_LOG_FD=4"]).sorted())
    }

    @Test func `names the trace daemon where it is elsewhere than usual`() throws {
        let context = PureSample.context(
            manifest: try PureSample.manifest(), traceDaemon: (host: "127.0.0.1", port: 2_345))
        let strings = EnvironmentVariables.strings(for: context)
        #expect(
            strings.filter { $0.contains("XRAY_DAEMON") } == [
                "AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:2345", "_AWS_XRAY_DAEMON_ADDRESS=127.0.0.1",
                "_AWS_XRAY_DAEMON_PORT=2345",
            ])
    }

    @Test func `names the services endpoint where one is configured`() throws {
        let context = PureSample.context(
            manifest: try PureSample.manifest(), endpointURL: "http://169.254.100.2:4566")
        #expect(
            EnvironmentVariables.strings(for: context)
                == (Self.golden + ["AWS_ENDPOINT_URL=http://169.254.100.2:4566"]).sorted())
    }

    @Test func `has the function's own variables, literally`() throws {
        let function = PureSample.function(environment: ["A": "$PATH \"b\"=c", "EMPTY": ""])
        let context = PureSample.context(function: function, manifest: try PureSample.manifest())
        #expect(
            EnvironmentVariables.strings(for: context) == (Self.golden + ["A=$PATH \"b\"=c", "EMPTY="]).sorted())
    }

    @Test(arguments: ["LANG", "PATH", "LD_LIBRARY_PATH", "TZ", "AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS"])
    func `lets the function replace a default`(name: String) throws {
        let function = PureSample.function(environment: [name: "mine"])
        let context = PureSample.context(function: function, manifest: try PureSample.manifest())
        let found = EnvironmentVariables.strings(for: context).filter { $0.hasPrefix("\(name)=") }
        #expect(found == ["\(name)=mine"])
    }

    @Test(arguments: ReservedVariables.names.sorted())
    func `does not let the function replace what is reserved`(name: String) throws {
        let function = PureSample.function(environment: [name: "mine"])
        let context = PureSample.context(function: function, manifest: try PureSample.manifest())
        #expect(EnvironmentVariables.strings(for: context) == Self.golden)
    }

    @Test func `takes the runtime's variables over the defaults, and the function's over both`() throws {
        let manifest = try PureSample.manifest(environment: "PYTHONPATH = /var/runtime\nLANG = C.UTF-8\nTZ = :CET\n")
        let function = PureSample.function(environment: ["TZ": ":EST"])
        let strings = EnvironmentVariables.strings(for: PureSample.context(function: function, manifest: manifest))
        #expect(strings.contains("PYTHONPATH=/var/runtime"))
        #expect(strings.contains("LANG=C.UTF-8"))
        #expect(strings.contains("TZ=:EST"))
        #expect(strings.count == Self.golden.count + 1)
    }

    @Test(arguments: [(nil, "INFO"), ("DEBUG", "DEBUG"), ("FATAL", "FATAL")] as [(String?, String)])
    func `tells the log format and level where the log is JSON`(level: String?, expected: String) throws {
        var function = PureSample.function()
        function.logging.format = "JSON"
        function.logging.applicationLevel = level
        let context = PureSample.context(function: function, manifest: try PureSample.manifest())
        #expect(
            EnvironmentVariables.strings(for: context)
                == (Self.golden + ["AWS_LAMBDA_LOG_FORMAT=JSON", "AWS_LAMBDA_LOG_LEVEL=\(expected)"]).sorted())
    }
}
