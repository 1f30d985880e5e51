/// How an answer begins that is given while the function makes it.
package struct AnswerHead: Sendable, Equatable {
    package let contentType: String
    package let executedVersion: String

    package init(contentType: String, executedVersion: String) {
        self.contentType = contentType
        self.executedVersion = executedVersion
    }
}

/// How an answer ends that was given while the function made it.
package struct AnswerEnd: Sendable, Equatable {
    /// Why there is no more, where there should be.
    package struct Failure: Sendable, Equatable {
        /// `Unhandled` for the function's own errors, else what happened: `Sandbox.Timedout`.
        package let errorType: String
        /// JSON, unless the function says something else.
        package let details: [UInt8]

        package init(errorType: String, details: [UInt8]) {
            self.errorType = errorType
            self.details = details
        }
    }

    package var failure: Failure?
    /// See ``InvocationAnswer/logTail``.
    package var logTail: [UInt8]?

    package init(failure: Failure? = nil, logTail: [UInt8]? = nil) {
        self.failure = failure
        self.logTail = logTail
    }
}

/// Takes one invocation's answer: either whole, or a beginning, parts, and an end. On any thread, one call after the other.
package protocol AnswerReceiver: Sendable {
    /// The answer of a function that does not stream, or of the platform; nothing else is called then.
    func answered(_ result: Result<InvocationAnswer, InvocationFailure>)
    /// Every byte of every part is to be given back through `source`, taken or not: what is out limits what comes.
    func began(_ head: AnswerHead, source: any AnswerSource)
    func part(_ bytes: Payload)
    func ended(_ end: AnswerEnd)
}

/// Where the parts of an answer come from.
package protocol AnswerSource: Sendable {
    /// The caller has taken so many bytes more, or has gone and takes none. On any thread.
    func consumed(_ bytes: Int)
}

extension InvocationSink {
    /// Of a sink that has no parts to give.
    package func submit(_ invocation: Invocation, to receiver: any AnswerReceiver) {
        self.submit(invocation) { receiver.answered($0) }
    }
}

/// Details are the function's own words.
extension AnswerEnd: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "AnswerEnd(\(self.failure?.errorType ?? "whole"))" }
    package var debugDescription: String { self.description }
}
