import Foundation
import Portraits
import Testing
import UsageModel

/// Zones as the daemon would put them into the log.
enum ZoneFiles {
    private static let folder = "/usr/share/zoneinfo"

    static func bytes(of name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: "\(folder)/\(name)").map { Array($0) }
    }

    /// Whether this machine has the zones that the streams use.
    static let areInstalled = ModelStream.zones.allSatisfy { bytes(of: $0) != nil }
}

/// Tells the program and the model the same facts, as the engine would: zones and settings first,
/// names interned, users and days resolved from the portraits' own state.
final class ModelReplay {
    let names = NameTable()
    private(set) var portraits: Portraits
    let model: Model
    private(set) var facts: [Fact] = []
    /// What the program was told of the facts.
    private(set) var told: [Told] = []
    private var seq: UInt64 = 0
    private var batch = RecordBatch()

    /// A record as it was applied.
    struct Told {
        var record: Record
        var seq: UInt64
        var bytes: [UInt8]
        var logTime: Timestamp

        func apply(to portraits: Portraits) {
            portraits.advanceClock(for: record, logTime: logTime)
            bytes.withUnsafeBytes { portraits.apply(record, seq: seq, bytes: $0) }
        }
    }

    init(settings: Settings, zones: [String] = ModelStream.zones) {
        portraits = Portraits(names: names)
        model = Model(settings: settings)
        for zone in Set(zones + [settings.defaultZone]).sorted() {
            guard let file = ZoneFiles.bytes(of: zone) else { continue }
            write(.zone) { [UInt8(zone.utf8.count)] + Array(zone.utf8) + file }
        }
        write(.settings) { settings.json.utf8 }
    }

    private func write(_ kind: RecordKind, payload: () -> [UInt8]) {
        var record = Record(kind: kind)
        batch.removeAll()
        record.payload = payload().withUnsafeBytes { batch.add($0) }
        apply(record)
    }

    private func apply(_ record: Record) {
        seq += 1
        batch.bytes.withUnsafeBytes { portraits.apply(record, seq: seq, bytes: $0) }
    }

    /// Has the program go on from `portraits`, as after a restart.
    func goOn(with portraits: Portraits) { self.portraits = portraits }

    /// Applies `fact` to both.
    func apply(_ fact: Fact) {
        facts.append(fact)
        var record = Record(kind: kind(of: fact))
        batch.removeAll()
        record.company = fact.company.isEmpty ? .none : names.intern(fact.company)
        record.time = Timestamp(milliseconds: fact.time)
        record.day =
            record.company.isNone ? record.time.utcDay : portraits.zone(of: record.company).day(of: record.time)
        if let user = fact.user {
            record.sentUser = names.intern(user)
            record.user = portraits.resolve(user: record.sentUser)
        }
        if let previous = fact.previousUser { record.sentUser = names.intern(previous) }
        if !fact.task.isEmpty { record.task = names.intern(fact.task) }
        if let unit = fact.unit { record.unit = names.intern(unit) }
        if let micros = fact.amountMicros {
            record.amount = Amount(micros: micros)
            record.flags.insert(.hasAmount)
        }
        if fact.passive { record.flags.insert(.passive) }
        if record.kind.isEvent { record.count = fact.count }
        if !fact.traits.isEmpty {
            record.payload = batch.add(JSON.object(fact.traits.map { JSON.Member($0.name, $0.value) }).text)
        }
        if case .outcome = fact.kind {
            record.payload = batch.add(JSON.object([JSON.Member("outcome", .string(fact.outcome))]).text)
        }
        let logTime = Timestamp(milliseconds: fact.logTime)
        portraits.advanceClock(for: record, logTime: logTime)
        apply(record)
        told.append(
            Told(record: record, seq: seq, bytes: batch.bytes.withUnsafeBytes { Array($0) }, logTime: logTime))
        model.apply(fact)
    }

    private func kind(of fact: Fact) -> RecordKind {
        switch fact.kind {
        case .event(let kind): kind
        case .identify: .identify
        case .group: .group
        case .leave: .leave
        case .outcome: .outcome
        case .touch: .touch
        case .alias: .alias
        case .clock: .clock
        }
    }

    /// A record about nobody that moves `now`, under either clock.
    func passTime(to time: Int64) { apply(Fact(kind: .clock, time: time, logTime: time)) }

    func task(_ name: String) -> TaskID { names.intern(name) }

    /// What both say about `company` at `now`, side by side. Nil when neither knows it.
    func pair(_ company: String, at now: Int64) -> ModelPair? {
        let view = model.view(of: company, at: now)
        let portrait = names.find(company, as: CompanyID.self).flatMap { portraits.portrait($0) }
        guard let view, let portrait else {
            #expect(view == nil && portrait == nil, "only one side knows \(company)")
            return nil
        }
        let moment = portraits.moment(for: portrait.company, at: Timestamp(milliseconds: now))
        return ModelPair(view: view, portrait: portrait, moment: moment, names: names)
    }

    /// The facts about `company`, and those about nobody in particular: a readable story of a failure.
    func story(of company: String, limit: Int = 60) -> String {
        let own = facts.filter { $0.company == company || $0.company.isEmpty }
        return own.suffix(limit).map(\.description).joined(separator: "\n")
    }
}
