import UsageModel

/// Metrics by name, as rules and filters ask for them.
extension CompanyPortrait {
    /// The value of `metric` at `moment`. Unknown where it has no meaning, and for windows that
    /// reach past the horizon, which rules are refused for. O(days of the window) for most; one scan
    /// of the users a day for closed windows of users.
    public func value(of metric: Metric, at moment: Moment) -> MetricValue {
        state.pointee.prepare(moment.today)
        guard metric.isWithinHorizon else { return .unknown }
        switch metric {
        case .events(let scope, let window): return .of(events(scope, window, at: moment).map { Double($0) })
        case .eventsLifetime(let scope): return .of(eventsLifetime(scope).map { Double($0) })
        case .amount(let scope, let window): return .of(amount(scope, window, at: moment)?.doubleValue)
        case .amountLifetime(let scope): return .of(amountLifetime(scope)?.doubleValue)
        case .idleDays: return .since(lastActivity)
        case .userIdleDays: return .since(lastUserActivity)
        case .ageDays: return .since(firstActivity)
        case .knownDays: return .since(firstRecord)
        case .touchIdleDays: return .since(lastTouch?.time)
        case .touches(let window):
            return .number(
                Double(state.pointee.touchDays.sum(DayRange(window, today: moment.today), state.pointee.arena)))
        case .trait(let name, let ago): return value(ofTrait: name, ago: ago, today: moment.today)
        case .daysUntil(let name): return .of(date(inTrait: name).map { Double($0 - moment.today) })
        case .outcome: return outcome.map(MetricValue.text) ?? .unknown
        case .tasksUsed(let window): return .number(Double(state.pointee.tasksUsed(window, today: moment.today)))
        default: return value(ofUsers: metric, at: moment)
        }
    }

    private func value(ofUsers metric: Metric, at moment: Moment) -> MetricValue {
        let today = moment.today
        switch metric {
        case .activeUsers(let window): return .number(Double(state.pointee.activeUsers(window, today: today)))
        case .activeDays(let window): return .number(Double(state.pointee.activeDays(window, today: today)))
        case .dauMAU:
            return .ratio(
                Double(state.pointee.activeUserDays(.month, today: today)) / Double(Window.month.days),
                to: Double(state.pointee.activeUsers(.month, today: today)))
        case .powerCurve(let k):
            guard (1...Window.month.days).contains(k) else { return .unknown }
            return .number(Double(state.pointee.powerCurve(today: today)[k]))
        case .newUsers(let window): return .number(Double(state.pointee.newUsers(window, today: today)))
        case .retained(let window): return .number(Double(state.pointee.retained(window, today: today)))
        case .resurrected(let window): return .number(Double(state.pointee.resurrected(window, today: today)))
        case .dormant(let window): return .number(Double(state.pointee.dormant(window, today: today)))
        case .quickRatio(let window):
            let gained =
                state.pointee.newUsers(window, today: today) + state.pointee.resurrected(window, today: today)
            return .ratio(Double(gained), to: Double(state.pointee.dormant(window, today: today)))
        case .usersTotal: return .number(Double(usersTotal))
        case .left(let window): return .number(Double(state.pointee.left(window, today: today)))
        case .seatsFill: return .ratio(Double(usersTotal), to: seats)
        case .seatsUtil: return .ratio(Double(state.pointee.activeUsers(.month, today: today)), to: seats)
        case .seatsActivation:
            return .ratio(Double(state.pointee.activeUsers(.month, today: today)), to: Double(usersTotal))
        default: return value(ofPeople: metric, at: moment)
        }
    }

    private func value(ofPeople metric: Metric, at moment: Moment) -> MetricValue {
        let today = moment.today
        switch metric {
        case .topUserShare(let window): return .of(state.pointee.topUserShare(window, today: today))
        case .busFactor(let window): return .number(Double(state.pointee.busFactor(window, today: today)))
        case .championIdleDays:
            return .since(
                state.pointee.championRow(today: today).map {
                    Timestamp(milliseconds: state.pointee.users.lastTime(of: $0))
                })
        case .champion: return name(atRow: state.pointee.championRow(today: today))
        case .lastUser: return name(atRow: state.pointee.lastRow())
        case .firstUser: return name(atRow: state.pointee.firstRow())
        case .mostActive: return name(atRow: state.pointee.mostActive(today: today))
        default: preconditionFailure("\(metric) was answered before")
        }
    }

    private func name(atRow row: Int?) -> MetricValue {
        row.map { .text(names.name(state.pointee.users[$0].user)) } ?? .unknown
    }

    /// The trait `seats`, nil when it is missing or no number.
    public var seats: Double? { trait("seats")?.doubleValue }

    // MARK: Traits

    private func value(ofTrait name: String, ago: Int, today: Day) -> MetricValue {
        if ago > 0 { return .of(state.pointee.traits.number(name, atEndOf: today - Int32(ago))) }
        switch trait(name) {
        case .number?: return .of(trait(name)?.doubleValue)
        case .string(let text)?: return .text(text)
        case .bool(let isTrue)?: return .bool(isTrue)
        case .null?, .array?, .object?, nil: return .unknown
        }
    }

    /// The date that a trait names: a date, or an instant's date in the company's zone.
    func date(inTrait name: String) -> Day? {
        guard let text = trait(name)?.stringValue else { return nil }
        return Day(iso: text) ?? Timestamp(rfc3339: text).map(zone.day(of:))
    }
}

extension Metric {
    /// Whether the history that is kept answers it: 400 days of events, tasks, amounts and traits,
    /// 128 days of users, which comparisons of two windows must both fit into.
    public var isWithinHorizon: Bool {
        switch self {
        case .events(_, let window), .amount(_, let window), .tasksUsed(let window), .touches(let window),
            .left(let window):
            window.reach <= Horizon.eventDays
        case .activeUsers(let window), .activeDays(let window), .newUsers(let window), .topUserShare(let window),
            .busFactor(let window):
            window.reach <= Horizon.userDays
        case .retained(let window), .resurrected(let window), .dormant(let window), .quickRatio(let window):
            window.previous.reach <= Horizon.userDays
        case .trait(_, let ago): ago < Horizon.eventDays
        default: true
        }
    }
}

extension Window {
    /// 28 days: always the same number of each weekday.
    static let month = Window(days: 28)
}

extension MetricValue {
    /// Unknown for nil and for what no number can be.
    static func of(_ value: Double?) -> MetricValue {
        value.map { $0.isFinite ? .number($0) : .unknown } ?? .unknown
    }

    static func since(_ time: Timestamp?) -> MetricValue { time.map(MetricValue.elapsed(since:)) ?? .unknown }

    /// Unknown without a denominator and for a denominator of zero.
    static func ratio(_ numerator: Double, to denominator: Double?) -> MetricValue {
        guard let denominator, denominator != 0 else { return .unknown }
        return .of(numerator / denominator)
    }
}
