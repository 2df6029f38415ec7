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
/// time, so memory is that of the people and of about two days of lines. Nearly all lines are in the
/// order of their time; about one in a hundred arrives hours or days late.
public struct Population: Sendable {
    /// What really happens to each company, in the order of their making.
    public let truth: [CompanyTruth]
    /// Lines written so far.
    public private(set) var linesWritten = 0
    /// When the line written last arrived: the stream's clock.
    public private(set) var time: Timestamp

    private var days: DayGenerator
    private var writer: LineWriter
    private let dayCount: Int
    private var nextDay = 0
    /// Lines of the days generated so far that are not yet due, in no order.
    private var pending: [PendingLine] = []
    /// Lines that are due, in the order of the stream, and how many of them are written.
    private var due: [PendingLine] = []
    private var written = 0

    /// Local midnight comes at most this much before midnight UTC; all places of the world fit.
    private static let furthestEast: Int64 = 14 * millisecondsPerHour

    /// - Parameters:
    ///   - companies: how many, at least 1.
    ///   - start: the first day is the UTC date of this instant.
    ///   - days: how long the story is, at least 1. Turns and outcomes scale with it below a year.
    ///   - linesPerVisit: mean lines that one visit of one person brings, at least 1.
    public init(
        seed: UInt64, companies: Int, start: Timestamp, days: Int, form: LineForm = .mixed, linesPerVisit: Int = 2
    ) {
        precondition(companies >= 1 && days >= 1 && linesPerVisit >= 1, "a population of nobody or of no time")
        let generator = DayGenerator(
            seed: seed, companies: companies, start: start.utcDay, days: days, linesPerVisit: linesPerVisit)
        truth = generator.truth
        writer = LineWriter(names: generator.names, form: form)
        time = start.utcDay.startUTC
        dayCount = days
        self.days = generator
    }

    /// Share of the days that are generated, 0 … 1.
    public var progress: Double { Double(nextDay) / Double(dayCount) }

    /// Appends whole lines, each ending in a newline, until at least `byteCount` bytes are added or the
    /// story ends. Returns how many lines it added: 0 means the end. O(lines log lines of a day).
    public mutating func nextLines(upTo byteCount: Int, into bytes: inout [UInt8]) -> Int {
        let end = bytes.count + max(1, byteCount)
        let before = linesWritten
        while bytes.count < end {
            if written == due.count {
                guard advance() else { break }
                continue
            }
            let line = due[written]
            writer.write(line, story: days.stories[Int(line.company)], firstDay: days.firstDay, to: &bytes)
            time = line.arrival
            written += 1
            linesWritten += 1
        }
        return linesWritten - before
    }

    /// Generates one day more and sorts out what is due before the next can begin anywhere. False at
    /// the end of the story.
    private mutating func advance() -> Bool {
        due.removeAll(keepingCapacity: true)
        written = 0
        guard nextDay < dayCount || !pending.isEmpty else { return false }
        if nextDay < dayCount {
            days.generate(day: nextDay, into: &pending)
            nextDay += 1
        }
        let limit =
            nextDay < dayCount
            ? days.firstDay.startUTC + (Int64(nextDay) * millisecondsPerDay - Self.furthestEast) : .greatest
        takeDue(before: limit)
        return true
    }

    private mutating func takeDue(before limit: Timestamp) {
        // Sorting (time, place) packed into one word is several times faster than sorting the lines.
        let base = days.firstDay.startUTC + (-Self.furthestEast)
        var keys: [UInt64] = []
        keys.reserveCapacity(pending.count)
        var kept = 0
        var taken: [PendingLine] = []
        for line in pending {
            if line.arrival < limit {
                let offset = UInt64(max(0, line.arrival - base))
                keys.append(offset << Self.placeBits | UInt64(taken.count))
                taken.append(line)
            } else {
                pending[kept] = line
                kept += 1
            }
        }
        precondition(taken.count < 1 << Self.placeBits, "more lines in a day than can be told apart")
        pending.removeLast(pending.count - kept)
        keys.sort()
        due.reserveCapacity(taken.count)
        for key in keys { due.append(taken[Int(key & (1 << Self.placeBits - 1))]) }
    }

    /// 2^26 lines in one chunk and 2^38 ms (8 years) of story.
    private static let placeBits: UInt64 = 26
}
