import Portraits
import Rules
import UsageModel

/// What `flags explain` says besides the flag itself: one sentence, whom to call, what has changed since
/// the raise, and what would end it.
struct FlagExplanation {
    let writer: Writer
    let portrait: CompanyPortrait
    let flag: Flag
    /// The raise first.
    let moves: [FlagMove]
    /// The record of our side's last contact with the company.
    let lastTouch: JSON?
    private let moment: Moment
    private let outlook: FlagOutlook

    init(writer: Writer, portrait: CompanyPortrait, flag: Flag, moves: [FlagMove], lastTouch: JSON?) {
        self.writer = writer
        self.portrait = portrait
        self.flag = flag
        self.moves = moves
        self.lastTouch = lastTouch
        moment = writer.portraits.moment(for: portrait.company, at: writer.queryNow)
        outlook = writer.desk.outlook(
            of: flag, evidence: moves.first?.evidence ?? [], at: portrait, moment: moment, names: writer.names
        ) { instant in
            writer.portraits.moment(for: portrait.company, at: instant)
        }
    }

    var members: [JSON.Member] {
        [
            .init("now", .string(moment.now.rfc3339)), .init("sentence", .string(sentence)),
            .init("opened", .string(flag.openedAt.rfc3339)), .init("observed", .string(flag.observed.rfc3339)),
            .init("ended", .optional(flag.endedAt?.rfc3339)),
            .init(
                "call",
                .array(
                    Callee.of(portrait, at: moment).map {
                        $0.json(names: writer.names, traits: writer.configuration.traitNames)
                    })),
            .init("last_touch", touch),
            .init("evidence", .array(zip(moves.first?.evidence ?? [], outlook.terms).map(Self.evidence))),
            .init("ending", outlook.ending.map(Self.ending) ?? .null),
            .init("rule_state", .string(outlook.rule.rawValue)),
            .init("rule_version", .string(flag.ruleVersion)), .init("rule_text", .string(flag.ruleText)),
        ]
    }

    private var touch: JSON {
        guard let members = lastTouch?.members else { return .null }
        return .object(members.filter { ["seq", "time", "user", "channel", "by", "note"].contains($0.name) })
    }

    // MARK: The sentence

    /// `Nobody at acme for 7 days; call u1 – open for 3.2 d, and all of it still holds`.
    private var sentence: String {
        var summary = flag.summary
        while summary.last == "." { summary.removeLast() }
        return "\(summary) – \(standing)" + (flag.retractedAt == nil ? "" : "; retracted by what arrived later")
    }

    private var standing: String {
        guard let ended = flag.endedAt else {
            return "\(flag.state.rawValue) for \(Self.span(from: flag.openedAt, to: moment.now)), \(holding)"
        }
        let verdict = flag.verdict.map { " as \($0.rawValue)" } ?? ""
        return "\(flag.state.rawValue)\(verdict) after \(Self.span(from: flag.openedAt, to: ended))"
    }

    /// What has become of what was true at the raise.
    private var holding: String {
        let held = zip(moves.first?.evidence ?? [], outlook.terms).filter { $0.0.holds == true }
        let still = held.count { $0.1?.verdict == .true }
        let gone = held.count { $0.1?.verdict == .false }
        if gone == 0 { return still == held.count ? "and what raised it still holds" : "and cannot all be told today" }
        if still == 0 { return "and what raised it no longer holds" }
        return "and \(still) of \(held.count) conditions that raised it still hold\(still == 1 ? "s" : "")"
    }

    /// `3.2 days`, `5 hours`: one unit, as people say it.
    static func span(from start: Timestamp, to end: Timestamp) -> String {
        let milliseconds = max(0, end - start)
        func text(_ count: Int64, _ unit: String) -> String { "\(count) \(unit)\(count == 1 ? "" : "s")" }
        let hours = milliseconds / millisecondsPerHour
        // From two years on, nobody counts days.
        if hours >= 730 * 24 { return text(hours / (365 * 24), "year") }
        if hours >= 48 { return text(milliseconds / millisecondsPerDay, "day") }
        return hours >= 1 ? text(hours, "hour") : text(milliseconds / 60_000, "minute")
    }

    // MARK: Then and now

    /// A comparison of the raise, with how it stands now; `now` is null where that cannot be told.
    private static func evidence(_ raised: Evidence, _ today: Term?) -> JSON {
        var members = raised.json.members ?? []
        members.append(.init("side", .optional(side(raised.value, raised.threshold))))
        members.append(.init("now", today.map(now) ?? .null))
        return .object(members)
    }

    private static func now(_ term: Term) -> JSON {
        .object([
            .init("value", term.value.json), .init("threshold", term.threshold.json),
            .init("holds", term.verdict == .unknown ? .null : .bool(term.verdict == .true)),
            .init("side", .optional(side(term.value.json, term.threshold.json))),
        ])
    }

    /// On which side of its threshold a number lies; nil for what has no sides.
    private static func side(_ value: JSON, _ threshold: JSON) -> String? {
        guard let value = value.doubleValue, let threshold = threshold.doubleValue else { return nil }
        return value == threshold ? "at" : value > threshold ? "above" : "below"
    }

    private static func ending(_ ending: FlagOutlook.Ending) -> JSON {
        .object([
            .init("condition", .optional(ending.condition)), .init("verdict", .string(ending.verdict.word)),
            .init("words", .string(ending.words)), .init("clears_at", .optional(ending.clearsAt?.rfc3339)),
            .init("quiet_until", .optional(ending.quietUntil?.rfc3339)),
        ])
    }
}
