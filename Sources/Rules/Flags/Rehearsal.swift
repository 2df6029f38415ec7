public import Portraits
public import UsageModel

extension FlagEvaluator {
    /// The raises that would stand at `end` had the looks of `scope` been made from `start` on, each at its
    /// moment: what a silent source withholds. Changes neither book nor portrait. For cold paths; at most
    /// `forecastLooks` looks.
    public func rehearse(
        at company: CompanyID, portrait: some FlagSubject, from start: Timestamp, through end: Timestamp,
        scope: LookScope, book: FlagBook, names: NameTable, momentAt: (Timestamp) -> Moment
    ) -> [FlagMove] {
        var state = book.companyFlags(company) ?? CompanyFlags()
        var nextFlag = book.nextFlag
        var raises: [FlagMove] = []
        var instant = start
        for _ in 0..<Self.forecastLooks {
            let moment = momentAt(instant)
            let context = EvaluationContext(portrait: portrait, moment: moment, company: company, names: names)
            var judgement = Judgement(
                evaluator: self, subject: portrait, context: context, observed: instant, nextFlag: nextFlag,
                state: state, settled: SettledRules.Mark(), scope: scope)
            let look = judgement.run()
            for move in look.moves {
                if move.kind == .raised { raises.append(move) }
                if move.kind == .cleared { raises.removeAll { $0.flag == move.flag } }
            }
            guard let next = look.nextLook, next <= end else { break }
            state = judgement.state
            nextFlag = judgement.nextFlag
            instant = next
        }
        return raises
    }
}
