import UsageModel
import WireFormat

/// The last refused lines, so that an operator can see what a sender gets wrong. Bounded, in
/// memory, and no part of the state: a refusal takes no seq.
struct RejectList {
    struct Reject {
        /// Counts refusals since the daemon started; the cursor of `tenure rejects`.
        var number: UInt64
        var time: Timestamp
        var error: LineError
        var detail: String
        /// Ordinal of the line in its connection.
        var line: UInt64
        var sender: String
        /// The line's beginning.
        var text: String
    }

    /// Enough to recognise a line by; a whole one may be 64 KiB.
    static let textBytesKept = 256

    private var ring: [Reject] = []
    private let capacity: Int
    /// Refusals since the daemon started, also those no longer kept.
    private(set) var count: UInt64 = 0

    init(capacity: Int) { self.capacity = capacity }

    mutating func add(
        time: Timestamp, error: LineError, detail: String, line: UInt64, sender: String, text: UnsafeRawBufferPointer
    ) {
        count += 1
        let reject = Reject(
            number: count, time: time, error: error, detail: detail, line: line, sender: sender,
            text: String(decoding: text.prefix(Self.textBytesKept), as: UTF8.self))
        if ring.count < capacity {
            ring.append(reject)
        } else {
            ring[Int((count - 1) % UInt64(capacity))] = reject
        }
    }

    /// Up to `limit` kept refusals with numbers above `number`, oldest first.
    func after(_ number: UInt64, limit: Int) -> [Reject] {
        let oldest = count - UInt64(ring.count) + 1
        guard number < count else { return [] }
        let first = max(number + 1, oldest)
        let last = min(count, first + UInt64(limit) - 1)
        return (first...last).map { ring[Int(($0 - 1) % UInt64(capacity))] }
    }
}
