import LambdaCore
import LambdaShapes

/// Operations on code signing configurations.
extension ControlPlane {
    static let codeSigningOperations: [Operation: Handler] = [:]
}
