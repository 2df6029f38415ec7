import TestSupport
import Foundation
import Portraits
import Testing
import UsageModel

/// Sixteen years of real events, where the machine has them: see the README beside the file.
private enum OpenStack {
    static func facts() throws -> [Fact] {
        let text = try TestData.openStack.unpacked()
        return try String(decoding: text, as: UTF8.self).split(separator: "\n").map { line in
            let fields = line.split(separator: "\t")
            let seconds = try #require(Int64(fields[0]))
            return Fact(
                kind: .event(.track), company: String(fields[1]), user: String(fields[2]), task: String(fields[3]),
                time: seconds * 1_000, logTime: seconds * 1_000)
        }
    }
}

@Suite(
    "Portraits of real companies against the brute-force model",
    .enabled(if: TestData.openStack.isThere, "\(TestData.openStack.missing)"))
struct ModelOpenStackTests {
    @Test("every metric equals the model's along the way and for every company at the end")
    func openStack() throws {
        let facts = try OpenStack.facts()
        #expect(facts.count == 44_127)
        var settings = Settings()
        settings.clock = .event
        let replay = ModelReplay(settings: settings, zones: [])
        let companies = Set(facts.map(\.company)).sorted()
        let tasks = Set(facts.map(\.task)).sorted().map { replay.task($0) }
        var random = SeededRandom(seed: 2_016)
        var sampler = MetricSampler(random: SeededRandom(seed: 1), tasks: tasks)
        for (index, fact) in facts.enumerated() {
            replay.apply(fact)
            #expect(replay.portraits.now?.milliseconds == replay.model.now, "after line \(index + 1): \(fact)")
            // Forty looks at the company that just moved, spread over the whole history.
            if random.within(0...Int64(facts.count)) < 40 { try look(at: fact.company, replay, &sampler) }
        }
        for company in companies { try look(at: company, replay, &sampler) }
    }

    private func look(at company: String, _ replay: ModelReplay, _ sampler: inout MetricSampler) throws {
        let now = try #require(replay.model.now)
        let pair = try #require(replay.pair(company, at: now))
        let differences = pair.differences(in: sampler.sample())
        #expect(differences.isEmpty, "\(company) after \(replay.facts.count): \(differences.joined(separator: "\n"))")
        expectIdentities(pair.portrait, at: pair.moment, company)
    }
}
