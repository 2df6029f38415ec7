import Portraits
import Testing
import UsageModel

/// One company at one instant, by the model and by the program.
struct ModelPair {
    let view: ModelView
    let portrait: CompanyPortrait
    let moment: Moment
    let names: NameTable

    /// Every difference found, as "metric: program says …, model says …".
    func differences(in metrics: [Metric]) -> [String] {
        var differences: [String] = []
        func compare<T: Equatable>(_ what: String, _ program: T, _ model: T) {
            if program != model { differences.append("\(what): program says \(program), model says \(model)") }
        }
        compare("today", Int(moment.today.number), view.today)
        for metric in metrics {
            let program = portrait.value(of: metric, at: moment)
            let model = view.value(of: metric) { names.name($0) }
            if !agree(program, model) {
                differences.append("\(described(metric)): program says \(program), model says \(model)")
            }
        }
        compare("first activity", portrait.firstActivity?.milliseconds, view.firstActivity)
        compare("last activity", portrait.lastActivity?.milliseconds, view.lastActivity)
        compare("last user activity", portrait.lastUserActivity?.milliseconds, view.lastUserActivity)
        compare("first record", portrait.firstRecord?.milliseconds, view.firstRecord)
        compare("users total", portrait.usersTotal, view.usersTotal)
        compare("beyond horizon", portrait.beyondHorizon, view.company.beyondHorizon)
        compare("outcome", portrait.outcome, view.outcome)
        compare("power curve", portrait.powerCurve(at: moment), view.powerCurve)
        return differences + tableDifferences() + peopleDifferences() + seriesDifferences()
    }

    /// Counts are exact; quotients may be divided in another order.
    private func agree(_ left: MetricValue, _ right: MetricValue) -> Bool {
        guard case .number(let left) = left, case .number(let right) = right else { return left == right }
        return abs(left - right) <= 1e-9 * max(1, abs(left), abs(right))
    }

    private func described(_ metric: Metric) -> String {
        switch metric {
        case .events(.tasks(let ids), let window): "events(\(ids.map { names.name($0) }), \(window))"
        case .amount(.tasks(let ids), let window): "amount(\(ids.map { names.name($0) }), \(window))"
        default: "\(metric)"
        }
    }

    private func tableDifferences() -> [String] {
        var differences: [String] = []
        let rows = portrait.tasks(at: moment)
        let tasks = Set(view.events.map(\.task))
        if Set(rows.map { names.name($0.task) }) != tasks { differences.append("tasks: \(rows), model says \(tasks)") }
        for row in rows {
            let scope = [names.name(row.task)]
            var expected = row
            expected.events7d = view.eventCount(scope, Window(days: 7))
            expected.events28d = view.eventCount(scope, Window(days: 28))
            expected.eventsPrior28d = view.eventCount(scope, Window(days: 28, ago: 28))
            expected.lifetime = view.eventCount(scope)
            expected.amount28d = view.amount(scope, Window(days: 28)).map { Amount(micros: $0) }
            expected.last = Timestamp(milliseconds: view.events(scope).map(\.time).max() ?? .min)
            if row != expected { differences.append("task \(scope): program says \(row), model says \(expected)") }
        }
        let order = rows.map { ($0.events28d, $0.lifetime) }
        if !zip(order, order.dropFirst()).allSatisfy({ $0 >= $1 }) { differences.append("tasks out of order: \(rows)") }
        return differences
    }

    private func peopleDifferences() -> [String] {
        var differences: [String] = []
        let rows = portrait.users(at: moment)
        let everybody = view.everybody
        let listed = Set(rows.map { names.name($0.user) })
        if !everybody.isSubset(of: listed) { differences.append("users: \(listed), model says \(everybody)") }
        let month = view.days(Window(days: 28))
        // Whose role a merged user keeps is left open.
        let merged = Set(view.company.userTraits.map(\.user).filter { view.resolve($0) != $0 }.map(view.resolve))
        for row in rows where everybody.contains(names.name(row.user)) {
            let user = names.name(row.user)
            let own = view.work(of: user)
            let expected: [String] = [
                "\(own.filter { month.contains($0.day) }.reduce(0) { $0 + $1.count }) in 28d",
                "\(view.activeDayCount(of: user, in: month)) days", "\(own.reduce(0) { $0 + $1.count }) lifetime",
                "first \(String(describing: view.firstTime(of: user)))",
                "last \(String(describing: view.lastTime(of: user)))", "left \(view.leave(of: user) != nil)",
                "staff \(view.trait("staff", of: user) == .bool(true))",
                "role \(merged.contains(user) ? "any" : view.trait("role", of: user)?.text ?? "none")",
            ]
            let actual: [String] = [
                "\(row.events28d) in 28d", "\(row.activeDays28d) days", "\(row.lifetime) lifetime",
                "first \(String(describing: row.first?.milliseconds))",
                "last \(String(describing: row.last?.milliseconds))", "left \(row.left)",
                "staff \(row.staff)", "role \(merged.contains(user) ? "any" : row.traits["role"]?.text ?? "none")",
            ]
            if expected != actual { differences.append("user \(user): program says \(actual), model says \(expected)") }
        }
        let ranked = view.ranking(month).map(\.user)
        if rows.prefix(ranked.count).map({ names.name($0.user) }) != ranked {
            differences.append("users' order: \(rows.map { names.name($0.user) }), model says \(ranked)")
        }
        let people = portrait.people(at: moment)
        func compare(_ what: String, _ program: UserSummary?, _ model: String?) {
            let program = program.map { names.name($0.user) }
            if program != model {
                differences.append("\(what): program says \(program ?? "nobody"), model says \(model ?? "nobody")")
            }
        }
        compare("people.mostActive", people.mostActive, view.mostActive?.user)
        compare("people.first", people.first, view.firstUser)
        compare("people.last", people.last, view.lastUser)
        compare("people.champion", people.champion, view.champion?.user)
        let share = view.topUserShare(Window(days: 28))
        if people.topUserShare28d != share
            || people.busFactor28d != view.busFactor(Window(days: 28))
        {
            differences.append("people: \(people), model says share \(share as Any)")
        }
        return differences
    }

    private func seriesDifferences() -> [String] {
        var differences: [String] = []
        let series = portrait.series(days: 84, at: moment)
        let days = (0..<84).map { view.today - 83 + $0 }
        var expected = series
        expected.from = Day(number: Int32(days[0]))
        expected.events = days.map { day in view.qualifying.filter { $0.day == day }.reduce(0) { $0 + $1.count } }
        expected.activeUsers = days.map(view.dailyActive(on:))
        if series != expected { differences.append("series: program says \(series), model says \(expected)") }
        let weeks = (0..<12).reversed().map { view.activeUsers(Window(days: 7, ago: 7 * $0)).count }
        if portrait.weeklyActiveUsers(weeks: 12, at: moment) != weeks {
            differences.append("weeks: \(portrait.weeklyActiveUsers(weeks: 12, at: moment)), model says \(weeks)")
        }
        // Decimals are compared as decimals too, not only through the Double of a metric.
        for window in [Window(days: 1), Window(days: 28), Window(days: 90, ago: 10), Window(days: 400)] {
            for scope in [nil, ["invoice.sent"], ["invoice.sent", "search"]] {
                let ids: TaskScope = scope.map { .tasks($0.map { names.intern($0) }) } ?? .all
                let program = portrait.amount(ids, window, at: moment)?.micros
                let model = view.amount(scope, window)
                if program != model {
                    differences.append(
                        "amount of \(scope ?? ["all"]) in \(window): program says \(String(describing: program)), "
                            + "model says \(String(describing: model))")
                }
            }
        }
        return differences
    }
}
