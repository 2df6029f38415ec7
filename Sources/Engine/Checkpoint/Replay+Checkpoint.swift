import EventLog
import Portraits
import Rules
import UsageModel

extension Replay {
    /// The state that the checkpoint in `store` shows, which a block of the log must bear out, and the duplicates that it
    /// holds; nil when there is none.
    /// A checkpoint that turns out to be damaged, or to be of another past, is given up, and the log replayed.
    ///
    /// - Parameter report: told in a sentence what is wrong with it.
    static func restored(
        from store: CheckpointStore, log: EventLogReader, names: NameTable, report: (String) -> Void
    ) throws(EngineError) -> (replay: Replay, duplicates: DuplicateRuns)? {
        do throws(EventLogError) {
            guard let header = store.header else { return nil }
            guard try log.blockHash(endingAt: header.seq) == header.blockHash else {
                report(
                    "the checkpoint shows a state that this log was never in; everything is read from the log instead")
                try store.discard()
                return nil
            }
            let replay = Replay(names: names)
            do throws(EventLogError) {
                try replay.read(store, header)
                return (replay, try store.duplicateRuns())
            } catch {
                report("the checkpoint cannot be used: \(error); everything is read from the log now")
                try store.discard()
                return nil
            }
        } catch {
            throw .log(error)
        }
    }

    private func read(_ store: CheckpointStore, _ header: CheckpointHeader) throws(EventLogError) {
        var record: CheckpointRecord?
        try store.read { (bytes) throws(DamagedBytes) in
            record = try CheckpointRecord(bytes, into: portraits)
        } part: { (kind, number, bytes) throws(DamagedBytes) in
            guard let part = CheckpointPart(kind: kind, number: number) else { throw DamagedBytes("an unknown part") }
            guard record != nil else { throw DamagedBytes("there is no global record") }
            var reader = ByteReader(bytes)
            try portraits.read(part, &reader)
            if case .company(let number) = part {
                try record?.book.read(CompanyID(number: number), &reader)
            }
            guard reader.isAtEnd else { throw DamagedBytes("more bytes than a part has") }
        }
        portraits.endReading()
        guard let record else { throw store.damaged("there is no global record") }
        do throws(DamagedBytes) {
            try take(record, header)
        } catch {
            throw store.damaged(error.detail)
        }
    }
}
