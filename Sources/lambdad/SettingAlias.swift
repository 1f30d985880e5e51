/// An environment variable of LocalStack's that means the same as a key of lambdad's, so that a set-up that was made for
/// the one serves the other.
///
/// Source: LocalStack's configuration reference, section "Lambda".
struct SettingAlias: Sendable, Equatable {
    enum Conversion: Sendable {
        case same
        /// Milliseconds to seconds, rounded up: a short time must not become none.
        case milliseconds
        /// Bytes to MiB, rounded up.
        case bytes
        /// `1`, `true`, `0` and `false` to `yes` and `no`.
        case flag

        var wanted: String {
            switch self {
            case .same: "a value"
            case .milliseconds: "whole milliseconds"
            case .bytes: "whole bytes"
            case .flag: "1 or 0"
            }
        }

        func text(from text: String) -> String? {
            switch self {
            case .same: text
            case .milliseconds: Self.divided(text, by: 1_000)
            case .bytes: Self.divided(text, by: 1_048_576)
            case .flag:
                switch text.lowercased() {
                case "1", "true", "yes", "on": "yes"
                case "0", "false", "no", "off": "no"
                default: nil
                }
            }
        }

        private static func divided(_ text: String, by divisor: Int) -> String? {
            guard let number = Int(text), number >= 0 else { return nil }
            return String(number / divisor + (number % divisor == 0 ? 0 : 1))
        }
    }

    let variable: String
    let key: String
    var conversion = Conversion.same

    static let all = [
        SettingAlias(variable: "BUCKET_MARKER_LOCAL", key: "hot_reload_bucket"),
        SettingAlias(variable: "LAMBDA_KEEPALIVE_MS", key: "keepalive", conversion: .milliseconds),
        SettingAlias(variable: "LAMBDA_LIMITS_CODE_SIZE_UNZIPPED", key: "code_size_unzipped"),
        SettingAlias(variable: "LAMBDA_LIMITS_CODE_SIZE_ZIPPED", key: "code_size_zipped"),
        SettingAlias(variable: "LAMBDA_LIMITS_CREATE_FUNCTION_REQUEST_SIZE", key: "code_request_size"),
        SettingAlias(variable: "LAMBDA_LIMITS_CONCURRENT_EXECUTIONS", key: "account_concurrency"),
        SettingAlias(
            variable: "LAMBDA_LIMITS_MAX_FUNCTION_ENVVAR_SIZE_BYTES", key: "environment_size_limit"),
        SettingAlias(
            variable: "LAMBDA_LIMITS_MAX_FUNCTION_PAYLOAD_SIZE_BYTES", key: "response_payload_limit"),
        SettingAlias(
            variable: "LAMBDA_LIMITS_MINIMUM_UNRESERVED_CONCURRENCY", key: "unreserved_concurrency"),
        SettingAlias(variable: "LAMBDA_LIMITS_TOTAL_CODE_SIZE", key: "code_storage", conversion: .bytes),
        SettingAlias(variable: "LAMBDA_RETRY_BASE_DELAY", key: "async_retry_base"),
        SettingAlias(variable: "LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT", key: "startup_timeout"),
        SettingAlias(variable: "LAMBDA_SYNCHRONOUS_CREATE", key: "synchronous_create", conversion: .flag),
    ]

    /// Those that lambdad knows and has nothing for. Others of that form are none of LocalStack's: a name such as
    /// `LAMBDA_TASK_ROOT` may be in any environment.
    static let ignored: Set<String> = [
        "HOSTNAME_FROM_LAMBDA", "LAMBDA_CODE_EXTRACT_TIME", "LAMBDA_CONTAINER_REGISTRY", "LAMBDA_DEBUG_MODE",
        "LAMBDA_DEBUG_MODE_CONFIG_PATH", "LAMBDA_DISABLE_AWS_ENDPOINT_URL",
        "LAMBDA_DISABLE_JAVA_SDK_V2_CERTIFICATE_VALIDATION", "LAMBDA_DOCKER_DNS", "LAMBDA_DOCKER_FLAGS",
        "LAMBDA_DOCKER_NETWORK", "LAMBDA_DOWNLOAD_AWS_LAYERS", "LAMBDA_EVENTS_INTERNAL_SQS",
        "LAMBDA_EVENT_SOURCE_MAPPING", "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC",
        "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_ERROR_SEC", "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC",
        "LAMBDA_EXECUTOR", "LAMBDA_FALLBACK_URL", "LAMBDA_FORWARD_URL", "LAMBDA_IGNORE_ARCHITECTURE",
        "LAMBDA_INIT_BIN_PATH", "LAMBDA_INIT_BOOTSTRAP_PATH", "LAMBDA_INIT_DEBUG", "LAMBDA_INIT_DELVE_PATH",
        "LAMBDA_INIT_DELVE_PORT", "LAMBDA_INIT_POST_INVOKE_WAIT_MS", "LAMBDA_INIT_RELEASE_VERSION",
        "LAMBDA_INIT_USER", "LAMBDA_JAVA_OPTS", "LAMBDA_PREBUILD_IMAGES",
        "LAMBDA_REMOTE_DOCKER", "LAMBDA_REMOVE_CONTAINERS", "LAMBDA_RUNTIME_EXECUTOR",
        "LAMBDA_RUNTIME_IMAGE_MAPPING", "LAMBDA_RUNTIME_VALIDATION", "LAMBDA_SQS_EVENT_SOURCE_MAPPING_INTERVAL_SEC",
        "LAMBDA_STAY_OPEN_MODE", "LAMBDA_TRUNCATE_STDOUT", "LAMBDA_XRAY_INIT",
    ]

    /// Names that are set, known, and without effect.
    static func ignored(in environment: [String: String]) -> [String] {
        self.ignored.filter { environment[$0]?.isEmpty == false }.sorted()
    }
}
