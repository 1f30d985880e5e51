import LambdaShapes
import Testing

@Suite struct `A route` {
    @Test func `is there for each of the 85 operations`() {
        #expect(Operation.allCases.count == 85)
        #expect(Set(ShapeRequest.all.map(\.operation)) == Set(Operation.allCases))
        #expect(Operation.allCases.allSatisfy { $0.descriptor != nil })
    }

    @Test(arguments: ShapeRequest.all)
    func `leads to its operation, with its labels decoded, with and without a slash at the end`(request: ShapeRequest) {
        #expect(request.operation.successStatus == request.status)
        for path in [request.path, request.path + "/"] {
            let match = Operation.route(method: request.method, path: Substring(path), query: request.query)
            guard case .matched(let operation, let labels) = match else {
                Issue.record("\(request.method) \(path) gives \(match)")
                continue
            }
            #expect(operation == request.operation)
            #expect(labels.allSatisfy { $0.value == "some \($0.key)" })
            #expect(labels.count == request.path.split(separator: "/").count { $0.hasPrefix("some") })
        }
    }

    @Test func `splits the path before it decodes it`() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:f:1/durable-execution/name/id"
        let sent = "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af%3A1%2Fdurable-execution%2Fname%2Fid"
        #expect(
            Operation.route(method: "GET", path: "/2025-12-01/durable-executions/\(sent)/history", query: [])
                == .matched(.GetDurableExecutionHistory, labels: ["DurableExecutionArn": arn]))
    }

    @Test func `takes an ARN's colons as they are, and a plus for itself`() {
        #expect(
            Operation.route(
                method: "GET", path: "/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:f", query: []
            )
                == .matched(
                    .GetFunction, labels: ["FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:f"]))
        #expect(
            Operation.route(method: "GET", path: "/2015-03-31/functions/a+b", query: [])
                == .matched(.GetFunction, labels: ["FunctionName": "a+b"]))
    }

    @Test func `is chosen by a constant query where two share a path`() {
        let layers: Substring = "/2018-10-31/layers"
        #expect(Operation.route(method: "GET", path: layers, query: []) == .matched(.ListLayers, labels: [:]))
        #expect(
            Operation.route(method: "GET", path: layers, query: [("Arn", "a"), ("find", "LayerVersion")])
                == .matched(.GetLayerVersionByArn, labels: [:]))
        #expect(
            Operation.route(method: "GET", path: layers, query: [("find", "other")])
                == .matched(.ListLayers, labels: [:]))
        let provisioned: Substring = "/2019-09-30/functions/f/provisioned-concurrency"
        #expect(
            Operation.route(method: "GET", path: provisioned, query: [("Qualifier", "1")])
                == .matched(.GetProvisionedConcurrencyConfig, labels: ["FunctionName": "f"]))
        #expect(
            Operation.route(method: "GET", path: provisioned, query: [("List", "ALL")])
                == .matched(.ListProvisionedConcurrencyConfigs, labels: ["FunctionName": "f"]))
    }

    @Test(arguments: [
        ("PATCH", "/2015-03-31/functions"), ("DELETE", "/2015-03-31/functions/f/invocations"),
        ("get", "/2015-03-31/functions"),
    ])
    func `says where only the method is wrong`(method: String, path: String) {
        #expect(Operation.route(method: method, path: Substring(path), query: []) == .noSuchMethod)
    }

    @Test(arguments: [
        "", "/", "//", "2015-03-31/functions", "/2015-03-31", "/2015-03-31/nothing", "/2015-03-31//functions",
        "/2015-03-31/functions//", "/2015-03-31/functions//configuration", "/2015-03-31/functions/f/invocations/x",
        "/2015-03-31/functions/%zz", "/2015-03-31/functions/%FF", "/1999-01-01/functions", "/2015-03-31/Functions",
        "/2015-03-31%2Ffunctions",
    ])
    func `is not made up for another path`(path: String) {
        #expect(Operation.route(method: "GET", path: Substring(path), query: []) == .unknown)
    }

    @Test func `names the member that is the whole body`() {
        #expect(Operation.Invoke.payloadMember == "Payload")
        #expect(Operation.SendDurableExecutionCallbackFailure.payloadMember == "Error")
        #expect(Operation.CreateFunction.payloadMember == nil)
    }
}
