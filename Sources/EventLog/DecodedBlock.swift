public import UsageModel

/// A block read from the log: checked against its hashes, columns unpacked. A scan fills the same one
/// again and again, so copy what must outlive the call.
public struct DecodedBlock: Sendable {
    public internal(set) var header = BlockHeader()
    /// The records with seqs `header.firstSeq ... header.lastSeq`, and the bytes they refer to.
    public internal(set) var batch = RecordBatch()
    /// Whether a redaction has replaced the body that the header was made for.
    public internal(set) var isRedacted = false

    init() {}

    func holds(_ seq: UInt64) -> Bool { header.firstSeq <= seq && seq <= header.lastSeq }
}
