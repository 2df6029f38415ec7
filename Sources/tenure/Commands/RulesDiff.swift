import ArgumentParser
import UsageModel

/// `tenure rules diff OLD NEW`.
struct RulesDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Try two rule files on the same history: flags gained, lost, moved earlier or later, by company.",
        discussion: Help.text(
            "tenure rules diff old.yaml new.yaml",
            words: """
                A flag of NEW is the same as one of OLD when rule and company are the same and no other pair of theirs, \
                taken in order of time, stands between; it has moved when it was raised at another instant. A flag that \
                moved by more than \(RulesDifference.farthestMoveDays) days counts as one lost and one gained.
                """))

    @OptionGroup var shared: SharedOptions
    @OptionGroup var options: BacktestOptions

    @Argument(help: "The rule file as it is.")
    var old: String

    @Argument(help: "The rule file as it shall be.")
    var new: String

    func run() throws {
        func flags(_ file: String) throws -> [RaisedFlag] {
            let report = try options.report(on: file, listsFlags: true, shared: shared)
            return (report["flags"]?.arrayValue ?? []).compactMap(RaisedFlag.init)
        }
        let changes = RulesDifference.changes(from: try flags(old), to: try flags(new))
        switch shared.outputForm {
        case .json: for change in changes { StandardOutput.write(change.json.text + "\n") }
        case .tabSeparated: StandardOutput.write(RulesDifference.table(changes).text(.tabSeparated))
        case let form:
            StandardOutput.write(RulesDifference.summary(changes) + "\n")
            if !changes.isEmpty { StandardOutput.write(RulesDifference.table(changes).text(form)) }
        }
    }
}

/// One flag of a backtest.
struct RaisedFlag: Equatable {
    var company: String
    var rule: String
    var at: Timestamp

    init(company: String, rule: String, at: Timestamp) {
        self.company = company
        self.rule = rule
        self.at = at
    }

    init?(_ json: JSON) {
        guard let company = json["company"]?.stringValue, let rule = json["rule"]?.stringValue,
            let at = json["at"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
        else { return nil }
        self.init(company: company, rule: rule, at: at)
    }
}

/// What another rule file makes of the same history.
enum RulesDifference {
    /// Beyond this it is another story, not the same one told at another time.
    static let farthestMoveDays = 28

    struct Change: Equatable {
        enum Kind: String { case gained, lost, earlier, later }

        var kind: Kind
        var company: String
        var rule: String
        var old: Timestamp?
        var new: Timestamp?

        /// Days from the old instant to the new one.
        var days: Double? {
            guard let old, let new else { return nil }
            return Double(new - old) / Double(millisecondsPerDay)
        }

        var json: JSON {
            [
                "change": .string(kind.rawValue), "company": .string(company), "rule": .string(rule),
                "old": .optional(old?.rfc3339), "new": .optional(new?.rfc3339), "days": .optional(days),
            ]
        }
    }

    private struct Place: Hashable {
        var company: String
        var rule: String
    }

    /// By company, then rule, then time.
    static func changes(from old: [RaisedFlag], to new: [RaisedFlag]) -> [Change] {
        var places: [Place: (old: [Timestamp], new: [Timestamp])] = [:]
        for flag in old { places[Place(company: flag.company, rule: flag.rule), default: ([], [])].old.append(flag.at) }
        for flag in new { places[Place(company: flag.company, rule: flag.rule), default: ([], [])].new.append(flag.at) }
        let sorted = places.sorted { ($0.key.company, $0.key.rule) < ($1.key.company, $1.key.rule) }
        return sorted.flatMap { place, times in
            changes(at: place, from: times.old.sorted(), to: times.new.sorted())
        }
    }

    /// Goes through both in order of time and pairs what lies close enough.
    private static func changes(at place: Place, from old: [Timestamp], to new: [Timestamp]) -> [Change] {
        let farthest = Int64(farthestMoveDays) * millisecondsPerDay
        var changes: [Change] = []
        var (left, right) = (0, 0)
        func change(_ kind: Change.Kind, _ old: Timestamp?, _ new: Timestamp?) {
            changes.append(Change(kind: kind, company: place.company, rule: place.rule, old: old, new: new))
        }
        while left < old.count || right < new.count {
            if right == new.count || (left < old.count && new[right] - old[left] > farthest) {
                change(.lost, old[left], nil)
                left += 1
            } else if left == old.count || old[left] - new[right] > farthest {
                change(.gained, nil, new[right])
                right += 1
            } else {
                if old[left] != new[right] {
                    change(new[right] < old[left] ? .earlier : .later, old[left], new[right])
                }
                left += 1
                right += 1
            }
        }
        return changes
    }

    static func summary(_ changes: [Change]) -> String {
        guard !changes.isEmpty else { return "no difference: the same flags at the same instants" }
        func count(_ kind: Change.Kind) -> String { Quantity.whole(changes.count { $0.kind == kind }) }
        return "\(count(.gained)) gained, \(count(.lost)) lost, \(count(.earlier)) earlier, \(count(.later)) later"
    }

    static func table(_ changes: [Change]) -> Table {
        let columns = [
            Column("change", "CHANGE"), Column("company", "COMPANY", leastWidth: 10),
            Column("rule", "RULE", leastWidth: 10),
            Column("old", "OLD (UTC)"), Column("new", "NEW (UTC)"), Column("days", "DAYS", .right),
        ]
        let rows = changes.map { change -> [Cell] in
            [
                Cell(change.kind.rawValue), Cell(change.company), Cell(change.rule),
                .instant(.optional(change.old?.rfc3339)), .instant(.optional(change.new?.rfc3339)),
                Cell(Quantity.decimal(change.days), raw: change.days.map { "\($0)" } ?? ""),
            ]
        }
        return Table(columns: columns, rows: rows)
    }
}
