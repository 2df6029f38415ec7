import TestSupport
import Portraits
import Testing
import UsageModel

@Suite("The digest of portraits", .enabled(if: ZoneFiles.areInstalled, "no zones in /usr/share/zoneinfo"))
struct ModelDigestTests {
    private static let seeds = (1...4).map { UInt64($0) }

    private func facts(seed: UInt64, shape: StreamShape) -> (settings: Settings, facts: [Fact]) {
        var stream = ModelStream(seed: seed, shape: shape)
        var facts: [Fact] = []
        while let fact = stream.next() { facts.append(fact) }
        return (stream.settings, facts)
    }

    private func digests(_ replay: ModelReplay) -> [String: Hash128] {
        var digests: [String: Hash128] = ["": replay.portraits.globalDigest()]
        for company in replay.portraits.companies() {
            digests[replay.names.name(company)] = replay.portraits.digest(of: company, adding: [])
        }
        return digests
    }

    @Test("does not depend on when anything was asked or pruned, nor on internal numbers", arguments: seeds)
    func timing(seed: UInt64) {
        for shape in StreamShape.all {
            let (settings, facts) = facts(seed: seed, shape: shape)
            let plain = ModelReplay(settings: settings)
            let busy = ModelReplay(settings: settings)
            for name in ModelStream.companies.reversed() { _ = busy.names.intern(name, as: CompanyID.self) }
            for name in ModelStream.tasks.reversed() { _ = busy.task(name) }
            var random = SeededRandom(seed: seed)
            var sampler = MetricSampler(random: random, tasks: ModelStream.tasks.map { busy.task($0) })
            for fact in facts {
                plain.apply(fact)
                busy.apply(fact)
                guard random.chance(5), let now = busy.portraits.now else { continue }
                let company = random.pick(ModelStream.companies)
                for instant in [now, now + random.within(0...(200 * millisecondsPerDay))] {
                    guard let pair = busy.pair(company, at: instant.milliseconds) else { continue }
                    for metric in sampler.sample() { _ = pair.portrait.value(of: metric, at: pair.moment) }
                    _ = busy.portraits.digest(of: pair.portrait.company, adding: [])
                }
            }
            guard let last = plain.model.now else { continue }
            #expect(digests(plain) == digests(busy), "seed \(seed), \(shape.name)")
            // Then nothing happens for a long time, seen in one step or in many.
            let silence = random.within(1...600) * millisecondsPerDay
            for share in 1...7 as ClosedRange<Int64> { busy.passTime(to: last + silence / 7 * share) }
            busy.passTime(to: last + silence)
            plain.passTime(to: last + silence)
            #expect(digests(plain) == digests(busy), "seed \(seed), \(shape.name), after a silence")
        }
    }

    @Test("of one company does not depend on the others", arguments: seeds)
    func isolation(seed: UInt64) throws {
        // Aliases concern every company, so the others' users do not stay out without them.
        var shape = StreamShape.all[1]
        shape.aliasPercent = 0
        let (settings, facts) = facts(seed: seed, shape: shape)
        let together = ModelReplay(settings: settings)
        for fact in facts { together.apply(fact) }
        let end = try #require(together.model.now)
        for name in ModelStream.companies {
            let alone = ModelReplay(settings: settings)
            for fact in facts where fact.company == name { alone.apply(fact) }
            alone.passTime(to: end)
            #expect(digests(alone)[name] == digests(together)[name], "seed \(seed), \(name)")
        }
    }

    @Test("of the same events is the same in whatever order they came", arguments: seeds)
    func order(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let end: Int64 = 1_700_000_000_000
        // Within the horizon of users: beyond it, whether an event came too late depends on when it came.
        var events = facts(seed: seed, shape: StreamShape.all[0]).facts.filter {
            if case .event = $0.kind { $0.company == "acme" } else { false }
        }
        for index in events.indices {
            events[index].time = end - random.within(0...(100 * millisecondsPerDay))
            events[index].logTime = end
        }
        let first = ModelReplay(settings: Settings())
        for event in events { first.apply(event) }
        events.shuffle(using: &random)
        let second = ModelReplay(settings: Settings())
        for event in events { second.apply(event) }
        #expect(digests(first) == digests(second), "seed \(seed)")
    }

    @Test("tells every single event apart", arguments: seeds)
    func sensitivity(seed: UInt64) throws {
        let (settings, facts) = facts(seed: seed, shape: StreamShape.all[0])
        let events = facts.indices.filter {
            if case .event = facts[$0].kind { facts[$0].company == "acme" } else { false }
        }
        let whole = ModelReplay(settings: settings)
        for fact in facts { whole.apply(fact) }
        let end = try #require(whole.model.now)
        let expected = digests(whole)
        var random = SeededRandom(seed: seed)
        for _ in 0..<10 {
            let left = random.pick(events)
            let without = ModelReplay(settings: settings)
            for (index, fact) in facts.enumerated() where index != left { without.apply(fact) }
            without.passTime(to: end)
            let digests = digests(without)
            #expect(digests["acme"] != expected["acme"], "seed \(seed) without \(facts[left])")
            #expect(digests["brück"] == expected["brück"], "seed \(seed) without \(facts[left])")
        }
        let acme = try #require(whole.names.find("acme", as: CompanyID.self))
        #expect(whole.portraits.digest(of: acme, adding: [1]) != expected["acme"])
    }
}
