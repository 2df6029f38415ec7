public import Portraits
public import UsageModel

/// Why a rule has no open flag in a company, or that it has one.
public struct WhyNot: Sendable, Equatable {
    public enum Situation: String, Sendable {
        /// The flag is open, in whatever state.
        case raised
        /// The company churned; none of its rules is looked at.
        case resting
        /// The flag was closed, and the condition has not been false since.
        case closed
        /// The condition holds and waits out `for`.
        case pending
        /// The condition holds, and a cooldown, a snooze or another flag keeps this one from opening.
        case suppressed
        /// The condition and an explicit `clear` hold both; then `clear` wins.
        case contradicted
        /// The condition holds, and the look that raises the flag has not come yet.
        case due
        /// The condition is false, or unknown.
        case missed
    }

    public let situation: Situation
    /// The answer in one sentence; of a condition that does not hold, the nearest miss.
    public let sentence: String
    /// Since when it is so, where that is remembered.
    public let since: Timestamp?
    /// When it ends whatever else happens: of a pending flag, a cooldown, a snooze.
    public let until: Timestamp?
    /// The flag that the sentence is about: the open one, the closed one, the inhibitor.
    public let flag: FlagID?
    /// When the flag would be raised if no record arrived; nil: not by itself, or not before `quietUntil`.
    public let raisesAt: Timestamp?
    /// How far the forecast could look; nil where time alone decides nothing.
    public let quietUntil: Timestamp?
    /// The rule's condition with its values now.
    public let when: ConditionTree
}

extension FlagEvaluator {
    /// Why `rule` has no open flag in `company`. For cold paths: O(looks ahead), see `forecastLooks`.
    ///
    /// - Parameter momentAt: the company's moment at a later instant; nil where nothing can be said of it.
    public func whyNot(
        _ rule: FlagRule, at company: CompanyID, portrait: some FlagSubject, context: EvaluationContext,
        book: FlagBook, momentAt: (Timestamp) -> Moment?
    ) -> WhyNot {
        let when = rule.when.tree(in: context)
        let account = WhyNotAccount(rule: rule, company: company, subject: portrait, context: context, book: book)
        var finding = account.finding(when: when)
        var forecast = Forecast()
        if finding.situation != .raised, finding.situation != .resting {
            forecast = self.forecast(
                of: .raised, by: rule, at: company, portrait: portrait, moment: context.moment, book: book,
                names: context.names,
                momentAt: momentAt)
            finding.words.append(forecast.words)
        }
        return WhyNot(
            situation: finding.situation, sentence: finding.words.joined(separator: "; "), since: finding.since,
            until: finding.until, flag: finding.flag, raisesAt: forecast.at, quietUntil: forecast.quietUntil,
            when: when)
    }
}

extension Forecast {
    fileprivate var words: String {
        if let at { return "would raise at \(InstantText.text(at)) if nothing happens" }
        if let quietUntil { return "would not raise before \(InstantText.text(quietUntil)) if nothing happens" }
        return "would never raise if nothing happens"
    }
}

/// Finds out how a rule stands in a company.
private struct WhyNotAccount<Subject: FlagSubject> {
    let rule: FlagRule
    let company: CompanyID
    let subject: Subject
    let context: EvaluationContext
    let book: FlagBook

    struct Finding {
        var situation: WhyNot.Situation
        /// Clauses of the sentence.
        var words: [String]
        var since: Timestamp?
        var until: Timestamp?
        var flag: FlagID?
    }

    /// As many misses as one can read in a sentence; the conditions below it show all.
    private static var missesNamed: Int { 3 }

    func finding(when: ConditionTree) -> Finding {
        if let open = book.openFlags(of: company).first(where: { $0.rule == rule.name }) { return raised(open) }
        if book.isResting(company) { return resting }
        if let waiting = book.waitingRules(of: company).first(where: { $0.rule == rule.name }) {
            return self.waiting(waiting)
        }
        if when.verdict != .true { return missed(when) }
        if isContradicted {
            return Finding(
                situation: .contradicted, words: ["when and clear hold both, and then no flag is raised"])
        }
        return Finding(situation: .due, words: ["the condition holds"])
    }

    private func raised(_ flag: Flag) -> Finding {
        var words = "\(flag.id) is open since \(InstantText.text(flag.openedAt))"
        switch flag.state {
        case .acked: words += ", acknowledged by \(flag.ackedBy ?? "somebody")"
        case .snoozed: words += flag.snoozedUntil.map { ", snoozed until \(InstantText.text($0))" } ?? ""
        case .folded: words += flag.under.map { ", folded under \(name(of: $0))" } ?? ""
        case .open, .cleared, .closed: break
        }
        return Finding(
            situation: .raised, words: [words + ": " + flag.summary], since: flag.openedAt,
            until: flag.state == .snoozed ? flag.snoozedUntil : nil, flag: flag.id)
    }

    private var resting: Finding {
        let since = subject.churnedAt
        return Finding(
            situation: .resting,
            words: [
                "the company churned" + (since.map { " at \(InstantText.text($0))" } ?? "")
                    + "; its rules rest until somebody is active again or another outcome comes"
            ], since: since)
    }

    private func waiting(_ waiting: WaitingRule) -> Finding {
        let since = waiting.since.map { " since \(InstantText.text($0))" } ?? ""
        switch waiting.phase {
        case .pending:
            let until = waiting.since.map { min($0 + rule.hold, .greatest) }
            return Finding(
                situation: .pending,
                words: [
                    "the condition holds\(since)" + (until.map { " and must until \(InstantText.text($0))" } ?? "")
                ],
                since: waiting.since, until: until)
        case .suppressed:
            return Finding(
                situation: .suppressed, words: ["the condition holds\(since)", obstacle(waiting)], since: waiting.since,
                until: waiting.until, flag: waiting.under)
        case .closed, .inactive, .raised:
            let last = book.flags(of: company).last { $0.rule == rule.name }
            let verdict = last?.verdict.map { " as \($0.rawValue)" } ?? ""
            let ended = last?.endedAt.map { " at \(InstantText.text($0))" } ?? ""
            let flag = last?.id.description ?? "the flag"
            return Finding(
                situation: .closed,
                words: ["\(flag) was closed\(verdict)\(ended), and the condition has not been false since"],
                since: last?.endedAt, flag: last?.id)
        }
    }

    private func obstacle(_ waiting: WaitingRule) -> String {
        let until = waiting.until.map { " until \(InstantText.text($0))" } ?? ""
        return switch waiting.suppression {
        case .cooldown: "in cooldown\(until)"
        case .snooze: "snoozed\(until)"
        case .inhibited: "inhibited by \(waiting.under.map(name(of:)) ?? "another flag")"
        case nil: "suppressed\(until)"
        }
    }

    /// `F3 (gone)`.
    private func name(of id: FlagID) -> String { book.flag(id).map { "\(id) (\($0.rule))" } ?? id.description }

    private func missed(_ when: ConditionTree) -> Finding {
        var words: [String] = []
        let misses = when.misses
        let named = misses.prefix(Self.missesNamed).map(\.missText)
        if !named.isEmpty {
            let more = misses.count - named.count
            words.append(named.joined(separator: " and ") + (more > 0 ? " and \(more) more" : ""))
        }
        let conditions = when.conditions
        if conditions.count > 1 {
            let holding = conditions.count { $0.verdict == .true }
            words.append("\(holding) of \(conditions.count) conditions hold\(holding == 1 ? "s" : "")")
        }
        return Finding(situation: .missed, words: words)
    }

    private var isContradicted: Bool {
        guard let clear = rule.clear else { return false }
        let values = clear.atRaiseArguments.map { $0.expression.value(in: context) }
        return context.withRaiseValues(values) { clear.verdict(in: context) == .true }
    }
}
