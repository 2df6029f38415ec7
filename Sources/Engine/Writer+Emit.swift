import Portraits
import Rules
import UsageModel

/// Putting records into the block and applying them, in one order for senders' records, the daemon's
/// own and flag moves alike.
extension Writer {
    /// Adds a record to the block, which says where its id and payload are, and applies it. Returns its seq.
    @discardableResult
    func emit(
        _ record: inout Record, id: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer
    ) throws(EngineError) -> UInt64 {
        portraits.advanceClock(for: record, logTime: logTime)
        // What time alone made true until this record came is true before it applies.
        if isEventClock {
            if let now = portraits.now { try fireDeadlines(notAfter: now) }
        } else if isBehind {
            try fireDeadlines(before: record)
        }
        if isListening { try catchUp(before: record) }
        record.id = block.add(id)
        record.payload = block.add(payload)
        let seq = nextSeq
        block.records.append(record)
        if record.kind.isEvent {
            portraits.apply(record, seq: seq, bytes: UnsafeRawBufferPointer(start: nil, count: 0))
            counters.logged += 1
        } else {
            try apply(uncommon: record, seq: seq)
        }
        // A record later than every raise costs a comparison.
        if desk.book.hasFlag(of: record.company, raisedAfter: record.time) {
            late.note(late: record, seq: seq, portraits: portraits)
            portraits.endSlack(of: record.company)
        }
        if !record.company.isNone { try noteRecord(record.kind, of: record.company) }
        if record.kind == .clock, let now = portraits.now { lookAtAwaitingClock(from: now) }
        if isListening { try noteHeard(record) }
        return seq
    }

    /// Applies a record that is no event.
    @inline(never)
    private func apply(uncommon record: Record, seq: UInt64) throws(EngineError) {
        let merged = record.kind == .alias ? portraits.companies(knowing: record.sentUser) : []
        block.bytes.withRawBytes { portraits.apply(record, seq: seq, bytes: $0) }
        lastUncommonSeq = seq
        for company in merged {
            if desk.book.hasFlags(of: company) { late.note(alias: record, seq: seq, in: company, portraits: portraits) }
            try noteRecord(record.kind, of: company)
        }
    }

    /// Sees to it that the rules look at `company`, which a record of `kind` has just changed.
    private func noteRecord(_ kind: RecordKind, of company: CompanyID) throws(EngineError) {
        guard let now = isEventClock ? portraits.now : logTime else {
            // Before the first event there is no now under the event clock, and nothing to judge by.
            awaitingClock.append(company)
            return
        }
        if !awaitingClock.isEmpty { lookAtAwaitingClock(from: now) }
        // Most events of a company at work turn nothing, and the look before them knew how many.
        if kind.isEvent, !isListening, !portraits.exceedsSlack(company) { return }
        markUnlooked(company, now: now)
        // Control records are looked at one by one; events of one block, or of one hour, together.
        if !kind.isEvent { try look(at: company, now: now) }
    }

    /// There is a `now` from here on, and so something to judge by.
    private func lookAtAwaitingClock(from now: Timestamp) {
        for company in awaitingClock { markUnlooked(company, now: now) }
        awaitingClock.removeAll()
    }

    /// Logs and applies a flag move.
    func emit(_ move: FlagMove, company: CompanyID) throws(EngineError) {
        var record = Record(kind: .move)
        record.company = company
        record.time = move.at
        record.day = portraits.zone(of: company).day(of: move.at)
        portraits.advanceClock(for: record, logTime: logTime)
        record.payload = block.add(move.json.text)
        let seq = nextSeq
        block.records.append(record)
        lastUncommonSeq = seq
        portraits.willChange(company)
        do {
            try desk.apply(move, company: company, seq: seq)
        } catch {
            preconditionFailure("the evaluator proposed a move that the book refuses: \(error)")
        }
    }

    /// Logs and applies a record of the daemon's own that concerns no company.
    func emit(_ kind: RecordKind, payload: [UInt8]) throws(EngineError) {
        var record = Record(kind: kind)
        record.time = isEventClock ? portraits.now ?? logTime : logTime
        record.day = record.time.utcDay
        try payload.withRawBytes { (bytes) throws(EngineError) in
            _ = try emit(&record, id: UnsafeRawBufferPointer(start: nil, count: 0), payload: bytes)
        }
        if kind == .settings { noteClockMode() }
    }

    /// Blocks are bounded, so that a commit under load stays a matter of milliseconds. While another is committed this
    /// waits for it: lines come no faster than the disk takes them.
    func endBlockIfFull() throws(EngineError) {
        if block.records.count >= configuration.limits.recordsPerBlock || block.bytes.count >= Self.greatestBlockBytes {
            try flush()
        }
    }

    /// Of ids and payloads. Two such blocks and what one turn takes fit into `bytesAhead`.
    static let greatestBlockBytes = 8 << 20

    // MARK: Zones

    /// Logs the zone that a company's traits name, if it is new, before the record that names it.
    func logZone(ofTraits payload: UnsafeRawBufferPointer) throws(EngineError) {
        guard let name = (try? JSON.parse(payload))?["timezone"]?.stringValue else { return }
        try logZone(named: name)
    }

    /// A zone's rules stand in the log, so that no replay depends on the machine's tzdata.
    func logZone(named name: String) throws(EngineError) {
        guard name.utf8.count <= ZonePayload.longestName, portraits.zone(named: name) == nil,
            !missingZones.contains(name)
        else { return }
        guard let data = configuration.zoneData(name), (try? Zone(name: name, tzif: data)) != nil else {
            // A sender that makes up zones without end must fill neither memory nor the journal.
            guard missingZones.count < Self.missingZonesKept else { return }
            missingZones.insert(name)
            configuration.report(
                .warning,
                "zone \"\(name)\" is not in this machine's tzdata; its companies use the default zone "
                    + "\(portraits.settings.defaultZone) until a group call names another")
            return
        }
        try emit(.zone, payload: ZonePayload.bytes(name: name, tzif: data))
    }

    /// There are some 600 zones; more names than that are no zones of an older or newer tzdata.
    private static let missingZonesKept = 600

    /// Logs the zones whose rules this machine's tzdata has in another version than the log. What was
    /// counted by the old rules stays as it is: an event's day is resolved once.
    func logChangedZones(_ names: [String]) throws(EngineError) {
        for name in names {
            guard let data = configuration.zoneData(name), let zone = try? Zone(name: name, tzif: data),
                zone != portraits.zone(named: name)
            else { continue }
            configuration.report(
                .info, "zone \"\(name)\" has new rules in this machine's tzdata; they count from now on")
            try emit(.zone, payload: ZonePayload.bytes(name: name, tzif: data))
        }
    }
}

/// The payload of a `zone` record: one byte of length, the zone's name, its TZif file.
enum ZonePayload {
    /// In bytes, as the one byte of length has it. The longest name in tzdata has 30.
    static let longestName = Int(UInt8.max)

    static func bytes(name: String, tzif: [UInt8]) -> [UInt8] { [UInt8(name.utf8.count)] + Array(name.utf8) + tzif }

    static func name(_ payload: ArraySlice<UInt8>) -> String {
        guard let count = payload.first else { return "" }
        return String(decoding: payload.dropFirst().prefix(Int(count)), as: UTF8.self)
    }
}
