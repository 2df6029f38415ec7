import Portraits
import UsageModel

/// When a rule would make a move, such as raising its flag, if no record arrived.
struct Forecast: Equatable {
    /// Nil: not within what was looked at.
    var at: Timestamp?
    /// Up to here it is known to stay quiet; nil: time alone will never change that.
    var quietUntil: Timestamp?
}

extension FlagEvaluator {
    /// How far ahead a forecast looks. The windows and thresholds of useful rules are shorter than a
    /// quarter, and nobody acts today on what would happen later.
    static let forecastHorizon = 120 * millisecondsPerDay
    /// At most this many looks, since the writer waits meanwhile: a midnight a day and some deadlines
    /// of other rules need a few hundred; a rule that is looked at each hour is followed for a month.
    static let forecastLooks = 750

    /// Follows the company's deadlines from `moment` on, all rules together, so that holds, cooldowns,
    /// snoozes, stages and inhibitors count as they would. Changes neither book nor portrait.
    ///
    /// - Parameters:
    ///   - kind: the move of `rule` that is looked out for.
    ///   - momentAt: the company's moment at a later instant; nil ends the forecast.
    func forecast(
        of kind: MoveKind, by rule: FlagRule, at company: CompanyID, portrait: some FlagSubject, moment: Moment,
        book: FlagBook,
        names: NameTable, momentAt: (Timestamp) -> Moment?
    ) -> Forecast {
        var state = book.companyFlags(company) ?? CompanyFlags()
        var nextFlag = book.nextFlag
        var moment = moment
        let end = moment.now + Self.forecastHorizon
        for _ in 0..<Self.forecastLooks {
            let context = EvaluationContext(portrait: portrait, moment: moment, company: company, names: names)
            var judgement = Judgement(
                evaluator: self, subject: portrait, context: context, observed: moment.now, nextFlag: nextFlag,
                state: state, settled: SettledRules.Mark())
            let look = judgement.run()
            if look.moves.contains(where: { $0.kind == kind && $0.rule == rule.name }) {
                return Forecast(at: moment.now)
            }
            guard let next = look.nextLook else { return Forecast() }
            guard next <= end, let later = momentAt(next) else { return Forecast(quietUntil: min(next, end)) }
            state = judgement.state
            nextFlag = judgement.nextFlag
            moment = later
        }
        return Forecast(quietUntil: moment.now)
    }
}
