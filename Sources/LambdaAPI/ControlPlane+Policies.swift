import LambdaCore
import LambdaShapes

/// Operations on resource policies of functions.
extension ControlPlane {
    static let policyOperations: [Operation: Handler] = [:]
}
