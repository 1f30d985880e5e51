/// Which invocations of actively traced functions are sampled where the caller has not decided: the first of each second,
/// and a share of the others.
///
/// Source: Lambda developer guide, "Visualize Lambda function invocations using AWS X-Ray": 1 request a second and 5 percent
/// of additional requests, for each function, which nobody can configure.
package struct TraceSampling: Sendable {
    /// Of the requests beyond the first of a second.
    package static let share = 0.05

    private var second: Int64 = .min
    /// Functions that had their request of this second.
    private var served: Set<FunctionKey> = []

    package init() {}

    /// - Parameter draw: From 0 to below 1; asked only where chance decides.
    package mutating func invoked(_ function: FunctionKey, at time: WallTime, draw: () -> Double) -> Bool {
        let second = time.milliseconds / 1_000
        if second != self.second {
            self.second = second
            self.served.removeAll(keepingCapacity: true)
        }
        return self.served.insert(function).inserted || draw() < Self.share
    }
}
