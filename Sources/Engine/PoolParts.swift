/// What the pools of all loops share.
struct PoolParts: Sendable {
    let engine: EngineParts
    let gate: StartGate
    let book: ConcurrencyBook
    let board = ProvisionedBoard()
}
