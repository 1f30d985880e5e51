import LambdaCore
import LambdaShapes

/// Operations on event source mappings.
extension ControlPlane {
    static let eventSourceOperations: [Operation: Handler] = [:]
}
