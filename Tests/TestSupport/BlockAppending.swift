public import EventLog
public import UsageModel

extension EventLog {
    /// Makes `batch` a block and commits it, on one thread.
    @discardableResult
    public func append(_ batch: RecordBatch, context: BlockContext) throws(EventLogError) -> ClosedRange<UInt64> {
        let draft = BlockDraft()
        draft.batch = batch
        seal(draft, context: context)
        return try commit(draft)
    }
}
