import Portraits
import UsageModel

/// Rules whose conditions will not come true in a company today, whatever events of today come.
///
/// A condition such as `active_users(28d, ago: 1d) <= 0.7 * …` hangs on windows that have ended. Once
/// it is known not to hold it need not be asked again before midnight, a late event, a merge or a
/// control record; and so a look after an event of today asks only the rules that events of today
/// can raise: 6,400 instructions a look at a steady company with the default rules, instead of 20,000.
struct SettledRules {
    /// What was found in one company at one date.
    struct Mark {
        /// The date, and the portrait's `closedVersion`, for which it holds.
        var today = Int32.min
        var closedVersion: UInt64 = 0
        /// The company's last event then: `until` holds only while none has come.
        var lastSeq: UInt64 = 0
        /// The first instant at which a settled rule may differ if no record arrives; never before the
        /// next midnight.
        var until = Int64.max
        /// By `FlagRule.index`.
        var rules = RuleMask()
        /// By place in `RuleSet.stages`.
        var stages = RuleMask()
    }

    private var marks: [Mark] = []

    /// What is settled in `company`; nothing when that was found on another date or about other data.
    func mark(_ company: CompanyID, subject: some FlagSubject, moment: Moment) -> Mark {
        var new = Mark(
            today: moment.today.number, closedVersion: subject.closedVersion, lastSeq: subject.lastSeq)
        let index = Int(company.number)
        guard index < marks.count else { return new }
        let mark = marks[index]
        guard mark.today == new.today, mark.closedVersion == new.closedVersion else { return new }
        // An event of today lies in tomorrow's closed windows.
        new.until = mark.lastSeq == new.lastSeq ? mark.until : moment.nextMidnight.milliseconds
        new.rules = mark.rules
        new.stages = mark.stages
        return new
    }

    mutating func keep(_ mark: Mark, of company: CompanyID) {
        let index = Int(company.number)
        if index >= marks.count { marks.append(contentsOf: repeatElement(Mark(), count: index + 1 - marks.count)) }
        marks[index] = mark
    }
}
