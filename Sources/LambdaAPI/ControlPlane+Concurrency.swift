import LambdaCore
import LambdaShapes

/// Operations on reserved concurrency.
extension ControlPlane {
    static let concurrencyOperations: [Operation: Handler] = [:]
}
