package import LambdaCore

/// The trace of one attempt at one invocation of an actively traced function.
///
/// Two segments: the service's, whose parent is the caller's, and the function's, whose parent is the service's. The
/// function is given its own segment as parent of what it traces itself.
///
/// Source: Lambda developer guide, "Visualize Lambda function invocations using AWS X-Ray".
package struct InvocationTrace: Sendable, Equatable {
    /// Why the invocation failed, as the segments tell it.
    package struct Failure: Sendable, Equatable {
        /// A `cause` object in the form of X-Ray.
        package var cause: JSONValue

        package init(cause: JSONValue) { self.cause = cause }
    }

    package let root: String
    /// The caller's segment; `nil` where the trace begins here.
    package let caller: String?
    package let serviceSegment: String
    package let functionSegment: String
    package let isSampled: Bool
    /// What the runtime gets.
    package let header: String
    package var failure: Failure?

    /// - Parameters:
    ///   - header: The invocation's, complete.
    ///   - segment: Makes the ids of segments.
    /// - Returns: `nil` for a header that is none.
    package init?(header: String, segment: () -> String = TraceContext.newSegment) {
        guard var trace = TraceContext(header), let root = trace.root else { return nil }
        self.root = root
        let beginsHere = trace.beginsHere
        self.caller = beginsHere ? nil : trace.parent
        // What the caller was told as parent is the service's segment, where there is no other.
        self.serviceSegment = beginsHere ? TraceContext.firstSegment(of: root) : segment()
        self.functionSegment = segment()
        self.isSampled = trace.isSampled ?? false
        trace.parent = self.functionSegment
        trace.isSampled = self.isSampled
        self.header = trace.text
    }

    /// For records and the XRAY line; `nil` where nothing is traced.
    package var tracing: PlatformRecord.Tracing? {
        self.isSampled ? PlatformRecord.Tracing(spanID: self.functionSegment, value: self.header) : nil
    }
}

/// When the parts of an invocation began and ended.
package struct InvocationTimes: Sendable, Equatable {
    package struct Span: Sendable, Equatable {
        package var began: Instant
        package var ended: Instant

        package init(began: Instant, ended: Instant) {
            self.began = began
            self.ended = ended
        }
    }

    /// When the service had it.
    package var received: Instant
    /// When the runtime was to be given it, or was begun to be started for it.
    package var taken: Instant
    package var delivered: Instant?
    /// The first byte of a response that its caller gets while the function makes it.
    package var responseBegan: Instant?
    package var answered: Instant?
    /// The runtime asked for the next event.
    package var runtimeDone: Instant?
    /// The init that this invocation is the first one after, or had inside.
    package var initialization: Span?
    package var producedBytes: Int?

    package init(received: Instant, taken: Instant) {
        self.received = received
        self.taken = taken
    }
}
