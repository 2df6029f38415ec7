import Portraits
import UsageModel

/// A verdict and until when it stands if no record arrives: the first millisecond at which it may
/// differ, `.max` for never.
struct StandingVerdict: BitwiseCopyable {
    var verdict: Verdict
    var until: Int64
    /// The verdict will not become true today, whatever events of today come: only a control record or a
    /// late event could make it.
    var isSettled = false
    /// What events of today leave the verdict as it is until the company's midnight.
    var slack: EventSlack
}

// When to look again. An `and` that is false stays so while one false part does, one that is true
// while all parts do; so an idle company is looked at when its last false part turns and not at
// every midnight before.
extension Program {
    func standing(_ index: Int, _ context: EvaluationContext) -> StandingVerdict {
        let node = nodes[index]
        switch node.operation {
        case .all: return join(node, deciding: .false, context)
        case .any: return join(node, deciding: .true, context)
        case .not:
            let part = standing(Int(node.a), context)
            return StandingVerdict(
                verdict: !part.verdict, until: part.until, isSettled: Timing(rawValue: node.timing).isClosed,
                slack: part.slack)
        case .compareElapsed: return standingElapsed(node, context)
        default: return standingLeaf(index, node, context)
        }
    }

    /// Parts whose change is rare come first in the list, so the first that decides is as good as any.
    private func join(
        _ node: Node, deciding: Verdict, _ context: EvaluationContext
    ) -> StandingVerdict {
        var verdict = !deciding
        var until = Int64.max
        // One settled part keeps an `and` from becoming true; an `or` takes all.
        var isSettled = deciding == .true
        // When an unknown part that settles it may turn.
        var settledUntil = Int64.max
        var slack = EventSlack.unlimited
        let end = Int(node.a) + Int(node.b)
        for position in Int(node.a)..<end {
            let part = standing(Int(children[position]), context)
            if part.verdict == deciding {
                let isSettledBefore = deciding == .false && isSettled
                return StandingVerdict(
                    verdict: part.verdict, until: part.isSettled ? part.until : min(part.until, settledUntil),
                    isSettled: deciding == .false && part.isSettled || isSettledBefore,
                    slack: greatestSlack(part.slack, of: (position + 1)..<end, deciding: deciding, context))
            }
            if part.verdict == .unknown {
                verdict = .unknown
                if deciding == .false, part.isSettled {
                    isSettled = true
                    settledUntil = min(settledUntil, part.until)
                }
            }
            if deciding == .true, !part.isSettled { isSettled = false }
            until = min(until, part.until)
            slack = slack.least(part.slack)
        }
        return StandingVerdict(verdict: verdict, until: until, isSettled: isSettled, slack: slack)
    }

    /// One part decides as long as it stands: the greatest of `first`, which is that of a part found to decide, and of
    /// `others` that decide too and do so until midnight at least.
    private func greatestSlack(
        _ first: EventSlack, of others: Range<Int>, deciding: Verdict, _ context: EvaluationContext
    ) -> EventSlack {
        var greatest = first
        for position in others where greatest != .unlimited {
            let part = standing(Int(children[position]), context)
            guard part.verdict == deciding, part.until >= context.moment.nextMidnight.milliseconds else { continue }
            let isGreater = min(part.slack.counts, part.slack.userDays) > min(greatest.counts, greatest.userDays)
            if isGreater { greatest = part.slack }
        }
        return greatest
    }

    /// Solved in whole milliseconds: elapsed time only grows, so each comparison turns at most twice.
    private func standingElapsed(_ node: Node, _ context: EvaluationContext) -> StandingVerdict {
        let now = context.moment.now.milliseconds
        var until =
            Timing(rawValue: node.timing).contains(.daily) ? nextChange(ofSlot: Int(node.a), context) : Int64.max
        let entry = context.entry(Int(node.a), of: self)
        guard entry.kind == .elapsed else {
            let verdict = compareElapsed(node, context, now)
            return StandingVerdict(verdict: verdict, until: until, slack: slack(ofElapsed: node, verdict, entry.kind))
        }
        let since = entry.since
        let threshold = Int64(node.number)
        let elapsed = max(0, Timestamp(milliseconds: now) - since)
        let verdict = Verdict(node.comparison.holds(elapsed, threshold))
        // Elapsed time is never negative, so a negative threshold is passed for good.
        if threshold >= 0 {
            let turns: Int64?
            switch node.comparison {
            case .greaterOrEqual, .less: turns = elapsed < threshold ? threshold : nil
            case .greater, .lessOrEqual: turns = elapsed <= threshold ? threshold + 1 : nil
            case .equal, .notEqual:
                turns = elapsed < threshold ? threshold : elapsed == threshold ? threshold + 1 : nil
            }
            if let turns { until = min(until, (since + turns).milliseconds) }
        }
        // Events of today make an idle time smaller, and set the age of a company that began today to one
        // that began earlier today: neither passes a threshold of days before midnight.
        let mustGrow = node.comparison == .greater || node.comparison == .greaterOrEqual
        let isSettled =
            until >= context.moment.nextMidnight.milliseconds
            && (mustGrow ? threshold >= Self.leastSettlingAge : !Timing(rawValue: node.timing).contains(.eventful))
        return StandingVerdict(
            verdict: verdict, until: until, isSettled: isSettled, slack: slack(ofElapsed: node, verdict, entry.kind))
    }

    /// Longer than any day, also one on which clocks are set back.
    static let leastSettlingAge = 2 * millisecondsPerDay

    private func standingLeaf(
        _ index: Int, _ node: Node, _ context: EvaluationContext
    ) -> StandingVerdict {
        let now = context.moment.now.milliseconds
        let verdict = truth(index, context, now: now)
        let timing = Timing(rawValue: node.timing)
        var until = Int64.max
        let isSettled = timing.isClosed || (verdict == .unknown && staysUnknown(index, context))
        let slack = slack(ofLeaf: index, node, verdict, context)
        if timing.isEmpty {
            return StandingVerdict(verdict: verdict, until: until, isSettled: isSettled, slack: slack)
        }
        if timing.contains(.daily) { until = nextChange(index, context) }
        if timing.contains(.curved) {
            until = min(until, (context.moment.now.utcHour + 1) * millisecondsPerHour)
        } else if timing.contains(.linear) {
            until = min(until, turn(index, node, verdict, context, before: until))
        }
        return StandingVerdict(verdict: verdict, until: until, isSettled: isSettled, slack: slack)
    }

    /// Whether comparison or sum `index` is unknown because of a metric that events do not make known.
    func staysUnknown(_ index: Int, _ context: EvaluationContext) -> Bool {
        let node = nodes[index]
        if let slot = node.slot { return staysUnknown[slot] && context.entry(slot, of: self).kind == .unknown }
        switch node.operation {
        case .add, .subtract, .multiply, .divide, .compareNumbers, .compareDurations:
            return staysUnknown(Int(node.a), context) || staysUnknown(Int(node.b), context)
        default: return false
        }
    }

    /// The first midnight at which the metric in `slot` may change, `.max` for never.
    private func nextChange(ofSlot slot: Int, _ context: EvaluationContext) -> Int64 {
        if context.changesAtMidnight { return context.moment.nextMidnight.milliseconds }
        if staysUnknown[slot], context.entry(slot, of: self).kind == .unknown { return .max }
        return context.portrait.nextChange(of: metrics[slot], at: context.moment)?.milliseconds ?? .max
    }

    /// The first midnight at which a daily metric at or below node `index` may change, `.max` for never.
    func nextChange(_ index: Int, _ context: EvaluationContext) -> Int64 {
        let node = nodes[index]
        guard Timing(rawValue: node.timing).contains(.daily) else { return .max }
        if context.changesAtMidnight { return context.moment.nextMidnight.milliseconds }
        if let slot = node.slot { return nextChange(ofSlot: slot, context) }
        switch node.operation {
        case .negate, .absolute, .asNumber, .not, .isKnownNumber, .isKnownTruth, .isKnownText, .isKnownDynamic,
            .asTruth, .asText:
            return nextChange(Int(node.a), context)
        case .add, .subtract, .multiply, .divide, .compareNumbers, .compareDurations, .compareTexts,
            .compareDynamics:
            return min(nextChange(Int(node.a), context), nextChange(Int(node.b), context))
        case .least, .greatest, .all, .any, .numberIn, .textIn:
            var first = Int64.max
            for position in Int(node.a)..<(Int(node.a) + Int(node.b)) {
                first = min(first, nextChange(Int(children[position]), context))
            }
            return first
        case .score:
            let score = scores[Int(node.a)]
            var first = Int64.max
            for position in score.first..<(score.first + score.count) {
                first = min(first, nextChange(Int(scoreParts[position].node), context))
            }
            return first
        default: return context.moment.nextMidnight.milliseconds
        }
    }
}

/// A number as a straight line in time around the context's `now`.
private struct Line: BitwiseCopyable {
    var value: Double
    /// Change a millisecond.
    var slope: Double
    /// Where the line bends: the first millisecond at which `slope` may no longer hold.
    var until: Int64 = .max

    static let unknown = Line(value: .nan, slope: 0)
}

extension Program {
    /// The first millisecond after now at which the comparison `index`, whose verdict now is
    /// `verdict`, has another one; at the latest, the next millisecond at which a side bends.
    private func turn(
        _ index: Int, _ node: Node, _ verdict: Verdict, _ context: EvaluationContext, before limit: Int64
    ) -> Int64 {
        let now = context.moment.now.milliseconds
        guard node.operation == .compareNumbers || node.operation == .compareDurations else {
            // `in`, `is_known` and the like of something that grows: rare, and no line to solve.
            return (context.moment.now.utcHour + 1) * millisecondsPerHour
        }
        let left = line(Int(node.a), context)
        let right = line(Int(node.b), context)
        let bend = min(left.until, right.until)
        let difference = left.value - right.value
        let slope = left.slope - right.slope
        guard !difference.isNaN, slope != 0 else { return bend }
        // Milliseconds from now to where the sides meet, and how far from there rounding to whole
        // milliseconds and the Doubles' last bits can move the turn.
        let distance = -difference / slope
        let margin = 2 + (1 / abs(slope)).rounded(.up)
        guard distance >= -margin, distance + margin < 9e15 else { return bend }
        let meeting = now + Int64(distance)
        let before = max(now, meeting - Int64(margin))
        let behind = meeting + Int64(margin)
        let isRounded = node.operation == .compareDurations
        if isRounded || node.comparison == .equal || node.comparison == .notEqual {
            // Whole milliseconds of sides that nearly meet are equal now and then, and sides that cross may be equal
            // for one of them: no order in which halving could find the first.
            guard behind - before <= Self.mostMillisecondsTried else {
                return min(bend, (context.moment.now.utcHour + 1) * millisecondsPerHour)
            }
            let turned = (before..<behind).lazy.map { $0 + 1 }.first { truth(index, context, now: $0) != verdict }
            return turned.map { min(bend, $0) } ?? (distance < 0 ? bend : min(bend, behind))
        }
        let turned = [meeting, behind].first { $0 > now && truth(index, context, now: $0) != verdict }
        // Sides that meet between two milliseconds and change nothing are looked at once, behind the meeting.
        guard let turned else { return distance < 0 ? bend : min(bend, behind) }
        let start = truth(index, context, now: before) == verdict ? before : now
        return min(bend, firstTurn(index, verdict, context, after: start, through: turned))
    }

    /// Sides that close up by less than a thousandth of a millisecond a millisecond are looked at by the hour: nobody
    /// asks for the millisecond at which two such are equal.
    private static let mostMillisecondsTried: Int64 = 2_048

    /// The first millisecond in `start + 1 … end` at which the verdict is another one, as it is at
    /// `end`. Between two meetings of straight lines it turns once, so halving finds it.
    private func firstTurn(
        _ index: Int, _ verdict: Verdict, _ context: EvaluationContext, after start: Int64,
        through end: Int64
    ) -> Int64 {
        var low = start
        var high = end
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if truth(index, context, now: middle) == verdict { low = middle } else { high = middle }
        }
        return high
    }

    private func line(_ index: Int, _ context: EvaluationContext) -> Line {
        let node = nodes[index]
        let now = context.moment.now.milliseconds
        guard Timing(rawValue: node.timing).contains(.linear) else {
            return Line(value: number(index, context, now: now), slope: 0)
        }
        switch node.operation {
        case .durationMetric:
            let entry = context.entry(Int(node.a), of: self)
            guard entry.kind == .elapsed else { return Line(value: number(index, context, now: now), slope: 0) }
            return age(entry.since, now)
        case .stageAge:
            guard let since = context.stageSince else { return .unknown }
            return age(since, now)
        case .add, .subtract, .multiply, .divide: return arithmetic(node, context)
        case .negate:
            let part = line(Int(node.a), context)
            return Line(value: -part.value, slope: -part.slope, until: part.until)
        case .absolute:
            let part = line(Int(node.a), context)
            let sign: Double = part.value < 0 || (part.value == 0 && part.slope < 0) ? -1 : 1
            let zero = meeting(part, Line(value: 0, slope: 0), now)
            return Line(value: abs(part.value), slope: sign * part.slope, until: min(part.until, zero))
        case .least, .greatest:
            return extreme(Int(node.a)..<(Int(node.a) + Int(node.b)), node.operation, context)
        case .score: return score(scores[Int(node.a)], context)
        default: return Line(value: number(index, context, now: now), slope: 0, until: now + 1)
        }
    }

    private func age(_ since: Timestamp, _ now: Int64) -> Line {
        // An instant ahead of now has age 0 until it is reached.
        if since.milliseconds > now { return Line(value: 0, slope: 0, until: since.milliseconds) }
        return Line(value: Self.elapsed(since, now: now), slope: 1)
    }

    private func arithmetic(_ node: Node, _ context: EvaluationContext) -> Line {
        let left = line(Int(node.a), context)
        let right = line(Int(node.b), context)
        let until = min(left.until, right.until)
        switch node.operation {
        case .add: return Line(value: left.value + right.value, slope: left.slope + right.slope, until: until)
        case .subtract: return Line(value: left.value - right.value, slope: left.slope - right.slope, until: until)
        case .multiply:
            // The checker let through only one side that moves.
            let slope = left.slope * right.value + right.slope * left.value
            return Line(value: left.value * right.value, slope: slope, until: until)
        default:
            if right.value == 0 { return Line(value: .nan, slope: 0, until: until) }
            return Line(value: left.value / right.value, slope: left.slope / right.value, until: until)
        }
    }

    /// The first millisecond after now at or behind the meeting of two lines; `.max` when they part.
    private func meeting(_ one: Line, _ other: Line, _ now: Int64) -> Int64 {
        let distance = -(one.value - other.value) / (one.slope - other.slope)
        guard distance > 0, distance < 9e15 else { return .max }
        return now + Int64(distance) + 1
    }

    private func extreme(
        _ parts: Range<Int>, _ operation: Operation, _ context: EvaluationContext
    ) -> Line {
        let now = context.moment.now.milliseconds
        var best = Line.unknown
        var until = Int64.max
        for part in parts {
            let line = line(Int(children[part]), context)
            until = min(until, line.until)
            if line.value.isNaN { return Line(value: .nan, slope: 0, until: until) }
            let precedes =
                operation == .least
                ? (line.value, line.slope) < (best.value, best.slope)
                : (line.value, line.slope) > (best.value, best.slope)
            if best.value.isNaN || precedes { best = line }
        }
        for part in parts { until = min(until, meeting(line(Int(children[part]), context), best, now)) }
        return Line(value: best.value, slope: best.slope, until: until)
    }

    private func score(_ score: ScoreProgram, _ context: EvaluationContext) -> Line {
        let now = context.moment.now.milliseconds
        var sum = Line(value: 0, slope: 0)
        var weight = 0.0
        for position in score.first..<(score.first + score.count) {
            let part = scoreParts[position]
            var line = line(Int(part.node), context)
            sum.until = min(sum.until, line.until)
            if line.value.isNaN { continue }
            if score.combine == .mean {
                for bound in [Line(value: 0, slope: 0), Line(value: 100, slope: 0)] {
                    sum.until = min(sum.until, meeting(line, bound, now))
                }
                let held = score.held(line.value)
                // At a bound and moving out of it: held; moving in: free.
                let leaves = (held == 0 && line.slope < 0) || (held == 100 && line.slope > 0)
                if held != line.value || leaves { line.slope = 0 }
                line.value = held
            }
            sum.value += part.weight * line.value
            sum.slope += part.weight * line.slope
            weight += part.weight
        }
        if weight == 0 { return Line(value: .nan, slope: 0, until: sum.until) }
        if score.combine == .sum { return sum }
        return Line(value: sum.value / weight, slope: sum.slope / weight, until: sum.until)
    }
}
