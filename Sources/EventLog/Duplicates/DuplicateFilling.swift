import Dispatch
public import UsageModel

/// Fills an index with events that come in no order of fingerprint, on a thread of its own: whoever replays the log has a
/// fifth more to do otherwise, and processors that are idle. One thread hands events over.
///
/// An event is entered when the memory that was asked for ahead has arrived.
public final class DuplicateFilling: @unchecked Sendable {
    private struct Entry {
        var fingerprint: UInt64
        var day: Day
        var seq: UInt64
    }

    /// Touched on `queue` alone, until that is done.
    private var index: DuplicateIndex?
    private let queue = DispatchQueue(label: "duplicates", qos: .userInitiated)
    /// For batches that wait, so that a replay of years does not run away from this.
    private let room = DispatchSemaphore(value: 16)
    private var batch: [Entry] = []

    /// What handing one over costs is nothing beside entering so many.
    private static let batchCount = 1_024
    /// Events: the time of a miss of the processor's cache.
    private static let lookahead = 16

    public init(_ index: consuming DuplicateIndex) { self.index = consume index }

    /// As `DuplicateIndex.insert`, some time before `finish` returns.
    public func insert(fingerprint: UInt64, day: Day, seq: UInt64) {
        batch.append(Entry(fingerprint: fingerprint, day: day, seq: seq))
        if batch.count == Self.batchCount { handOver() }
    }

    private func handOver() {
        room.wait()
        queue.async { [self, batch] in
            enter(batch)
            room.signal()
        }
        batch = []
        batch.reserveCapacity(Self.batchCount)
    }

    /// The index with all events. To be called once.
    public func finish() -> DuplicateIndex {
        handOver()
        queue.sync {}
        guard let index = index.take() else { preconditionFailure("an index is filled once") }
        return index
    }

    private func enter(_ entries: [Entry]) {
        for (position, entry) in entries.enumerated() {
            if position + Self.lookahead < entries.count {
                let ahead = entries[position + Self.lookahead]
                if let place = index?.place(of: ahead.fingerprint, day: ahead.day) { prefetch(place) }
            }
            index?.insert(fingerprint: entry.fingerprint, day: entry.day, seq: entry.seq)
        }
    }
}
