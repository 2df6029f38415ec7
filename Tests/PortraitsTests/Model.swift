import Foundation
import Portraits
import UsageModel

/// The brute-force model: keeps every record ever applied and computes each number of the semantics
/// from the whole list, every time it is asked. It shares no arithmetic with the program: calendar
/// dates come from Foundation's zones, people are resolved by walking the aliases.
final class Model {
    let settings: Settings
    private(set) var now: Int64?
    private(set) var companies: [String: ModelCompany] = [:]
    /// Old name → the name it was merged into.
    private var aliases: [String: String] = [:]
    private var ahead: AheadEvent?
    private var seq = 0

    /// An event too far ahead to be believed without a second witness.
    private struct AheadEvent {
        var user: String?
        var time: Int64
    }

    init(settings: Settings) { self.settings = settings }

    /// The name that stands at the end of the chain of aliases.
    func resolve(_ user: String) -> String {
        var user = user
        while let next = aliases[user] { user = next }
        return user
    }

    func zone(of company: String) -> TimeZone {
        let name = companies[company]?.trait("timezone")?.stringValue
        return name.flatMap { TimeZone(identifier: $0) } ?? TimeZone(identifier: settings.defaultZone) ?? .gmt
    }

    func day(of time: Int64, in zone: TimeZone) -> Int {
        let seconds = Int(time.flooredQuotient(by: 1_000))
        return (seconds + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
            .flooredQuotient(by: 86_400)
    }

    /// The company as it stands at `now`.
    func view(of company: String, at now: Int64) -> ModelView? {
        companies[company].map {
            ModelView(company: $0, now: now, today: day(of: now, in: zone(of: company)), resolve: resolve)
        }
    }

    func apply(_ fact: Fact) {
        seq += 1
        advanceClock(for: fact)
        guard !fact.company.isEmpty else {
            if case .alias = fact.kind, let user = fact.user, let previous = fact.previousUser {
                aliases[resolve(previous)] = resolve(user)
            }
            return
        }
        let company = companies[fact.company] ?? ModelCompany(name: fact.company)
        companies[fact.company] = company
        let day = day(of: fact.time, in: zone(of: fact.company))
        company.recordTimes.append(fact.time)
        switch fact.kind {
        case .event:
            let user = fact.user.map(resolve)
            let event = ModelEvent(
                user: fact.user, task: fact.task, unit: fact.unit, amount: fact.amountMicros,
                count: fact.count, time: fact.time, day: day, isIgnored: isIgnored(fact, user: user, in: company))
            company.events.append(event)
            if let now {
                let today = self.day(of: now, in: zone(of: fact.company))
                if !event.isIgnored, day < today - 399 { company.beyondHorizon += fact.count }
            }
        case .identify:
            guard let user = fact.user else { break }
            company.identified.append(user)
            for (name, value) in fact.traits {
                let trait = ModelTrait(name: name, value: value, time: fact.time, day: day, seq: seq)
                company.userTraits.append((user, trait))
            }
        case .group:
            if let user = fact.user { company.identified.append(user) }
            for (name, value) in fact.traits {
                company.traits.append(ModelTrait(name: name, value: value, time: fact.time, day: day, seq: seq))
            }
        case .leave:
            if let user = fact.user { company.leaves.append(ModelLeave(user: user, time: fact.time, day: day)) }
        case .outcome:
            company.outcomes.append((fact.outcome, fact.time, seq))
        case .touch:
            company.touches.append((fact.time, day))
        case .alias, .clock:
            break
        }
    }

    private func isIgnored(_ fact: Fact, user: String?, in company: ModelCompany) -> Bool {
        if fact.passive || settings.ignoreTasks.contains(fact.task) { return true }
        guard let user else { return false }
        return settings.ignoreUsers.contains(user) || company.userTrait("staff", of: user, resolve) == .bool(true)
    }

    private func advanceClock(for fact: Fact) {
        if settings.clock == .wall {
            now = max(now ?? fact.logTime, fact.logTime)
            return
        }
        if case .clock = fact.kind {
            now = max(now ?? fact.time, fact.time)
            return
        }
        guard case .event = fact.kind else { return }
        guard let current = now else {
            now = fact.time
            return
        }
        guard fact.time - current > settings.clockMaxStepMilliseconds else {
            now = max(current, fact.time)
            ahead = nil
            return
        }
        let user = fact.user.map(resolve)
        if let ahead, ahead.user != user { now = max(current, min(ahead.time, fact.time)) }
        ahead = AheadEvent(user: user, time: fact.time)
    }
}

/// Everything ever recorded about one company.
final class ModelCompany {
    let name: String
    var events: [ModelEvent] = []
    var identified: [String] = []
    var userTraits: [(user: String, trait: ModelTrait)] = []
    var leaves: [ModelLeave] = []
    var touches: [(time: Int64, day: Int)] = []
    var outcomes: [(word: String, time: Int64, seq: Int)] = []
    var traits: [ModelTrait] = []
    /// Times of all records that name the company.
    var recordTimes: [Int64] = []
    /// Sum of counts of qualifying events that were older than the horizon when they came.
    var beyondHorizon: UInt64 = 0

    init(name: String) { self.name = name }

    /// The value that the latest record gives, among those of days up to `day`.
    func trait(_ name: String, upTo day: Int = .max) -> JSON? {
        Self.latest(traits.filter { $0.name == name && $0.day <= day })
    }

    /// The value that the latest record about `user`, or about whoever was merged into it, gives.
    func userTrait(_ name: String, of user: String, _ resolve: (String) -> String) -> JSON? {
        Self.latest(userTraits.filter { $0.trait.name == name && resolve($0.user) == user }.map(\.trait))
    }

    /// What has a time is ordered by that time, and equal times as they came.
    private static func latest(_ traits: [ModelTrait]) -> JSON? {
        traits.max { ($0.time, $0.seq) < ($1.time, $1.seq) }?.value
    }
}

struct ModelEvent {
    /// As sent; whoever that is now.
    var user: String?
    var task: String
    var unit: String?
    var amount: Int128?
    var count: UInt64
    var time: Int64
    var day: Int
    var isIgnored: Bool
}

struct ModelLeave {
    var user: String
    var time: Int64
    var day: Int
}

struct ModelTrait {
    var name: String
    var value: JSON
    var time: Int64
    var day: Int
    var seq: Int
}
