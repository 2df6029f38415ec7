import Portraits
import UsageModel

extension ModelView {
    /// What `metric` is worth; task ids are named through `task`.
    func value(of metric: Metric, task: (TaskID) -> String) -> MetricValue {
        switch metric {
        case .events(let scope, let window): scoped(scope, task) { .number(Double(eventCount($0, window))) }
        case .eventsLifetime(let scope): scoped(scope, task) { .number(Double(eventCount($0))) }
        case .amount(let scope, let window): scoped(scope, task) { money(amount($0, window)) }
        case .amountLifetime(let scope): scoped(scope, task) { money(amount($0)) }
        case .tasksUsed(let window): count(tasksUsed(window))
        case .activeUsers(let window): count(activeUsers(window).count)
        case .activeDays(let window): count(activeDays(window))
        case .dauMAU: ratio((0..<28).map { Double(dailyActive(on: today - $0)) }.reduce(0, +) / 28, monthlyActive)
        case .powerCurve(let days): count(powerCurve[days - 1])
        case .newUsers(let window): count(newUsers(window).count)
        case .retained(let window): count(retained(window))
        case .resurrected(let window): count(resurrected(window))
        case .dormant(let window): count(dormant(window))
        case .quickRatio(let window):
            ratio(Double(newUsers(window).count + resurrected(window)), Double(dormant(window)))
        case .usersTotal: count(usersTotal)
        case .left(let window): count(left(window))
        case .idleDays: elapsed(lastActivity)
        case .userIdleDays: elapsed(lastUserActivity)
        case .ageDays: elapsed(firstActivity)
        case .knownDays: elapsed(firstRecord)
        case .touches(let window): count(touches(window))
        case .touchIdleDays: elapsed(lastTouch)
        case .trait(let name, let ago): trait(trait(name, ago: ago))
        case .daysUntil(let name): daysUntil(name).map(count) ?? .unknown
        case .outcome: text(outcome)
        case .topUserShare(let window): topUserShare(window).map { .number($0) } ?? .unknown
        case .busFactor(let window): count(busFactor(window))
        case .championIdleDays: elapsed(champion.flatMap { lastTime(of: $0.user) })
        case .seatsFill: ratio(Double(usersTotal), seats)
        case .seatsUtil: ratio(monthlyActive, seats)
        case .seatsActivation: ratio(monthlyActive, Double(usersTotal))
        case .champion: text(champion?.user)
        case .lastUser: text(lastUser)
        case .firstUser: text(firstUser)
        case .mostActive: text(mostActive?.user)
        }
    }

    private var monthlyActive: Double { Double(activeUsers(Window(days: 28)).count) }

    private func scoped(
        _ scope: TaskScope, _ task: (TaskID) -> String, _ body: ([String]?) -> MetricValue
    ) -> MetricValue {
        switch scope {
        case .all: body(nil)
        case .tasks(let ids): ids.isEmpty ? .unknown : body(ids.map(task))
        }
    }

    private func count(_ value: Int) -> MetricValue { .number(Double(value)) }
    private func text(_ value: String?) -> MetricValue { value.map { .text($0) } ?? .unknown }
    private func money(_ micros: Int128?) -> MetricValue { micros.map { .number(Double($0) / 1_000_000) } ?? .unknown }

    private func elapsed(_ since: Int64?) -> MetricValue {
        since.map { .elapsed(since: Timestamp(milliseconds: $0)) } ?? .unknown
    }

    /// A division by zero, or by what is not there, is unknown.
    private func ratio(_ part: Double, _ whole: Double?) -> MetricValue {
        guard let whole, whole != 0 else { return .unknown }
        return .number(part / whole)
    }

    private func trait(_ value: JSON?) -> MetricValue {
        switch value {
        case .number(let text)?: Double(text).map { .number($0) } ?? .unknown
        case .string(let text)?: .text(text)
        case .bool(let truth)?: .bool(truth)
        default: .unknown
        }
    }
}
