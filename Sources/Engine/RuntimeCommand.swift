package import LambdaCore

/// The program that is started as a function's runtime.
package enum RuntimeCommand {
    private static let wrapperVariable = "AWS_LAMBDA_EXEC_WRAPPER"

    /// Program and arguments; none where the runtime looks for a bootstrap.
    ///
    /// A wrapper that the function names is run by managed runtimes only, with the runtime's own command line behind it. A
    /// shell executes it, as AWS's bootstraps are scripts: so a wrapper that is not there ends with status 127 and the
    /// shell's words in the log.
    package static func arguments(of manifest: RuntimeManifest, for function: FunctionRecord) -> [String] {
        let command = manifest.command.map { $0 == "{handler}" ? function.handler : $0 }
        guard manifest.isManaged, !command.isEmpty, let wrapper = function.environment?[Self.wrapperVariable],
            !wrapper.isEmpty
        else { return command }
        return ["/bin/sh", "-c", "exec \"$@\"", "bootstrap", wrapper] + command
    }
}
