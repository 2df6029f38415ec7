import Dispatch
import EventLog
import UsageModel

/// The names of a log that was just opened, read back and indexed on a thread of their own while the state is being
/// read.
final class RestoredNames: @unchecked Sendable {
    /// Until `join`.
    private var log: EventLog?
    private let names: NameTable
    /// These are set on the thread, and taken behind a wait for what set them.
    private var failure: EventLogError?
    private var checkpointFailure: EventLogError?
    /// Of each kind, in the order of `NameKind.allCases`.
    private var savedCounts: [UInt32] = NameKind.allCases.map { _ in 0 }
    private var index: NameIndex?
    private let restoring = DispatchGroup()
    private let indexing = DispatchGroup()

    init(_ log: EventLog, _ names: NameTable) {
        self.log = log
        self.names = names
    }

    /// To be called once. No name may be used before `wait` has returned, and none added before `endIndexing` has.
    ///
    /// - Parameter checkpoint: has the names of all blocks up to the one with this header, and of no other. Nil leaves
    ///   them all to the log.
    func begin(_ checkpoint: (store: CheckpointStore, last: BlockHeader)?) {
        restoring.enter()
        indexing.enter()
        DispatchQueue.global(qos: .userInitiated).async { [self] in
            do throws(EventLogError) {
                try restore(checkpoint)
            } catch {
                failure = error
            }
            restoring.leave()
            if failure == nil { index = names.restoredIndex() }
            indexing.leave()
        }
    }

    private func restore(_ checkpoint: (store: CheckpointStore, last: BlockHeader)?) throws(EventLogError) {
        guard let (store, last) = checkpoint else { return try restoreFromLog(behind: 0) }
        do throws(EventLogError) {
            try store.readNames(into: names)
            let counts = NameKind.allCases.map { UInt32(names.count($0)) }
            guard counts.reduce(0, +) == last.nameTotal else {
                throw store.damaged("there should be \(last.nameTotal) names, but \(counts.reduce(0, +)) were found")
            }
            try restoreFromLog(behind: last.lastSeq)
            savedCounts = counts
        } catch {
            // Whichever of the two is at fault, the log alone has to do.
            checkpointFailure = error
            names.removeAll()
            try restoreFromLog(behind: 0)
        }
    }

    private func restoreFromLog(behind seq: UInt64) throws(EventLogError) { try log?.restoreNames(behind: seq) }

    /// All names can be used by number from here on. Throws what `EventLog.restoreNames` does.
    ///
    /// - Returns: how many names of each kind the checkpoint has, in the order of `NameKind.allCases`, or what is wrong
    ///   with it.
    func wait() throws(EventLogError) -> Result<[UInt32], EventLogError> {
        restoring.wait()
        if let failure { throw failure }
        return checkpointFailure.map { .failure($0) } ?? .success(savedCounts)
    }

    /// All names can be found by text from here on. To be called once, after `wait`.
    func endIndexing() {
        indexing.wait()
        guard let index = index.take() else { preconditionFailure("an index is made once") }
        names.use(index)
    }

    /// The thread is done, and the log let go of: whoever else lets go of it closes it. To be called in the end.
    func join() {
        indexing.wait()
        log = nil
    }
}
