import UsageModel

/// Reads the table `names` of segment after segment back into numbers.
struct NameRestorer {
    /// How many names of each kind there were so far, by raw value.
    private(set) var counts = [UInt32](repeating: 0, count: Int(NameKind.allCases.map(\.rawValue).max() ?? 0) + 1)
    private(set) var erased = 0

    private let names = ByteBuffer()
    private let header = ByteBuffer()

    init() {}

    /// To go on behind what `table` has.
    init(behind table: NameTable) {
        for kind in NameKind.allCases { counts[Int(kind.rawValue)] = UInt32(table.count(kind)) }
    }

    var total: Int { counts.reduce(0) { $0 + Int($1) } }

    /// Reads the name records of a segment's blocks from `first` on, each checked against its block's header.
    mutating func restore(
        _ segment: UInt64, from first: UInt64, of store: SegmentStore, into table: NameTable
    ) throws(EventLogError) {
        var position = first
        while let entry = try store.copy(.from(position), of: .names, in: segment, to: names) {
            guard let found = try store.copy(.through(entry.key), of: .headers, in: segment, to: header),
                found.key == entry.key
            else {
                throw .corrupt(
                    Corruption(
                        place: entry.place, block: entry.key, detail: "there are names but no block that added them",
                        remedy: Remedy.restoreSegment))
            }
            let adding = try SegmentStore.header(header, found, logID: store.logID)
            try add(names, of: adding, entry, to: table)
            position = entry.key + 1
        }
    }

    /// Reads one record. `table` may be nil to check only.
    mutating func add(
        _ record: ByteBuffer, of header: BlockHeader, _ entry: StoredEntry, to table: NameTable?
    ) throws(EventLogError) {
        do throws(BlockFault) {
            try NameRecord.read(record.bytes, of: header) { (name) throws(BlockFault) in
                let kind = Int(name.kind.rawValue)
                guard name.number == counts[kind] + 1 else {
                    throw BlockFault.damaged(
                        "name number \(name.number) of kind \(name.kind) follows number \(counts[kind])")
                }
                counts[kind] += 1
                if name.state == .erased { erased += 1 }
                table?.restore(name.bytes, kind: name.kind, number: name.number)
            }
        } catch {
            throw error.error(place: entry.place + ", table names", block: entry.key)
        }
    }

    /// Whether all names that the block `last` knew have been read.
    func checkTotal(_ last: BlockHeader) throws(EventLogError) {
        guard total == Int(last.nameTotal) else {
            throw .corrupt(
                Corruption(
                    place: SegmentName.parent, block: last.firstSeq,
                    detail: "there should be \(last.nameTotal) names, but \(total) were found",
                    remedy: Remedy.restoreSegment))
        }
    }
}
