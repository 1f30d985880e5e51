import LambdaCore
import LambdaShapes

/// Operations on versions of functions.
extension ControlPlane {
    static let versionOperations: [Operation: Handler] = [:]
}
