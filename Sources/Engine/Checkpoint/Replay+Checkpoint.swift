import EventLog
import Portraits
import Rules
import UsageModel

/// What a checkpoint gave back.
struct RestoredCheckpoint {
    /// Stands where the checkpoint's last block ended.
    var replay: Replay
    var duplicates: DuplicateRuns
    /// How many names of each kind it has, in the order of `NameKind.allCases`.
    var savedNames: [UInt32]
}

extension Replay {
    /// What the checkpoint in `store` shows, which a block of the log must bear out; nil when there is none. The names
    /// are there on return, those of the log's last blocks too.
    /// A checkpoint that turns out to be damaged, or to be of another past, is given up, and the log replayed.
    ///
    /// - Parameter report: told in a sentence what is wrong with it.
    static func restored(
        from store: CheckpointStore, log: EventLogReader, names: NameTable, restoring: RestoredNames,
        report: (String) -> Void
    ) throws(EngineError) -> RestoredCheckpoint? {
        do throws(EventLogError) {
            guard let header = store.header else {
                restoring.begin(nil)
                _ = try restoring.wait()
                return nil
            }
            // What is wrong with the log itself is no fault of the checkpoint, and ends the start.
            let last = try log.blockHeader(endingAt: header.seq)
            let nameTotal = try log.nameTotal()
            let replay = Replay(names: names)
            let read: Result<CheckpointRecord, EventLogError>
            do throws(EventLogError) {
                guard let last, last.hash == header.blockHash else {
                    restoring.begin(nil)
                    throw store.damaged("it shows a state that this log was never in")
                }
                restoring.begin((store, last))
                read = .success(try replay.read(store, nameTotal: nameTotal))
            } catch {
                read = .failure(error)
            }
            let savedNames = try restoring.wait()
            do throws(EventLogError) {
                try replay.finish(try read.get(), header, store)
                return RestoredCheckpoint(
                    replay: replay, duplicates: try store.duplicateRuns(), savedNames: try savedNames.get())
            } catch {
                report("the checkpoint cannot be used: \(error); everything is read from the log instead")
                try store.discard()
                return nil
            }
        } catch {
            throw .log(error)
        }
    }

    /// Reads everything but what needs names.
    private func read(_ store: CheckpointStore, nameTotal: Int) throws(EventLogError) -> CheckpointRecord {
        // Shares are read at the same time, as `Portraits.read` lets them; flags stand in one of them.
        nonisolated(unsafe) var record: CheckpointRecord?
        nonisolated(unsafe) let portraits = portraits
        try store.read { (bytes) throws(DamagedBytes) in
            record = try CheckpointRecord(
                bytes, into: portraits, nameTotal: nameTotal, partTotal: store.greatestPartCount)
        } parts: { (share, parts) throws(DamagedBytes) in
            while let next = try parts.next() {
                guard let part = CheckpointPart(kind: next.kind, number: next.number), part.share == share else {
                    throw DamagedBytes("an unknown part, or one that stands elsewhere")
                }
                var reader = ByteReader(next.bytes)
                try portraits.read(part, &reader)
                if case .company(let number) = part { try record?.book.read(CompanyID(number: number), &reader) }
                guard reader.isAtEnd else { throw DamagedBytes("more bytes than a part has") }
            }
        }
        guard let record else { throw store.damaged("there is no global record") }
        return record
    }

    private func finish(
        _ record: CheckpointRecord, _ header: CheckpointHeader, _ store: CheckpointStore
    ) throws(EventLogError) {
        do throws(DamagedBytes) {
            try portraits.endReading()
            try take(record, header)
        } catch {
            throw store.damaged(error.detail)
        }
    }
}
