import EventLog
import UsageModel

/// Records read from the log and written down on the asker's side, so that a reader costs the writer nothing.
struct RecordSelection {
    private var rows: [(seq: UInt64, record: Record)] = []
    private var batch = RecordBatch()
    private var next: UInt64

    /// Nobody waits longer for a page: where what is wanted is rare, it ends with what was found until then.
    private static let patience = Duration.seconds(5)

    /// Reads up to `limit` records of `kinds` from `seq` on, of `company` alone when it is given.
    ///
    /// - Parameter last: how far the log was published, and with it the names that its records refer to.
    init(
        reading reader: RecordReader, from seq: UInt64, through last: UInt64, limit: Int, kinds: RecordKinds,
        company: CompanyID?
    ) throws {
        let first = max(seq, 1)
        next = first
        next = try reader.scan(from: first, through: last, for: kinds, until: .now + Self.patience) { block in
            var current = max(first, block.header.firstSeq)
            for record in block.batch.records.dropFirst(Int(current - block.header.firstSeq)) {
                defer { current += 1 }
                guard kinds.contains(record.kind), company == nil || record.company == company else { continue }
                keep(record, seq: current, bytes: block.batch.bytes)
                guard rows.count < limit else { return false }
            }
            return true
        }
        if let last = rows.last, rows.count == limit { next = last.seq + 1 }
    }

    private mutating func keep(_ record: Record, seq: UInt64, bytes: [UInt8]) {
        var record = record
        bytes.withUnsafeBytes { source in
            record.id = batch.add(UnsafeRawBufferPointer(rebasing: source[record.id.indices]))
            record.payload = batch.add(UnsafeRawBufferPointer(rebasing: source[record.payload.indices]))
        }
        rows.append((seq, record))
    }

    func page(names: NameReader) -> RecordsPage {
        RecordsPage(
            records: rows.map { RecordDescription(record: $0.record, seq: $0.seq, batch: batch, names: names).json },
            next: next)
    }
}

/// A record as JSON, with names for numbers; what is absent is left out.
struct RecordDescription {
    let record: Record
    let seq: UInt64
    let batch: RecordBatch
    let names: NameReader

    var json: JSON {
        var members: [JSON.Member] = [
            JSON.Member("seq", .int(seq)), JSON.Member("type", .string("\(record.kind)")),
        ]
        func add(_ name: String, _ value: JSON?) {
            if let value { members.append(JSON.Member(name, value)) }
        }
        add("company", text(record.company))
        add("user", text(record.kind == .alias ? record.user : record.sentUser))
        if record.kind == .alias {
            add("previous_user", text(record.sentUser))
        } else if record.user != record.sentUser {
            add("merged_into", text(record.user))
        }
        add("task", text(record.task))
        add("time", .string(record.time.rfc3339))
        if record.kind.isEvent { add("count", .int(record.count)) }
        if record.flags.contains(.hasAmount) { add("amount", .string(record.amount.description)) }
        add("unit", text(record.unit))
        if !record.id.isEmpty { add("id", .string(batch.text(record.id))) }
        add("source", text(record.source))
        addPayload(to: &members)
        return .object(members)
    }

    private func text<I: Identifier>(_ id: I) -> JSON? { id.isNone ? nil : .string(names.name(id)) }

    private func addPayload(to members: inout [JSON.Member]) {
        guard !record.payload.isEmpty else { return }
        switch record.kind {
        case .track, .page, .screen: members.append(JSON.Member("props", payloadObject))
        case .identify, .group: members.append(JSON.Member("traits", payloadObject))
        case .settings: members.append(JSON.Member("settings", payloadObject))
        case .rules: members.append(JSON.Member("text", .string(batch.text(record.payload))))
        case .zone: members.append(JSON.Member("name", .string(ZonePayload.name(batch.bytes[record.payload.indices]))))
        case .outcome, .touch, .move, .leave, .alias, .clock:
            let taken = Set(members.map(\.name))
            members.append(contentsOf: (payloadObject.members ?? []).filter { !taken.contains($0.name) })
        }
    }

    private var payloadObject: JSON {
        batch.bytes.withUnsafeBytes { bytes in
            (try? JSON.parse(UnsafeRawBufferPointer(rebasing: bytes[record.payload.indices]))) ?? .null
        }
    }
}
