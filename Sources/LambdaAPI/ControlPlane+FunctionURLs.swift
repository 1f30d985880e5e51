import LambdaCore
import LambdaShapes

/// Operations on function URLs.
extension ControlPlane {
    static let urlOperations: [Operation: Handler] = [:]
}
