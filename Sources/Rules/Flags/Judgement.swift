import Portraits
import UsageModel

/// One look under way: proposes moves and applies each to its copy of the company's state, so that
/// what is judged later sees them.
///
/// Not copyable, so that judging a condition borrows the context where it lies instead of counting
/// references to all that it holds.
struct Judgement<Subject: FlagSubject>: ~Copyable {
    let evaluator: FlagEvaluator
    let subject: Subject
    let context: EvaluationContext
    let observed: Timestamp
    let scope: LookScope
    var state: CompanyFlags
    private(set) var moves: [FlagMove] = []
    /// In milliseconds; `.max` for never.
    private var nextLook = Int64.max
    /// What events of today leave all that was judged as it is.
    private var slack = EventSlack.unlimited
    /// The number that the next raise gets.
    private(set) var nextFlag: FlagID
    /// Rules that need not be asked, and those that this look found to be so.
    private(set) var settled: SettledRules.Mark

    /// Moves may let others follow: an inhibitor that clears frees flags judged before it. Each pass
    /// settles at least the first rule that waits for another; real rule sets settle in two.
    private static var passLimit: Int { 16 }

    init(
        evaluator: FlagEvaluator, subject: Subject, context: EvaluationContext, observed: Timestamp, nextFlag: FlagID,
        state: CompanyFlags, settled: SettledRules.Mark, scope: LookScope = .all
    ) {
        self.evaluator = evaluator
        self.subject = subject
        self.context = context
        self.observed = observed
        self.scope = scope
        self.state = state
        self.nextFlag = nextFlag
        self.settled = settled
    }

    var now: Timestamp { context.moment.now }

    /// Judges everything until a pass proposes nothing.
    mutating func run() -> Look {
        context.stage = evaluator.names.stage(state.stage)
        context.stageSince = state.stageSince
        for flag in state.open {
            if let index = evaluator.ruleIndex(flag.slot) { context.openFlags[index] = true }
        }
        for _ in 0..<Self.passLimit {
            let count = moves.count
            nextLook = settled.until
            // Passing over or resting, rules mind what no verdict says.
            slack = scope.isAll && !state.isResting ? .unlimited : .none
            pass()
            if moves.count == count { break }
            forgoSlack()
        }
        return Look(moves: moves, nextLook: nextLook == .max ? nil : Timestamp(milliseconds: nextLook), slack: slack)
    }

    private mutating func pass() {
        if !scope.isAll { return passInScope() }
        judgeRest()
        if state.isResting {
            lapseWaits()
            judgeStage()
            return
        }
        for position in evaluator.conditions.indices {
            if position == evaluator.conditionsBeforeStages { judgeStage() }
            let condition = evaluator.conditions[position]
            if !settled.rules[Int(condition.index)] { judge(condition) }
        }
        if evaluator.conditionsBeforeStages == evaluator.conditions.count { judgeStage() }
    }

    /// The same while a source is silent. A look at a moment that was passed over comes behind those
    /// at the present, which have settled rest and stages.
    private mutating func passInScope() {
        if !isHeld { judgeRest() }
        if state.isResting {
            if !isHeld {
                lapseWaits()
                judgeStage()
            }
            return
        }
        lookAgainAtMidnight()
        for position in evaluator.conditions.indices {
            if position == evaluator.conditionsBeforeStages, !isHeld { judgeStage() }
            if !passesOver(evaluator.conditions[position]) { judge(evaluator.conditions[position]) }
        }
        if evaluator.conditionsBeforeStages == evaluator.conditions.count, !isHeld { judgeStage() }
    }

    /// The verdict now; keeps the instant at which it may turn.
    mutating func verdict(of condition: BoundCondition) -> Verdict {
        keep(standing(of: condition))
    }

    /// The verdict of a condition that lies outside the program of the rules' `when`.
    mutating func verdict(of expression: Expression) -> Verdict { keep(expression.standing(in: context)) }

    /// Keeps the instant at which `standing` may turn and the events that it bears.
    private mutating func keep(_ standing: StandingVerdict) -> Verdict {
        nextLook = min(nextLook, standing.until)
        slack = slack.least(standing.slack)
        return standing.verdict
    }

    /// The same for a rule of which only true matters; a verdict that stands for today is kept.
    mutating func verdict(ofInactive condition: BoundCondition) -> Verdict {
        let standing = standing(of: condition)
        if settle(standing) { settled.rules[Int(condition.index)] = true }
        return standing.verdict
    }

    private mutating func verdict(ofStage condition: BoundCondition) -> Verdict {
        let standing = standing(of: condition)
        if settle(standing) { settled.stages[Int(condition.index)] = true }
        return standing.verdict
    }

    /// Keeps the instant at which `standing` may turn; returns whether it will not become true before midnight.
    @inline(__always)
    private mutating func settle(_ standing: StandingVerdict) -> Bool {
        guard standing.isSettled, standing.verdict != .true else {
            _ = keep(standing)
            return false
        }
        settled.until = min(settled.until, max(standing.until, context.moment.nextMidnight.milliseconds))
        nextLook = min(nextLook, settled.until)
        return true
    }

    private borrowing func standing(of condition: BoundCondition) -> StandingVerdict {
        context.attach(evaluator.program)
        return evaluator.program.standing(Int(condition.root), context)
    }

    /// What was judged hangs on more than verdicts, so any event may change it.
    mutating func forgoSlack() { slack = .none }

    /// Keeps the earliest deadline.
    mutating func lookAgain(at time: Timestamp?) {
        guard let time, time > now else { return }
        nextLook = min(nextLook, time.milliseconds)
    }

    /// Takes `move` into the look and into the state that the rest of the look sees.
    mutating func propose(_ move: FlagMove, slot: Int32) {
        do {
            try state.apply(move, slot: slot)
        } catch {
            preconditionFailure("a look proposed a move that does not fit: \(error)")
        }
        if move.kind == .raised { nextFlag = FlagID(number: nextFlag.number + 1) }
        moves.append(move)
    }

    // MARK: - Rest and stage

    /// A churned outcome closes the churn flags as lost and rests the rules until a person or another
    /// outcome shows up. Each outcome, told from others by its time, does so once.
    private mutating func judgeRest() {
        let churnedAt = subject.churnedAt
        guard state.rest != nil || churnedAt != nil else { return }
        if let churnedAt, churnedAt != state.rest?.mark.outcomeAt {
            closeAsLost()
            var move = FlagMove(kind: .resting, at: now, observed: observed)
            let quietSince = max(churnedAt, subject.lastUserActivity ?? churnedAt)
            let mark = FlagMove.Rest(outcomeAt: churnedAt, quietSince: quietSince)
            move.rest = mark
            move.reason = "outcome: churned"
            state.restRules(mark)
            moves.append(move)
        } else if let rest = state.rest, rest.isResting {
            let isBack = subject.lastUserActivity.map { $0 > rest.mark.quietSince } ?? false
            guard churnedAt == nil || isBack else { return }
            var move = FlagMove(kind: .resumed, at: now, observed: observed)
            move.reason =
                churnedAt == nil ? "outcome: \(subject.outcome ?? "none")" : "activity after the company churned"
            state.resumeRules()
            moves.append(move)
        }
    }

    private mutating func closeAsLost() {
        for flag in state.open where flag.kind == .churn {
            var move = FlagMove(
                kind: .closed, rule: evaluator.names.rules.name(flag.slot), ruleVersion: flag.version, at: now,
                observed: observed)
            move.flag = flag.id
            move.verdict = .lost
            move.reason = "outcome: churned"
            if let index = evaluator.ruleIndex(flag.slot) { context.openFlags[index] = false }
            propose(move, slot: flag.slot)
        }
    }

    /// A wait that was under way when the company left means nothing when it comes back.
    private mutating func lapseWaits() {
        for standing in state.standings where standing.phase.isWaiting {
            var move = FlagMove(
                kind: .lapsed, rule: evaluator.names.rules.name(standing.slot), at: now, observed: observed)
            move.reason = "outcome: churned"
            propose(move, slot: standing.slot)
        }
    }

    /// The first stage whose condition is definitely true; an unknown one is passed over.
    private mutating func judgeStage() {
        var found: Int32 = 0
        for stage in evaluator.stages where !settled.stages[Int(stage.index)] {
            if verdict(ofStage: stage) == .true {
                found = stage.number
                break
            }
        }
        guard found != state.stage else { return }
        var move = FlagMove(kind: .stage, at: now, observed: observed)
        move.stage = evaluator.names.stage(found)
        move.fromStage = evaluator.names.stage(state.stage)
        state.enter(stage: found, at: now)
        context.stage = move.stage
        context.stageSince = now
        moves.append(move)
    }
}
