public import UsageModel

/// In which form a population writes its events. Control records are JSON in every form, since line
/// protocol has no word for them.
public enum LineForm: String, Sendable, CaseIterable {
    /// JSON's short form, Segment's calls and line protocol side by side.
    case mixed
    case json
    case line
}

/// A seeded, lifelike population of companies that use a product: an iterator of the lines that its
/// senders would write, in the order in which they would arrive, and the truth about each company.
///
/// Pure: the same arguments give the same bytes, however they are cut. Days are generated one at a
/// time, so memory is that of the people and of about two days of lines.
public struct Population: Sendable {
    /// What really happens to each company, in the order of their making.
    public let truth: [CompanyTruth]
    /// Lines written so far, all of them event lines in the sense of the ingest protocol.
    public internal(set) var linesWritten = 0
    /// When the line written last arrived: the stream's clock.
    public internal(set) var time: Timestamp

    /// - Parameters:
    ///   - start: the first day is the UTC date of this instant.
    ///   - days: how long the story is; at least 1. Turns and outcomes scale with it below a year.
    ///   - linesPerVisit: mean lines that one visit of one person brings, at least 1.
    public init(
        seed: UInt64, companies: Int, start: Timestamp, days: Int, form: LineForm = .mixed, linesPerVisit: Int = 2
    ) {
        fatalError()
    }

    /// Share of the days that are generated, 0 … 1.
    public var progress: Double { 0 }

    /// Appends whole lines, each ending in a newline, until at least `byteCount` bytes are added or the
    /// story ends. Returns how many lines it added: 0 means the end.
    public mutating func nextLines(upTo byteCount: Int, into bytes: inout [UInt8]) -> Int { 0 }
}
