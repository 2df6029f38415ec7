import TestSupport
import Portraits
import Testing
import UsageModel

/// How a random stream runs.
struct StreamShape: Sendable, CustomTestStringConvertible {
    var name: String
    var facts: Int
    /// Mean time from one record to the next.
    var stepMilliseconds: Int64
    var clock: ClockMode = .wall
    var maxStepDays: Int64 = 30
    /// In percent: a jump of weeks or months in which nothing happens at all.
    var pausePercent = 0
    /// In percent: events with a clock that runs days ahead (event clock only).
    var aheadPercent = 0
    var aliasPercent = 2

    var testDescription: String { name }

    static let all = [
        StreamShape(name: "dense, wall clock", facts: 900, stepMilliseconds: 45 * 60_000),
        StreamShape(name: "sparse, wall clock", facts: 700, stepMilliseconds: 20 * millisecondsPerHour),
        StreamShape(
            name: "with long pauses, wall clock", facts: 600, stepMilliseconds: 5 * millisecondsPerHour, pausePercent: 2
        ),
        StreamShape(
            name: "event clock with bad clocks", facts: 700, stepMilliseconds: 3 * millisecondsPerHour, clock: .event,
            maxStepDays: 2, aheadPercent: 6),
        StreamShape(
            name: "event clock over years", facts: 600, stepMilliseconds: 30 * millisecondsPerHour, clock: .event,
            pausePercent: 1, aheadPercent: 1, aliasPercent: 0),
    ]
}

/// A seeded stream of records that meets every corner of the semantics often.
struct ModelStream {
    static let zones = [
        "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati",
        "Pacific/Pago_Pago", "Australia/Lord_Howe", "Pacific/Auckland", "UTC", "Africa/Casablanca",
    ]
    static let tasks = ["report.exported", "invoice.sent", "login", "search", "heartbeat", "näher"]
    static let companies = ["acme", "brück", "cirrus", "delta", "echo"]
    static let ignoredTask = "heartbeat"
    static let ignoredUser = "robot"
    private static let users = ["u1", "u10", "u2", "U1", "ü", "zoe", "ann", "bob", "cy", "dan", "eve", "robot"]

    let shape: StreamShape
    var settings: Settings
    private var random: SeededRandom
    private var remaining: Int
    private var clock: Int64
    /// Users who have a leave record or are staff somewhere: what merging them would mean the semantics
    /// leave open, so aliases spare them.
    private var unmergeable: Set<String> = [ignoredUser]
    private var vanished: [String: String] = [:]
    /// When somebody left, by company and user, until activity brings them back.
    private var gone: [String: Int64] = [:]
    private var mergeCount = 0

    init(seed: UInt64, shape: StreamShape) {
        self.shape = shape
        random = SeededRandom(seed: seed)
        remaining = shape.facts
        // Some weeks before the clocks go back in Europe and America, and forward in the south.
        clock = 1_695_800_000_000 + random.within(0...(20 * millisecondsPerDay))
        settings = Settings()
        settings.clock = shape.clock
        settings.clockMaxStepMilliseconds = shape.maxStepDays * millisecondsPerDay
        settings.defaultZone = random.pick(["UTC", "Europe/Berlin", "America/Los_Angeles"])
        settings.ignoreTasks = [Self.ignoredTask]
        settings.ignoreUsers = [Self.ignoredUser]
    }

    mutating func next() -> Fact? {
        guard remaining > 0 else { return nil }
        remaining -= 1
        clock += random.within(0...(2 * shape.stepMilliseconds))
        if random.chance(shape.pausePercent) { clock += random.within(20...300) * millisecondsPerDay }
        let roll = Int.random(in: 0..<100, using: &random)
        switch roll {
        case 0..<5: return group()
        case 5..<8: return identify()
        case 8..<10: return leave()
        case 10..<12: return touch()
        case 12: return outcome()
        case 13 where shape.clock == .event: return Fact(kind: .clock, time: clock, logTime: clock)
        case 14..<(14 + shape.aliasPercent): return alias() ?? event()
        default: return event()
        }
    }

    private mutating func company() -> String {
        // The first has most of the traffic, the last hardly any.
        let roll = Int.random(in: 0..<100, using: &random)
        return Self.companies[roll < 45 ? 0 : roll < 70 ? 1 : roll < 88 ? 2 : roll < 97 ? 3 : 4]
    }

    private mutating func user() -> String { random.pick(Self.users) }

    /// Now, or a little before, or long before.
    private mutating func eventTime() -> Int64 {
        let lateness: Int64 =
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<60: 0
            case 60..<80: random.within(0...(3 * millisecondsPerHour))
            case 80..<90: random.within(0...(10 * millisecondsPerDay))
            case 90..<97: random.within(0...(140 * millisecondsPerDay))
            default: random.within(0...(700 * millisecondsPerDay))
            }
        var time = clock - lateness
        // Round times make ties between people.
        if random.chance(30) { time -= time.flooredRemainder(by: 12 * millisecondsPerHour) }
        return time
    }

    private mutating func event() -> Fact {
        let kind = random.pick([RecordKind.track, .track, .track, .page, .screen])
        var fact = Fact(kind: .event(kind), company: company(), time: eventTime(), logTime: clock)
        if random.chance(88) { fact.user = user() }
        fact.task = random.pick(Self.tasks)
        fact.count = random.chance(75) ? 1 : UInt64(Int.random(in: 2...6, using: &random))
        // More than a day's element in a list holds, and more than two.
        if random.chance(3) { fact.count = random.pick([2_048, 3_000, 1 << 41]) }
        if random.chance(30) {
            fact.amountMicros = Int128(random.within(-40_000_000...100_000_000))
            // More than one element of a day in a list holds, with both signs, up to the greatest there is.
            if random.chance(10) {
                let digits: Int128 = random.pick([1 << 39, 1 << 79, Amount.greatestMicros])
                fact.amountMicros = random.pick(
                    [digits, -digits, digits - 1, -digits - 1].filter { abs($0) <= Amount.greatestMicros })
            }
            // One unit for most tasks, now and then another, or none.
            let task = Self.tasks.firstIndex(of: fact.task) ?? 0
            fact.unit = random.chance(93) ? ["EUR", "USD"][task % 2] : random.pick(["EUR", "USD", nil])
        }
        fact.passive = random.chance(4)
        if shape.clock == .event, random.chance(shape.aheadPercent) {
            fact.time = clock + random.within(1...12) * millisecondsPerDay
            if random.chance(20) { fact.time += 3_000 * millisecondsPerDay }
        } else if random.chance(3) {
            fact.time = clock + random.within(0...600_000)
        }
        returned(fact)
        return fact
    }

    private mutating func returned(_ fact: Fact) {
        guard let user = fact.user, !fact.passive, fact.task != Self.ignoredTask else { return }
        let key = fact.company + "/" + root(user)
        if let left = gone[key], fact.time > left { gone[key] = nil }
    }

    private mutating func group() -> Fact {
        var fact = Fact(kind: .group, company: company(), time: controlTime(), logTime: clock)
        if random.chance(50) { fact.user = user() }
        if random.chance(25) { fact.traits.append(("timezone", .string(random.pick(Self.zones)))) }
        if random.chance(50) { fact.traits.append(("seats", .int(Int.random(in: 0...12, using: &random)))) }
        if random.chance(30) { fact.traits.append(("arr", .number("\(Int.random(in: 1...9, using: &random))00.5"))) }
        if random.chance(30) { fact.traits.append(("plan", .string(random.pick(["free", "team", "max"])))) }
        if random.chance(20) { fact.traits.append(("trial", .bool(random.chance(50)))) }
        if random.chance(30) {
            let day = Timestamp(milliseconds: clock).utcDay + Int32(Int.random(in: -30...200, using: &random))
            fact.traits.append(("renewal", .string(day.iso)))
        }
        return fact
    }

    private mutating func controlTime() -> Int64 {
        random.chance(85) ? clock : clock - random.within(0...(6 * millisecondsPerDay))
    }

    private mutating func identify() -> Fact {
        var fact = Fact(kind: .identify, company: company(), user: user(), time: controlTime(), logTime: clock)
        fact.traits.append(("role", .string(random.pick(["admin", "user"]))))
        if random.chance(15), let user = fact.user, mergeable(user) || unmergeable.contains(root(user)) {
            unmergeable.insert(root(user))
            fact.traits.append(("staff", .bool(random.chance(60))))
        }
        return fact
    }

    private mutating func leave() -> Fact {
        let user = user()
        let fact = Fact(kind: .leave, company: company(), user: user, time: controlTime(), logTime: clock)
        let key = fact.company + "/" + root(user)
        guard gone[key] == nil, !merged(user) else { return event() }
        unmergeable.insert(root(user))
        gone[key] = fact.time
        return fact
    }

    private mutating func touch() -> Fact {
        Fact(kind: .touch, company: company(), time: controlTime(), logTime: clock)
    }

    private mutating func outcome() -> Fact {
        Fact(
            kind: .outcome, company: company(), time: controlTime(),
            outcome: random.pick(["renewed", "expanded", "contracted", "converted", "churned"]), logTime: clock)
    }

    /// Merges one person into another, sometimes into someone who vanished before, so that chains grow.
    private mutating func alias() -> Fact? {
        guard mergeCount < 5 else { return nil }
        let previous = user()
        let into = user()
        guard vanished[previous] == nil, mergeable(previous), mergeable(into), root(into) != previous else {
            return nil
        }
        vanished[previous] = into
        mergeCount += 1
        return Fact(kind: .alias, user: into, previousUser: previous, time: clock, logTime: clock)
    }

    private func root(_ user: String) -> String {
        var user = user
        while let next = vanished[user] { user = next }
        return user
    }

    private func mergeable(_ user: String) -> Bool { !unmergeable.contains(root(user)) }
    private func merged(_ user: String) -> Bool {
        vanished[user] != nil || vanished.values.contains { root($0) == root(user) }
    }
}
