import EventLog
import Portraits
import UsageModel
import WireFormat

/// From decoded lines to records: who is meant, was it here before, may it come in.
///
/// What every line goes through is inlined: a line and its draft are some 200 and 300 bytes, and Swift copies such
/// arguments at each call, which was a twentieth of all instructions.
extension Writer {
    func settle(_ submission: Submission) throws(EngineError) {
        let session = submission.session
        try submission.batch.withLines { (lines, bytes) throws(EngineError) in
            var next = 0
            while next < lines.count {
                let end = min(next + LineOutlooks.groupSize, lines.count)
                outlooks.look(
                    at: UnsafeBufferPointer(rebasing: lines[next..<end]), bytes, names: names, portraits: portraits,
                    duplicates: duplicates, book: desk.book)
                for index in next..<end {
                    try settle(
                        lines.baseAddress.unsafelyUnwrapped + index, outlooks[index - next], bytes, of: submission,
                        session)
                }
                if mailbox.hasJobs { try letJobsOvertake() }
                try tendBlock(behind: end - next)
                next = end
                checkpointer?.proceed(self)
            }
        }
        // A sender that closes wants its flags, as one that syncs does. By wall time the commit looks anyway, once for
        // all that it holds.
        if submission.last, isEventClock { try lookAtUnlooked() }
    }

    @inline(__always)
    private func settle(
        _ line: UnsafePointer<Line>, _ outlook: LineOutlook, _ bytes: UnsafeRawBufferPointer, of submission: Submission,
        _ session: Session
    ) throws(EngineError) {
        switch line.pointee.kind {
        case .record where line.pointee.isIgnored: session.progress.settledLines += 1
        case .record: try settleRecord(line, outlook, bytes, session)
        case .refused:
            session.progress.settledLines += 1
            let refusal = Refusal(
                error: line.pointee.error, detail: submission.batch.text(line.pointee.detail))
            refuse(line, refusal, bytes, session: session)
        case .hello: greet(line, of: submission.batch, session: session)
        case .sync: try synchronise(line, of: submission.batch, session: session)
        case .ping: Reply.pong.write(to: &session.progress.replies.other)
        }
    }

    private enum Settlement {
        case accepted
        case duplicate(of: SourceID)
        case refused(Refusal)
    }

    @inline(__always)
    private func settleRecord(
        _ line: UnsafePointer<Line>, _ outlook: LineOutlook, _ bytes: UnsafeRawBufferPointer, _ session: Session
    ) throws(EngineError) {
        session.progress.settledLines += 1
        switch try settlement(of: line, outlook, bytes, session: session) {
        case .accepted: break
        case .duplicate(let source): counters.lines.recogniseDuplicate(from: source)
        case .refused(let refusal): refuse(line, refusal, bytes, session: session)
        }
        try endBlockIfFull()
    }

    private func settlement(
        of line: UnsafePointer<Line>, _ outlook: LineOutlook, _ bytes: UnsafeRawBufferPointer, session: Session
    ) throws(EngineError) -> Settlement {
        var draft = Draft(line, bytes, outlook, names: names)
        if let refusal = complete(&draft, of: line, bytes) { return .refused(refusal) }
        if isTakenFromProducer(line, session) { return .duplicate(of: draft.source.id) }
        return try admit(&draft, session: session)
    }

    /// Looks for an earlier record of the same id, then either counts the line as a duplicate, or
    /// refuses it, or makes it a record.
    @inline(__always)
    private func admit(_ draft: inout Draft, session: Session) throws(EngineError) -> Settlement {
        if !draft.id.isEmpty, draft.isScopeKnown {
            let seqs = try candidates(fingerprint: draft.fingerprint, day: draft.record.time.utcDay)
            // Nothing else is called with the draft: Swift 6.3 copies what cannot be copied into a call.
            if !seqs.isEmpty || draft.record.flags.contains(.timeStamped) {
                switch try earlier(draft, among: seqs) {
                case .none: break
                case .same: return .duplicate(of: draft.source.id)
                case .other(let seq): return .refused(conflict(draft, with: seq))
                }
            }
        }
        if let refusal = limitRefusal(draft) { return .refused(refusal) }
        try accept(&draft, session: session)
        return .accepted
    }

    private func conflict(_ draft: borrowing Draft, with seq: UInt64) -> Refusal {
        Refusal(
            error: .conflict,
            detail: "id \(quoted(draft.id)) was already taken by record \(seq) with another payload; "
                + "give a new event a new id")
    }

    // MARK: Who is meant

    /// Finds what the line does not say, its time and its company. Returns why it may not come in, nil when it may.
    @inline(__always)
    private func complete(
        _ draft: inout Draft, of line: UnsafePointer<Line>, _ bytes: UnsafeRawBufferPointer
    ) -> Refusal? {
        let isEvent = line.pointee.record.isEvent
        if !line.pointee.hasTime {
            draft.record.flags.insert(.timeStamped)
            draft.record.time = isEventClock ? portraits.now ?? logTime : logTime
        } else if !isEventClock, line.pointee.time - logTime > configuration.limits.maxFutureMilliseconds {
            return tooFarInFuture(line.pointee.time)
        }
        return isEvent && !draft.company.isAbsent ? nil : completeOther(&draft, of: line, bytes)
    }

    /// The same of what is no event with a company.
    @inline(never)
    private func completeOther(
        _ draft: inout Draft, of line: UnsafePointer<Line>, _ bytes: UnsafeRawBufferPointer
    ) -> Refusal? {
        do throws(Refusal) {
            switch line.pointee.record {
            case .alias:
                try checkAlias(draft)
                draft.company = .absent
            case .clock: draft.company = .absent
            default:
                if draft.company.isAbsent {
                    try deriveCompany(
                        of: &draft, email: bytes.slice(line.pointee.email.indices),
                        fallback: bytes.slice(line.pointee.fallbackCompany.indices))
                }
            }
        } catch {
            return error
        }
        guard line.pointee.record == .clock, !isEventClock else { return nil }
        return Refusal(
            error: .badTime, detail: "clock lines are taken only under clock: event; this daemon runs on wall time")
    }

    private func tooFarInFuture(_ time: Timestamp) -> Refusal {
        Refusal(
            error: .tooFarInFuture,
            detail: "time \(time.rfc3339) is more than "
                + "\(configuration.limits.maxFutureMilliseconds / millisecondsPerSecond) s (ingest.max_future) after "
                + "this machine's clock, \(logTime.rfc3339); "
                + (clock.state.complaint ?? "check the sender's clock"))
    }

    /// The user's last `group` call, else the domain of the user's e-mail, else the company of the sender's key.
    private func deriveCompany(
        of draft: inout Draft, email: UnsafeRawBufferPointer, fallback: UnsafeRawBufferPointer
    ) throws(Refusal) {
        draft.record.flags.insert(.companyDerived)
        if !draft.sentUser.id.isNone {
            let user = portraits.resolve(user: draft.sentUser.id)
            if let company = portraits.lastGroup(of: user) ?? portraits.lastGroup(of: draft.sentUser.id) {
                draft.company = NameReference(company)
                return
            }
        }
        if portraits.settings.companyFromEmail, let domain = companyDomain(of: draft, email: email) {
            draft.company = NameReference(try company(ofDomain: domain))
            return
        }
        if !fallback.isEmpty {
            draft.company = NameReference(fallback, seen: .none, in: names)
            // Without a user this company is the only scope in which the id can be looked for.
            if draft.sentUser.isAbsent { draft.record.flags.remove(.companyDerived) }
            return
        }
        throw Refusal(
            error: .noCompany,
            detail: "no company: send \"company\" (or context.groupId), or a group call for this user first"
                + (portraits.settings.companyFromEmail ? ", or an e-mail that is not a free-mail address" : ""))
    }

    /// A domain's text lives no longer than this line's draft, so a new one is interned at once, and the
    /// limit that guards the dictionary is looked at here.
    private func company(ofDomain domain: String) throws(Refusal) -> CompanyID {
        if let known = names.find(domain, as: CompanyID.self) { return known }
        let limit = configuration.limits.companies
        if let refusal = Self.refusal(count: names.count(.company), limit: limit, setting: "companies") {
            throw refusal
        }
        return names.intern(domain)
    }

    private func companyDomain(of draft: borrowing Draft, email: UnsafeRawBufferPointer) -> String? {
        if !email.isEmpty,
            let domain = portraits.settings.companyDomain(ofEmail: String(decoding: email, as: UTF8.self))
        {
            return domain
        }
        if !draft.sentUser.id.isNone, let known = portraits.email(of: draft.sentUser.id),
            let domain = portraits.settings.companyDomain(ofEmail: known)
        {
            return domain
        }
        guard draft.sentUser.bytes.contains(UInt8(ascii: "@")) else { return nil }
        return portraits.settings.companyDomain(ofEmail: String(decoding: draft.sentUser.bytes, as: UTF8.self))
    }

    private func checkAlias(_ draft: borrowing Draft) throws(Refusal) {
        let old = draft.sentUser, new = draft.targetUser
        let isSame = old.isNew || new.isNew ? old.bytes.elementsEqual(new.bytes) : old.id == new.id
        if isSame || (!old.id.isNone && !new.id.isNone && portraits.wouldCycle(merging: old.id, into: new.id)) {
            throw Refusal(
                error: .conflict,
                detail: "alias of \(quoted(old.bytes)) to \(quoted(new.bytes)) would make a user an alias of itself")
        }
    }

    // MARK: Was it here before

    private enum Earlier {
        case none
        case same
        case other(seq: UInt64)
    }

    @inline(__always)
    private func isTakenFromProducer(_ line: UnsafePointer<Line>, _ session: Session) -> Bool {
        guard line.pointee.flags.contains(.hasProducerSeq), !session.progress.producer.isNone,
            let last = portraits.producerSeq(of: session.progress.producer)
        else { return false }
        return line.pointee.producerSeq <= last
    }

    /// What is known of the draft's id, of which there are candidates, or whose time the daemon chose: it may have come
    /// with another one, on the day before.
    @inline(never)
    private func earlier(_ draft: borrowing Draft, among seqs: [UInt64]) throws(EngineError) -> Earlier {
        let found = try compare(draft, with: seqs)
        guard case .none = found, draft.record.flags.contains(.timeStamped) else { return found }
        let before = draft.record.time.utcDay - 1
        return try compare(draft, with: try candidates(fingerprint: draft.fingerprint, day: before))
    }

    private func compare(_ draft: borrowing Draft, with seqs: [UInt64]) throws(EngineError) -> Earlier {
        var earlier = Earlier.none
        for seq in seqs {
            let isSame = try withRecord(at: seq) { record, bytes -> Bool? in
                guard draft.hasSameIdentity(as: record, bytes) else { return nil }
                return draft.hasSamePayload(as: record, bytes)
            }
            guard let isSame else { continue }
            if isSame { return .same }
            earlier = .other(seq: seq)
        }
        return earlier
    }

    @inline(__always)
    private func candidates(fingerprint: UInt64, day: Day) throws(EngineError) -> [UInt64] {
        do throws(EventLogError) {
            return try duplicates.candidates(fingerprint: fingerprint, day: day)
        } catch {
            giveUpCheckpoint()
            throw .log(error)
        }
    }

    /// Calls `body` with the record at `seq`, whether it is durable, on its way or still in the block being made.
    func withRecord<R>(
        at seq: UInt64, _ body: (Record, UnsafeRawBufferPointer) -> R
    ) throws(EngineError) -> R {
        if seq > commits.sealedSeq {
            let record = block.records[Int(seq - commits.sealedSeq) - 1]
            return block.bytes.withRawBytes { body(record, $0) }
        }
        if let found = commits.withRecordUnderWay(at: seq, body) { return found }
        do throws(EventLogError) {
            return try log.withRecord(at: seq, body)
        } catch {
            throw .log(error)
        }
    }

    // MARK: May it come in

    /// Why a line with new names may not come in; nil when it may.
    @inline(__always)
    private func limitRefusal(_ draft: borrowing Draft) -> Refusal? {
        let limits = configuration.limits
        func refusal(_ isNew: Bool, _ kind: NameKind, _ limit: Int, _ setting: String) -> Refusal? {
            isNew ? Self.refusal(count: names.count(kind), limit: limit, setting: setting) : nil
        }
        let user = draft.sentUser.isNew || draft.targetUser.isNew
        return refusal(draft.company.isNew, .company, limits.companies, "companies")
            ?? refusal(user, .user, limits.users, "users")
            ?? refusal(draft.task.isNew, .task, limits.tasks, "tasks")
            ?? refusal(draft.unit.isNew, .unit, limits.units, "units")
            ?? refusal(draft.source.isNew, .source, limits.sources, "sources")
            ?? companyLimitRefusal(draft)
    }

    /// The same for what is new to its company.
    @inline(__always)
    private func companyLimitRefusal(_ draft: borrowing Draft) -> Refusal? {
        let limits = configuration.limits
        let company = draft.company.id
        if draft.record.kind == .group || draft.record.kind == .identify, !draft.payload.isEmpty {
            let known = draft.record.kind == .group ? portraits.portrait(company)?.traits : nil
            let count = Self.memberNames(draft.payload, and: known).count
            if let refusal = Self.refusal(count: count - 1, limit: limits.traits, setting: "traits") { return refusal }
        }
        let rows = portraits.rowCounts(of: company)
        if rows.users >= limits.usersPerCompany, !draft.sentUser.isAbsent,
            !portraits.hasRow(of: draft.sentUser.id, in: company)
        {
            return Self.refusal(count: rows.users, limit: limits.usersPerCompany, setting: "users_per_company")
        }
        if rows.tasks >= limits.tasksPerCompany, !draft.task.isAbsent, !portraits.hasRow(of: draft.task.id, in: company)
        {
            return Self.refusal(count: rows.tasks, limit: limits.tasksPerCompany, setting: "tasks_per_company")
        }
        return nil
    }

    private static func refusal(count: Int, limit: Int, setting: String) -> Refusal? {
        guard count >= limit else { return nil }
        return Refusal(
            error: .limit,
            detail:
                "the limit of \(limit) (limits.\(setting)) is reached; raise it, or check whether ids are sent as names"
        )
    }

    private static func memberNames(_ payload: UnsafeRawBufferPointer, and known: JSON?) -> Set<String> {
        let sent = (try? JSON.parse(payload))?.members ?? []
        return Set(sent.map(\.name) + (known?.members ?? []).map(\.name))
    }

    @inline(__always)
    private func accept(_ draft: inout Draft, session: Session) throws(EngineError) {
        draft.company.id = draft.company.interned(in: names)
        draft.sentUser.id = draft.sentUser.interned(in: names)
        draft.record.company = draft.company.id
        draft.record.sentUser = draft.sentUser.id
        draft.record.user =
            draft.record.kind == .alias
            ? draft.targetUser.interned(in: names) : portraits.resolve(user: draft.sentUser.id)
        draft.record.task = draft.task.interned(in: names)
        draft.record.unit = draft.unit.interned(in: names)
        draft.record.source = draft.source.interned(in: names)
        if draft.record.flags.contains(.hasProducerSeq) { draft.record.producer = session.progress.producer }
        if draft.record.kind == .group { try logZone(ofTraits: draft.payload) }
        draft.record.day =
            draft.record.company.isNone
            ? draft.record.time.utcDay : portraits.day(of: draft.record.time, in: draft.record.company)
        let seq = try emit(&draft.record, id: draft.id, payload: draft.payload)
        counters.lines.accept(from: draft.record.source)
        if !draft.id.isEmpty {
            duplicates.insert(fingerprint: draft.fingerprint, day: draft.record.time.utcDay, seq: seq)
        }
    }

    // MARK: Everything else that a line can be

    private func refuse(
        _ line: UnsafePointer<Line>, _ refusal: Refusal, _ bytes: UnsafeRawBufferPointer, session: Session
    ) {
        let number = session.progress.settledLines
        Reply.error(code: refusal.error.code, line: number, detail: refusal.detail)
            .write(to: &session.progress.replies.errors)
        let source: SourceID? = names.find(UnsafeRawBufferPointer(rebasing: bytes[line.pointee.source.indices]))
        counters.lines.refuse(refusal.error, from: source ?? .none)
        rejects.add(
            time: logTime, error: refusal.error, detail: refusal.detail, line: number, sender: session.peer.name,
            text: UnsafeRawBufferPointer(rebasing: bytes[line.pointee.text.indices]))
    }

    private func greet(_ line: UnsafePointer<Line>, of batch: LineBatch, session: Session) {
        let name = batch.text(line.pointee.producer)
        guard names.find(name, as: ProducerID.self) != nil || names.count(.producer) < configuration.limits.producers
        else {
            Reply.busy(reason: "memory").write(to: &session.progress.replies.other)
            return
        }
        session.progress.producer = names.intern(name)
        Reply.hello(producer: name, producerSeq: portraits.producerSeq(of: session.progress.producer) ?? 0)
            .write(to: &session.progress.replies.other)
    }

    private func synchronise(_ line: UnsafePointer<Line>, of batch: LineBatch, session: Session) throws(EngineError) {
        try lookAtUnlooked()
        Reply.sync(
            tag: batch.text(line.pointee.id), ack: session.progress.settledLines, seq: lastSeq
        ).write(to: &session.progress.replies.other)
    }

    private func quoted(_ bytes: UnsafeRawBufferPointer) -> String {
        "\"" + String(decoding: bytes.prefix(RejectList.textBytesKept), as: UTF8.self) + "\""
    }
}
