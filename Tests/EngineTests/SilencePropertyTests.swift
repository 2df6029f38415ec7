import EventLog
import Portraits
import Rules
import TestSupport
import Testing
import UsageModel

@testable import Engine

/// The same events with and without outages of their sources: delayed, then delivered in order.
@Suite("Producer silence is not customer silence")
struct SilencePropertyTests {
    /// What missing events can raise, in all the ways that a rule has of waiting.
    static let rules = """
        flags:
          - {name: quiet, kind: churn, severity: low, when: user_idle_days > 30h}
          - name: gone
            kind: churn
            severity: high
            when: user_idle_days > 2d and active_days(3d, ago: 2d) >= 1
            clear: active_users(1d) > 0
            cooldown: 2d
            inhibits: [quiet]
          - {name: slump, kind: churn, severity: low, when: "events(2d, ago: 1d) < 0.5 * events(2d, ago: 3d)"}
          - name: empty
            kind: churn
            severity: low
            when: events(1d) == 0
            clear: events(1d) > 2
            for: 6h
            keep: 3h
          - {name: lone, kind: churn, severity: low, when: users_total < 2 and known_days > 3}
          - {name: nobody, kind: churn, severity: low, when: flag("gone") and known_days > 4}
        """

    /// What is sent in one hour.
    struct Hour {
        var events: [String: [WriterScene.Event]]
    }

    private static let sources = ["app", "billing"]
    private static let days = 12

    /// Each company has one source, days of work and days away; each source sends something every hour.
    ///
    /// - Parameter others: how many of a hundred events of a company come from the other source.
    private static func stream(_ random: inout SeededRandom, others: Int = 0) -> [Hour] {
        var away = [Int](repeating: 0, count: 8)
        return (0..<(days * 24)).map { hour in
            let at = WriterScene.at(Double(hour))
            var events: [String: [WriterScene.Event]] = [:]
            for source in sources { events[source] = [.init(company: "pulse-\(source)", source: source, at: at)] }
            for company in away.indices {
                // Nobody can know of a source that has never sent an event of a company.
                if hour == 0, others > 0 {
                    for source in sources {
                        events[source]?.append(.init(company: "c\(company)", source: source, at: at))
                    }
                }
                if away[company] > 0 {
                    away[company] -= 1
                } else if random.chance(3) {
                    away[company] = Int(random.within(20...90))
                } else if random.chance(25) {
                    let source = sources[(company + (random.chance(others) ? 1 : 0)) % sources.count]
                    let user = random.chance(90) ? "ada" : "bob"
                    events[source]?.append(.init(company: "c\(company)", user: user, source: source, at: at))
                }
            }
            return Hour(events: events)
        }
    }

    /// Hours in which a source's events wait; the last hours are without.
    private static func outages(_ random: inout SeededRandom) -> [String: [Range<Int>]] {
        var outages: [String: [Range<Int>]] = [:]
        for source in sources {
            var hour = Int(random.within(20...60))
            while hour < days * 24 - 30 {
                let end = min(hour + Int(random.within(3...80)), days * 24 - 10)
                outages[source, default: []].append(hour..<end)
                hour = end + Int(random.within(3...60))
            }
        }
        return outages
    }

    private static func run(
        _ stream: [Hour], outages: [String: [Range<Int>]], clock: ClockMode = .wall,
        restartsOf random: SeededRandom? = nil
    ) throws -> WriterScene {
        let scene = try WriterScene(
            rules: rules, heartbeats: Dictionary(uniqueKeysWithValues: sources.map { ($0, WriterScene.hour) }),
            clock: clock)
        var random = random
        var waiting: [String: [WriterScene.Event]] = [:]
        for (index, hour) in stream.enumerated() {
            let began = Double(index)
            if random?.chance(8) == true { try scene.restart() }
            for source in sources {
                let events = hour.events[source] ?? []
                if outages[source]?.contains(where: { $0.contains(index) }) == true {
                    waiting[source, default: []] += events
                    continue
                }
                // What waited was sent at the end of the hour before, in pieces.
                try scene.turn(events, at: WriterScene.at(began))
            }
            try scene.turn(at: WriterScene.at(began + 0.25))
            for source in sources where outages[source]?.contains(where: { $0.upperBound == index + 1 }) == true {
                var late = waiting.removeValue(forKey: source) ?? []
                while !late.isEmpty {
                    let count = min(late.count, random == nil ? 7 : Int(random?.within(1...40) ?? 1))
                    try scene.turn(Array(late.prefix(count)), at: WriterScene.at(began + 0.5))
                    late.removeFirst(count)
                    if random?.chance(20) == true { try scene.restart() }
                }
            }
            try scene.turn(at: WriterScene.at(began + 0.75))
        }
        return scene
    }

    /// When each flag of a company ended, by rule, company and when it opened.
    private static func account(_ scene: WriterScene) -> [String: Timestamp] {
        let flags = scene.flags.filter { !$0.company.isNone }
        return Dictionary(
            uniqueKeysWithValues: flags.map {
                ("\($0.rule) \(scene.name($0)) \($0.openedAt.rfc3339)", $0.endedAt ?? .greatest)
            })
    }

    /// Whether `found` raised what `expected` did, and cleared it then, too.
    ///
    /// What is open when a source falls silent is cleared by what is known, so as not to say of a company that
    /// it is idle when another source has seen it. That may be later than with the missing events.
    private static func compare(_ found: WriterScene, _ expected: WriterScene, _ seed: UInt64) {
        let silences = found.flags.filter(\.company.isNone).map { $0.openedAt...($0.endedAt ?? .greatest) }
        let flags = account(found)
        let wanted = account(expected)
        #expect(Set(flags.keys).subtracting(wanted.keys).sorted() == [], "seed \(seed): too many")
        #expect(Set(wanted.keys).subtracting(flags.keys).sorted() == [], "seed \(seed): missing")
        for (flag, end) in flags {
            guard let wanted = wanted[flag], end != wanted else { continue }
            #expect(wanted < end, "seed \(seed): \(flag)")
            #expect(
                silences.contains { $0.contains(end) && $0.upperBound != end }, "seed \(seed): \(flag) \(end.rfc3339)")
        }
    }

    @Test("a source that was silent and delivers what waited raises the same flags", arguments: 1...8)
    func sameFlags(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let stream = Self.stream(&random)
        let outages = Self.outages(&random)
        let expected = try Self.run(stream, outages: [:])
        let scene = try Self.run(stream, outages: outages)
        #expect(expected.flags.count > 20)
        Self.compare(scene, expected, seed)
        for source in Self.sources {
            let flags = scene.flags(ofRule: "source:" + source)
            #expect(flags.count == outages[source]?.count, "one flag an outage")
            #expect(flags.allSatisfy { $0.state == .cleared })
        }
    }

    @Test("so it does when the daemon restarts now and then", arguments: 1...6)
    func sameFlagsAcrossRestarts(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let stream = Self.stream(&random)
        let outages = Self.outages(&random)
        let expected = try Self.run(stream, outages: [:])
        let scene = try Self.run(stream, outages: outages, restartsOf: random)
        Self.compare(scene, expected, seed)
        let live = scene.writer.digest().value
        #expect(try Replay.run(scene.writer.log.reader(), through: scene.writer.log.lastSeq).digest == live)
    }

    @Test("under the event clock, too", arguments: 1...4)
    func sameFlagsByEventTime(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let stream = Self.stream(&random)
        let outages = Self.outages(&random)
        let expected = try Self.run(stream, outages: [:], clock: .event)
        let scene = try Self.run(stream, outages: outages, clock: .event)
        #expect(expected.flags.count > 20)
        Self.compare(scene, expected, seed)
    }

    /// Of what was raised and cleared again while one source was silent nothing is known afterwards, since the
    /// other source's events are counted as they come.
    @Test(
        "a company with two sources gets no flag that it would not have had, and keeps those that last",
        arguments: 1...6)
    func noFalseFlags(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let stream = Self.stream(&random, others: 30)
        let outages = Self.outages(&random)
        let expected = try Self.run(stream, outages: [:])
        let found = try Self.run(stream, outages: outages)
        func account(_ scene: WriterScene) -> [(flag: String, isOpen: Bool)] {
            scene.flags.filter { ["quiet", "gone"].contains($0.rule) }.map {
                ("\($0.rule) \(scene.name($0)) \($0.openedAt.rfc3339)", $0.endedAt == nil)
            }
        }
        let wanted = account(expected)
        let flags = account(found)
        #expect(Set(flags.map(\.flag)).subtracting(wanted.map(\.flag)).sorted() == [], "seed \(seed)")
        #expect(
            Set(flags.filter(\.isOpen).map(\.flag)) == Set(wanted.filter(\.isOpen).map(\.flag)), "seed \(seed)")
    }
}
