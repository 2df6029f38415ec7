import Portraits
import TestSupport
import Testing
import UsageModel

@Suite("Zones and traits of a company")
struct ZoneAndTraitTests {
    @Test("an event's day is its date in the company's zone when it was applied")
    func zones() throws {
        let scene = Scene()
        scene.zone("Etc/East", offsetHours: 10)
        scene.zone("Etc/West", offsetHours: -7)
        scene.control(.group, "2026-03-01", nil, ["timezone": "Etc/East"])
        scene.event("2026-03-02T15:00:00Z")
        #expect(try scene.portrait().zone.name == "Etc/East")
        #expect(scene.moment().today.iso == "2026-03-03")
        #expect(scene.moment().nextMidnight == Scene.time("2026-03-03T14:00:00Z"))
        #expect(try scene.number(.events(.all, .days(1))) == 1)
        // A later zone dates nothing anew: the event stays on the 3rd, which is ahead of today now.
        scene.control(.group, "2026-03-02T16:00:00Z", nil, ["timezone": "Etc/West"])
        #expect(scene.moment().today.iso == "2026-03-02")
        #expect(try scene.number(.events(.all, .days(1))) == 0)
        #expect(try scene.number(.activeUsers(.days(28))) == 0)
        #expect(try scene.number(.dormant(.days(28))) == 0)
        #expect(try scene.number(.activeUsers(.days(28)), at: "2026-03-03T12:00:00Z") == 1)
    }

    @Test("an unknown zone is the default one, until the log has it")
    func unknownZone() throws {
        var settings = Settings()
        settings.defaultZone = "Etc/Home"
        let scene = Scene(settings)
        scene.control(.group, "2026-03-01", nil, ["timezone": "Mars/Phobos"])
        #expect(try scene.portrait().zone == .utc)
        scene.zone("Etc/Home", offsetHours: 2)
        #expect(try scene.portrait().zone.name == "Etc/Home")
        scene.zone("Mars/Phobos", offsetHours: 5)
        #expect(try scene.portrait().zone.name == "Mars/Phobos")
        #expect(scene.portraits.zone(named: "Etc/Nowhere") == nil)
        #expect(scene.portraits.zone(named: "UTC") == .utc)
    }

    @Test("traits of every kind; missing ones and nulls are unknown")
    func kinds() throws {
        let scene = Scene()
        scene.control(
            .group, "2026-03-01", nil,
            ["plan": "team", "arr": .number("1200.50"), "trial": .bool(false), "tags": ["a"], "none": .null])
        #expect(try scene.text(.trait("plan", ago: 0)) == "team")
        #expect(try scene.number(.trait("arr", ago: 0)) == 1_200.5)
        #expect(try scene.value(.trait("trial", ago: 0)) == .bool(false))
        for name in ["tags", "none", "missing"] { #expect(try scene.value(.trait(name, ago: 0)) == .unknown) }
        scene.control(.group, "2026-03-02", nil, ["plan": .null])
        #expect(try scene.text(.trait("plan", ago: 0)) == "team")
        #expect(try scene.portrait().traits.members?.map(\.name) == ["arr", "plan", "tags", "trial"])
    }

    @Test("numeric traits keep their history by day, also when records come late")
    func history() throws {
        let scene = Scene()
        scene.control(.group, "2026-03-01", nil, ["arr": .int(100)])
        scene.control(.group, "2026-03-05", nil, ["arr": .int(500)])
        scene.control(.group, "2026-03-03", nil, ["arr": .int(300)], logged: "2026-03-05")
        scene.control(.group, "2026-03-03T08:00:00Z", nil, ["arr": .int(250)], logged: "2026-03-05")
        scene.pass(to: "2026-03-06")
        let then = try (0...6).map { try scene.number(.trait("arr", ago: $0)) }
        #expect(then == [500, 500, 300, 300, 100, 100, nil])
        scene.control(.group, "2026-03-06", nil, ["arr": "a lot"])
        #expect(try scene.text(.trait("arr", ago: 0)) == "a lot")
        #expect(try scene.number(.trait("arr", ago: 1)) == 500)
        scene.pass(to: "2026-03-08")
        #expect(try scene.value(.trait("arr", ago: 1)) == .unknown)
    }

    @Test("a number that held when the horizon began is still known")
    func longHistory() throws {
        let scene = Scene()
        scene.control(.group, "2024-01-01", nil, ["arr": .int(1)])
        scene.control(.group, "2024-02-01", nil, ["arr": .int(2)])
        let start = Scene.time("2024-03-01").utcDay
        for number in stride(from: 0, through: 700, by: 5) as StrideThrough<Int32> { scene.event((start + number).iso) }
        #expect(try scene.number(.trait("arr", ago: 399)) == 2)
        #expect(try scene.number(.trait("arr", ago: 0)) == 2)
    }

    @Test("days until a date, or an instant's date in the company's zone")
    func dates() throws {
        let scene = Scene()
        scene.zone("Etc/East", offsetHours: 10)
        scene.control(
            .group, "2026-03-01T02:00:00Z", nil,
            [
                "timezone": "Etc/East", "renewal": "2026-03-31", "end": "2026-03-02T20:00:00Z", "past": "2026-02-27",
                "text": "soon", "number": .int(5),
            ])
        #expect(try scene.number(.daysUntil("renewal")) == 30)
        #expect(try scene.number(.daysUntil("end")) == 2)
        #expect(try scene.number(.daysUntil("past")) == -2)
        for name in ["text", "number", "missing"] { #expect(try scene.value(.daysUntil(name)) == .unknown) }
    }

    @Test("the next midnight that changes a window is the one at which a day with events enters or leaves it")
    func midnights() throws {
        let scene = Scene()
        scene.event("2026-03-01")
        scene.control(.group, "2026-03-01", nil, ["arr": .int(5), "renewal": "2026-09-01"])
        let portrait = try scene.portrait()
        func next(_ metric: Metric, _ time: String) -> String? {
            portrait.nextChange(of: metric, at: scene.moment(time)).map { String($0.rfc3339.prefix(10)) }
        }
        for metric in [
            Metric.events(.all, .days(7)), .activeUsers(.days(7)), .tasksUsed(.days(7)), .topUserShare(.days(7)),
        ] {
            #expect(next(metric, "2026-03-02") == "2026-03-08", "\(metric)")
            #expect(next(metric, "2026-03-07") == "2026-03-08", "\(metric)")
            #expect(next(metric, "2026-03-08") == nil, "\(metric)")
        }
        #expect(next(.events(.all, .days(7, ago: 30)), "2026-03-08") == "2026-03-31")
        #expect(next(.events(.all, .days(7, ago: 30)), "2026-03-31") == "2026-04-07")
        #expect(next(.dormant(.days(7)), "2026-03-01") == "2026-03-08")
        #expect(next(.dormant(.days(7)), "2026-03-08") == "2026-03-15")
        #expect(next(.dormant(.days(7)), "2026-03-15") == nil)
        #expect(next(.champion, "2026-03-02") == "2026-03-15")
        #expect(next(.usersTotal, "2026-03-02") == nil)
        #expect(next(.daysUntil("missing"), "2026-03-02") == nil)
        #expect(next(.daysUntil("renewal"), "2026-03-02") == "2026-03-03")
        #expect(next(.trait("arr", ago: 3), "2026-03-02") == "2026-03-04")
        #expect(next(.trait("arr", ago: 3), "2026-03-04") == nil)
    }

    @Test("no midnight before the next one said changes any window", arguments: UInt64(1)...20)
    func midnightsAreExact(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let scene = Scene()
        for _ in 0..<30 {
            let day = Day(iso: "2026-01-01")! + Int32(random.below(120))
            scene.event(day.iso, "u\(random.below(4))", task: "t\(random.below(3))")
        }
        let portrait = try scene.portrait()
        let windows: [Window] = [.days(7), .days(28, ago: 1), .days(28, ago: 29), .days(14, ago: 15), .days(28)]
        let metrics =
            windows.flatMap { window -> [Metric] in
                [
                    .events(.all, window), .tasksUsed(window), .activeUsers(window), .activeDays(window),
                    .newUsers(window),
                    .retained(window), .resurrected(window), .dormant(window), .quickRatio(window),
                    .topUserShare(window),
                    .busFactor(window),
                ]
            } + [.dauMAU, .powerCurve(2), .mostActive, .champion, .seatsActivation]
        for metric in metrics {
            var today = try #require(portrait.lastActivity).utcDay
            for _ in 0..<150 {
                let moment = scene.moment(today.iso)
                let value = portrait.value(of: metric, at: moment)
                let next = portrait.nextChange(of: metric, at: moment)?.utcDay
                let tomorrow = portrait.value(of: metric, at: scene.moment((today + 1).iso))
                if next != today + 1 { #expect(tomorrow == value, "\(metric) on \(today.iso), seed \(seed)") }
                today = today + 1
            }
        }
    }
}
