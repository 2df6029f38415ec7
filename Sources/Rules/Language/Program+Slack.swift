import Portraits
import UsageModel

// What events of today a verdict bears. A company with work going on is touched by every block, and hardly any of its
// events moves a number far enough to turn a comparison. How far one event can move it is known (one more user, one
// more event), so is how far it is from turning; their ratio is how many events need no look. Only what holds until
// the company's midnight counts: until then a window that is open today only grows, one that has ended stays, and what
// time alone turns has its own deadline.
extension Program {
    /// What `verdict`, that of the leaf `index`, bears.
    func slack(ofLeaf index: Int, _ node: Node, _ verdict: Verdict, _ context: EvaluationContext) -> EventSlack {
        let timing = Timing(rawValue: node.timing)
        guard timing.contains(.eventful) else { return .unlimited }
        // The distance changes while nothing happens.
        guard !timing.followsNow else { return .none }
        switch node.operation {
        case .compareNumbers:
            if verdict == .unknown { return staysUnknown(index, context) ? .unlimited : .none }
            return slack(ofNumbers: node, context)
        case .isKnownNumber:
            let isKnown = verdict == .true
            return isKnown && effect(on: Int(node.a), context).isBounded ? .unlimited : .none
        default: return .none
        }
    }

    /// Two numbers keep their order until they have moved by all of their distance.
    private func slack(ofNumbers node: Node, _ context: EvaluationContext) -> EventSlack {
        let now = context.moment.now.milliseconds
        let left = number(Int(node.a), context, now: now)
        let right = number(Int(node.b), context, now: now)
        let effect = effect(on: Int(node.a), context).plus(self.effect(on: Int(node.b), context))
        let distance = abs(left - right) - max(abs(left), abs(right)) * Self.roundingMargin
        guard effect.isBounded, distance > 0 else { return .none }
        // Half of the distance for either, when both move it.
        let share = effect.perCount > 0 && effect.perUserDay > 0 ? distance / 2 : distance
        return EventSlack(
            counts: Self.fewer(than: share, effect.perCount), userDays: Self.fewer(than: share, effect.perUserDay))
    }

    /// More than a few additions of Doubles can be off, as a part of them.
    private static let roundingMargin = 1e-9

    /// The greatest number of steps that stay below `distance`.
    private static func fewer(than distance: Double, _ step: Double) -> Int64 {
        if step == 0 { return .max }
        let steps = (distance / step).rounded(.up) - 1
        return steps < Double(Int32.max) ? Int64(steps) : Int64(Int32.max)
    }

    /// What the company's next event may do to elapsed time against whole milliseconds: it makes idle times shorter,
    /// and ages of a company that began today longer, but by less than `leastSettlingAge`.
    func slack(ofElapsed node: Node, _ verdict: Verdict, _ kind: MetricCache.Entry.Kind) -> EventSlack {
        guard Timing(rawValue: node.timing).contains(.eventful) else { return .unlimited }
        guard kind == .elapsed, Int64(node.number) >= Self.leastSettlingAge else { return .none }
        switch node.comparison {
        case .greater, .greaterOrEqual: return verdict == .false ? .unlimited : .none
        case .less, .lessOrEqual: return verdict == .true ? .unlimited : .none
        case .equal, .notEqual: return .none
        }
    }

    /// The most that an event moves the number at node `index`.
    private func effect(on index: Int, _ context: EvaluationContext) -> EventEffect {
        let node = nodes[index]
        guard Timing(rawValue: node.timing).contains(.eventful) else { return .nothing }
        let now = context.moment.now.milliseconds
        switch node.operation {
        case .metric: return effect(onSlot: Int(node.a), context)
        case .negate, .absolute: return effect(on: Int(node.a), context)
        case .add, .subtract: return effect(on: Int(node.a), context).plus(effect(on: Int(node.b), context))
        case .multiply:
            // One side stands; of two that move, the product moves as both do.
            let left = effect(on: Int(node.a), context)
            let right = effect(on: Int(node.b), context)
            if right.isNothing { return left.times(number(Int(node.b), context, now: now)) }
            if left.isNothing { return right.times(number(Int(node.a), context, now: now)) }
            return .anything
        case .divide:
            guard effect(on: Int(node.b), context).isNothing else { return .anything }
            return effect(on: Int(node.a), context).times(1 / number(Int(node.b), context, now: now))
        case .least, .greatest:
            var effect = EventEffect.nothing
            for position in Int(node.a)..<(Int(node.a) + Int(node.b)) {
                effect = effect.plus(self.effect(on: Int(children[position]), context))
            }
            return effect
        case .score: return effect(onScore: scores[Int(node.a)], context)
        default: return .anything
        }
    }

    private func effect(onSlot slot: Int, _ context: EvaluationContext) -> EventEffect {
        let entry = context.entry(slot, of: self)
        guard entry.kind == .number else { return .anything }
        switch influences[slot] {
        case .none: return .nothing
        case .counts: return EventEffect(perCount: 1)
        case .taskCounts: return EventEffect(perCount: entry.number == 0 ? 0 : 1)
        case .users: return EventEffect(perUserDay: 1)
        case .varying: return context.portrait.effect(on: metrics[slot], at: context.moment)
        case .unbounded: return .anything
        }
    }

    private func effect(onScore score: ScoreProgram, _ context: EvaluationContext) -> EventEffect {
        var effect = EventEffect.nothing
        var weight = 0.0
        for position in score.first..<(score.first + score.count) {
            let part = scoreParts[position]
            // One that becomes known changes what the others weigh.
            if number(Int(part.node), context, now: context.moment.now.milliseconds).isNaN {
                if staysUnknown(Int(part.node), context) { continue }
                return .anything
            }
            effect = effect.plus(self.effect(on: Int(part.node), context).times(part.weight))
            weight += part.weight
        }
        return score.combine == .sum ? effect : effect.times(1 / weight)
    }
}

extension EventEffect {
    fileprivate var isBounded: Bool { perCount.isFinite && perUserDay.isFinite }
    fileprivate var isNothing: Bool { perCount == 0 && perUserDay == 0 }

    fileprivate func plus(_ other: EventEffect) -> EventEffect {
        EventEffect(perCount: perCount + other.perCount, perUserDay: perUserDay + other.perUserDay)
    }

    /// What is not finite bounds nothing, nor does anything times nothing.
    fileprivate func times(_ factor: Double) -> EventEffect {
        guard isBounded, factor.isFinite else { return .anything }
        return EventEffect(perCount: perCount * abs(factor), perUserDay: perUserDay * abs(factor))
    }
}
