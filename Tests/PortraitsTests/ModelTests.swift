import TestSupport
import Foundation
import Portraits
import Testing
import UsageModel

/// Each stream of each shape is another test case; a failure names its seed, which alone repeats it.
/// `TENURE_MODEL_SEEDS` is for long searches: how many seeds instead of two.
private let cases: [(shape: StreamShape, seed: UInt64)] = {
    let asked = ProcessInfo.processInfo.environment["TENURE_MODEL_SEEDS"].flatMap { UInt64($0) } ?? 2
    return StreamShape.all.flatMap { shape in (1...max(1, asked)).map { (shape, $0) } }
}()

@Suite(
    "Portraits against the brute-force model", .enabled(if: ZoneFiles.areInstalled, "no zones in /usr/share/zoneinfo"))
struct ModelTests {
    @Test("every metric equals the model's at random times in a random stream", arguments: cases)
    func metrics(shape: StreamShape, seed: UInt64) throws {
        var stream = ModelStream(seed: seed, shape: shape)
        let replay = ModelReplay(settings: stream.settings)
        var random = SeededRandom(seed: seed &* 977)
        var sampler = MetricSampler(
            random: SeededRandom(seed: seed &* 31),
            tasks: (ModelStream.tasks + ["never.done"]).map { replay.task($0) })
        while let fact = stream.next() {
            replay.apply(fact)
            try #require(
                replay.portraits.now?.milliseconds == replay.model.now,
                "seed \(seed), \(shape.name), after \(replay.facts.suffix(4))")
            guard random.chance(3) || replay.facts.count == shape.facts, let now = replay.model.now else { continue }
            // Now, and later instants as deadlines ask for them; then now again, which must not have changed.
            let later = now + random.within(0...(40 * millisecondsPerDay))
            for instant in [now, later, now] {
                for company in ModelStream.companies {
                    guard let pair = replay.pair(company, at: instant) else { continue }
                    let differences = pair.differences(in: sampler.sample())
                    try #require(
                        differences.isEmpty,
                        """
                        seed \(seed), \(shape.name), \(company) after \(replay.facts.count) facts, asked at \
                        \(Timestamp(milliseconds: instant).rfc3339) (now is \(Timestamp(milliseconds: now).rfc3339)):
                        \(differences.joined(separator: "\n"))
                        """)
                    expectIdentities(pair.portrait, at: pair.moment, "seed \(seed), \(shape.name), \(company)")
                }
            }
        }
    }

    @Test("a company's moment has the date and the next midnight of its zone", arguments: ModelStream.zones)
    func moments(zone: String) throws {
        let replay = ModelReplay(settings: Settings())
        replay.apply(
            Fact(
                kind: .group, company: "acme", time: 1_700_000_000_000, traits: [("timezone", .string(zone))],
                logTime: 1_700_000_000_000))
        let company = try #require(replay.names.find("acme", as: CompanyID.self))
        let foundation = try #require(TimeZone(identifier: zone))
        var random = SeededRandom(seed: 5)
        for _ in 0..<400 {
            let now = random.within(1_262_300_000_000...2_500_000_000_000)
            let moment = replay.portraits.moment(for: company, at: Timestamp(milliseconds: now))
            let today = replay.model.day(of: now, in: foundation)
            #expect(Int(moment.today.number) == today, "\(zone) at \(now)")
            let midnight = moment.nextMidnight.milliseconds
            #expect(midnight > now && replay.model.day(of: midnight, in: foundation) != today, "\(zone) at \(now)")
            #expect(replay.model.day(of: midnight - 1, in: foundation) == today, "\(zone) at \(now)")
        }
    }

    @Test("merging back what was merged would be a cycle; chains end at their last name")
    func aliases() {
        let replay = ModelReplay(settings: Settings())
        func alias(_ previous: String, _ user: String) {
            replay.apply(Fact(kind: .alias, user: user, previousUser: previous, time: 0, logTime: 0))
        }
        func id(_ user: String) -> UserID { replay.names.intern(user) }
        alias("a", "b")
        alias("b", "c")
        alias("d", "a")
        for user in ["a", "b", "c", "d"] {
            #expect(replay.portraits.resolve(user: id(user)) == id("c"))
            #expect(replay.portraits.wouldCycle(merging: id("c"), into: id(user)))
        }
        #expect(!replay.portraits.wouldCycle(merging: id("c"), into: id("e")))
        #expect(replay.portraits.resolve(user: id("e")) == id("e"))
    }
}

/// The identities that hold between the metrics, on the program's own values.
func expectIdentities(_ portrait: CompanyPortrait, at moment: Moment, _ comment: String) {
    func number(_ metric: Metric) -> Double {
        if case .number(let value) = portrait.value(of: metric, at: moment) { value } else { .nan }
    }
    let month = Window(days: 28)
    let curve = (1...28).map { number(.powerCurve($0)) }
    let daily = (0..<28).map { number(.activeUsers(Window(days: 1, ago: $0))) }.reduce(0, +)
    let monthly = number(.activeUsers(month))
    #expect(curve.reduce(0, +) == monthly, "Σh_k = MAU: \(comment)")
    #expect(zip(1..., curve).map { Double($0) * $1 }.reduce(0, +) == daily, "Σk·h_k = ΣDAU: \(comment)")
    if monthly > 0 {
        #expect(abs(number(.dauMAU) * 28 * monthly - daily) < 1e-6, "dau_mau = ΣDAU ÷ 28 ÷ MAU: \(comment)")
    } else {
        #expect(portrait.value(of: .dauMAU, at: moment) == .unknown, "\(comment)")
    }
    for window in [Window(days: 1), Window(days: 7, ago: 3), month, Window(days: 64)] {
        let prior = Window(days: window.days, ago: window.ago + window.days)
        #expect(
            number(.activeUsers(window))
                == number(.retained(window)) + number(.newUsers(window)) + number(.resurrected(window)),
            "active = retained + new + resurrected in \(window): \(comment)")
        #expect(
            number(.activeUsers(prior)) == number(.retained(window)) + number(.dormant(window)),
            "active before = retained + dormant in \(window): \(comment)")
    }
    #expect(
        number(.activeDays(month)) == Double(portrait.series(days: 28, at: moment).activeUsers.count { $0 > 0 }),
        "active days: \(comment)")
}
