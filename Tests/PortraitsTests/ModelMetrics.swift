import TestSupport
import Portraits
import UsageModel

/// Draws metrics with random windows that stay inside the horizon.
struct MetricSampler {
    var random: SeededRandom
    let tasks: [TaskID]

    /// One of every metric that has no window, and each windowed one with some windows.
    mutating func sample() -> [Metric] {
        var metrics: [Metric] = [
            .dauMAU, .usersTotal, .idleDays, .userIdleDays, .ageDays, .knownDays, .touchIdleDays, .outcome,
            .championIdleDays, .seatsFill, .seatsUtil, .seatsActivation, .champion, .lastUser, .firstUser, .mostActive,
            .eventsLifetime(.all), .amountLifetime(.all), .daysUntil("renewal"), .daysUntil("plan"), .daysUntil("none"),
            .activeUsers(Window(days: 1)), .activeUsers(Window(days: 7)), .activeUsers(Window(days: 28)),
            .newUsers(Window(days: 28)), .events(.all, Window(days: 28, ago: 1)),
        ]
        for _ in 1...3 { metrics.append(.powerCurve(Int.random(in: 1...28, using: &random))) }
        for name in ["seats", "arr", "plan", "trial", "timezone", "none"] {
            metrics.append(.trait(name, ago: 0))
            metrics.append(.trait(name, ago: Int.random(in: 1...399, using: &random)))
        }
        for _ in 0..<3 {
            metrics += [
                .events(.all, window(reach: Horizon.eventDays)), .events(scope(), window(reach: Horizon.eventDays)),
                .eventsLifetime(scope()), .amountLifetime(scope()),
                .amount(.all, window(reach: Horizon.eventDays)), .amount(scope(), window(reach: Horizon.eventDays)),
                .tasksUsed(window(reach: Horizon.eventDays)), .touches(window(reach: Horizon.eventDays)),
                .activeUsers(window(reach: Horizon.userDays)), .activeDays(window(reach: Horizon.userDays)),
                .newUsers(window(reach: Horizon.userDays)), .left(window(reach: Horizon.userDays)),
                .topUserShare(window(reach: Horizon.userDays)), .busFactor(window(reach: Horizon.userDays)),
                .retained(doubled()), .resurrected(doubled()), .dormant(doubled()), .quickRatio(doubled()),
            ]
        }
        return metrics
    }

    /// Often the windows that rules use, often one that ends exactly at the horizon.
    private mutating func window(reach: Int) -> Window {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return Window(days: random.pick([1, 7, 14, 28]))
        case 1: return Window(days: random.pick([1, 7, 14, 28]), ago: random.pick([1, 7, 28, 56]))
        case 2:
            let days = Int.random(in: 1...reach, using: &random)
            return Window(days: days, ago: reach - days)
        default:
            let days = Int.random(in: 1...reach, using: &random)
            return Window(days: days, ago: Int.random(in: 0...(reach - days), using: &random))
        }
    }

    /// A window whose equally long predecessor lies inside the horizon as well.
    private mutating func doubled() -> Window {
        let days = random.chance(50) ? random.pick([1, 7, 28, 64]) : Int.random(in: 1...64, using: &random)
        return Window(days: days, ago: Int.random(in: 0...(Horizon.userDays - 2 * days), using: &random))
    }

    private mutating func scope() -> TaskScope {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return .tasks([])
        case 1:
            // A set may name a task twice, or one that nobody ever used.
            let task = random.pick(tasks)
            return .tasks([task, random.pick(tasks), task])
        case 2...4: return .tasks([random.pick(tasks)])
        default: return .tasks([random.pick(tasks), random.pick(tasks)])
        }
    }
}
