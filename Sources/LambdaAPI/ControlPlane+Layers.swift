import LambdaCore
import LambdaShapes

/// Operations on layers and their policies.
extension ControlPlane {
    static let layerOperations: [Operation: Handler] = [:]
}
