import LambdaCore

/// `DestinationConfig` of an asynchronous invocation, with AWS's rules for it.
struct EventDestinations: Sendable, Equatable {
    /// `OnSuccess` or `OnFailure` as it was sent; it may name nothing.
    struct Target: Sendable, Equatable {
        /// `nil` where the member was missing or empty.
        let arn: String?

        /// The service of the ARN; `nil` for anything that is no ARN.
        var service: Substring? {
            guard let arn else { return nil }
            let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
            return parts.count == 6 && parts[0] == "arn" ? parts[2] : nil
        }

        /// FIFO queues and topics cannot be destinations.
        fileprivate var isFIFO: Bool { self.arn?.hasSuffix(".fifo") ?? false }
    }

    let onSuccess: Target?
    let onFailure: Target?

    private static let services: Set<Substring> = ["events", "lambda", "sns", "sqs"]
    /// S3 keeps the failures only.
    private static let failureServices = services.union(["s3"])

    init(_ config: JSONObject) {
        self.onSuccess = EventDestinations.target(config["OnSuccess"])
        self.onFailure = EventDestinations.target(config["OnFailure"])
    }

    private static func target(_ value: JSONValue?) -> Target? {
        guard let object = value?.objectValue else { return nil }
        let arn = object["Destination"]?.stringValue
        return Target(arn: arn?.isEmpty == true ? nil : arn)
    }

    /// - Parameter key: The function that the configuration is for.
    /// - Throws: ``APIError``, or what the store throws.
    func check(for key: FunctionKey, in store: any StoreReading) throws {
        let targets = [
            (self.onSuccess, EventDestinations.services), (self.onFailure, EventDestinations.failureServices),
        ]
        for (target, services) in targets {
            guard let target, let arn = target.arn else { continue }
            guard let service = target.service, services.contains(service), !target.isFIFO else {
                throw APIError.badDestinationConfig(self.description)
            }
            if service == "lambda" { try EventDestinations.check(function: arn, for: key, in: store) }
        }
    }

    /// A function that is a destination must be there, and must not be the function itself.
    private static func check(function arn: String, for key: FunctionKey, in store: any StoreReading) throws {
        let reference = FunctionReference(parsing: arn)
        guard reference.region == key.region.name, reference.account == key.account.digits,
            let name = FunctionName(reference.name)
        else { throw APIError.badDestination(arn) }
        let target = FunctionKey(account: key.account, region: key.region, name: name)
        guard try ControlPlane.exists(reference.qualifier ?? FunctionRecord.latest, of: target, in: store) else {
            throw APIError.badDestination(arn)
        }
        guard target != key else { throw APIError.destinationIsFunction }
    }
}

extension EventDestinations: CustomStringConvertible {
    /// As AWS's messages print it.
    var description: String {
        func print(_ name: String, _ target: Target?) -> String {
            target.map { "\(name)(destination=\($0.arn ?? "null"))" } ?? "null"
        }
        return "DestinationConfig(onSuccess=\(print("OnSuccess", self.onSuccess)), "
            + "onFailure=\(print("OnFailure", self.onFailure)))"
    }
}
