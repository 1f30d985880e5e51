/// Which invocations of actively traced functions are sampled where the caller has not decided: the first of each second,
/// and a share of the others. Both can be set here.
///
/// Source: Lambda developer guide, "Visualize Lambda function invocations using AWS X-Ray": 1 request a second and 5 percent
/// of additional requests, for each function, which nobody can configure.
package struct TraceSampling: Sendable {
    package struct Rate: Sendable, Equatable {
        /// Of one function, that are sampled in each second.
        package var requestsPerSecond: Int
        /// Of the others, from 0 to 100.
        package var percent: Int

        package init(requestsPerSecond: Int = 1, percent: Int = 5) {
            self.requestsPerSecond = requestsPerSecond
            self.percent = percent
        }
    }

    private let rate: Rate
    private var second: Int64 = .min
    /// What functions had of this second's requests.
    private var served: [FunctionKey: Int] = [:]

    package init(_ rate: Rate = Rate()) { self.rate = rate }

    /// - Parameter draw: From 0 to below 1; asked only where chance decides.
    package mutating func invoked(_ function: FunctionKey, at time: WallTime, draw: () -> Double) -> Bool {
        let second = time.milliseconds / 1_000
        if second != self.second {
            self.second = second
            self.served.removeAll(keepingCapacity: true)
        }
        let count = self.served[function, default: 0]
        guard count >= self.rate.requestsPerSecond else {
            self.served[function] = count + 1
            return true
        }
        return draw() < Double(self.rate.percent) / 100
    }
}
