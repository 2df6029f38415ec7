import Dispatch
import EventLog
import Portraits
import Synchronization
import UsageModel

/// Writes checkpoints beside the writer: their files, their syncs, and the merges that follow. The writer hands over bytes and
/// never waits for a disk here.
final class CheckpointThread: Sendable {
    let store: CheckpointStore
    private let log: EventLogReader
    private let queue = DispatchQueue(label: "tenure.checkpoint", qos: .utility)
    /// For one merge each. Queues that are serial, since these have threads of their own: of those that all others share there
    /// are as many as processors, and whoever asks for records waits for one.
    private let merges = (0..<greatestRunningCount).map { _ in
        DispatchQueue(label: "tenure.checkpoint.merges", qos: .utility)
    }
    /// Gives memory back: not behind the checkpoint that is being written.
    private let returns = DispatchQueue(label: "tenure.checkpoint.returns", qos: .utility)
    /// Bytes handed over and not yet written.
    private let pending = Atomic(0)
    /// Buffers of parts that are written, for the next parts: new memory is a fault for each page of it.
    private let spares = Mutex<[Handover]>([])
    /// Touched on the queue alone.
    nonisolated(unsafe) private var writing: CheckpointWriting?
    nonisolated(unsafe) private var error: EventLogError?
    /// By index of its queue.
    nonisolated(unsafe) private var running = [CheckpointMerge?](repeating: nil, count: greatestRunningCount)

    /// With more than this in memory nothing is written at leisure: parts that change are copied as fast as lines come.
    /// 100,000 companies are 130 MiB, and written in a hurry they held up the log's own syncs; a million are gigabytes.
    private static let hurryingBytes = 192 << 20

    /// As many as the writer is ahead of the disk at most, as a rule, and one for each share.
    private static let greatestSpareCount =
        greatestPendingBytes / CheckpointWriting.pieceBytes + Int(CheckpointPart.shareCount)

    init(store: CheckpointStore, log: EventLogReader) {
        self.store = store
        self.log = log
    }

    /// How far the writer may be ahead of the disk, beside what must be written before it changes.
    private static let greatestPendingBytes = 16 << 20

    /// Whether more parts may be handed over.
    var hasRoom: Bool { pendingBytes < Self.greatestPendingBytes }

    private var pendingBytes: Int { pending.load(ordering: .relaxed) }

    /// - Parameter newNames: those that the checkpoint before does not have, read here from `names`.
    func begin(
        _ header: CheckpointHeader, global: ByteBuffer, names: NameReader,
        _ newNames: [(kind: NameKind, numbers: Range<UInt32>)]
    ) {
        let global = Handover(global)
        enqueue { [self] () throws(EventLogError) in
            let writing = try store.begin(header) { [self] in pendingBytes > Self.hurryingBytes }
            try writing.append(global: global.value.bytes)
            try writing.append(names: names, newNames)
            self.writing = writing
        }
    }

    /// A buffer of parts that were written, empty; nil when there is none.
    func spare() -> ByteBuffer? { spares.withLock { $0.popLast() }?.value }

    /// Keeps the buffer of parts that were written, unless it had to grow for a company of very many users.
    private func keep(_ parts: Handover) {
        guard parts.value.count <= Checkpointer.pieceCapacity else { return }
        parts.value.removeAll()
        spares.withLock { if $0.count < Self.greatestSpareCount { $0.append(parts) } }
    }

    /// - Parameter roomMade: called on this thread when there is room again, for which the writer may be waiting.
    func append(parts: ByteBuffer, share: UInt32, roomMade: @escaping @Sendable () -> Void) {
        let byteCount = parts.count
        let parts = Handover(parts)
        pending.add(byteCount, ordering: .relaxed)
        enqueue { [self] () throws(EventLogError) in
            try writing?.append(parts: parts.value.bytes, share: share)
        } then: { [self] in
            let (before, after) = pending.subtract(byteCount, ordering: .relaxed)
            keep(parts)
            if before >= Self.greatestPendingBytes, after < Self.greatestPendingBytes { roomMade() }
        }
    }

    /// Writes the duplicates, makes the file part of the checkpoint, and merges. `ended` is called on this thread
    /// when the new file counts and again when a merge has changed the files; `unmerged` when one failed.
    func finish(
        duplicates: UnsavedDuplicates, ended: @escaping @Sendable (Result<CheckpointOutcome, EventLogError>) -> Void,
        unmerged: @escaping @Sendable (EventLogError) -> Void
    ) {
        enqueue { [self] () throws(EventLogError) in
            guard let writing else { return }
            try writing.append(duplicates: duplicates)
            ended(.success(CheckpointOutcome(runs: try store.keep(writing))))
        } then: { [self] in
            spares.withLock { $0 = [] }
            writing = nil
            if let failure = error {
                error = nil
                return ended(.failure(failure))
            }
            merge(merged: { ended(.success($0)) }, unmerged: unmerged)
        }
    }

    /// One that has the oldest file, and one of those that came while it was written.
    private static let greatestRunningCount = 2

    /// Merges files on threads beside this one, while there are too many: merging all may take half a minute, and the
    /// next checkpoint must not wait for it.
    private func merge(
        merged: @escaping @Sendable (CheckpointOutcome) -> Void, unmerged: @escaping @Sendable (EventLogError) -> Void
    ) {
        guard let free = running.firstIndex(where: { $0 == nil }),
            let merge = store.nextMerge(besides: running.compactMap { $0 })
        else { return }
        running[free] = merge
        merges[free].async { [self] in
            let file = Result { () throws(EventLogError) in try merge.write() }
            queue.async { [self] in
                running[free] = nil
                do throws(EventLogError) {
                    try store.use(try file.get())
                    merged(CheckpointOutcome(runs: try store.duplicateRuns(), isMerge: true))
                    self.merge(merged: merged, unmerged: unmerged)
                } catch {
                    // The checkpoint stands as it is, in more files than it needs.
                    if !store.isCancelled { unmerged(error) }
                }
            }
        }
    }

    /// Gives the memory of `value` back on another thread, if the caller keeps no reference to it. The writer took up
    /// to 35 ms for that: the maps of merged files and the lists of what they hold.
    func giveBack<Value: Sendable>(_ value: consuming Value) {
        let last = LastReference(value)
        returns.async { last.drop() }
    }

    /// Gives the system what lies free in the heap, when all of the above is done. Once a checkpoint: whoever allocates waits
    /// while what lies free is counted, 23 ms with 100,000 companies.
    func trimHeap() { returns.async { Heap.trim() } }

    /// Leaves what was read of the log.
    func leavePages() { returns.async { [log] in log.leavePages() } }

    private final class LastReference<Value: Sendable>: @unchecked Sendable {
        /// Touched by whoever makes this, then by whoever drops it.
        private var value: Value?

        init(_ value: consuming Value) { self.value = consume value }

        func drop() { value = nil }
    }

    /// Gives up what is under way and returns when nothing more is written.
    func stop() {
        store.cancel()
        // Whatever was about to begin a merge has begun it, or not; then the merge ends, and what it leads to.
        queue.sync {}
        for queue in merges { queue.sync {} }
        queue.sync {}
        // Whoever stops may open the directory again.
        returns.sync {}
    }

    /// After an error, or a stop, nothing more is written of a checkpoint.
    private func enqueue(
        _ body: @escaping @Sendable () throws(EventLogError) -> Void, then: @escaping @Sendable () -> Void = {}
    ) {
        queue.async { [self] in
            if error == nil, !store.isCancelled {
                do throws(EventLogError) {
                    try body()
                } catch {
                    self.error = error
                }
            }
            then()
        }
    }

    /// A buffer that changes hands: whoever gave it does not touch it again.
    private struct Handover: @unchecked Sendable {
        let value: ByteBuffer

        init(_ value: ByteBuffer) { self.value = value }
    }
}

/// A checkpoint that is durable.
struct CheckpointOutcome: Sendable {
    /// All duplicates that the checkpoint holds.
    var runs: DuplicateRuns
    /// Files were merged; nothing new was saved.
    var isMerge = false
}
