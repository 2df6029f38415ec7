import EventLog
import Portraits
import Rules
import UsageModel

/// The writer's side of checkpoints: when one is due, which parts it still needs, who waits for it.
///
/// A checkpoint shows the state after one block. The writer goes on at once: a part that is about to change is written
/// first, the others between lines and when there are none. Nothing here waits for a disk.
final class Checkpointer {
    let thread: CheckpointThread
    private let options: CheckpointOptions
    /// The state that the last durable checkpoint shows; 0 for none.
    private(set) var savedSeq: UInt64
    private(set) var isUnderWay = false
    /// All parts were handed over.
    private var isFinishing = false
    /// While lines wait nothing more is written before.
    private var nextShare = ContinuousClock.now
    /// By the boot clock: after a failure no checkpoint begins before.
    private var notBefore = Int64.min
    private var seq: UInt64 = 0
    /// How many names of each kind the durable checkpoint has, and the one under way, in the order of
    /// `NameKind.allCases`.
    private var savedNames: [UInt32]
    private var savingNames: [UInt32] = []
    /// By share: parts that were not handed over yet.
    private var pieces: [ByteBuffer?] = Array(repeating: nil, count: Int(CheckpointPart.shareCount))
    /// Of parts, since the start.
    private var writtenBytes = 0
    private var duplicates = UnsavedDuplicates()
    private var waiting: [(Result<UInt64, EventLogError>) -> Void] = []

    /// Room for the part that fills it.
    static let pieceCapacity = CheckpointWriting.pieceBytes * 2

    init(
        store: CheckpointStore, log: EventLogReader, savedSeq: UInt64, savedNames: [UInt32]?, options: CheckpointOptions
    ) {
        thread = CheckpointThread(store: store, log: log)
        self.savedSeq = savedSeq
        self.savedNames = savedNames ?? NameKind.allCases.map { _ in 0 }
        self.options = options
    }

    /// Whether the log has gone far enough beyond the last checkpoint, and the disk may be asked again.
    func isDue(lastSeq: UInt64, bootTime: Int64) -> Bool {
        !isUnderWay && lastSeq >= savedSeq + options.records(beyond: thread.store.partByteCount)
            && bootTime >= notBefore
    }

    /// `body` is called when the checkpoint that is under way, or the next, has ended.
    func wait(_ body: @escaping (Result<UInt64, EventLogError>) -> Void) { waiting.append(body) }

    /// Gives up what is under way; nothing more is written when it returns.
    func stop() {
        thread.stop()
        answer(.failure(.closed))
    }

    private func answer(_ result: Result<UInt64, EventLogError>) {
        let waiting = waiting
        self.waiting = []
        for body in waiting { body(result) }
    }

    // MARK: Under way

    func begin(_ writer: Writer, header: CheckpointHeader) {
        isUnderWay = true
        seq = header.seq
        let global = ByteBuffer(capacity: CheckpointWriting.pieceBytes)
        CheckpointRecord.write(writer, to: global)
        savingNames = writer.log.sealedNames
        let newNames = zip(NameKind.allCases, zip(savedNames, savingNames)).map { kind, counts in
            (kind: kind, numbers: counts.0 + 1..<counts.1 + 1)
        }
        thread.begin(header, global: global, names: writer.names.reader, newNames)
        writer.portraits.beginCheckpoint()
        duplicates = writer.duplicates.beginSaving(budgetBytes: options.duplicateBytes)
    }

    /// Writes `part` as it is now.
    func write(_ part: CheckpointPart, of writer: Writer) {
        let key = part.key
        let share = part.share
        let piece = piece(of: share)
        let start = CheckpointPartHeader.begin(kind: key.kind, number: key.number, in: piece)
        writer.portraits.write(part, to: piece)
        if case .company(let number) = part { writer.desk.book.write(CompanyID(number: number), to: piece) }
        CheckpointPartHeader.end(start, in: piece)
        writtenBytes += piece.count - start
        if piece.count >= CheckpointWriting.pieceBytes { handOver(share, writer) }
    }

    private func piece(of share: UInt32) -> ByteBuffer {
        if let piece = pieces[Int(share)] { return piece }
        let piece = thread.spare() ?? ByteBuffer(capacity: Self.pieceCapacity)
        pieces[Int(share)] = piece
        return piece
    }

    /// Whether there is something to be written that the disk can be given now.
    var isReady: Bool { isUnderWay && !isFinishing && thread.hasRoom }

    /// Goes on for a small part of a piece, and while lines wait only as often as it may.
    ///
    /// Whole pieces in a row, as many as the disk had taken meanwhile, held all lines up for 50 ms; and one at a time, when
    /// none waited, those that came meanwhile for 10.
    func proceed(_ writer: Writer) {
        guard isReady else { return }
        guard writer.hasLines else { return write(of: writer) }
        let start = ContinuousClock.now
        guard start >= nextShare else { return }
        write(of: writer)
        let end = ContinuousClock.now
        nextShare = end + (end - start) * Self.pauseBesideLines
    }

    /// Some tenths of a millisecond each.
    private static let bytesAtOnce = 64 << 10
    private static let lookCountAtOnce = 256
    /// How many times longer than it took lines come first then: they keep nine tenths of the writer's time. It is at
    /// leisure more often than that but where lines come as fast as they can be taken.
    private static let pauseBesideLines = 9

    private func write(of writer: Writer) {
        let end = writtenBytes + Self.bytesAtOnce
        var lookCount = Self.lookCountAtOnce
        while writtenBytes < end {
            switch writer.portraits.nextCheckpointPart(&lookCount) {
            case .write(let part): write(part, of: writer)
            case .goOnLater: return
            case .end: return finish(writer)
            }
        }
    }

    private func handOver(_ share: UInt32, _ writer: Writer) {
        guard let full = pieces[Int(share)].take() else { return }
        let resume = writer.resumption
        thread.append(parts: full, share: share) { resume { $0.checkpointer?.proceed($0) } }
    }

    private func finish(_ writer: Writer) {
        isFinishing = true
        for share in 0..<CheckpointPart.shareCount { handOver(share, writer) }
        let resume = writer.resumption
        thread.finish(duplicates: duplicates) { result in
            resume { $0.checkpointer?.end(result, of: $0) }
        } unmerged: { error in
            resume {
                $0.configuration.report(
                    .warning, "the checkpoint's files could not be merged (\(error)); they stay as they are")
            }
        }
    }

    private func end(_ result: Result<CheckpointOutcome, EventLogError>, of writer: Writer) {
        thread.leavePages()
        if case .success(let outcome) = result, outcome.isMerge {
            return thread.giveBack(writer.duplicates.useMerged(outcome.runs))
        }
        isUnderWay = false
        isFinishing = false
        var taken = UnsavedDuplicates()
        swap(&taken, &duplicates)
        switch result {
        case .success(let outcome):
            writer.portraits.endCheckpoint(isKept: true)
            thread.giveBack(writer.duplicates.endSaving(outcome.runs))
            thread.giveBack(consume taken)
            thread.trimHeap()
            savedSeq = seq
            savedNames = savingNames
        case .failure(let error):
            writer.portraits.endCheckpoint(isKept: false)
            writer.duplicates.abandonSaving(taken)
            notBefore = writer.configuration.bootClock() + Self.pauseAfterFailure
            writer.configuration.report(
                .warning, "no checkpoint could be made (\(error)); the log has everything, only a restart takes longer")
        }
        answer(result.map { _ in savedSeq })
    }

    /// A disk that is full or ailing is not asked again at once.
    private static let pauseAfterFailure: Int64 = 60_000
}
