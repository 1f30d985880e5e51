import LambdaCore
import LambdaShapes

/// Operations on tags.
extension ControlPlane {
    static let tagOperations: [Operation: Handler] = [:]
}
