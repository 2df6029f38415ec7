import UsageModel

/// What time alone can still change.
extension CompanyPortrait {
    /// Whether this or a later midnight may change `metric` although no record arrives. False for
    /// windows that have passed all that the company ever did: a company that fell silent long ago
    /// costs no look a day. O(1) for most, O(tasks) for named ones.
    public func canChangeAtMidnight(_ metric: Metric, at moment: Moment) -> Bool {
        guard metric.timing.contains(.daily) else { return false }
        guard let first = metric.firstDay(today: moment.today) else {
            switch metric {
            case .trait(let name, let ago):
                return state.pointee.traits.canChange(name, after: moment.today - Int32(ago))
            case .daysUntil(let name): return trait(name) != nil
            default: return true
            }
        }
        return state.pointee.latestDay(of: metric) >= first.number
    }
}

extension Metric {
    /// The first day of a window that moves with today, of both windows for comparisons; nil for
    /// metrics without one.
    fileprivate func firstDay(today: Day) -> Day? {
        switch self {
        case .events(_, let window), .amount(_, let window), .tasksUsed(let window), .activeUsers(let window),
            .activeDays(let window), .newUsers(let window), .touches(let window), .topUserShare(let window),
            .busFactor(let window):
            window.first(today: today)
        case .retained(let window), .resurrected(let window), .dormant(let window), .quickRatio(let window):
            window.previous.first(today: today)
        case .dauMAU, .powerCurve, .mostActive, .seatsUtil, .seatsActivation: Window.month.first(today: today)
        case .champion, .championIdleDays: Champion.window.first(today: today)
        default: nil
        }
    }
}

extension CompanyTraits {
    /// Whether a later day than `day` sees another value than `day` does.
    fileprivate func canChange(_ name: String, after day: Day) -> Bool {
        guard let trait = all.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return false }
        return trait.history.last.map { $0.day > day } ?? false
    }
}

extension CompanyState {
    /// The last day with anything that `metric` counts, days ahead included.
    fileprivate func latestDay(of metric: Metric) -> Int32 {
        switch metric {
        case .events(.tasks(let tasks), _), .amount(.tasks(let tasks), _):
            tasks.reduce(.min) { latest, task in
                max(latest, findTask(task).flatMap { self.tasks[$0].days.lastDay } ?? .min)
            }
        case .touches: touchDays.lastDay ?? .min
        // Whoever was active on a day had an event that day.
        default: eventDays.lastDay ?? .min
        }
    }
}
