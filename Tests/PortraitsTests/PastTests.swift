import Portraits
import TestSupport
import Testing
import UsageModel

@Suite(
    "Portraits as of a past instant", .enabled(if: ZoneFiles.areInstalled, "no zones in /usr/share/zoneinfo"))
struct PastTests {
    private static let cases = StreamShape.all.flatMap { shape in (1...2).map { (shape, UInt64($0)) } }

    @Test("what had happened by then lies within the bounds, and asking changes nothing", arguments: cases)
    func soundness(shape: StreamShape, seed: UInt64) throws {
        var stream = ModelStream(seed: seed, shape: shape)
        let replay = ModelReplay(settings: stream.settings)
        var random = SeededRandom(seed: seed &* 31_337)
        var sampler = MetricSampler(
            random: SeededRandom(seed: seed &* 71), tasks: (ModelStream.tasks + ["never.done"]).map { replay.task($0) })
        var known = 0
        while var fact = stream.next() {
            // A company that moves has days of two zones; see the test below.
            fact.traits.removeAll { $0.name == "timezone" }
            replay.apply(fact)
            guard random.chance(3), let now = replay.model.now else { continue }
            let then = now - random.within(0...(127 * millisecondsPerDay))
            for company in ModelStream.companies {
                guard let pair = replay.pair(company, at: now) else { continue }
                let past = pair.portrait.past(at: Timestamp(milliseconds: then), seenAt: pair.moment)
                let metrics = sampler.sample()
                // Who was identified by then is not known: nobody, or everybody.
                for isIdentified in [false, true] {
                    let view = try #require(replay.model.view(of: company, before: then, isIdentified: isIdentified))
                    for metric in metrics {
                        let bounds = past.bounds(of: metric)
                        if bounds != .unknown { known += 1 }
                        let truth = view.value(of: metric) { replay.names.name($0) }
                        try #require(
                            bounds.admits(truth),
                            """
                            seed \(seed), \(shape.name), \(company) after \(replay.facts.count) facts: \(metric) as of \
                            \(Timestamp(milliseconds: then).rfc3339), seen at \(pair.moment.now.rfc3339), was \(truth), \
                            which is not in \(bounds)
                            """)
                    }
                }
                try #require(pair.differences(in: metrics).isEmpty, "asking about the past changed the present")
            }
        }
        #expect(known > 1_000, "hardly anything was known")
    }

    @Test("days before the instant's own are exact, its own day only where it was over")
    func precision() throws {
        let scene = Scene()
        scene.event("2026-03-01", "ann")
        scene.event("2026-03-05T08:00:00Z", "bob")
        scene.event("2026-03-05T20:00:00Z", "cyd")
        scene.event("2026-03-09", "dan")
        let portrait = try scene.portrait()
        func bounds(_ metric: Metric, at time: String) -> MetricBounds {
            portrait.past(at: Scene.time(time), seenAt: scene.moment()).bounds(of: metric)
        }
        #expect(bounds(.activeUsers(.days(7)), at: "2026-03-05T12:00:00Z") == .number(2...2))
        #expect(bounds(.events(.all, .days(7)), at: "2026-03-05T12:00:00Z") == .number(1...3))
        #expect(bounds(.usersTotal, at: "2026-03-05T12:00:00Z") == .number(2...2))
        #expect(bounds(.activeUsers(.days(7)), at: "2026-03-06T00:00:00Z") == .number(3...3))
        #expect(bounds(.eventsLifetime(.all), at: "2026-03-08") == .number(3...3))
        let visit = Scene.time("2026-03-05T20:00:00Z")
        #expect(bounds(.userIdleDays, at: "2026-03-08") == .elapsed(since: visit...visit))
        // In its very millisecond nobody can say what came first.
        #expect(bounds(.activeUsers(.days(1)), at: "2026-03-05T08:00:00Z") == .number(0...1))
    }

    @Test("a window behind the kept history is unknown, unless the company is younger")
    func horizon() throws {
        let scene = Scene()
        scene.event("2025-06-01", "old", company: "old")
        scene.event("2026-03-01", "new", company: "new")
        scene.pass(to: "2026-05-01")
        func bounds(_ company: String) throws -> MetricBounds {
            try scene.portrait(company).past(at: Scene.time("2026-03-15"), seenAt: scene.moment(nil, company))
                .bounds(of: .activeUsers(.days(90)))
        }
        #expect(try bounds("old") == .unknown)
        #expect(try bounds("new") == .number(1...1))
    }

    @Test("a trait is known as far back as it has not changed, and a number by its history")
    func traits() throws {
        let scene = Scene()
        scene.event("2026-03-01")
        scene.control(.group, "2026-03-02", nil, ["plan": "team", "seats": .int(5)])
        scene.control(.group, "2026-03-06", nil, ["plan": "team", "seats": .int(8)])
        scene.control(.group, "2026-03-20", nil, ["tier": "gold"])
        func bounds(_ name: String, at time: String) throws -> MetricBounds {
            try scene.portrait().past(at: Scene.time(time), seenAt: scene.moment()).bounds(of: .trait(name, ago: 0))
        }
        #expect(try bounds("plan", at: "2026-03-04") == .text("team"))
        #expect(try bounds("seats", at: "2026-03-04") == .number(5...5))
        #expect(try bounds("seats", at: "2026-03-08") == .number(8...8))
        #expect(try bounds("tier", at: "2026-03-08") == .unknown)
        scene.control(.group, "2026-03-25", nil, ["plan": "max"])
        #expect(try bounds("plan", at: "2026-03-04") == .unknown)
        scene.control(.group, "2026-03-22", nil, ["plan": "free"], logged: "2026-03-26")
        #expect(try bounds("plan", at: "2026-03-24") == .unknown)
    }

    @Test("nothing is known from before a company moved to another zone")
    func movedCompany() throws {
        let scene = Scene()
        scene.zone("Far/East", offsetHours: 12)
        scene.event("2026-03-01")
        scene.control(.group, "2026-03-10", nil, ["timezone": "Far/East"])
        func bounds(at time: String) throws -> MetricBounds {
            try scene.portrait().past(at: Scene.time(time), seenAt: scene.moment()).bounds(of: .userIdleDays)
        }
        #expect(try bounds(at: "2026-03-08") == .unknown)
        #expect(try bounds(at: "2026-03-10T13:00:00Z") != .unknown)
    }
}

extension MetricBounds {
    /// Whether `truth` may be what was so.
    fileprivate func admits(_ truth: MetricValue) -> Bool {
        switch (self, truth) {
        case (.unknown, _): true
        case (.number(let range), .number(let value)):
            range.lowerBound - 1e-9 * abs(value) <= value && value <= range.upperBound + 1e-9 * abs(value)
        case (.elapsed(let range), .elapsed(let since)): range.contains(since)
        case (.text(let text), .text(let value)): text == value
        case (.bool(let isTrue), .bool(let value)): isTrue == value
        default: false
        }
    }
}

extension Model {
    /// The company with only what happened before `then`, as it is known now.
    fileprivate func view(of name: String, before then: Int64, isIdentified: Bool) -> ModelView? {
        guard let known = companies[name] else { return nil }
        let company = ModelCompany(name: name)
        company.events = known.events.filter { $0.time < then }
        company.identified = isIdentified ? known.identified : []
        company.userTraits = known.userTraits
        company.leaves = known.leaves.filter { $0.time < then }
        company.touches = known.touches.filter { $0.time < then }
        company.outcomes = known.outcomes.filter { $0.time < then }
        company.traits = known.traits.filter { $0.time < then }
        company.recordTimes = known.recordTimes.filter { $0 < then }
        return ModelView(
            company: company, now: then, today: day(of: then, in: zone(of: name)), resolve: resolve)
    }
}
