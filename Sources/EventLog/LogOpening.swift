import LMDB
import UsageModel

/// What opening a log for writing finds out: that its segments are whole, in place and in line.
struct LogOpening {
    /// Header of the last block; nil for an empty log.
    private(set) var last: BlockHeader?
    /// The last segment, open for writing; nil when there is none.
    private(set) var active: (firstSeq: UInt64, environment: Environment)?

    private let buffer = ByteBuffer()

    init(store: SegmentStore, mapBytes: Int) throws(EventLogError) {
        let segments = store.firstSeqs
        store.checkAhead()
        do throws(EventLogError) {
            for segment in segments {
                guard segment == (last?.lastSeq ?? 0) + 1 else {
                    throw SegmentStore.missing(from: (last?.lastSeq ?? 0) + 1, before: segment)
                }
                if segment == segments.last {
                    active = (segment, try store.takeForWriting(segment, mapBytes: mapBytes))
                }
                try checkSegment(segment, isLast: segment == segments.last, of: store)
            }
        } catch {
            if let active { store.give(active.firstSeq) }
            throw error
        }
    }

    /// First and last block of a segment must be its own, and follow the segment before.
    private mutating func checkSegment(
        _ segment: UInt64, isLast: Bool, of store: SegmentStore
    ) throws(EventLogError) {
        guard let entry = try store.copy(.from(0), of: .headers, in: segment, to: buffer) else {
            if isLast { return }
            throw .corrupt(
                Corruption(
                    place: SegmentName.place(segment), detail: "a sealed segment is empty",
                    remedy: Remedy.restoreSegment))
        }
        let first = try SegmentStore.header(buffer, entry, logID: store.logID)
        guard first.firstSeq == segment else {
            throw .corrupt(
                Corruption(
                    place: entry.place, block: entry.key,
                    detail: "the segment begins at seq \(first.firstSeq): a swapped segment",
                    remedy: Remedy.restoreSegment))
        }
        try EventLogReader.check(first, follows: last, entry)
        guard let end = try store.copy(.last, of: .headers, in: segment, to: buffer) else { return }
        last = try SegmentStore.header(buffer, end, logID: store.logID)
    }
}
