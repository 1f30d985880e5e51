import LambdaCore
import LambdaShapes

/// Operations on provisioned concurrency.
extension ControlPlane {
    static let provisionedOperations: [Operation: Handler] = [:]
}
