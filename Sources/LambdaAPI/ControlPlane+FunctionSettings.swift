import LambdaCore
import LambdaShapes

/// Operations on settings of a function that are no part of its versions: recursion, runtime management.
extension ControlPlane {
    static let functionSettingOperations: [Operation: Handler] = [:]
}
