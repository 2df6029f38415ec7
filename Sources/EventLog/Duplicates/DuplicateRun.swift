import Glibc
import Synchronization
import UsageModel

/// The duplicates that one checkpoint file holds, by UTC date, mapped into memory and looked into where they lie.
///
/// A search touches one place of one table. What it touches is checked against its hash when it is touched first:
/// an error there would make another answer in silence.
final class DuplicateRun: Sendable {
    private let file: CheckpointFile
    nonisolated(unsafe) private let mapped: UnsafeRawBufferPointer
    private let places: [Day: Int]
    /// By chunk: whether its hash was found to fit. For the writer's thread and the one that merges.
    private let checked: Mutex<[Bool]>

    /// Takes over the map.
    init(file: CheckpointFile, mapped: UnsafeRawBufferPointer) throws(CheckpointFault) {
        self.file = file
        self.mapped = mapped
        let index = file.index
        var places: [Day: Int] = [:]
        for (position, table) in index.tables.enumerated() {
            let byteCount = table.wordCount.multipliedReportingOverflow(by: 4)
            let start = table.wordOffset.multipliedReportingOverflow(by: 4)
            guard !byteCount.overflow, !start.overflow, start.partialValue <= index.tablesByteCount,
                byteCount.partialValue <= index.tablesByteCount - start.partialValue,
                table.wordCount % UInt64(FingerprintEntry.wordCount) == 0,
                table.homeCount < table.wordCount / UInt64(FingerprintEntry.wordCount), table.homeCount > 0
            else {
                munmap(UnsafeMutableRawPointer(mutating: mapped.baseAddress), mapped.count)
                throw .damaged(offset: index.tablesOffset, "a table that does not fit")
            }
            places[Day(number: table.day)] = position
        }
        self.places = places
        let chunks = (mapped.count + CheckpointIndex.chunkByteCount - 1) / CheckpointIndex.chunkByteCount
        guard chunks == index.chunkHashes.count else {
            munmap(UnsafeMutableRawPointer(mutating: mapped.baseAddress), mapped.count)
            throw .damaged(offset: index.tablesOffset, "there are more tables than hashes, or fewer")
        }
        checked = Mutex(Array(repeating: false, count: chunks))
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: mapped.baseAddress), mapped.count) }

    func holds(_ day: Day) -> Bool { places[day] != nil }

    var days: [Day] { places.keys.sorted() }

    func entryCount(of day: Day) -> Int { places[day].map { Int(file.index.tables[$0].entryCount) } ?? 0 }

    /// Adds the seqs that may carry `fingerprint` on `day`.
    func findCandidates(
        fingerprint: UInt64, day: Day, into found: inout [UInt64]
    ) throws(EventLogError) {
        guard let position = places[day] else { return }
        let table = file.index.tables[position]
        let words = words(of: table)
        let wanted = fingerprint >> 16
        var slot = FingerprintEntry.home(wanted, of: Int(table.homeCount))
        let firstByte = Int(table.wordOffset) * 4
        var checkedThrough = -1
        // The last slot of a table is free.
        while slot * FingerprintEntry.wordCount < words.count {
            let end = firstByte + (slot + 1) * FingerprintEntry.byteCount - 1
            if end > checkedThrough {
                checkedThrough = try check(firstByte + slot * FingerprintEntry.byteCount, through: end)
            }
            let entry = FingerprintEntry(words, slot)
            guard !entry.isFree, entry.fingerprint <= wanted else { return }
            if entry.fingerprint == wanted { found.append(entry.seq) }
            slot += 1
        }
    }

    /// All entries of a date in order, checked.
    func entries(of day: Day) throws(EventLogError) -> FingerprintEntries {
        guard let position = places[day] else { return .none }
        let table = file.index.tables[position]
        let first = Int(table.wordOffset) * 4
        _ = try check(first, through: first + Int(table.wordCount) * 4 - 1)
        return FingerprintEntries(words(of: table))
    }

    /// Checks all tables.
    func checkAll() throws(EventLogError) { if !mapped.isEmpty { _ = try check(0, through: mapped.count - 1) } }

    private func words(of table: CheckpointIndex.Table) -> UnsafeBufferPointer<UInt32> {
        let start = mapped.baseAddress! + Int(table.wordOffset) * 4
        return UnsafeBufferPointer(
            start: start.assumingMemoryBound(to: UInt32.self), count: Int(table.wordCount))
    }

    /// Checks the chunks with the bytes `first` through `last`. Returns the last byte up to which all is checked.
    private func check(_ first: Int, through last: Int) throws(EventLogError) -> Int {
        let size = CheckpointIndex.chunkByteCount
        for chunk in first / size...last / size where !checked.withLock({ $0[chunk] }) {
            let bytes = mapped.slice(chunk * size..<min((chunk + 1) * size, mapped.count))
            guard Hash128(of: bytes) == file.index.chunkHashes[chunk] else {
                throw .corrupt(
                    Corruption(
                        place: file.place, offset: Int(file.index.tablesOffset) + chunk * size,
                        detail: "duplicates have another hash", remedy: Remedy.rebuildState))
            }
            // Not under the lock: the writer must not wait while a merge goes through a whole table.
            checked.withLock { $0[chunk] = true }
        }
        return (last / size + 1) * size - 1
    }
}
