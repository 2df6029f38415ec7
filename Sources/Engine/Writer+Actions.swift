import Rules
import RulesFile
import UsageModel

/// What operators do: each action on a flag is a move in the log, with who did it.
extension Writer {
    func act(_ action: Action, by peer: Peer) throws(QuestionError) -> JSON {
        // A commit that fails is fatal, so what cannot be kept is refused before it changes anything.
        guard !isDiskFull else {
            throw .refused("the disk that holds \(configuration.stateDirectory) is full; free some space and try again")
        }
        startBlock()
        switch action {
        case .acknowledge(let id): return try act(.ack, on: id, by: peer)
        case .snooze(let id, let until): return try act(.snooze(until: until), on: id, by: peer)
        case .wake(let id): return try act(.unsnooze, on: id, by: peer)
        case .assign(let id, let owner): return try act(.assign(to: owner), on: id, by: peer)
        case .note(let id, let text): return try act(.note(text), on: id, by: peer)
        case .close(let id, let verdict):
            guard let known = FlagVerdict(rawValue: verdict) else {
                throw .badRequest("\"\(verdict)\" is no verdict; close a flag as saved, lost or false_alarm")
            }
            return try act(.close(as: known), on: id, by: peer)
        case .reload: return try reload()
        case .acceptClock: return try acceptedClock(by: peer)
        }
    }

    private func acceptedClock(by peer: Peer) throws(QuestionError) -> JSON {
        guard acceptClock() else { throw .refused("the clock is not held; there is nothing to accept") }
        configuration.report(.warning, "\(peer.name) accepted this machine's clock: it is \(clock.now.rfc3339)")
        return .object([.init("now", .string(queryNow.rfc3339))])
    }

    private func act(_ action: OperatorAction, on id: String, by peer: Peer) throws(QuestionError) -> JSON {
        let number = try flag(id).id
        let company: CompanyID
        let move: FlagMove
        // What the action lets happen happens in the same instant.
        let now = queryNow
        do throws(OperatorActionError) {
            (company, move) = try desk.book.move(for: action, on: number, by: peer.name, at: now)
        } catch {
            throw .refused("\(error)")
        }
        try record { () throws(EngineError) in
            try emit(move, company: company)
            if company.isNone { return try settleSource(ofRule: move.rule) }
            // A snooze has an end, and a closed flag inhibits no longer.
            try look(at: company, now: now)
        }
        return listed(try flag(id))
    }

    /// Does `body`, whose failure ends the daemon. An operator is answered after the fsync like everybody else.
    func record(_ body: () throws(EngineError) -> Void) throws(QuestionError) {
        do throws(EngineError) {
            try body()
        } catch {
            failure = error
            throw .refused("\(error)")
        }
    }

    /// Reads the rule file again; a file with mistakes changes nothing.
    private func reload() throws(QuestionError) -> JSON {
        let source: RulesSource
        let rules: RuleSet
        do {
            source = try configuration.loadRules()
            rules = try parse(source)
        } catch {
            throw .refused("\(error)")
        }
        try record { () throws(EngineError) in
            try use(rules, from: source, loggedText: desk.rules.text)
            try lookAtAll()
        }
        return .object([
            .init("version", .string(desk.rules.version)), .init("rules", .int(desk.rules.flags.count)),
        ])
    }
}
