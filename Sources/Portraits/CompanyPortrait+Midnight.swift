public import UsageModel

/// What time alone can still change.
extension CompanyPortrait {
    /// Whether the company had an event on the day of `moment`.
    public func isAtWork(at moment: Moment) -> Bool { state.pointee.eventDays.lastDay == moment.today.number }

    /// The first local midnight at which `metric` may change although no record arrives; nil for never.
    ///
    /// A window changes only when a day on which something happened enters or leaves it. So a company that
    /// comes now and then costs a look at those midnights and none at the others, and one that fell silent
    /// long ago costs none at all. May be too early, never too late. O(log days) a window.
    public func nextChange(of metric: Metric, at moment: Moment) -> Timestamp? {
        guard metric.timing.contains(.daily), let day = nextDay(of: metric, today: moment.today) else { return nil }
        // Where the clocks go back over midnight, the date does too, and windows with it.
        guard day > moment.today + 1, zone.day(of: moment.nextMidnight) > moment.today else {
            return moment.nextMidnight
        }
        return zone.startOfDay(day)
    }

    /// The date after `today` on which `metric` may change; nil for none.
    private func nextDay(of metric: Metric, today: Day) -> Day? {
        switch metric {
        case .trait(let name, let ago):
            return state.pointee.traits.nextSetting(of: name, after: today - Int32(ago)).map { $0 + Int32(ago) }
        case .daysUntil(let name): return trait(name) == nil ? nil : today + 1
        default:
            guard let borders = metric.borders else { return today + 1 }
            // Of a company in daily use the day that leaves comes first, and is as early as can be.
            var first = crossing(borders.far, metric, today)
            if first == today + 1 { return first }
            first = Self.earlier(first, crossing(borders.near, metric, today))
            if borders.previous != borders.far {
                first = Self.earlier(first, crossing(borders.previous, metric, today))
            }
            return first
        }
    }

    /// The first date on which a day crosses the border that lies `distance` days behind today.
    private func crossing(_ distance: Int32, _ metric: Metric, _ today: Day) -> Day? {
        state.pointee.firstDay(of: metric, after: today - distance).map { $0 + distance }
    }

    private static func earlier(_ one: Day?, _ other: Day?) -> Day? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }
}

/// How far behind today the borders of a metric's windows lie: a day that crosses one may change it.
private struct WindowBorders {
    var near: Int32
    var far: Int32
    /// The far one of the window before, where two are compared; else `far` again.
    var previous: Int32

    init(_ window: Window, comparesPrevious: Bool = false) {
        near = Int32(window.ago)
        far = Int32(window.ago + window.days)
        previous = comparesPrevious ? far + Int32(window.days) : far
    }
}

extension Metric {
    /// Nil for metrics without a window.
    fileprivate var borders: WindowBorders? {
        switch self {
        case .events(_, let window), .amount(_, let window), .tasksUsed(let window), .activeUsers(let window),
            .activeDays(let window), .newUsers(let window), .touches(let window), .topUserShare(let window),
            .busFactor(let window):
            WindowBorders(window)
        case .retained(let window), .resurrected(let window), .dormant(let window), .quickRatio(let window):
            WindowBorders(window, comparesPrevious: true)
        case .dauMAU, .powerCurve, .mostActive, .seatsUtil, .seatsActivation: WindowBorders(.month)
        case .champion, .championIdleDays: WindowBorders(Champion.window)
        default: nil
        }
    }
}

extension CompanyTraits {
    /// The first day after `day` at whose end the trait was another number.
    fileprivate func nextSetting(of name: String, after day: Day) -> Day? {
        guard let trait = all.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return nil }
        return trait.history.first { $0.day > day }?.day
    }
}

extension CompanyState {
    /// The first day after `day` with anything that `metric` counts, days ahead included.
    fileprivate func firstDay(of metric: Metric, after day: Day) -> Day? {
        let from = day.number + 1
        let first: Int32?
        switch metric {
        case .events(.tasks(let tasks), _), .amount(.tasks(let tasks), _):
            first = tasks.compactMap { task in
                findTask(task).flatMap { self.tasks[$0].days.firstDay(notBefore: from, arena) }
            }.min()
        case .touches: first = touchDays.firstDay(notBefore: from, arena)
        // Whoever was active on a day had an event that day.
        default: first = eventDays.firstDay(notBefore: from, arena)
        }
        return first.map(Day.init(number:))
    }
}
