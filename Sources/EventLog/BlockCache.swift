import UsageModel

/// The blocks that `record(at:)` looked into last, unpacked.
final class BlockCache {
    private let capacity: Int
    private var blocks: [DecodedBlock] = []
    /// Where the last hit was: neighbours are asked for one after the other.
    private var recent = 0
    /// Which block is given up next, round and round.
    private var hand = 0
    private let decoder = BlockDecoder()
    private let buffer = ByteBuffer()

    init(capacity: Int) { self.capacity = max(capacity, 1) }

    /// Calls `body` with the record at `seq`. O(1) when its block is here, else one block is unpacked.
    func withRecord<R>(
        at seq: UInt64, in store: SegmentStore, _ body: (Record, UnsafeRawBufferPointer) -> R
    ) throws(EventLogError) -> R {
        let index = try find(seq, in: store)
        recent = index
        let record = blocks[index].batch.records[Int(seq - blocks[index].header.firstSeq)]
        return blocks[index].batch.bytes.withUnsafeBytes { body(record, $0) }
    }

    private func find(_ seq: UInt64, in store: SegmentStore) throws(EventLogError) -> Int {
        if recent < blocks.count, blocks[recent].holds(seq) { return recent }
        if let index = blocks.firstIndex(where: { $0.holds(seq) }) { return index }
        guard seq > 0, let entry = try store.copyBlock(holding: seq, to: buffer) else { throw .noSuchRecord(seq) }
        if blocks.count < capacity {
            blocks.append(DecodedBlock())
            hand = blocks.count - 1
        }
        let index = hand
        hand = (hand + 1) % capacity
        // The old content is gone whether or not the new one is sound.
        var block = DecodedBlock()
        swap(&block, &blocks[index])
        try EventLogReader.decode(buffer, entry, with: decoder, into: &block)
        try SegmentStore.check(block.header, entry, logID: store.logID)
        blocks[index] = block
        return index
    }
}
