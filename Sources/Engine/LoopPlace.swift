internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// The pools of one event loop.
///
/// - Note: `@unchecked Sendable`: `pools` and `retired` are touched in ``run(_:)`` only, which is always on `loop`.
final class LoopPlace: @unchecked Sendable {
    /// Whose environments a pool has: a version's, or those of one tenant of it.
    private struct PoolKey: Hashable {
        let version: VersionKey
        let tenant: String?
    }

    let loop: any EventLoop
    private var pools: [PoolKey: FunctionPool] = [:]
    /// Pools of deleted versions whose invocations still run.
    private var retired: [FunctionPool] = []

    init(loop: any EventLoop) { self.loop = loop }

    func run(_ body: @escaping @Sendable () -> Void) {
        if self.loop.inEventLoop { body() } else { self.loop.execute(body) }
    }

    func pool(for record: FunctionRecord, tenant: String?, parts: PoolParts) -> FunctionPool {
        let key = PoolKey(version: record.versionKey, tenant: tenant)
        if let pool = self.pools[key] { return pool }
        let pool = FunctionPool(
            record: record, tenant: tenant, parts: parts, loop: self.loop,
            onQuiet: { [weak self] in self?.poolQuiet($0) })
        if parts.engine.versions?.isCurrent(record) ?? true {
            self.pools[key] = pool
        } else {
            // Deleted or replaced on this invocation's way here: nobody would ever tell this pool to go.
            pool.retire()
            self.retired.append(pool)
        }
        return pool
    }

    /// All that have environments of the version: more than one where it isolates tenants.
    func pools(of record: FunctionRecord) -> [FunctionPool] {
        guard record.tenantIsolation != nil else {
            return self.pools[PoolKey(version: record.versionKey, tenant: nil)].map { [$0] } ?? []
        }
        return self.pools.values.filter { $0.key == record.versionKey }
    }

    /// Keeps ready what is asked for, and nothing more of the function's other versions.
    func keep(_ concurrency: FunctionConcurrency, parts: PoolParts) {
        var wanted: [VersionKey: Int] = [:]
        // What is not active yet is told of again once it is.
        for share in concurrency.provisioned.flatMap(\.shares) where share.function.state == .active {
            guard share.count > 0, parts.engine.versions?.isCurrent(share.function) ?? true else { continue }
            wanted[share.function.versionKey, default: 0] += share.count
            _ = self.pool(for: share.function, tenant: nil, parts: parts)
        }
        for pool in Array(self.pools.values) where pool.key.function == concurrency.function {
            pool.keep(wanted[pool.key] ?? 0)
        }
    }

    /// Every pool on this loop is looked at: versions are deleted rarely, and an index would be one more thing to keep.
    func retire(where isGone: (VersionKey) -> Bool) {
        for key in self.pools.keys.filter({ isGone($0.version) }) {
            guard let pool = self.pools.removeValue(forKey: key) else { continue }
            pool.retire()
            if !pool.isEmpty { self.retired.append(pool) }
        }
    }

    func stopAll() { for pool in Array(self.pools.values) + self.retired { pool.stopAll(.shutdown) } }

    func ask<Value: Sendable>(_ question: @escaping @Sendable ([FunctionPool]) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            self.run { continuation.resume(returning: question(Array(self.pools.values) + self.retired)) }
        }
    }

    private func poolQuiet(_ pool: FunctionPool) {
        guard pool.isEmpty else { return }
        self.retired.removeAll { $0 === pool }
        let key = PoolKey(version: pool.key, tenant: pool.tenant)
        guard self.pools[key] === pool, !pool.awaitsContent else { return }
        pool.forgetContent()
        self.pools[key] = nil
    }
}
