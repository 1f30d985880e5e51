/// Which version an alias runs: its own, or with a certain probability one other.
///
/// Each invocation is drawn for itself; nothing is remembered between two.
package struct AliasRouting: Sendable, Equatable {
    /// The version that gets what the weight leaves.
    package let version: String
    /// The other version and its share, from 0 through 1.
    package let additional: Additional?

    package struct Additional: Sendable, Equatable {
        package let version: String
        package let weight: Double

        package init(version: String, weight: Double) {
            self.version = version
            self.weight = weight
        }
    }

    package init(version: String, additional: Additional? = nil) {
        self.version = version
        self.additional = additional
    }

    package init(_ alias: AliasRecord) {
        self.version = alias.version
        self.additional = alias.additionalWeights.first.map { Additional(version: $0.key, weight: $0.value) }
    }

    /// The version for one invocation.
    ///
    /// - Parameter draw: Gives a number from 0 up to, but not including, 1, so that a weight of 0 is never chosen and a
    ///   weight of 1 always. Asked only where there is a choice, for a good generator costs a system call.
    package func version(draw: () -> Double) -> String {
        guard let additional, draw() < additional.weight else { return self.version }
        return additional.version
    }
}
