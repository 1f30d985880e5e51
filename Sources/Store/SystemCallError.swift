internal import Glibc
internal import LambdaCore

/// A system call that failed, on what, and why.
struct SystemCallError: Error, Equatable, CustomStringConvertible {
    let call: String
    let subject: String
    let code: Int32

    init(call: String, on subject: String = "", code: Int32) {
        self.call = call
        self.subject = subject
        self.code = code
    }

    var description: String {
        // Safety: glibc's text for an error number is a constant or belongs to this thread until the next call.
        let text = unsafe String(cString: strerror(self.code))
        return self.subject.isEmpty ? "\(self.call): \(text)" : "\(self.call) \(self.subject): \(text)"
    }
}

extension CodeError {
    init(_ error: SystemCallError) { self = .failed(error.description) }
}

/// Calls until it is not interrupted by a signal, and turns -1 into an error.
func calling(
    _ name: String, on subject: @autoclosure () -> String = "", _ call: () -> Int32
) throws(SystemCallError) -> Int32 {
    while true {
        let result = call()
        let code = errno
        if result >= 0 { return result }
        if code != EINTR { throw SystemCallError(call: name, on: subject(), code: code) }
    }
}
