import Engine
import LambdaCore
import Lifecycle
import Testing

@testable import lambdad

private typealias ConfigurationError = Configuration.ConfigurationError

private func configuration(
    _ lines: String = "", environment: [String: String] = [:]
) throws -> Configuration {
    try Configuration(text: "[lambdad]\n\(lines)\n", environment: environment)
}

private func allSettings() throws -> [Setting] { try configuration().settings }

@Suite struct `A key of lambdad.conf` {
    @Test func `is documented there with its default, and everything documented is a key`() throws {
        let file = try ConfigurationFileText()
        let settings = try allSettings()
        #expect(Set(file.entries.keys) == Set(settings.map(\.key)))
        for setting in settings {
            let entry = try #require(file.entries[setting.key], "\(setting.key) is not in lambdad.conf")
            #expect(entry.standard == setting.standard, "\(setting.key)")
            #expect(!entry.comment.isEmpty, "\(setting.key) has no comment")
        }
    }

    @Test func `has its range, its words and when it takes effect in its comment`() throws {
        let file = try ConfigurationFileText()
        for setting in try allSettings() {
            let comment = try #require(file.entries[setting.key]?.comment)
            let words: [String] =
                switch setting.kind {
                case .number(let range): ["\(range.lowerBound) to \(range.upperBound)"]
                case .numberOrWord(let range, let word): ["\(range.lowerBound) to \(range.upperBound)", "\(word):"]
                case .choice(let words): words.map { "\($0)" }
                case .flag, .path, .text: []
                }
            for word in words { #expect(comment.contains(word), "\(setting.key): '\(word)' is not told") }
            #expect(comment.contains("[reload]") == (setting.effect == .reload), "\(setting.key): [reload]")
        }
    }

    @Test func `is read once`() throws {
        let keys = try allSettings().map(\.key)
        #expect(Set(keys).count == keys.count)
    }

    @Test func `means its default where the file says just that`() throws {
        let written = try Configuration(text: try ConfigurationFileText().withDefaults, environment: [:])
        let silent = try configuration()
        #expect(written == silent)
    }

    @Test func `freezes idle environments after the engine's own grace, unless it is off`() throws {
        #expect(try configuration().engineSettings.freezeGrace == EngineSettings().freezeGrace)
        #expect(try configuration("freeze_grace = 250").engineSettings.freezeGrace == .milliseconds(250))
        #expect(try configuration("freeze_grace = off").engineSettings.freezeGrace == nil)
    }

    @Test func `takes the ends of its range and nothing beyond`() throws {
        for setting in try allSettings() {
            let (range, word): (ClosedRange<Int>, String?)
            switch setting.kind {
            case .number(let numbers): (range, word) = (numbers, nil)
            case .numberOrWord(let numbers, let other): (range, word) = (numbers, other)
            case .flag, .choice, .path, .text: continue
            }
            for text in ["\(range.lowerBound)", "\(range.upperBound)"] + (word.map { [$0] } ?? []) {
                #expect(throws: Never.self, "\(setting.key) = \(text)") { try parse(setting.key, text) }
            }
            for text in ["\(range.lowerBound - 1)", "\(range.upperBound + 1)", "1.5", "many", ""] {
                #expect(
                    throws: ConfigurationError(
                        description: "\(setting.key) = \(text): expected \(word.map { "\($0) or " } ?? "")"
                            + "a whole number from \(range.lowerBound) to \(range.upperBound)")
                ) { try parse(setting.key, text) }
            }
        }
    }

    /// The least that is left to other functions is a part of all, so the whole is large enough for each of its values.
    private func parse(_ key: String, _ text: String) throws {
        let whole = key == "account_concurrency" ? "unreserved_concurrency = 0" : "account_concurrency = 1000"
        _ = try configuration("\(whole)\n\(key) = \(text)")
    }

    @Test func `that is yes or no, a word or a path is refused where it is none`() throws {
        for setting in try allSettings() {
            let wanted: String
            switch setting.kind {
            case .flag: wanted = "yes or no"
            case .choice(let words): wanted = "one of \(words.joined(separator: ", "))"
            case .path: wanted = setting.standard.isEmpty ? "absolute paths" : "an absolute path"
            case .number, .numberOrWord, .text: continue
            }
            #expect(throws: ConfigurationError(description: "\(setting.key) = nothing: expected \(wanted)")) {
                try configuration("\(setting.key) = nothing")
            }
        }
    }

    @Test(
        arguments: [
            ("region = Mars", "region = Mars: expected a valid region"),
            ("account = 12", "account = 12: expected a valid account"),
            ("function_url_domain = a_b", "function_url_domain = a_b: expected a host name without a port"),
            (
                "xray_daemon = 127.0.0.1:0",
                "xray_daemon = 127.0.0.1:0: expected a host, or a host and a port with a colon between"
            ),
            (
                "xray_daemon = http://a:1",
                "xray_daemon = http://a:1: expected a host, or a host and a port with a colon between"
            ),
            ("no_such_key = 1", "line 2: there is no setting 'no_such_key'"),
            ("[other]", "there is no section [other]; settings belong in [lambdad]"),
            (
                "account_concurrency = 10\nunreserved_concurrency = 11",
                "unreserved_concurrency = 11: expected a whole number from 0 to 10"
            ),
        ])
    func `that is wrong is told`(lines: String, error: String) {
        #expect(throws: ConfigurationError(description: error)) { try configuration(lines) }
    }

    @Test func `may be in the environment, which wins`() throws {
        for setting in try allSettings() {
            guard case .number(let range) = setting.kind else { continue }
            let environment = [setting.variable: "\(range.upperBound + 1)"]
            #expect(
                throws: ConfigurationError(
                    description: "\(setting.variable) = \(range.upperBound + 1): expected a whole number from "
                        + "\(range.lowerBound) to \(range.upperBound)")
            ) { try configuration("\(setting.key) = \(range.lowerBound)", environment: environment) }
        }
        let given = try configuration("keepalive = 5", environment: ["LAMBDAD_KEEPALIVE": "6"])
        #expect(given.keepalive == .seconds(6))
    }

    @Test func `that changed is told of at a reload, where that needs a restart`() throws {
        let before = try configuration("keepalive = 5\nlisten = /a\nasync_concurrency = 5")
        let after = try configuration("keepalive = 6\nlisten = /b\nasync_concurrency = 6")
        #expect(after.restartOnlyDifferences(from: before) == ["listen", "async_concurrency"])
        #expect(after.restartOnlyDifferences(from: after) == [])
    }
}

@Suite struct `A variable of LocalStack's` {
    @Test(arguments: SettingAlias.all) private func `stands for a key that there is`(alias: SettingAlias) throws {
        #expect(try allSettings().contains { $0.key == alias.key })
        #expect(!SettingAlias.ignored.contains(alias.variable))
    }

    @Test func `has its own unit`() throws {
        let given = try configuration(
            environment: [
                "BUCKET_MARKER_LOCAL": "marker", "LAMBDA_KEEPALIVE_MS": "1500",
                "LAMBDA_LIMITS_CODE_SIZE_UNZIPPED": "3000", "LAMBDA_LIMITS_CODE_SIZE_ZIPPED": "1000",
                "LAMBDA_LIMITS_CONCURRENT_EXECUTIONS": "50", "LAMBDA_LIMITS_CREATE_FUNCTION_REQUEST_SIZE": "2000",
                "LAMBDA_LIMITS_MAX_FUNCTION_ENVVAR_SIZE_BYTES": "8192",
                "LAMBDA_LIMITS_MAX_FUNCTION_PAYLOAD_SIZE_BYTES": "1000",
                "LAMBDA_LIMITS_MINIMUM_UNRESERVED_CONCURRENCY": "7",
                "LAMBDA_LIMITS_TOTAL_CODE_SIZE": "1048577", "LAMBDA_RETRY_BASE_DELAY": "1",
                "LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT": "30", "LAMBDA_SYNCHRONOUS_CREATE": "1",
            ])
        #expect(given.hostDirectories.bucket == "marker")
        #expect(given.keepalive == .seconds(2))
        #expect(given.accounts.concurrency == 50)
        #expect(given.accounts.environmentBytes == 8_192)
        #expect(given.payloads.response == 1_000)
        #expect(given.accounts.unreservedConcurrency == 7)
        #expect(given.accounts.codeStorage == 2)
        #expect(given.codeSizes == CodeSizeLimits(zipped: 1_000, unzipped: 3_000, request: 2_000))
        #expect(given.events.machine.retryBase == .seconds(1))
        #expect(given.startupTimeout == .seconds(30))
        #expect(given.accounts.isCreateSynchronous)
    }

    @Test func `wins over the file, and lambdad's own over it`() throws {
        let aliased = try configuration("keepalive = 5", environment: ["LAMBDA_KEEPALIVE_MS": "0"])
        #expect(aliased.keepalive == .zero)
        let own = try configuration(environment: ["LAMBDA_KEEPALIVE_MS": "0", "LAMBDAD_KEEPALIVE": "9"])
        #expect(own.keepalive == .seconds(9))
        let empty = try configuration("keepalive = 5", environment: ["LAMBDA_KEEPALIVE_MS": ""])
        #expect(empty.keepalive == .seconds(5))
    }

    @Test(
        arguments: [
            ("LAMBDA_KEEPALIVE_MS", "soon", "whole milliseconds"), ("LAMBDA_KEEPALIVE_MS", "-1", "whole milliseconds"),
            ("LAMBDA_LIMITS_TOTAL_CODE_SIZE", "1G", "whole bytes"), ("LAMBDA_SYNCHRONOUS_CREATE", "2", "1 or 0"),
            ("LAMBDA_RETRY_BASE_DELAY", "x", "a whole number from 0 to 3600"),
        ])
    func `that is wrong is told by its own name`(name: String, text: String, wanted: String) {
        #expect(throws: ConfigurationError(description: "\(name) = \(text): expected \(wanted)")) {
            try configuration(environment: [name: text])
        }
    }

    @Test func `that means nothing here is named, once each`() throws {
        let given = try configuration(
            environment: ["LAMBDA_EXECUTOR": "docker", "LAMBDA_DOCKER_FLAGS": "-e A=B", "LAMBDA_TASK_ROOT": "/x"])
        #expect(given.ignoredVariables == ["LAMBDA_DOCKER_FLAGS", "LAMBDA_EXECUTOR"])
        #expect(try configuration(environment: ["LAMBDA_DOCKER_FLAGS": ""]).ignoredVariables == [])
    }
}
