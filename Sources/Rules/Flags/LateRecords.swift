import Portraits
public import UsageModel

/// A record that came after a flag of its company was raised, and belongs before.
public struct LateRecord: Sendable, Equatable {
    public var seq: UInt64
    public var kind: RecordKind
    /// When it happened; nil for an alias, which holds for all times.
    public var time: Timestamp?
    /// `now` when it was applied.
    public var arrival: Timestamp
    /// An event that counts as activity …
    public var isActivity: Bool
    /// … of a user.
    public var hasUser: Bool

    public init(
        seq: UInt64, kind: RecordKind, time: Timestamp?, arrival: Timestamp, isActivity: Bool = false,
        hasUser: Bool = false
    ) {
        self.seq = seq
        self.kind = kind
        self.time = time
        self.arrival = arrival
        self.isActivity = isActivity
        self.hasUser = hasUser
    }

    /// Whether it may change what was so at `instant`.
    func isBefore(_ instant: Timestamp) -> Bool { time.map { $0 < instant } ?? true }
}

/// The late records that no look has covered yet, by company.
///
/// Which flags are judged again follows from the log alone, so that a restart between a record and its
/// look changes nothing. Bounded: of a company with many, the one furthest back and the last few are kept.
public struct LateRecords: Sendable {
    private var byCompany: [CompanyID: [LateRecord]] = [:]
    /// The hour of the record noted last, as `Timestamp.utcHour`.
    private var hour = Int64.min

    /// As many as the words about a retraction and its witnesses need, and some more.
    static let keptOfCompany = 8

    public init() {}

    public var isEmpty: Bool { byCompany.isEmpty }

    public mutating func note(_ record: LateRecord, of company: CompanyID) {
        var records = byCompany[company] ?? []
        if records.count == Self.keptOfCompany {
            let furthest = records.indices.min { Self.time(records[$0]) < Self.time(records[$1]) }
            records.remove(at: furthest == 0 ? 1 : 0)
        }
        records.append(record)
        byCompany[company] = records
    }

    private static func time(_ record: LateRecord) -> Timestamp { record.time ?? Timestamp(milliseconds: .min) }

    /// Takes out what is known of a company that is about to be looked at, in the order of arrival.
    public mutating func take(_ company: CompanyID) -> [LateRecord] { byCompany.removeValue(forKey: company) ?? [] }

    /// Forgets what came before the UTC hour of `now`: under `clock: event` no look waits longer than that.
    public mutating func forget(beforeHourOf now: Timestamp) {
        guard !byCompany.isEmpty, now.utcHour != hour else { return }
        hour = now.utcHour
        for (company, records) in byCompany {
            let kept = records.filter { $0.arrival.utcHour == hour }
            byCompany[company] = kept.isEmpty ? nil : kept
        }
    }

    public func write(to out: ByteBuffer) {
        out.append(hour)
        out.append(UInt32(byCompany.count))
        for (company, records) in byCompany.sorted(by: { $0.key.number < $1.key.number }) {
            out.append(company)
            out.append(UInt32(records.count))
            for record in records {
                out.append(record.seq)
                out.append(record.kind.rawValue)
                out.append(record.time)
                out.append(record.arrival)
                out.append(record.isActivity)
                out.append(record.hasUser)
            }
        }
    }

    public init(_ reader: inout ByteReader) throws(DamagedBytes) {
        hour = try reader.number()
        for _ in 0..<(try reader.count()) {
            let company: CompanyID = try reader.identifier()
            for _ in 0..<(try reader.count()) {
                let seq = try reader.number(UInt64.self)
                guard let kind = RecordKind(rawValue: try reader.number()) else {
                    throw DamagedBytes("a record of no kind")
                }
                byCompany[company, default: []].append(
                    LateRecord(
                        seq: seq, kind: kind, time: try reader.optionalTime(), arrival: try reader.time(),
                        isActivity: try reader.flag(), hasUser: try reader.flag()))
            }
        }
    }

    public mutating func removeAll() { byCompany.removeAll() }
}
