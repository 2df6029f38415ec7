import Synchronization

/// Memory that all connections together may spend on one thing: on replies that nobody reads, on bodies that are
/// on their way.
final class ByteBudget: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    init(bytes: Int) { limit = bytes }

    /// False, and nothing taken, when `bytes` more would exceed the budget.
    func take(_ bytes: Int) -> Bool {
        if used.add(bytes, ordering: .relaxed).newValue <= limit { return true }
        giveBack(bytes)
        return false
    }

    /// Takes `bytes` even beyond the limit, for what is bounded elsewhere.
    func charge(_ bytes: Int) { used.add(bytes, ordering: .relaxed) }

    func giveBack(_ bytes: Int) { used.subtract(bytes, ordering: .relaxed) }
}
