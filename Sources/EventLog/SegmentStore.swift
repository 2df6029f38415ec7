import Dispatch
import LMDB
import Synchronization
import UsageModel

/// The segments of one directory, each opened at most once in this process and shared between the
/// writer and all readers. lmdb.h: "Do not have open an LMDB database twice in the same process at
/// the same time."
final class SegmentStore: Sendable {
    let directory: String
    let logID: Hash128
    private let state: Mutex<State>

    /// Sealed segments that stay open while nobody reads them. Each costs a file descriptor and a map.
    private static let idleCount = 8

    private struct State {
        /// Ascending.
        var firstSeqs: [UInt64]
        var open: [UInt64: OpenSegment] = [:]
        /// Whose trees were found whole, and which nobody has opened since.
        var checked: Set<UInt64> = []
        /// Counts uses, to find the segment that was left alone longest.
        var clock: UInt64 = 0
        /// Held as long as anybody can reach a segment; nil for a directory that nobody else knows yet.
        var lock: DirectoryLock?
        var isClosed = false

        mutating func unlockWhenDone() { if isClosed && open.isEmpty { lock = nil } }
    }

    private struct OpenSegment {
        var environment: Environment
        var userCount: Int
        var lastUse: UInt64
    }

    init(directory: String, logID: Hash128, lock: DirectoryLock?) throws(EventLogError) {
        self.directory = directory
        self.logID = logID
        let names = try SystemCall.list(directory + "/" + SegmentName.parent)
        state = Mutex(State(firstSeqs: names.compactMap(SegmentName.firstSeq).sorted(), lock: lock))
    }

    var firstSeqs: [UInt64] { state.withLock { $0.firstSeqs } }

    func path(_ firstSeq: UInt64) -> String { directory + "/" + SegmentName.place(firstSeq) }

    /// The segment whose first seq is the greatest that is not above `seq`; and the next one's.
    func segment(holding seq: UInt64) -> (firstSeq: UInt64?, next: UInt64?) {
        state.withLock { state in
            let next = state.firstSeqs.firstIndex { $0 > seq } ?? state.firstSeqs.count
            return (
                next > 0 ? state.firstSeqs[next - 1] : nil, next < state.firstSeqs.count ? state.firstSeqs[next] : nil
            )
        }
    }

    /// Looks through the trees of all segments, on as many threads as there are processors, which whoever opens one first
    /// is spared then. What is wrong with one is left to whoever opens it. O(blocks).
    func checkAhead() {
        let segments = firstSeqs
        @Sendable func check(_ index: Int) {
            guard (try? DataFile.check(directory: path(segments[index]), withHeads: false)) != nil else { return }
            state.withLock { _ = $0.checked.insert(segments[index]) }
        }
        DispatchQueue.concurrentPerform(iterations: segments.count, execute: check)
    }

    /// Looks through a sealed segment's file also for what no reader looks at. O(blocks).
    func checkSealed(_ firstSeq: UInt64) throws(EventLogError) {
        do throws(DataFileError) {
            try DataFile.check(directory: path(firstSeq), withHeads: true)
        } catch {
            throw EventLogError(error, opening: firstSeq)
        }
    }

    /// Calls `body` with the segment's environment, opened for reading when it is not open yet. `body`
    /// must not keep it.
    func read<R>(
        _ firstSeq: UInt64, _ body: (Environment) throws(EventLogError) -> R
    ) throws(EventLogError) -> R {
        let environment = try take(firstSeq) { path in
            try Environment.open(path: path, access: .readOnly, tables: SegmentTable.names)
        }
        defer { give(firstSeq) }
        return try body(environment)
    }

    /// Opens the segment for writing and keeps it open until `give`. Nobody may have read it before.
    func takeForWriting(_ firstSeq: UInt64, mapBytes: Int) throws(EventLogError) -> Environment {
        precondition(state.withLock { $0.open[firstSeq] == nil }, "the segment is open for reading")
        return try take(firstSeq) { path in
            try Environment.open(path: path, access: .readWrite(mapBytes: mapBytes), tables: SegmentTable.names)
        }
    }

    /// A new segment is there; readers may find it.
    func add(_ firstSeq: UInt64) { state.withLock { $0.firstSeqs.append(firstSeq) } }

    /// No new use; what is in use closes when its last user is done, and then the lock goes.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.open = state.open.filter { $0.value.userCount > 0 }
            state.unlockWhenDone()
        }
    }

    private func take(
        _ firstSeq: UInt64, open: (String) throws -> Environment
    ) throws(EventLogError) -> Environment {
        // Opening happens under the lock, so that two readers cannot both do it.
        let result: Result<Environment, EventLogError> = state.withLock { state in
            if state.isClosed { return .failure(.closed) }
            state.clock += 1
            if var segment = state.open[firstSeq] {
                segment.userCount += 1
                segment.lastUse = state.clock
                state.open[firstSeq] = segment
                return .success(segment.environment)
            }
            Self.closeIdle(&state)
            do {
                let path = path(firstSeq)
                if state.checked.remove(firstSeq) == nil { try DataFile.check(directory: path, withHeads: false) }
                let environment = try open(path)
                for (index, name) in SegmentTable.names.enumerated() where environment.table(index) == nil {
                    throw DataFileError.damaged(offset: 0, detail: "the table \(name) is missing")
                }
                state.open[firstSeq] = OpenSegment(
                    environment: environment, userCount: 1, lastUse: state.clock)
                return .success(environment)
            } catch {
                return .failure(EventLogError(error, opening: firstSeq))
            }
        }
        return try result.get()
    }

    func give(_ firstSeq: UInt64) {
        state.withLock { state in
            guard var segment = state.open[firstSeq] else { preconditionFailure("gave back what was not taken") }
            segment.userCount -= 1
            state.open[firstSeq] = state.isClosed && segment.userCount == 0 ? nil : segment
            state.unlockWhenDone()
        }
    }

    /// See `Environment.leavePages`; of all segments that are open.
    func leavePages() {
        let taken = state.withLock { state in
            let firstSeqs = state.isClosed ? [] : Array(state.open.keys)
            for firstSeq in firstSeqs { state.open[firstSeq]?.userCount += 1 }
            return firstSeqs
        }
        leavePages(of: taken)
        for firstSeq in taken { give(firstSeq) }
    }

    /// A function of its own, so that nothing refers to the environments any more when the segments are given back.
    private func leavePages(of firstSeqs: [UInt64]) {
        Environment.leavePages(of: state.withLock { state in firstSeqs.compactMap { state.open[$0]?.environment } })
    }

    private static func closeIdle(_ state: inout State) {
        let idle = state.open.filter { $0.value.userCount == 0 }
        guard idle.count >= idleCount, let oldest = idle.min(by: { $0.value.lastUse < $1.value.lastUse }) else {
            return
        }
        state.open[oldest.key] = nil
    }
}

/// The tables of a segment, in the order given to `Environment.open`.
enum SegmentTable {
    static let names = ["blocks", "names"]

    static func blocks(_ environment: Environment) -> Table { table(0, environment) }
    static func names(_ environment: Environment) -> Table { table(1, environment) }

    private static func table(_ index: Int, _ environment: Environment) -> Table {
        guard let table = environment.table(index) else {
            preconditionFailure("tables are checked when a segment is opened")
        }
        return table
    }
}

/// Segments are directories named after their first seq, with leading zeros so that they sort.
enum SegmentName {
    static let parent = "log"
    /// A segment is made under this name and renamed when it is whole.
    static let draft = "new"
    private static let digitCount = 20

    static func place(_ firstSeq: UInt64) -> String {
        let digits = String(firstSeq)
        return parent + "/" + String(repeating: "0", count: digitCount - digits.count) + digits
    }

    static func firstSeq(_ name: String) -> UInt64? {
        guard name.utf8.count == digitCount, name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt64(name)
    }
}

extension EventLogError {
    /// What went wrong while a segment was checked and opened.
    fileprivate init(_ error: any Error, opening firstSeq: UInt64) {
        let place = SegmentName.place(firstSeq)
        switch error {
        case DataFileError.system(_, let code) where code == SystemCall.noSuchFile:
            self = .corrupt(
                Corruption(
                    place: place + "/" + DataFile.name, detail: "the file is missing", remedy: Remedy.restoreSegment))
        case DataFileError.system(let call, let code):
            self = .system(call: call, path: place + "/" + DataFile.name, code: code)
        case DataFileError.otherVersion(let version):
            self = .newerFormat(place: place + "/" + DataFile.name, found: version, supported: 1)
        case DataFileError.damaged(let offset, let detail):
            self = .corrupt(
                Corruption(
                    place: place + "/" + DataFile.name, offset: offset, detail: detail, remedy: Remedy.restoreSegment))
        case let error as LMDBError where error == .alreadyOpen:
            self = .locked(directory: place, holder: "this process; copy its reader in place of opening another")
        case let error as LMDBError:
            self = EventLogError(error, place: place)
        default:
            self = .corrupt(Corruption(place: place, detail: "\(error)", remedy: Remedy.restoreSegment))
        }
    }

    /// An error of the library on a segment that is open.
    init(_ error: LMDBError, place: String) {
        self =
            error.isDamage
            ? .corrupt(Corruption(place: place, detail: "\(error)", remedy: Remedy.restoreSegment))
            : .store(error, path: place)
    }
}
