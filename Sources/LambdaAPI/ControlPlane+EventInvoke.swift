import LambdaCore
import LambdaShapes

/// Operations on settings of asynchronous invocation.
extension ControlPlane {
    static let eventInvokeOperations: [Operation: Handler] = [:]
}
