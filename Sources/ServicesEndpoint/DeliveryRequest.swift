internal import LambdaCore

/// One delivery as a request, before it is signed.
///
/// Source: API references of Amazon SQS (`SendMessage`, AWS JSON 1.0), Amazon SNS (`Publish`, query), Amazon EventBridge
/// (`PutEvents`, JSON 1.1) and Amazon S3 (`PutObject`, with the bucket in the path).
struct DeliveryRequest {
    /// By the names that signatures have for them.
    enum Service: String { case events, s3, sns, sqs }
    enum Method: String { case post = "POST", put = "PUT" }

    let service: Service
    let region: Region
    let method: Method
    /// Percent-encoded.
    let path: String
    let headers: [(name: String, value: String)]
    let body: [UInt8]

    /// `nil` for a target of another service.
    init?(_ delivery: EventDelivery, endpoint: String) {
        let parts = delivery.target.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", let service = Service(rawValue: String(parts[2])) else { return nil }
        self.service = service
        // A bucket's ARN names no region.
        self.region = Region(String(parts[3])) ?? delivery.function.region
        let name = String(parts[5])
        switch service {
        case .sqs:
            self.method = .post
            self.path = "/"
            self.headers = Self.json("1.0", target: "AmazonSQS.SendMessage")
            self.body = Self.message(delivery, queueURL: "\(endpoint)/\(parts[4])/\(name)")
        case .sns:
            self.method = .post
            self.path = "/"
            self.headers = [(HeaderName.contentType, "application/x-www-form-urlencoded; charset=utf-8")]
            self.body = Self.form(delivery)
        case .events:
            self.method = .post
            self.path = "/"
            self.headers = Self.json("1.1", target: "AWSEvents.PutEvents")
            self.body = Self.entry(delivery)
        case .s3:
            self.method = .put
            self.path = "/\(name)/\(PercentEncoding.encode(Self.key(delivery), keepSlash: true))"
            self.headers = [(HeaderName.contentType, "application/json")]
            self.body = delivery.body
        }
    }

    private static func json(_ version: String, target: String) -> [(name: String, value: String)] {
        [(HeaderName.contentType, "application/x-amz-json-\(version)"), ("X-Amz-Target", target)]
    }

    /// What a dead letter queue gets beside the event: name, type and value. An empty value is not allowed.
    private static func attributes(_ delivery: EventDelivery) -> [(name: String, type: String, value: String)] {
        guard case .deadLetter(let status, let message) = delivery.purpose else { return [] }
        return [
            ("RequestID", "String", delivery.requestID.text), ("ErrorCode", "Number", String(status)),
            ("ErrorMessage", "String", message),
        ].filter { !$0.2.isEmpty }
    }

    private static func text(_ delivery: EventDelivery) -> String { String(decoding: delivery.body, as: UTF8.self) }

    private static func message(_ delivery: EventDelivery, queueURL: String) -> [UInt8] {
        var message: JSONObject = ["QueueUrl": .string(queueURL), "MessageBody": .string(self.text(delivery))]
        var attributes = JSONObject()
        for (name, type, value) in self.attributes(delivery) {
            attributes[name] = .object(["DataType": .string(type), "StringValue": .string(value)])
        }
        if !attributes.isEmpty { message["MessageAttributes"] = .object(attributes) }
        return JSONValue.object(message).serialized
    }

    private static func form(_ delivery: EventDelivery) -> [UInt8] {
        var members = [
            ("Action", "Publish"), ("Version", "2010-03-31"), ("TopicArn", delivery.target),
            ("Message", self.text(delivery)),
        ]
        for (index, attribute) in self.attributes(delivery).enumerated() {
            let entry = "MessageAttributes.entry.\(index + 1)"
            members += [
                ("\(entry).Name", attribute.name), ("\(entry).Value.DataType", attribute.type),
                ("\(entry).Value.StringValue", attribute.value),
            ]
        }
        let pairs = members.map { name, value in "\(name)=\(PercentEncoding.encode(value, keepSlash: false))" }
        return Array(pairs.joined(separator: "&").utf8)
    }

    private static func entry(_ delivery: EventDelivery) -> [UInt8] {
        let outcome = delivery.purpose == .destination(succeeded: true) ? "Success" : "Failure"
        let entry: JSONObject = [
            "Source": .string("lambda"),
            "DetailType": .string("Lambda Function Invocation Result - \(outcome)"),
            "Detail": .string(self.text(delivery)),
            "Resources": .array([.string(delivery.target), .string(delivery.functionARN)]),
            "EventBusName": .string(delivery.target),
        ]
        return JSONValue.object(["Entries": .array([.object(entry)])]).serialized
    }

    /// The same at each try, so that a delivery whose answer was lost makes no second object.
    private static func key(_ delivery: EventDelivery) -> String {
        let age = delivery.progress.age
        let began = WallTime(milliseconds: age.moment.wall.milliseconds - age.known)
        let second = began.isoText.prefix(19).map { $0 == ":" ? "." : String($0) }.joined()
        return "aws/lambda/async/\(delivery.function.name)/\(began.logStreamDate)/\(second)-\(delivery.requestID)"
    }
}
