import Dispatch
import EventLog
import UsageModel

/// The names of a log that was just opened, read back and indexed on a thread of their own while the state is being
/// read.
final class RestoredNames: @unchecked Sendable {
    /// Until `join`.
    private var log: EventLog?
    private let names: NameTable
    /// Both are set on the thread, and taken behind a wait for what set them.
    private var failure: EventLogError?
    private var index: NameIndex?
    private let restoring = DispatchGroup()
    private let indexing = DispatchGroup()

    /// No name may be used before `wait` has returned, and none added before `endIndexing` has.
    init(_ log: EventLog, _ names: NameTable) {
        self.log = log
        self.names = names
        restoring.enter()
        indexing.enter()
        DispatchQueue.global(qos: .userInitiated).async { [self] in
            do throws(EventLogError) {
                try self.log?.restoreNames()
            } catch {
                failure = error
            }
            restoring.leave()
            if failure == nil { index = self.names.restoredIndex() }
            indexing.leave()
        }
    }

    /// All names can be used by number from here on. Throws what `EventLog.restoreNames` does.
    func wait() throws(EventLogError) {
        restoring.wait()
        if let failure { throw failure }
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
