import EventLog
import Portraits
import UsageModel

/// Checkpoints, from the writer's loop.
extension Writer {
    /// To be called between two turns.
    func tendCheckpoint() throws(EngineError) {
        guard let checkpointer else { return }
        if checkpointer.isUnderWay {
            checkpointer.proceed(self)
        } else if checkpointer.isDue(lastSeq: commits.durableSeq, bootTime: configuration.bootClock()) {
            try beginCheckpoint()
        }
    }

    /// Begins one now, unless one is under way; `body` is called with the seq that it shows when it is durable.
    func makeCheckpoint(_ body: @escaping (Result<UInt64, EventLogError>) -> Void) {
        guard let checkpointer else { return body(.failure(.closed)) }
        guard lastSeq > checkpointer.savedSeq || checkpointer.isUnderWay else {
            return body(.success(checkpointer.savedSeq))
        }
        if !checkpointer.isUnderWay {
            do throws(EngineError) {
                try beginCheckpoint()
            } catch {
                failure = error
                return body(.failure(.closed))
            }
        }
        // Before there is any `now` there is nothing to save, and nobody must wait for it.
        guard checkpointer.isUnderWay else { return body(.success(checkpointer.savedSeq)) }
        checkpointer.wait(body)
    }

    /// Its files have turned out to be damaged. Removed, so that the next start reads the log.
    func giveUpCheckpoint() {
        guard let checkpointer else { return }
        // What is still being written holds only changes, and would stand for the whole.
        checkpointer.stop()
        do throws(EventLogError) {
            try checkpointer.thread.store.discard()
        } catch {
            configuration.report(.error, "the damaged checkpoint cannot be removed: \(error)")
        }
    }

    /// The state is that of the log's last block: nothing is applied that is not committed.
    private func beginCheckpoint() throws(EngineError) {
        try endBlock()
        guard let checkpointer, let hash = log.lastBlockHash, portraits.now != nil else { return }
        checkpointer.begin(
            self,
            header: CheckpointHeader(
                logID: log.logID, seq: log.lastSeq, blockHash: hash, layout: CheckpointLayout.fingerprint))
        checkpointer.proceed(self)
    }

    /// Calls back on the writer's thread, from any other; not any more when the writer has stopped.
    var resumption: @Sendable (@escaping @Sendable (Writer) -> Void) -> Void {
        { [mailbox] body in _ = mailbox.post(body) }
    }
}
