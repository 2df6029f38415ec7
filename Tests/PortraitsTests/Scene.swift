import Portraits
import Testing
import UsageModel

/// A fold told its records in plain words, under `clock: wall` with each record logged at its own
/// time unless said otherwise.
final class Scene {
    let names = NameTable()
    let portraits: Portraits
    private var batch = RecordBatch()
    private var seq: UInt64 = 0
    private var logTime = Timestamp(milliseconds: .min)

    init(_ settings: Settings = Settings()) {
        portraits = Portraits(names: names)
        record(.settings, at: .least, payload: settings.json)
    }

    /// "2026-03-01" is that day at noon UTC; anything longer is RFC 3339.
    static func time(_ text: String) -> Timestamp {
        guard let time = Timestamp(rfc3339: text.count == 10 ? text + "T12:00:00Z" : text) else {
            preconditionFailure("\(text) is no time")
        }
        return time
    }

    func user(_ name: String) -> UserID { names.intern(name) }
    func task(_ name: String) -> TaskID { names.intern(name) }
    func company(_ name: String = "acme") -> CompanyID { names.intern(name) }

    // MARK: Telling

    /// `amount` is written as "12.5 USD" or "12.5".
    func event(
        _ time: String, _ user: String? = "u", task: String = "work", count: UInt64 = 1, amount: String? = nil,
        company: String = "acme", kind: RecordKind = .track, passive: Bool = false, logged: String? = nil
    ) {
        var record = Record(kind: kind)
        record.task = self.task(task)
        record.count = count
        if passive { record.flags.insert(.passive) }
        if let parts = amount?.split(separator: " "), let value = Amount(String(parts[0])) {
            record.amount = value
            record.flags.insert(.hasAmount)
            if parts.count > 1 { record.unit = names.intern(String(parts[1])) }
        }
        tell(record, time, user, company: company, logged: logged)
    }

    func control(
        _ kind: RecordKind, _ time: String, _ user: String? = nil, company: String = "acme", _ payload: JSON = .null,
        logged: String? = nil
    ) {
        var record = Record(kind: kind)
        batch.removeAll()
        if !payload.isNull { record.payload = batch.add(payload.text) }
        tell(record, time, user, company: company, logged: logged)
    }

    func alias(_ old: String, to new: String, at time: String) {
        var record = Record(kind: .alias)
        record.sentUser = user(old)
        record.user = user(new)
        record.time = Self.time(time)
        apply(record, logged: record.time)
    }

    /// Moves the log's `now` without concerning a company.
    func pass(to time: String) { record(.rules, at: Self.time(time), payload: .null) }

    func zone(_ name: String, offsetHours: Int) {
        var record = Record(kind: .zone)
        batch.removeAll()
        let file = Self.zoneFile(offsetSeconds: Int32(offsetHours * 3_600))
        record.payload = ([UInt8(name.utf8.count)] + Array(name.utf8) + file).withUnsafeBytes { batch.add($0) }
        apply(record, logged: logTime)
    }

    private func record(_ kind: RecordKind, at time: Timestamp, payload: JSON) {
        var record = Record(kind: kind)
        batch.removeAll()
        record.time = time
        record.payload = batch.add(payload.text)
        apply(record, logged: time)
    }

    private func tell(_ record: Record, _ time: String, _ user: String?, company: String, logged: String?) {
        var record = record
        record.company = self.company(company)
        record.time = Self.time(time)
        record.day = portraits.zone(of: record.company).day(of: record.time)
        if let user {
            record.sentUser = self.user(user)
            record.user = portraits.resolve(user: record.sentUser)
        }
        apply(record, logged: logged.map(Self.time) ?? record.time)
    }

    private func apply(_ record: Record, logged: Timestamp) {
        logTime = max(logTime, logged)
        seq += 1
        portraits.advanceClock(for: record, logTime: logTime)
        batch.bytes.withUnsafeBytes { portraits.apply(record, seq: seq, bytes: $0) }
        batch.removeAll()
    }

    private static func zoneFile(offsetSeconds: Int32) -> [UInt8] {
        var bytes = Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
        for count in [0, 0, 0, 0, 1, 4] as [Int32] { bytes += withUnsafeBytes(of: count.bigEndian) { Array($0) } }
        bytes += withUnsafeBytes(of: offsetSeconds.bigEndian) { Array($0) }
        return bytes + [0, 0] + Array("XXX\0".utf8)
    }

    // MARK: Asking

    func portrait(_ company: String = "acme") throws -> CompanyPortrait {
        try #require(portraits.portrait(self.company(company)), "\(company) has no record")
    }

    func moment(_ time: String? = nil, _ company: String = "acme") -> Moment {
        portraits.moment(for: self.company(company), at: time.map(Self.time) ?? logTime)
    }

    /// At the last record's log time unless `time` says otherwise.
    func value(_ metric: Metric, at time: String? = nil, of company: String = "acme") throws -> MetricValue {
        try portrait(company).value(of: metric, at: moment(time, company))
    }

    /// Nil for unknown.
    func number(_ metric: Metric, at time: String? = nil, of company: String = "acme") throws -> Double? {
        if case .number(let number) = try value(metric, at: time, of: company) { number } else { nil }
    }

    func text(_ metric: Metric, at time: String? = nil, of company: String = "acme") throws -> String? {
        if case .text(let text) = try value(metric, at: time, of: company) { text } else { nil }
    }

    func digest(_ company: String = "acme") -> Hash128 { portraits.digest(of: self.company(company), adding: []) }
}

extension Window {
    static func days(_ days: Int, ago: Int = 0) -> Window { Window(days: days, ago: ago) }
}
