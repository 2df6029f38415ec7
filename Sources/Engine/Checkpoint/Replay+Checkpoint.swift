import EventLog
import Portraits
import Rules
import UsageModel

extension Replay {
    /// The state that the checkpoint in `store` shows, which a block of the log must bear out, and the duplicates that it
    /// holds; nil when there is none. The names are there on return.
    /// A checkpoint that turns out to be damaged, or to be of another past, is given up, and the log replayed.
    ///
    /// - Parameter report: told in a sentence what is wrong with it.
    static func restored(
        from store: CheckpointStore, log: EventLogReader, names: NameTable, restoring: RestoredNames,
        report: (String) -> Void
    ) throws(EngineError) -> (replay: Replay, duplicates: DuplicateRuns)? {
        do throws(EventLogError) {
            let replay = Replay(names: names)
            var fault: EventLogError?
            var record: CheckpointRecord?
            do throws(EventLogError) {
                record = try replay.read(store, log)
            } catch {
                fault = error
            }
            // What is wrong with the log itself is no fault of the checkpoint.
            try restoring.wait()
            do throws(EventLogError) {
                if let fault { throw fault }
                guard let record, let header = store.header else { return nil }
                try replay.finish(record, header, store)
                return (replay, try store.duplicateRuns())
            } catch {
                report("the checkpoint cannot be used: \(error); everything is read from the log instead")
                try store.discard()
                return nil
            }
        } catch {
            throw .log(error)
        }
    }

    /// Reads everything but what needs names; nil when there is no checkpoint.
    private func read(_ store: CheckpointStore, _ log: EventLogReader) throws(EventLogError) -> CheckpointRecord? {
        guard let header = store.header else { return nil }
        guard try log.blockHash(endingAt: header.seq) == header.blockHash else {
            throw store.damaged("it shows a state that this log was never in")
        }
        let nameTotal = try log.nameTotal()
        var record: CheckpointRecord?
        try store.read { (bytes) throws(DamagedBytes) in
            record = try CheckpointRecord(bytes, into: portraits, nameTotal: nameTotal)
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
