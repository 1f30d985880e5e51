import LambdaCore
import LambdaShapes

/// Operations on aliases.
extension ControlPlane {
    static let aliasOperations: [Operation: Handler] = [:]
}
