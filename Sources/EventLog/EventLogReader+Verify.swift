import LMDB
public import UsageModel

/// How far a verification has come.
public struct VerifyProgress: Sendable {
    public var seq: UInt64
    public var lastSeq: UInt64
    public var blocks: Int
}

/// What a verification found.
public struct VerifyReport: Sendable, Equatable {
    public var logID = Hash128.zero
    public var segments = 0
    public var blocks = 0
    public var records: UInt64 = 0
    public var lastSeq: UInt64 = 0
    public var names = 0
    public var erasedNames = 0
    public var redactedBlocks = 0
    /// Size of the data files.
    public var bytes: UInt64 = 0
    /// Hash of the last block's header: stands for the whole chain.
    public var lastHash = Hash128.zero
    /// Empty when all is well; in the order of the log.
    public var problems: [Corruption] = []
    /// False when `progress` stopped it, or when there were more problems than anybody reads.
    public var isComplete = true
}

extension EventLogReader {
    /// More problems than this are one: the directory is not a log any more.
    private static let greatestProblemCount = 100

    /// Checks everything: structure of the files, headers, chain, bodies, names, tail. Goes on behind a
    /// problem where it can. `progress` is called after each block and may return false to stop.
    ///
    /// Throws only for what is no finding about the log: a failed system call, a newer format.
    public func verify(progress: (VerifyProgress) -> Bool = { _ in true }) throws(EventLogError) -> VerifyReport {
        var verification = Verification(reader: self)
        // Read first: beside a writer the log then reaches at least as far.
        let tail: Tail?
        do throws(EventLogError) {
            tail = try Tail.read(directory: store.directory)
        } catch {
            tail = nil
            try verification.note(error)
        }
        let lastSeq = (try? self.lastSeq()) ?? 0
        for segment in store.firstSeqs {
            try verification.check(segment) { seq, blocks in
                progress(VerifyProgress(seq: seq, lastSeq: max(lastSeq, seq), blocks: blocks))
            }
            guard verification.report.isComplete else { return verification.report }
        }
        try verification.finish(tail)
        return verification.report
    }

    fileprivate struct Verification {
        let reader: EventLogReader
        var report = VerifyReport()
        private let buffer = ByteBuffer()
        private let names = ByteBuffer()
        private let decoder = BlockDecoder()
        private var block = DecodedBlock()
        private var restorer = NameRestorer()
        private var previous: BlockHeader?

        init(reader: EventLogReader) {
            self.reader = reader
            report.logID = reader.store.logID
        }

        /// Keeps a finding; passes on what is none.
        mutating func note(_ error: EventLogError) throws(EventLogError) {
            guard case .corrupt(let corruption) = error else { throw error }
            report.problems.append(corruption)
            if report.problems.count >= EventLogReader.greatestProblemCount { report.isComplete = false }
        }

        mutating func check(_ segment: UInt64, progress: (UInt64, Int) -> Bool) throws(EventLogError) {
            let store = reader.store
            report.segments += 1
            var position = segment
            do throws(EventLogError) {
                // A file that is missing is found below.
                report.bytes += (try? SystemCall.fileByteCount(store.path(segment) + "/" + DataFile.name)) ?? 0
                if previous == nil ? segment != 1 : segment != report.lastSeq + 1 {
                    try note(SegmentStore.missing(from: report.lastSeq + 1, before: segment))
                }
                while let entry = try store.copy(.from(position), of: .blocks, in: segment, to: buffer) {
                    try checkBlock(entry)
                    position = entry.key + 1
                    if !progress(report.lastSeq, report.blocks) { report.isComplete = false }
                    guard report.isComplete else { return }
                }
                // Behind all that can be read. The last one may be written to meanwhile.
                if segment != store.firstSeqs.last { try store.checkSealed(segment) }
            } catch {
                try note(error)
            }
        }

        private mutating func checkBlock(_ entry: StoredEntry) throws(EventLogError) {
            report.blocks += 1
            do throws(EventLogError) {
                let header = try SegmentStore.header(buffer, entry, logID: reader.store.logID)
                let before = previous
                previous = header
                report.records += UInt64(header.count)
                report.lastSeq = header.lastSeq
                report.lastHash = header.hash
                try EventLogReader.check(header, follows: before, entry)
                try checkNames(header, entry)
                try EventLogReader.decode(buffer, entry, with: decoder, into: &block)
                if block.isRedacted { report.redactedBlocks += 1 }
                try checkReferences(entry)
            } catch {
                try note(error)
            }
        }

        private mutating func checkNames(_ header: BlockHeader, _ entry: StoredEntry) throws(EventLogError) {
            if header.nameCount > 0 {
                let found = try reader.store.copy(.through(entry.key), of: .names, in: entry.segment, to: names)
                guard let found, found.key == entry.key else {
                    throw damage(entry, "the \(header.nameCount) names that it added are missing")
                }
                try restorer.add(names, of: header, found, to: nil)
            }
            guard restorer.total == Int(header.nameTotal) else {
                throw damage(
                    entry, "there should be \(header.nameTotal) names by now, but \(restorer.total) were found")
            }
        }

        /// Records may only refer to names that were there.
        private func checkReferences(_ entry: StoredEntry) throws(EventLogError) {
            func isKnown(_ number: UInt32, _ kind: NameKind) -> Bool {
                number <= restorer.counts[Int(kind.rawValue)]
            }
            for (index, record) in block.batch.records.enumerated() {
                guard isKnown(record.company.number, .company), isKnown(record.user.number, .user),
                    isKnown(record.sentUser.number, .user), isKnown(record.task.number, .task),
                    isKnown(record.unit.number, .unit), isKnown(record.source.number, .source),
                    isKnown(record.producer.number, .producer)
                else {
                    throw damage(entry, "the record at \(entry.key + UInt64(index)) refers to a name that is not there")
                }
            }
        }

        private func damage(_ entry: StoredEntry, _ detail: String) -> EventLogError {
            .corrupt(
                Corruption(place: entry.place, block: entry.key, detail: detail, remedy: Remedy.restoreSegment))
        }

        mutating func finish(_ tail: Tail?) throws(EventLogError) {
            report.names = restorer.total
            report.erasedNames = restorer.erased
            guard let tail else { return }
            do throws(EventLogError) {
                try reader.check(tail, last: previous)
            } catch {
                try note(error)
            }
        }
    }
}
