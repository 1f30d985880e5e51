package import LambdaCore
import Synchronization

/// The X-Ray header of an invocation, made complete when it comes in.
package final class TraceHeaders: Sendable {
    private let sampling: Mutex<TraceSampling>
    private let draw: @Sendable () -> Double

    /// - Parameter draw: From 0 to below 1.
    package init(
        rate: TraceSampling.Rate = .init(), draw: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.sampling = Mutex(TraceSampling(rate))
        self.draw = draw
    }

    /// The caller's header with the parts that it lacks; a new trace where the caller gave none. The chain that it tells of
    /// has reached `function`.
    ///
    /// The caller's decision stands. Where there is none, an actively traced function decides, and another does not sample.
    func complete(_ given: String?, for function: FunctionRecord, now: WallTime) -> TraceContext {
        var trace = given.flatMap { TraceContext($0) } ?? TraceContext()
        let root = trace.root ?? TraceContext.newRoot(now)
        // A parent without its root is another trace's.
        let parent = trace.root == nil ? nil : trace.parent
        trace.root = root
        trace.parent = parent ?? TraceContext.firstSegment(of: root)
        trace.isSampled = trace.isSampled ?? self.samples(function, now)
        var lineage = trace.lineage ?? Lineage()
        lineage.reached(function.key)
        trace.lineage = lineage
        return trace
    }

    private func samples(_ function: FunctionRecord, _ now: WallTime) -> Bool {
        guard function.tracing == .active else { return false }
        return self.sampling.withLock { $0.invoked(function.key, at: now, draw: self.draw) }
    }
}
