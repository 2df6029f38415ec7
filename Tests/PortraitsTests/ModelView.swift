import Portraits
import UsageModel

/// One company at one instant, as the model sees it: every event with its user as known today.
struct ModelView {
    let company: ModelCompany
    let now: Int64
    let today: Int
    /// All events, aliases followed.
    let events: [ModelEvent]
    /// Those that are activity.
    let qualifying: [ModelEvent]
    /// Those that make somebody active.
    let people: [ModelEvent]
    private let peopleByUser: [String: [ModelEvent]]
    /// Who somebody is by now.
    let resolve: (String) -> String

    init(company: ModelCompany, now: Int64, today: Int, resolve: @escaping (String) -> String) {
        self.company = company
        self.now = now
        self.today = today
        self.resolve = resolve
        events = company.events.map { event in
            var event = event
            event.user = event.user.map(resolve)
            return event
        }
        qualifying = events.filter { !$0.isIgnored }
        people = qualifying.filter { $0.user != nil }
        peopleByUser = Dictionary(grouping: people) { $0.user ?? "" }
    }

    /// All that `user` ever did here.
    func work(of user: String) -> [ModelEvent] { peopleByUser[user] ?? [] }

    func days(_ window: Window) -> ClosedRange<Int> {
        (today - window.ago - window.days + 1)...(today - window.ago)
    }

    // MARK: Events, tasks, amounts

    /// Events that a scope counts: named tasks count ignored ones as well.
    func events(_ scope: [String]?) -> [ModelEvent] {
        guard let scope else { return qualifying }
        return events.filter { scope.contains($0.task) }
    }

    func eventCount(_ scope: [String]?, _ window: Window) -> UInt64 {
        events(scope).filter { days(window).contains($0.day) }.reduce(0) { $0 + $1.count }
    }

    func eventCount(_ scope: [String]?) -> UInt64 { events(scope).reduce(0) { $0 + $1.count } }

    func amount(_ scope: [String]?, _ window: Window) -> Int128? {
        Self.sum(events(scope).filter { days(window).contains($0.day) })
    }

    func amount(_ scope: [String]?) -> Int128? { Self.sum(events(scope)) }

    /// Nil when the amounts are in different units.
    static func sum(_ events: [ModelEvent]) -> Int128? {
        let paid = events.filter { $0.amount != nil }
        guard Set(paid.map(\.unit)).count <= 1 else { return nil }
        return paid.reduce(0) { $0 + ($1.amount ?? 0) }
    }

    func tasksUsed(_ window: Window) -> Int {
        Set(qualifying.filter { days(window).contains($0.day) }.map(\.task)).count
    }

    // MARK: Users

    func activeUsers(on range: ClosedRange<Int>) -> Set<String> {
        Set(people.filter { range.contains($0.day) }.compactMap(\.user))
    }

    func activeUsers(_ window: Window) -> Set<String> { activeUsers(on: days(window)) }

    func activeDays(_ window: Window) -> Int {
        Set(people.filter { days(window).contains($0.day) }.map(\.day)).count
    }

    func dailyActive(on day: Int) -> Int { activeUsers(on: day...day).count }

    func newUsers(_ window: Window) -> Set<String> {
        activeUsers(window).filter { user in
            days(window).contains(work(of: user).map(\.day).min() ?? .min)
        }
    }

    func prior(_ window: Window) -> Window { Window(days: window.days, ago: window.ago + window.days) }

    func retained(_ window: Window) -> Int { activeUsers(window).intersection(activeUsers(prior(window))).count }

    func resurrected(_ window: Window) -> Int {
        activeUsers(window).subtracting(activeUsers(prior(window))).subtracting(newUsers(window)).count
    }

    func dormant(_ window: Window) -> Int { activeUsers(prior(window)).subtracting(activeUsers(window)).count }

    var powerCurve: [Int] {
        var curve = [Int](repeating: 0, count: 28)
        for user in activeUsers(Window(days: 28)) {
            curve[activeDayCount(of: user, in: days(Window(days: 28))) - 1] += 1
        }
        return curve
    }

    func activeDayCount(of user: String, in range: ClosedRange<Int>) -> Int {
        Set(work(of: user).filter { range.contains($0.day) }.map(\.day)).count
    }

    /// Users ever active or identified.
    var everybody: Set<String> {
        Set(people.compactMap(\.user)).union(company.identified.map(resolve))
    }

    /// The leave record that took `user` away for good, when no activity came after it.
    func leave(of user: String) -> ModelLeave? {
        let last = work(of: user).map(\.time).max() ?? .min
        return company.leaves.filter { resolve($0.user) == user && $0.time >= last }.max { $0.time < $1.time }
    }

    var usersTotal: Int { everybody.count { leave(of: $0) == nil } }

    func left(_ window: Window) -> Int {
        everybody.count { user in leave(of: user).map { days(window).contains($0.day) } ?? false }
    }

    func trait(_ name: String, of user: String) -> JSON? { company.userTrait(name, of: user, resolve) }

    // MARK: Times

    var firstActivity: Int64? { qualifying.map(\.time).min() }
    var lastActivity: Int64? { qualifying.map(\.time).max() }
    var lastUserActivity: Int64? { people.map(\.time).max() }
    var firstRecord: Int64? { company.recordTimes.min() }
    var lastTouch: Int64? { company.touches.map(\.time).max() }

    func touches(_ window: Window) -> Int { company.touches.count { days(window).contains($0.day) } }

    // MARK: Traits and outcomes

    func trait(_ name: String, ago: Int) -> JSON? {
        guard ago > 0 else { return company.trait(name) }
        // Only numbers keep a history.
        guard case .number(let text)? = company.trait(name, upTo: today - ago) else { return nil }
        return .number(text)
    }

    func daysUntil(_ name: String) -> Int? {
        guard let text = company.trait(name)?.stringValue else { return nil }
        let numbers = text.split(separator: "-").compactMap { Int($0) }
        guard numbers.count == 3 else { return nil }
        let date = CivilDate(year: numbers[0], month: numbers[1], day: numbers[2])
        return Int(Day(date).number) - today
    }

    var outcome: String? { company.outcomes.max { ($0.time, $0.seq) < ($1.time, $1.seq) }?.word }

    var seats: Double? { company.trait("seats")?.doubleValue }
}
