import LambdaCore
import LambdaShapes

/// Operations on the account.
extension ControlPlane {
    static let accountOperations: [Operation: Handler] = [:]
}
