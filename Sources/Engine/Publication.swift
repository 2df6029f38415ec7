import Synchronization
import UsageModel

/// How far the log is durable, for readers on other threads, and who waits for more.
final class Publication: Sendable {
    private struct State {
        var seq: UInt64 = 0
        var isClosed = false
        /// By ticket, so that one who gives up can be found.
        var waiting: [UInt64: Waiter] = [:]
        var ticketsGiven: UInt64 = 0
    }

    private struct Waiter {
        var kinds: RecordKinds
        var seq: UInt64
        var continuation: CheckedContinuation<UInt64, Never>

        func waits(for block: ClosedRange<UInt64>, _ kinds: RecordKinds) -> Bool {
            block.upperBound > seq && !kinds.isDisjoint(with: self.kinds)
        }
    }

    private let state = Mutex(State())

    var seq: UInt64 { state.withLock { $0.seq } }

    /// How many wait; for tests, which must not publish before somebody does.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// The log is durable so far at the start.
    func begin(at seq: UInt64) { state.withLock { $0.seq = seq } }

    /// Called behind the commit of a block, with the kinds of its records.
    func publish(_ block: ClosedRange<UInt64>, kinds: RecordKinds) {
        let woken = state.withLock { state in
            state.seq = block.upperBound
            let woken = state.waiting.filter { $0.value.waits(for: block, kinds) }
            for ticket in woken.keys { state.waiting[ticket] = nil }
            return woken
        }
        for waiter in woken.values { waiter.continuation.resume(returning: max(block.lowerBound, waiter.seq + 1)) }
    }

    /// Lets everybody go; later waits return at once.
    func close() {
        let woken = state.withLock { state in
            state.isClosed = true
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for waiter in woken.values { waiter.continuation.resume(returning: waiter.seq + 1) }
    }

    /// Returns once a record of `kinds` may be durable beyond `seq`, the engine stops, or the caller's task is
    /// cancelled.
    ///
    /// The result is the seq from which on to look for it: as long as one waits, blocks without such a record are
    /// known to have none, and nobody has to read them.
    func wait(for kinds: RecordKinds, beyond seq: UInt64) async -> UInt64 {
        let ticket = state.withLock { state in
            state.ticketsGiven += 1
            return state.ticketsGiven
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.seq > seq || state.isClosed || Task.isCancelled { return true }
                    state.waiting[ticket] = Waiter(kinds: kinds, seq: seq, continuation: continuation)
                    return false
                }
                if isReady { continuation.resume(returning: seq + 1) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiting.removeValue(forKey: ticket) }
            waiter?.continuation.resume(returning: seq + 1)
        }
    }
}
