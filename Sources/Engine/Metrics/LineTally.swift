import UsageModel
import WireFormat

/// What became of senders' lines since the start, by source, and of refused ones by code.
///
/// Counted once a line by the writer, so a source's place is found by an index and not by its name.
struct LineTally: Sendable {
    struct Row: Sendable {
        var source: SourceID
        var accepted: UInt64 = 0
        var duplicates: UInt64 = 0
        /// By `LineError.rawValue`.
        var refused = [UInt64](repeating: 0, count: LineError.allCases.count)
    }

    /// The first is of lines without a source, the second of those beyond `greatestCount`.
    private(set) var rows = [Row(source: .none), Row(source: .none)]
    /// Places in `rows` by the source's number; 0 where it has none yet.
    private var places: [UInt32] = []

    /// Sources with rows of their own: each is a time series for every code in whatever reads the metrics.
    static let greatestCount = 100
    private static let withoutSource = 0
    static let besides = 1

    var accepted: UInt64 { rows.reduce(0) { $0 + $1.accepted } }
    var duplicates: UInt64 { rows.reduce(0) { $0 + $1.duplicates } }

    func refused(_ error: LineError) -> UInt64 { rows.reduce(0) { $0 + $1.refused[Int(error.rawValue)] } }

    mutating func accept(from source: SourceID) { rows[place(of: source)].accepted += 1 }

    mutating func recogniseDuplicate(from source: SourceID) { rows[place(of: source)].duplicates += 1 }

    mutating func refuse(_ error: LineError, from source: SourceID) {
        rows[place(of: source)].refused[Int(error.rawValue)] += 1
    }

    private mutating func place(of source: SourceID) -> Int {
        let number = Int(source.number)
        if number < places.count, places[number] != 0 { return Int(places[number]) }
        return source.isNone ? Self.withoutSource : newPlace(of: source)
    }

    private mutating func newPlace(of source: SourceID) -> Int {
        guard rows.count < Self.greatestCount + 2 else { return Self.besides }
        let number = Int(source.number)
        if number >= places.count {
            places.append(contentsOf: repeatElement(0, count: number + 1 - places.count))
        }
        places[number] = UInt32(rows.count)
        rows.append(Row(source: source))
        return rows.count - 1
    }
}
