public import UsageModel

/// Fills an index with events that come in no order of fingerprint.
///
/// Each enters some events later than it comes, when the memory that was asked for has arrived: a replay spent a third
/// of its time waiting for that.
public struct DuplicateFilling: ~Copyable {
    private struct Entry {
        var fingerprint: UInt64
        var day: Day
        var seq: UInt64
    }

    private var index: DuplicateIndex
    /// A ring: the oldest is at `next` once it is full.
    private var waiting: [Entry] = []
    private var next = 0

    private static let waitingCount = 16

    public init(_ index: consuming DuplicateIndex) {
        self.index = index
        waiting.reserveCapacity(Self.waitingCount)
    }

    /// As `DuplicateIndex.insert`.
    public mutating func insert(fingerprint: UInt64, day: Day, seq: UInt64) {
        index.prefetch(fingerprint: fingerprint, day: day)
        let entry = Entry(fingerprint: fingerprint, day: day, seq: seq)
        guard waiting.count == Self.waitingCount else { return waiting.append(entry) }
        enter(waiting[next])
        waiting[next] = entry
        next = (next + 1) % Self.waitingCount
    }

    /// The index with all events.
    public consuming func finish() -> DuplicateIndex {
        for place in waiting.indices { enter(waiting[(next + place) % waiting.count]) }
        return index
    }

    private mutating func enter(_ entry: Entry) {
        index.insert(fingerprint: entry.fingerprint, day: entry.day, seq: entry.seq)
    }
}
