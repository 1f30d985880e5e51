internal import LambdaCore
package import Lifecycle

/// What an extension asked for with `PUT /2022-07-01/telemetry` or `PUT /2020-08-15/logs`.
///
/// Source: Lambda developer guide, "Telemetry API reference" and "Lambda Logs API".
package struct TelemetrySubscription: Sendable, Equatable {
    package enum EventType: String, Sendable, CaseIterable {
        case platform
        case function
        case `extension`
    }

    /// 400 `ValidationError`; the words are ours, for AWS's are not recorded.
    package struct ValidationError: Error, Equatable {
        package let message: String

        package init(message: String) { self.message = message }
    }

    package let api: TelemetryAPI
    package let schemaVersion: String
    /// In the order in which they were asked for.
    package let types: [EventType]
    package let buffering: TelemetryBufferMachine.Settings
    package let destination: TelemetryDestination

    private static let hosts = ["sandbox.localdomain", "sandbox"]

    package init(parsing body: [UInt8], api: TelemetryAPI) throws(ValidationError) {
        let members: JSONObject
        do {
            guard let object = try JSONValue.parse(body).objectValue else {
                throw ValidationError(message: "the body must be a JSON object")
            }
            members = object
        } catch let error as ValidationError {
            throw error
        } catch { throw ValidationError(message: "the body is not JSON") }
        self.api = api
        self.schemaVersion = try Self.schemaVersion(members["schemaVersion"], api: api)
        self.types = try Self.types(members["types"])
        self.buffering = try Self.buffering(members["buffering"])
        self.destination = try Self.destination(members["destination"], api: api)
    }

    /// Whether lines of a function that logs in JSON are given as objects.
    package var givesObjects: Bool { self.api == .telemetry && self.schemaVersion >= "2022-12-13" }

    private static func schemaVersion(_ value: JSONValue?, api: TelemetryAPI) throws(ValidationError) -> String {
        let known: [String]
        switch api {
        case .telemetry: known = ["2022-07-01", "2022-12-13", "2025-01-29"]
        case .logs: known = ["2020-08-15", "2021-03-18"]
        }
        guard let value else {
            guard api == .logs else { throw ValidationError(message: "schemaVersion is required") }
            return known[0]
        }
        guard let version = value.stringValue, known.contains(version) else {
            throw ValidationError(message: "schemaVersion must be one of \(known.joined(separator: ", "))")
        }
        return version
    }

    private static func types(_ value: JSONValue?) throws(ValidationError) -> [EventType] {
        let error = ValidationError(message: "types must name at least one of platform, function, extension")
        guard let elements = value?.arrayValue, !elements.isEmpty else { throw error }
        var types: [EventType] = []
        for element in elements {
            guard let type = element.stringValue.flatMap(EventType.init(rawValue:)) else { throw error }
            if !types.contains(type) { types.append(type) }
        }
        return types
    }

    private static func buffering(_ value: JSONValue?) throws(ValidationError) -> TelemetryBufferMachine.Settings {
        guard let value, value != .null else { return .init() }
        guard let members = value.objectValue else { throw ValidationError(message: "buffering must be an object") }
        return TelemetryBufferMachine.Settings(
            items: try self.number("maxItems", members, Limits.telemetryItems) ?? Limits.defaultTelemetryItems,
            bytes: try self.number("maxBytes", members, Limits.telemetryBytes) ?? Limits.defaultTelemetryBytes,
            timeout: .milliseconds(
                try self.number("timeoutMs", members, Limits.telemetryTimeout) ?? Limits.defaultTelemetryTimeout))
    }

    private static func number(
        _ name: String, _ members: JSONObject, _ range: ClosedRange<Int>
    ) throws(ValidationError) -> Int? {
        guard let value = members[name] else { return nil }
        guard let number = value.intValue, range.contains(number) else {
            throw ValidationError(
                message: "buffering.\(name) must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func destination(
        _ value: JSONValue?, api: TelemetryAPI
    ) throws(ValidationError) -> TelemetryDestination {
        guard let members = value?.objectValue else { throw ValidationError(message: "destination is required") }
        let destination: TelemetryDestination
        switch members["protocol"]?.stringValue {
        case "HTTP":
            destination = try self.http(members, api: api)
        case "TCP":
            guard let number = members["port"]?.intValue, let port = UInt16(exactly: number), port > 0 else {
                throw ValidationError(message: "destination.port must be from 1 to 65535")
            }
            destination = .tcp(port: port)
        default:
            throw ValidationError(message: "destination.protocol must be HTTP or TCP")
        }
        guard destination.port != UInt16(Limits.runtimeAPIPort) else {
            throw ValidationError(message: "port \(Limits.runtimeAPIPort) is reserved")
        }
        return destination
    }

    private static func http(_ members: JSONObject, api: TelemetryAPI) throws(ValidationError) -> TelemetryDestination {
        let scheme = "http://"
        guard let uri = members["URI"]?.stringValue, uri.hasPrefix(scheme) else {
            throw ValidationError(message: "destination.URI must begin with http://")
        }
        let rest = uri.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, self.hosts.contains(String(parts[0])), let port = UInt16(parts[1]), port > 0 else {
            throw ValidationError(
                message: "destination.URI must name sandbox.localdomain or sandbox, and a port from 1 to 65535")
        }
        let target = rest.dropFirst(authority.count)
        guard target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !target.contains("#") else {
            throw ValidationError(message: "destination.URI has characters that a URI cannot have")
        }
        var method = "POST"
        if api == .logs, let asked = members["method"]?.stringValue {
            guard asked == "PUT" || asked == "POST" else {
                throw ValidationError(message: "destination.method must be PUT or POST")
            }
            method = asked
        }
        let path = target.hasPrefix("/") ? String(target) : "/\(target)"
        return .http(port: port, path: path, method: method, host: String(authority))
    }
}
