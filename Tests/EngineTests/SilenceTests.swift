import EventLog
import Rules
import Testing
import UsageModel

@testable import Engine

@Suite("A silent source of events")
struct SilenceTests {
    private static let rules = "flags: [{name: quiet, kind: churn, severity: low, when: user_idle_days > 10h}]"

    /// Works with `app` for five hours.
    private func scene() throws -> WriterScene {
        let scene = try WriterScene(rules: Self.rules, heartbeats: ["app": WriterScene.hour])
        for hour in 0...5 { try work(scene, hour: hour, at: Double(hour)) }
        return scene
    }

    private func work(_ scene: WriterScene, hour: Int, at now: Double) throws {
        let event = WriterScene.Event(company: "acme", source: "app", at: WriterScene.at(Double(hour)))
        try scene.turn([event], at: WriterScene.at(now))
    }

    @Test("a daemon that was down finds the silence at its true instant, and no company idle because of it")
    func downtime() throws {
        let scene = try scene()
        try scene.restart()
        try scene.turn(at: WriterScene.at(100))
        let flag = try #require(scene.flags.first)
        #expect(scene.flags.count == 1)
        #expect(flag.rule == "source:app")
        #expect(flag.openedAt == WriterScene.at(6) + 1)
        #expect(flag.observed == WriterScene.at(100))
        for hour in 6...101 { try work(scene, hour: hour, at: max(100, Double(hour))) }
        #expect(scene.flags.map(\.state) == [.cleared])
        #expect(scene.heldCount == 0)
    }

    @Test("a company that left in the silence gets its flag at the true instant, noticed when the data came")
    func left() throws {
        let scene = try scene()
        try scene.turn(at: WriterScene.at(50))
        #expect(scene.flags(ofRule: "quiet").isEmpty)
        // Another company's events show that the source is back, and that it had nothing of the first.
        for hour in 49...51 {
            let event = WriterScene.Event(company: "other", source: "app", at: WriterScene.at(Double(hour)))
            try scene.turn([event], at: WriterScene.at(max(50.5, Double(hour))))
        }
        let flag = try #require(scene.flags(ofRule: "quiet").first)
        #expect(flag.openedAt == WriterScene.at(15) + 1)
        #expect(flag.observed == WriterScene.at(51))
        #expect(flag.state == .open)
    }

    @Test("a snooze of its flag ends at its instant, and holds the companies meanwhile")
    func snooze() throws {
        let scene = try scene()
        try scene.turn(at: WriterScene.at(20))
        let until = WriterScene.at(30)
        _ = try scene.writer.act(.snooze(flag: "F1", until: until), by: Peer(name: "ann"))
        try scene.turn(at: WriterScene.at(29))
        #expect(scene.flags.map(\.state) == [.snoozed])
        try scene.turn(at: WriterScene.at(31))
        #expect(scene.flags.map(\.state) == [.open])
        #expect(try scene.ask(.flags(FlagsQuery(withheld: true)))["flags"]?.arrayValue?.count == 1)
    }

    @Test("a source that was never heard is not silent, and one whose clock runs ahead falls silent in time")
    func neverHeardOrAhead() throws {
        let scene = try WriterScene(rules: Self.rules, heartbeats: ["app": WriterScene.hour, "crm": WriterScene.hour])
        let ahead = WriterScene.Event(company: "acme", source: "app", at: WriterScene.at(0.1))
        try scene.turn([ahead], at: WriterScene.at(0))
        try scene.turn(at: WriterScene.at(2))
        #expect(scene.flags.map(\.rule) == ["source:app"])
        #expect(scene.flags.first?.openedAt == WriterScene.at(1) + 1)
    }

    @Test("without a heartbeat nothing is withheld")
    func noHeartbeat() throws {
        let scene = try WriterScene(rules: Self.rules, heartbeats: [:])
        try work(scene, hour: 0, at: 0)
        try scene.turn(at: WriterScene.at(50))
        #expect(scene.flags.map(\.openedAt) == [WriterScene.at(10) + 1])
        #expect(try scene.ask(.flags(FlagsQuery(withheld: true)))["flags"]?.arrayValue?.isEmpty == true)
    }
}
