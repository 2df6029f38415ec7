import Portraits
import Rules
import UsageModel

/// What the rules say of a company besides its metrics: stage, segments, scores and flags.
struct Standing {
    let stage: String?
    let segments: [String]
    let scores: [(name: String, value: ScoreValue)]
    let flags: [JSON]

    init(of portrait: CompanyPortrait, moment: Moment, writer: Writer) {
        let context = writer.desk.context(for: portrait, moment: moment, names: writer.names)
        stage = context.stage
        segments = writer.desk.rules.segments.filter { $0.when.verdict(in: context) == .true }.map(\.name)
        scores = writer.desk.rules.scores.map { ($0.name, $0.value(in: context)) }
        flags = writer.desk.book.openFlags(of: portrait.company).map { writer.onCard($0) }
    }
}
